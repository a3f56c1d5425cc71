package console

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/shop"
)

const (
	ledgerPath = root + "ledger"
	bookPage   = 50 // lines of a page
)

func bookPages() []route {
	statement := ledgerPath + "/{shop}/{currency}/{purpose}"
	return []route{
		{pattern: "GET " + ledgerPath, title: "Ledger", group: groupBooks, needs: operator.See, serve: trialPage},
		{pattern: "GET " + ledgerPath + "/{shop}", title: "Ledger of a shop", needs: operator.See, serve: shopBooksPage},
		{pattern: "GET " + statement, title: "Statement", needs: operator.See, serve: statementPage},
		{pattern: "GET " + statement + "/export.csv", title: "Statement", needs: operator.Export, serve: statementFile},
		{pattern: "GET " + ledgerPath + "/transfers/{shop}/{id}", title: "Transfer", needs: operator.See, serve: transferPage},
	}
}

var crumbLedger = crumb{"Ledger", ledgerPath}

func crumbShopBooks(id int64) crumb { return crumb{fmt.Sprintf("Shop %d", id), booksPath(id)} }

func booksPath(id int64) string { return fmt.Sprintf("%s/%d", ledgerPath, id) }

// ledgerTransferPath is the page of a transfer.
func ledgerTransferPath(shopID, id int64) string {
	return fmt.Sprintf("%s/transfers/%d/%d", ledgerPath, shopID, id)
}

// statementPath is the page of an account.
func statementPath(a ledger.Account) string {
	path := fmt.Sprintf("%s/%d/%s/%s", ledgerPath, a.Shop, a.Currency.Code(), a.Purpose)
	if a.Provider != "" {
		path += "?" + url.Values{"provider": {a.Provider}}.Encode()
	}
	return path
}

// balance is the trial balance of one currency.
type balance struct {
	currency money.Currency
	lines    []balanceLine
	sum      money.Amount
}

type balanceLine struct {
	name     string
	path     string // its statement; "" for a sum over accounts
	accounts int64
	amount   money.Amount
}

// balanceOf groups lines by currency, each with its sum, in the order of the purposes.
func balanceOf[T any](list []T, line func(T) (money.Currency, ledger.Purpose, balanceLine)) ([]balance, error) {
	slices.SortStableFunc(list, func(a, b T) int {
		ca, pa, _ := line(a)
		cb, pb, _ := line(b)
		if ca != cb {
			return int(ca) - int(cb)
		}
		return slices.Index(ledger.Purposes(), pa) - slices.Index(ledger.Purposes(), pb)
	})
	var all []balance
	for _, one := range list {
		currency, _, l := line(one)
		if len(all) == 0 || all[len(all)-1].currency != currency {
			all = append(all, balance{currency: currency, sum: money.New(0, currency)})
		}
		b := &all[len(all)-1]
		b.lines = append(b.lines, l)
		sum, err := b.sum.Add(l.amount)
		if err != nil {
			return nil, err
		}
		b.sum = sum
	}
	return all, nil
}

// trialPage is the trial balance of the house, and what verify last found.
func trialPage(v *visit) error {
	if id := v.value("shop"); id != "" {
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil || n <= 0 {
			return shop.NotFound(0)
		}
		return v.to(booksPath(n))
	}
	totals, err := ledger.Totals(v.ctx(), v.DB.Reader())
	if err != nil {
		return err
	}
	balances, err := balanceOf(totals, func(t ledger.Total) (money.Currency, ledger.Purpose, balanceLine) {
		return t.Currency, t.Purpose, balanceLine{name: string(t.Purpose), accounts: t.Accounts, amount: money.New(t.Sum, t.Currency)}
	})
	if err != nil {
		return err
	}
	return v.page(page{title: "Ledger", body: trialBody(v, balances)})
}

// shopBooksPage is the trial balance of a shop, by account.
func shopBooksPage(v *visit) error {
	row, err := v.shop()
	if err != nil {
		return err
	}
	balances, err := v.shopBalances(row.ID)
	if err != nil {
		return err
	}
	return v.page(page{title: fmt.Sprintf("Ledger of shop %d", row.ID), crumbs: []crumb{crumbLedger}, body: shopBooksBody(v, row, balances)})
}

func (v *visit) shopBalances(id int64) ([]balance, error) {
	accounts, err := ledger.Balances(v.ctx(), v.DB.Reader(), id)
	if err != nil {
		return nil, err
	}
	return balanceOf(accounts, func(a ledger.Account) (money.Currency, ledger.Purpose, balanceLine) {
		name := string(a.Purpose)
		if a.Provider != "" {
			name += " " + a.Provider
		}
		return a.Currency, a.Purpose, balanceLine{name: name, path: statementPath(a), accounts: 1, amount: money.New(a.Balance, a.Currency)}
	})
}

// shop is the shop that the address names.
func (v *visit) shop() (*shop.Shop, error) {
	id, err := v.number("shop")
	if err != nil {
		return nil, err
	}
	return shop.Load(v.ctx(), v.DB.Reader(), id)
}

// account is the account that the address names. Nothing needs to be on it.
func (v *visit) account() (a ledger.Account, err error) {
	row, err := v.shop()
	if err != nil {
		return a, err
	}
	currency, known := money.CurrencyByCode(v.r.PathValue("currency"))
	a = ledger.Account{Shop: row.ID, Currency: currency, Purpose: ledger.Purpose(v.r.PathValue("purpose")), Provider: v.value("provider")}
	if !known || !slices.Contains(ledger.Purposes(), a.Purpose) || (a.Provider != "") != (a.Purpose == ledger.Clearing) {
		return a, errNoPage
	}
	return a, nil
}

func accountName(a ledger.Account) string {
	name := fmt.Sprintf("%s %s", a.Purpose, a.Currency)
	if a.Provider != "" {
		name += " " + a.Provider
	}
	return name
}

// period is the part of a statement that is asked for: days, both included.
type period struct{ from, until string }

func (v *visit) period() period { return period{v.value("from"), v.value("until")} }

// ids are the period as ids: from the first on, below the second; 0 is open.
func (p period) ids() (low, high int64, err error) {
	from, until, err := p.times()
	if err != nil {
		return 0, 0, err
	}
	if from > 0 {
		low = db.FirstID(from)
	}
	if until > 0 {
		high = db.FirstID(until)
	}
	return low, high, nil
}

// times are the period in Unix milliseconds, the second not included; 0 is open.
func (p period) times() (from, until int64, err error) {
	if from, err = day("from", p.from, 0); err != nil {
		return 0, 0, err
	}
	until, err = day("until", p.until, 1)
	return from, until, err
}

func day(name, text string, more int) (int64, error) {
	if text == "" {
		return 0, nil
	}
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return 0, fault.Param(name, "must be a day, as 2026-01-31")
	}
	return at.AddDate(0, 0, more).UnixMilli(), nil
}

// statement is a page of an account's entries.
type statement struct {
	account ledger.Account
	period  period
	balance money.Amount // now
	lines   []ledger.Line
	next    int64 // before which the search goes on; 0: it is through
	full    bool  // the page is full; else next is how far it has looked
}

func (v *visit) statement(a ledger.Account) (*statement, error) {
	s := &statement{account: a, period: v.period(), balance: money.New(0, a.Currency)}
	low, high, err := s.period.ids()
	if err != nil {
		return nil, err
	}
	before := v.after()
	if before == 0 {
		before = high
	}
	found, err := ledger.Search(v.ctx(), v.DB.Reader(), a, before, bookPage)
	if err != nil {
		return nil, err
	}
	s.lines, s.next, s.full = found.Lines, found.Next, len(found.Lines) == bookPage
	if at := slices.IndexFunc(s.lines, func(l ledger.Line) bool { return l.Transfer < low }); at >= 0 {
		s.lines, s.next = s.lines[:at], 0
	}
	if s.next < low {
		s.next = 0
	}
	accounts, err := ledger.Balances(v.ctx(), v.DB.Reader(), a.Shop)
	for _, b := range accounts {
		if b.Currency == a.Currency && b.Purpose == a.Purpose && b.Provider == a.Provider {
			s.balance.Minor = b.Balance
		}
	}
	return s, err
}

// address is that of a page of the statement; the zero before is the first.
func (s *statement) address(before int64) string {
	values := url.Values{}
	for name, value := range map[string]string{"provider": s.account.Provider, "from": s.period.from, "until": s.period.until} {
		if value != "" {
			values.Set(name, value)
		}
	}
	if before > 0 {
		values.Set("after", strconv.FormatInt(before, 10))
	}
	path := fmt.Sprintf("%s/%d/%s/%s", ledgerPath, s.account.Shop, s.account.Currency.Code(), s.account.Purpose)
	if len(values) > 0 {
		path += "?" + values.Encode()
	}
	return path
}

func (s *statement) file() string {
	u, _ := url.Parse(s.address(0))
	u.Path += "/export.csv"
	return u.String()
}

// statementPage shows an account's entries; a part of it is asked for while the
// search goes on.
func statementPage(v *visit) error {
	a, err := v.account()
	if err != nil {
		return err
	}
	s, err := v.statement(a)
	if err != nil {
		return err
	}
	if v.r.Header.Get("HX-Request") != "" {
		return v.fragment(statementMore(v, s))
	}
	return v.page(page{title: accountName(a), crumbs: []crumb{crumbLedger, crumbShopBooks(a.Shop)}, body: statementBody(v, s)})
}

// statementFile is the statement as a file, to its end.
func statementFile(v *visit) error {
	a, err := v.account()
	if err != nil {
		return err
	}
	low, before, err := v.period().ids()
	if err != nil {
		return err
	}
	e := v.newExport(a.Shop, "statement of "+accountName(a), fmt.Sprintf("statement-%d-%s-%s", a.Shop, a.Purpose, a.Currency),
		"time", "transfer", "kind", "operation", "amount", "balance", "currency", "note")
	for {
		found, err := ledger.Search(v.ctx(), v.DB.Reader(), a, before, 1000)
		if err != nil {
			return e.end(err)
		}
		for _, l := range found.Lines {
			if l.Transfer < low {
				return e.end(nil)
			}
			if err := e.row(iso(l.At), strconv.FormatInt(l.Transfer, 10), l.Kind, operationText(l.Operation),
				money.New(l.Amount, a.Currency).Text(), money.New(l.Balance, a.Currency).Text(), a.Currency.Code(), l.Note); err != nil {
				return err
			}
		}
		e.flush()
		if before = found.Next; before == 0 || before < low {
			return e.end(nil)
		}
	}
}

func operationText(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

// transferPage shows a transfer with its legs, and the transfers that name it.
func transferPage(v *visit) error {
	shopID, err := v.number("shop")
	if err != nil {
		return err
	}
	id, err := v.number("id")
	if err != nil {
		return err
	}
	d, err := ledger.FindTransfer(v.ctx(), v.DB.Reader(), shopID, id)
	if err != nil {
		return err
	}
	return v.page(page{title: fmt.Sprintf("Transfer %d", id), crumbs: []crumb{crumbLedger, crumbShopBooks(shopID)}, body: transferBody(v, d)})
}
