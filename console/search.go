package console

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/payway"
)

// pageRows is how many rows a list shows.
const pageRows = 50

// filter is what a list is asked for, read from the address.
type filter struct {
	seek      db.Seek
	until     int64 // ids below it; 0: all
	shop      int64
	status    string
	payway    string
	provider  string
	currency  money.Currency
	least     int64
	most      int64
	attention bool
	wrong     problems
}

// filter reads the fields of a list's form; what is wrong stands beside them.
func (v *visit) filter(statuses []option) filter {
	f := filter{wrong: problems{}, status: v.value("status"), payway: v.value("payway"), provider: v.value("provider"), attention: v.value("attention") != ""}
	f.seek = db.Seek{Before: v.after(), Limit: pageRows}
	if text := v.value("shop"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n <= 0 {
			f.wrong["shop"] = "must be a shop's number"
		}
		f.shop = n
	}
	if f.status != "" && !hasOption(statuses, f.status) {
		f.wrong["status"] = "is none of the statuses"
	}
	f.money(v)
	if at := f.instant(v, "since", 0); at > 0 {
		f.seek.From = db.FirstID(at)
	}
	if at := f.instant(v, "until", 24*time.Hour); at > 0 {
		f.until = db.FirstID(at)
	}
	return f
}

func hasOption(list []option, value string) bool {
	for _, o := range list {
		if o.value == value {
			return true
		}
	}
	return false
}

// money reads the currency and the amounts, which are of it.
func (f *filter) money(v *visit) {
	code := strings.ToUpper(v.value("currency"))
	var known bool
	if f.currency, known = money.CurrencyByCode(code); code != "" && !known {
		f.wrong["currency"] = "must be a currency's code, such as USD"
	}
	f.least, f.most = f.amount(v, "least"), f.amount(v, "most")
}

// amount is of the filter's currency, or says its own: as it is copied from a page.
func (f *filter) amount(v *visit, name string) int64 {
	text := v.value(name)
	if text == "" {
		return 0
	}
	if _, code := typed(text); f.currency == 0 && code != "" {
		f.currency, _ = money.CurrencyByCode(code)
	}
	if f.currency == 0 {
		f.wrong[name] = "needs a currency"
		return 0
	}
	a, err := amountOf(text, f.currency)
	if err != nil {
		f.wrong[name] = err.Error()
	}
	return a.Minor
}

// instant reads a day, or a day and a time; of a day alone the end when it is one.
func (f *filter) instant(v *visit, name string, day time.Duration) int64 {
	text := v.value(name)
	if text == "" {
		return 0
	}
	if at, err := time.Parse("2006-01-02", text); err == nil {
		return at.Add(day).UnixMilli()
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04:05"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UnixMilli()
		}
	}
	f.wrong[name] = "must be a date, such as 2026-06-01 or 2026-06-01T12:30, in UTC"
	return 0
}

// listing is a list as its page shows it.
type listing struct {
	title, path string
	filter      filter
	statuses    []option
	ways        []option // nil: the list has none
	attention   string   // what needs attention means here
	head        []column
	rows        [][]cell
	next        int64
	full        bool
}

// column is a heading of a list.
type column struct {
	name  string
	right bool // its cells are amounts
}

// cell is one thing in a row of a list: an amount, an instant, a status, or a text
// that may be a link.
type cell struct {
	text, path string
	amount     *money.Amount
	at         int64
	tone       tone
}

// class is how a cell is set: amounts and ids in figures of one width.
func (c cell) class() string {
	switch {
	case c.amount != nil && c.amount.Minor < 0:
		return "money negative"
	case c.amount != nil:
		return "money"
	case c.at == 0 && c.tone == "" && c.path != "":
		return "id"
	}
	return ""
}

func amountCell(a money.Amount) cell   { return cell{amount: &a} }
func badge(word string, t tone) cell   { return cell{text: word, tone: t} }
func linked(text, path string) cell    { return cell{text: text, path: path} }
func plain(text string) cell           { return cell{text: text} }
func number(n int64) string            { return strconv.FormatInt(n, 10) }
func shopCell(v *visit, id int64) cell { return linked(number(id), v.known(root+"shops/"+number(id))) }
func wayCell(v *visit, alias string) cell {
	return linked(alias, v.known(root+"payways/"+url.PathEscape(alias)))
}
func objectPath(kind string, shop, id int64) string {
	return root + kind + "/" + number(shop) + "/" + number(id)
}

// known is a path if a page is there, else "".
func (v *visit) known(path string) string {
	r := v.r.Clone(v.ctx())
	r.Method, r.URL = "GET", &url.URL{Path: path}
	if _, pattern := v.mux.Handler(r); pattern == "" || pattern == root {
		return ""
	}
	return path
}

// wayOptions are the payways of a direction, to choose from.
func (v *visit) wayOptions(d payway.Direction) ([]option, error) {
	ways, err := payway.List(v.ctx(), v.DB.Reader(), d, 0)
	list := []option{{"", "any"}}
	for _, way := range ways {
		list = append(list, option{way.Alias, way.Alias})
	}
	return list, err
}

// address is the list's, with its filter, beginning behind an id; 0: at the newest.
func (l listing) address(v *visit, path string, behind int64) string {
	q := v.r.URL.Query()
	for name, values := range q {
		if len(values) == 0 || values[0] == "" || name == "after" {
			q.Del(name)
		}
	}
	if behind > 0 {
		q.Set("after", number(behind))
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// filled is how many fields of a list's form are filled in.
func (v *visit) filled() int {
	n := 0
	for name, values := range v.r.URL.Query() {
		if name != "after" && values[0] != "" {
			n++
		}
	}
	return n
}

// list answers a list: the whole page, or to the page itself the rows it goes on with.
func (v *visit) list(l listing) error {
	if v.r.Header.Get("HX-Request") != "" && len(l.filter.wrong) == 0 {
		return v.fragment(listRows(v, l))
	}
	return v.page(page{title: l.title, body: listBody(v, l)})
}

// listHead names the columns: those of amounts begin with a greater sign.
func listHead(names ...string) []column {
	list := make([]column, len(names))
	for i, name := range names {
		list[i].name, list[i].right = strings.CutPrefix(name, ">")
	}
	return list
}

// said is what was searched for, for the audit of an export.
func (f filter) said(kind string) string {
	if f.shop == 0 {
		return kind + " of all shops"
	}
	return kind + " of shop " + number(f.shop)
}

// exported walks through a whole search, one look after the other.
func exported[T any](e *export, s db.Seek, find func(db.Seek) (db.Found[T], error), cells func(*T) []string) error {
	s.Limit = 1000
	for {
		found, err := find(s)
		if err != nil {
			return err
		}
		for _, row := range found.Rows {
			if err := e.row(cells(row)...); err != nil {
				return err
			}
		}
		e.flush()
		if found.Next == 0 {
			return nil
		}
		s.Before = found.Next
	}
}

// tellWrong refuses an export whose filter is wrong.
func (f filter) tellWrong() error { return tellWrong(f.wrong) }

func tellWrong(wrong problems) error {
	for name, reason := range wrong {
		return &trouble{422, "This list cannot be exported", name + " " + reason + "."}
	}
	return nil
}

// dayKind is the kind of a field for a day; one that holds a time too is a text.
func dayKind(value string) string {
	if len(value) > len("2006-01-02") {
		return ""
	}
	return "date"
}
