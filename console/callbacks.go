package console

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/operator"
)

const callbacksPath = root + "callbacks"

func callbackPages() []route {
	return []route{
		{pattern: "GET " + callbacksPath, title: "Callbacks", group: groupShops, needs: operator.See, serve: callbackList},
		{pattern: "GET " + callbacksPath + ".csv", title: "Callbacks as a file", needs: operator.Export, serve: callbackExport},
		{pattern: "GET " + callbacksPath + "/{shop}/{id}", title: "Callback", needs: operator.See, serve: callbackPage},
		{pattern: "POST " + callbacksPath + "/replay", title: "Send callbacks again", needs: operator.Replay, serve: replayRange},
	}
}

// callbackRows is how many messages a page of the list has.
const callbackRows = 50

// callbackQuery is what the list's form says.
type callbackQuery struct {
	id, shop, host, from, until string // as typed
	status                      callback.Status
	wanted                      callback.Wanted
	wrong                       problems
}

// queryOf reads the form of the list, from an address or a POST.
func (v *visit) queryOf() callbackQuery {
	q := callbackQuery{
		id: v.value("id"), shop: v.value("shop"), host: strings.ToLower(v.value("host")), from: v.value("from"), until: v.value("until"),
		status: callback.Status(v.value("status")), wrong: problems{},
	}
	if q.shop != "" {
		n, err := strconv.ParseInt(q.shop, 10, 64)
		if err != nil || n <= 0 {
			q.wrong["shop"] = "must be a shop's number"
		}
		q.wanted.Shop = n
	}
	switch q.status {
	case "", callback.Waiting, callback.Delivered, callback.Parked:
	default:
		q.status, q.wrong["status"] = "", "is none of the statuses"
	}
	q.wanted.Status, q.wanted.Host = q.status, q.host
	q.wanted.From, q.wanted.Until = q.time("from", q.from), q.time("until", q.until)
	return q
}

// minuteForm is how browsers write a field of date and time.
const minuteForm = "2006-01-02T15:04"

// time reads a field of date and time, in UTC.
func (q *callbackQuery) time(name, text string) int64 {
	if text == "" {
		return 0
	}
	for _, form := range []string{minuteForm, "2006-01-02T15:04:05", time.DateOnly} {
		if at, err := time.Parse(form, text); err == nil {
			return at.UnixMilli()
		}
	}
	q.wrong[name] = "must be a time as 2026-11-21T08:30, in UTC"
	return 0
}

// address is the list so chosen, behind a cursor.
func (q callbackQuery) address(path string, after callback.Cursor) string {
	values := url.Values{}
	for name, value := range map[string]string{
		"shop": q.shop, "status": string(q.status), "host": q.host, "from": q.from, "until": q.until, "after": after.String(),
	} {
		if value != "" {
			values.Set(name, value)
		}
	}
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}

// callbackView is what the list shows.
type callbackView struct {
	query    callbackQuery
	page     callback.Page
	after    callback.Cursor
	figures  callback.Figures
	backlogs []callback.Backlog
	given    []callback.Given
	now      int64
}

func callbackList(v *visit) error {
	l := callbackView{query: v.queryOf(), after: callback.ParseCursor(v.value("after")), now: v.Now().UnixMilli()}
	if l.query.id != "" {
		return v.findCallback(l)
	}
	var err error
	if len(l.query.wrong) == 0 {
		if l.page, err = callback.Look(v.ctx(), v.DB.Reader(), l.query.wanted, l.after, callbackRows); err != nil {
			return err
		}
	}
	return v.showCallbacks(l)
}

func (v *visit) showCallbacks(l callbackView) (err error) {
	if l.figures, err = callback.Measure(v.ctx(), v.DB.Reader(), l.now); err != nil {
		return err
	}
	if l.backlogs, err = callback.Backlogs(v.ctx(), v.DB.Reader(), 5); err != nil {
		return err
	}
	if l.given, err = callback.GivenUp(v.ctx(), v.DB.Reader(), 10); err != nil {
		return err
	}
	return v.page(page{title: "Callbacks", body: callbackListBody(v, l)})
}

// findCallback goes to the one message that a number names, or lists its object's.
func (v *visit) findCallback(l callbackView) error {
	id, err := strconv.ParseInt(strings.TrimPrefix(l.query.id, "msg_"), 10, 64)
	if err != nil || id <= 0 {
		l.query.wrong["id"] = "must be a number, or the webhook-id of a message"
		return v.showCallbacks(l)
	}
	found, err := callback.About(v.ctx(), v.DB.Reader(), id)
	if err != nil {
		return err
	}
	for _, m := range found {
		if m.ID == id {
			return v.to(callbackPath(m))
		}
	}
	if l.page.Messages = found; len(found) == 0 {
		l.query.wrong["id"] = "no message has this number, and no invoice or payout with messages"
	}
	return v.showCallbacks(l)
}

func callbackPath(m *callback.Message) string { return objectPath("callbacks", m.Shop, m.ID) }

// subjectPath is the page of what a message tells of.
func (v *visit) subjectPath(m *callback.Message) string {
	kinds := map[callback.Kind]string{callback.Invoice: "invoices", callback.Refund: "refunds", callback.Withdraw: "payouts"}
	return v.known(objectPath(kinds[m.Kind], m.Shop, m.Subject))
}

func callbackExport(v *visit) error {
	q := v.queryOf()
	if err := tellWrong(q.wrong); err != nil {
		return err
	}
	e := v.newExport(q.wanted.Shop, "callbacks", "callbacks",
		"id", "made", "shop", "kind", "subject", "object", "place", "event", "status", "tries", "next try", "delivered", "host", "last failure")
	for after := (callback.Cursor{}); ; {
		p, err := callback.Look(v.ctx(), v.DB.Reader(), q.wanted, after, 1000)
		if err != nil {
			return e.end(err)
		}
		for _, m := range p.Messages {
			if err := e.row(callbackCells(m)...); err != nil {
				return e.end(err)
			}
		}
		e.flush()
		if after = p.Next; after == (callback.Cursor{}) {
			return e.end(nil)
		}
	}
}

func callbackCells(m *callback.Message) []string {
	return []string{
		number(m.ID), isoOrNone(m.CreatedAt), number(m.Shop), string(m.Kind), number(m.Subject), number(m.Object), number(m.Seq), m.Event, string(m.Status),
		number(m.Tries), isoOrNone(m.DueAt), isoOrNone(m.DeliveredAt), m.Host, m.Failure,
	}
}

// oneCallback is all that is known of a message.
type oneCallback struct {
	*callback.Message
	tries   []*callback.Try
	object  []*callback.Message // in their order, this one among them
	preview *callback.Preview   // nil when it cannot be rendered
	failure string              // why
	now     int64
}

// waitsFor is the earlier message that must be through first, nil for none.
func (m oneCallback) waitsFor() *callback.Message {
	var last *callback.Message
	for _, other := range m.object {
		if other.Seq < m.Seq && other.Status == callback.Waiting {
			last = other
		}
	}
	if m.Status != callback.Waiting {
		return nil
	}
	return last
}

func callbackPage(v *visit) error {
	m, err := v.callback()
	if err != nil {
		return err
	}
	one := oneCallback{Message: m, now: v.Now().UnixMilli()}
	if one.tries, err = callback.DeliveriesOf(v.ctx(), v.DB.Reader(), m.Shop, m.ID); err != nil {
		return err
	}
	if one.object, err = callback.Of(v.ctx(), v.DB.Reader(), m.Shop, m.Object); err != nil {
		return err
	}
	if one.preview, err = v.Preview(v.ctx(), m); err != nil {
		one.failure = "It cannot be rendered now: is its shop or store still there?"
		if fault.Is(err, fault.Invalid) {
			one.failure = "It cannot be sent: " + err.Error()
		}
	}
	return v.page(page{title: "Callback " + number(m.ID), crumbs: []crumb{{"Callbacks", callbacksPath}}, body: callbackBody(v, one)})
}

// callback is the message that the address names.
func (v *visit) callback() (*callback.Message, error) {
	shop, id, err := v.object()
	if err != nil {
		return nil, err
	}
	return callback.Find(v.ctx(), v.DB.Reader(), shop, id)
}

// asked is when the visitor saw what is to be sent again, as the page noted it.
func (v *visit) asked() int64 {
	at, err := strconv.ParseInt(v.value("asked"), 10, 64)
	if now := v.Now().UnixMilli(); err != nil || at <= 0 || at > now {
		return now
	}
	return at
}
