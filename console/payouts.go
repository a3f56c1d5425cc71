package console

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/fee"
	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/payout"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/provider"
)

const payoutsPath = root + "payouts"

func payoutPages() []route {
	return []route{
		{pattern: "GET " + payoutsPath, title: "Payouts", group: groupMoney, needs: operator.See, serve: payoutList},
		{pattern: "GET " + payoutsPath + ".csv", title: "Payouts as CSV", needs: operator.Export, serve: payoutFile},
		{pattern: "GET " + payoutsPath + "/{shop}/{id}", title: "Payout", needs: operator.See, serve: payoutPage},
	}
}

func payoutPath(shop, id int64) string { return objectPath("payouts", shop, id) }

// payoutStatuses are the statuses in words.
var payoutStatuses = []option{
	{"1", "1 created"}, {"2", "2 waits for confirmation"}, {"3", "3 sent"}, {"4", "4 not accepted, to be sent again"},
	{"5", "5 completed"}, {"6", "6 rejected"}, {"9", "9 outcome unknown"},
}

func payoutWord(s payout.Status) (string, tone) {
	tones := map[payout.Status]tone{payout.Confirming: toneWait, payout.ProviderError: toneBad, payout.NetworkError: toneBad, payout.Completed: toneGood}
	return wordOf(payoutStatuses, number(int64(s))), or(tones[s], tonePlain)
}

func wordOf(list []option, value string) string {
	for _, o := range list {
		if o.value == value {
			return o.label
		}
	}
	return value
}

// or is the first tone, or the second where there is none.
func or(first, second tone) tone {
	if first != "" {
		return first
	}
	return second
}

func (f filter) payouts(s db.Seek) payout.Search {
	status, _ := strconv.ParseInt(f.status, 10, 64)
	return payout.Search{
		Seek: s, Shop: f.shop, Status: payout.Status(status), Payway: f.payway, Provider: f.provider, Currency: f.currency,
		Least: f.least, Most: f.most, Until: f.until, Attention: f.attention,
	}
}

func payoutList(v *visit) error {
	f := v.filter(payoutStatuses)
	ways, err := v.wayOptions(payway.Out)
	if err != nil {
		return err
	}
	l := listing{title: "Payouts", path: payoutsPath, filter: f, statuses: payoutStatuses, ways: ways,
		attention: "waits for confirmation, not accepted for now, outcome unknown, or contradicted by the provider",
		head:      listHead("Made", "Payout", "Shop", "Shop's own id", "Status", ">Written off", ">Beneficiary gets", "Account", "Payway", "Provider")}
	if len(f.wrong) == 0 {
		found, err := f.payouts(f.seek).Find(v.ctx(), v.DB.Reader())
		if err != nil {
			return err
		}
		l.next, l.full = found.Next, found.Full
		for _, p := range found.Rows {
			l.rows = append(l.rows, []cell{
				{at: p.CreatedAt}, linked(number(p.ID), payoutPath(p.Shop, p.ID)), shopCell(v, p.Shop), plain(p.PaymentID), badge(payoutWord(p.Status)),
				amountCell(p.WriteOffAmount()), amountCell(p.ReceiveAmount()), plain(p.AccountMask), wayCell(v, p.Payway), plain(p.Provider),
			})
		}
	}
	return v.list(l)
}

func payoutFile(v *visit) error {
	f := v.filter(payoutStatuses)
	if err := f.tellWrong(); err != nil {
		return err
	}
	e := v.newExport(f.shop, f.said("payouts"), "payouts", "made", "id", "shop", "shop_payment_id", "status", "status_text", "write_off", "currency",
		"receive", "receive_currency", "fee", "rounding", "rate", "account", "payway", "provider", "failure", "rrn", "bank_transaction", "processed")
	find := func(s db.Seek) (db.Found[payout.Payout], error) { return f.payouts(s).Find(v.ctx(), v.DB.Reader()) }
	return e.end(exported(e, f.seek, find, func(p *payout.Payout) []string {
		return []string{iso(p.CreatedAt), number(p.ID), number(p.Shop), p.PaymentID, number(int64(p.Status)), p.Status.String(),
			p.WriteOffAmount().Text(), p.Currency.Code(), p.ReceiveAmount().Text(), p.ReceiveCurrency.Code(), minor(p.Fee, p.ReceiveCurrency),
			minor(p.Rounding, p.Currency), p.Rate.String(), p.AccountMask, p.Payway, p.Provider, string(p.Failure), p.RRN, p.BankTransaction, isoOrNone(p.ProcessedAt)}
	}))
}

// payoutPage answers every question about one payout.
func payoutPage(v *visit) error {
	shop, id, err := v.object()
	if err != nil {
		return err
	}
	p, err := (&payout.Payouts{DB: v.DB}).Find(v.ctx(), shop, id)
	if err != nil {
		return err
	}
	h, err := v.history(shop, id, id, "payout "+number(id))
	if err != nil {
		return err
	}
	way, err := v.wayOf(p.Payway)
	if err != nil {
		return err
	}
	if h.rate, err = v.rateFacts(fee.Exchange{Shop: p.Currency, Payway: p.ReceiveCurrency, Rate: p.Rate, Inverse: p.RateInverse}, p.CreatedAt); err != nil {
		return err
	}
	events := inTime(append(payoutMoves(p, h), h.events(p.ProcessedAt, func(a *provider.Attempt) string { return payoutVerdict(p, h, a) })...))
	return v.page(page{title: "Payout " + number(id), crumbs: []crumb{{"Payouts", payoutsPath}}, body: payoutBody(v, p, way, h, events)})
}

// object is the shop and the number in an address.
func (v *visit) object() (shop, id int64, err error) {
	if shop, err = v.number("shop"); err == nil {
		id, err = v.number("id")
	}
	return shop, id, err
}

// wayOf is a payway, nil when it is not there any more.
func (v *visit) wayOf(alias string) (*payway.Payway, error) {
	way, err := payway.Load(v.ctx(), v.DB.Reader(), alias)
	if fault.Is(err, fault.PaywayNotFound) {
		return nil, nil
	}
	return way, err
}

// payoutBegan is the status in which a payout was created: one that an operator
// decided on waited for it, one whose first call is of the same commit was sent.
func payoutBegan(p *payout.Payout, h history) payout.Status {
	for _, l := range h.links {
		if l.Act == "payout.confirm" || l.Act == "payout.reject" {
			return payout.Confirming
		}
	}
	switch {
	case p.Status == payout.Confirming:
		return payout.Confirming
	case len(h.calls) > 0 && h.calls[0].SentAt == p.CreatedAt:
		return payout.Sent
	}
	return payout.Created
}

// payoutMoves are the moves of the status that are no answer of the provider.
func payoutMoves(p *payout.Payout, h history) []event {
	began := payoutBegan(p, h)
	list := []event{{at: p.CreatedAt, kind: kindStatus, title: "The shop created it", move: "→ " + statusText(began), details: []string{"the shop's own id " + p.PaymentID}}}
	switch began {
	case payout.Confirming:
		list[0].details = append(list[0].details, "above the amount from which the shop's payouts need an operator")
	case payout.Created:
		list[0].details = append(list[0].details, "too many calls were under way to send at once")
	}
	for _, l := range h.links {
		switch {
		case l.Act == "payout.confirm":
			list = append(list, event{at: l.At, kind: kindStatus, title: "Confirmed", move: payoutStep(payout.Confirming, payout.Created), actor: l.Actor, tone: toneGood})
		case l.Act == "payout.reject":
			list = append(list, event{at: l.At, kind: kindStatus, title: "Rejected by an operator", move: payoutStep(payout.Confirming, payout.Rejected), actor: l.Actor, details: []string{l.Detail}, tone: toneBad})
		case strings.HasPrefix(l.Act, "payout.resolve."):
			list = append(list, event{at: l.At, kind: kindStatus, title: "The unknown outcome was ended by an operator", move: payoutStep(payout.NetworkError, p.Status), actor: l.Actor, details: []string{l.Detail}, tone: toneWait})
		}
	}
	for i, a := range h.calls {
		from := began
		switch {
		case i == 0 && began == payout.Sent:
			continue
		case i == 0:
			from = payout.Created
		case h.calls[i-1].Outcome == provider.Refused:
			from = payout.ProviderError
		default:
			from = payout.NetworkError
		}
		list = append(list, event{at: a.SentAt, kind: kindStatus, title: "The worker takes it up", move: payoutStep(from, payout.Sent)})
	}
	return list
}

func statusText(s payout.Status) string { return number(int64(s)) + " " + s.String() }

func payoutStep(from, to payout.Status) string { return statusText(from) + " → " + statusText(to) }

// payoutVerdict is what the end of a call did to the status. After questions it is
// not kept whether the payout was 3 or 9 before.
func payoutVerdict(p *payout.Payout, h history, a *provider.Attempt) string {
	last := a.N == p.Attempts
	to := map[provider.Result]payout.Status{
		provider.Succeeded: payout.Completed, provider.Declined: payout.Rejected, provider.Refused: payout.ProviderError, provider.Unknown: payout.NetworkError,
	}[a.Outcome]
	switch {
	case a.Reason == provider.ByOperator, a.Outcome == provider.Pending, a.Outcome == "":
		return ""
	case last && p.Status.Final():
		to = p.Status
	case a.Outcome == provider.Lost:
		return "9 network error: to be sent again"
	}
	if !byCall(a, p.ProcessedAt) {
		return "→ " + statusText(to)
	}
	return payoutStep(payout.Sent, to)
}

// payoutNext says what happens by itself, and when.
func payoutNext(p *payout.Payout, h history, now int64) []string {
	var list []string
	var last *provider.Attempt
	if n := len(h.calls); n > 0 {
		last = h.calls[n-1]
	}
	switch due := at(p.DueAt, now); {
	case p.Status == payout.Completed:
		list = append(list, "Nothing: completed is final. "+grouped(p.ReceiveAmount())+" was paid once, "+grouped(p.WriteOffAmount())+" left the shop's balance.")
	case p.Status == payout.Rejected:
		list = append(list, "Nothing: rejected is final ("+payoutFailure(p)+"). "+grouped(p.WriteOffAmount())+" went back to the shop's balance.")
	case p.Status == payout.Confirming:
		list = append(list, "It waits until an operator confirms or rejects it; "+grouped(p.WriteOffAmount())+" stays frozen meanwhile. Nothing happens by itself.")
	case last != nil && last.Open() && last.AnsweredAt == 0 && last.Asked == 0:
		list = append(list, "The provider's answer to the call is awaited; if none has come, the provider is asked "+due+".")
	case last != nil && last.Open():
		list = append(list, fmt.Sprintf("The provider is asked %s what became of %s, and again with growing pauses until it says; nothing is sent meanwhile, and %s stays frozen.", due, last.Reference, grouped(p.WriteOffAmount())))
	case p.Status == payout.ProviderError:
		list = append(list, fmt.Sprintf("The same call is sent again %s under the same reference: refused %s so far, at most 10 times within an hour.", due, times(p.Refusals)))
	default:
		list = append(list, "The next call is announced and sent "+due+".")
	}
	return append(list, h.nextCallbacks()...)
}

func payoutFailure(p *payout.Payout) string {
	words := map[payout.Failure]string{payout.Declined: "declined", payout.Unavailable: "the provider never accepted it"}
	return words[p.Failure]
}

// at is a time to come in words.
func at(due, now int64) string {
	switch {
	case due == 0:
		return "never"
	case due <= now:
		return "now (due since " + clock(due) + " UTC)"
	}
	return "at " + clock(due) + " UTC"
}

// act is what the visitor may propose about an object.
type act struct {
	title, path string
	tone        tone
}

// acts are those of the kinds that the visitor may propose.
func (v *visit) acts(values url.Values, names ...string) []act {
	var list []act
	for _, name := range names {
		if k, ok := kindOf(name); ok && v.may(k.needs) {
			list = append(list, act{k.title, k.with(values), k.tone})
		}
	}
	return list
}

func payoutActs(v *visit, p *payout.Payout) []act {
	values := url.Values{"shop": {number(p.Shop)}, "id": {number(p.ID)}}
	switch p.Status {
	case payout.Confirming:
		return v.acts(values, "payout.confirm", "payout.reject")
	case payout.NetworkError:
		return v.acts(values, "payout.resolve")
	}
	return nil
}

// paidOnce says how often money left, from the books.
func paidOnce(p *payout.Payout, h history) string {
	n := 0
	for _, m := range h.moved {
		if m.Kind == "payout.complete" {
			n++
		}
	}
	text := fmt.Sprintf("booked as paid %s; %s sent under one reference", map[bool]string{true: "0 times", false: times(int64(n))}[n == 0], calls(h.calls))
	if len(h.against) > 0 {
		text += "; the provider contradicts us: see the timeline"
	}
	return text
}

func calls(list []*provider.Attempt) string {
	if len(list) == 0 {
		return "never"
	}
	same := !slices.ContainsFunc(list, func(a *provider.Attempt) bool { return a.Reference != list[0].Reference })
	if !same {
		return number(int64(len(list))) + " calls, not all"
	}
	return times(int64(len(list)))
}
