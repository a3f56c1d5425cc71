package console

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fee"
	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/provider"
)

const invoicesPath = root + "invoices"

func invoicePages() []route {
	return []route{
		{pattern: "GET " + invoicesPath, title: "Invoices", group: groupMoney, needs: operator.See, serve: invoiceList},
		{pattern: "GET " + invoicesPath + ".csv", title: "Invoices as CSV", needs: operator.Export, serve: invoiceFile},
		{pattern: "GET " + invoicesPath + "/{shop}/{id}", title: "Invoice", needs: operator.See, serve: invoicePage},
	}
}

func invoicePath(shop, id int64) string { return objectPath("invoices", shop, id) }

var invoiceStatuses = []option{
	{"1", "1 created"}, {"2", "2 the payer is at it"}, {"4", "4 paid"}, {"5", "5 outcome unknown"}, {"6", "6 rejected"},
	{"8", "8 held"}, {"81", "81 held, being charged"}, {"82", "82 held, being released"},
}

func invoiceWord(s invoice.Status) (string, tone) {
	tones := map[invoice.Status]tone{invoice.Succeeded: toneGood, invoice.Unknown: toneBad, invoice.Held: toneWait, invoice.Charging: toneWait, invoice.Unholding: toneWait}
	return wordOf(invoiceStatuses, number(int64(s))), or(tones[s], tonePlain)
}

// invoiceFailures say why an invoice was rejected, or a refund failed.
var invoiceFailures = map[invoice.Failure]string{
	invoice.Declined: "declined by the provider", invoice.Unavailable: "the provider never accepted it", invoice.Expired: "its time was over",
	invoice.Unheld: "the shop released the hold", invoice.Canceled: "the payer left",
}

func (f filter) invoices(s db.Seek) invoice.Search {
	status, _ := strconv.ParseInt(f.status, 10, 64)
	return invoice.Search{
		Seek: s, Shop: f.shop, Status: invoice.Status(status), Payway: f.payway, Provider: f.provider, Currency: f.currency,
		Least: f.least, Most: f.most, Until: f.until, Attention: f.attention,
	}
}

func invoiceList(v *visit) error {
	f := v.filter(invoiceStatuses)
	ways, err := v.wayOptions(payway.In)
	if err != nil {
		return err
	}
	l := listing{title: "Invoices", path: invoicesPath, filter: f, statuses: invoiceStatuses, ways: ways,
		attention: "outcome unknown, also of the charge or release of a hold, or contradicted by the provider",
		head:      listHead("Made", "Invoice", "Shop", "Shop's own id", "Status", ">Amount", ">Payer pays", ">Refunded", "Payer", "Payway", "Provider")}
	if len(f.wrong) == 0 {
		found, err := f.invoices(f.seek).Find(v.ctx(), v.DB.Reader())
		if err != nil {
			return err
		}
		l.next, l.full = found.Next, found.Full
		for _, i := range found.Rows {
			l.rows = append(l.rows, []cell{
				{at: i.CreatedAt}, linked(number(i.ID), invoicePath(i.Shop, i.ID)), shopCell(v, i.Shop), plain(i.OrderID), badge(invoiceWord(i.Status)),
				amountCell(i.GrossAmount()), amountCell(i.PriceAmount()), amountCell(money.New(i.Refunded, i.Currency)), plain(i.PayerAccount), wayCell(v, i.Payway), plain(i.Provider),
			})
		}
	}
	return v.list(l)
}

func invoiceFile(v *visit) error {
	f := v.filter(invoiceStatuses)
	if err := f.tellWrong(); err != nil {
		return err
	}
	e := v.newExport(f.shop, f.said("invoices"), "invoices", "made", "id", "shop", "source", "shop_order_id", "status", "status_text", "amount", "currency",
		"net", "fee", "price", "price_currency", "rate", "refunded", "payer", "payway", "provider", "failure", "processed")
	find := func(s db.Seek) (db.Found[invoice.Invoice], error) { return f.invoices(s).Find(v.ctx(), v.DB.Reader()) }
	return e.end(exported(e, f.seek, find, func(i *invoice.Invoice) []string {
		return []string{iso(i.CreatedAt), number(i.ID), number(i.Shop), i.Source, i.OrderID, number(int64(i.Status)), i.Status.String(), i.GrossAmount().Text(), i.Currency.Code(),
			i.NetAmount().Text(), minor(i.Amount-i.Net, i.Currency), i.PriceAmount().Text(), i.PriceCurrency.Code(), i.Rate.String(), minor(i.Refunded, i.Currency),
			i.PayerAccount, i.Payway, i.Provider, string(i.Failure), isoOrNone(i.ProcessedAt)}
	}))
}

func minor(n int64, c money.Currency) string { return money.New(n, c).Text() }

func isoOrNone(at int64) string {
	if at == 0 {
		return ""
	}
	return iso(at)
}

func dash(text string) string {
	if text == "" {
		return "–"
	}
	return text
}

// invoicePage answers every question about one invoice.
func invoicePage(v *visit) error {
	shop, id, err := v.object()
	if err != nil {
		return err
	}
	rooms := &invoice.Invoices{DB: v.DB}
	i, err := rooms.Find(v.ctx(), shop, id)
	if err != nil {
		return err
	}
	given, err := rooms.Refunds(v.ctx(), shop, id)
	if err != nil {
		return err
	}
	h, err := v.history(shop, id, id, "invoice "+number(id))
	if err != nil {
		return err
	}
	way, err := v.wayOf(i.Payway)
	if err != nil {
		return err
	}
	if h.rate, err = v.rateFacts(fee.Exchange{Shop: i.Currency, Payway: i.PriceCurrency, Rate: i.Rate, Inverse: i.RateInverse}, i.CreatedAt); err != nil {
		return err
	}
	events := append(invoiceMoves(i, h), h.events(i.ProcessedAt, func(a *provider.Attempt) string { return invoiceVerdict(i, a) })...)
	for _, f := range given {
		events = append(events, refundOf(f)...)
	}
	return v.page(page{title: "Invoice " + number(id), crumbs: []crumb{{"Invoices", invoicesPath}}, body: invoiceBody(v, i, way, h, given, inTime(events))})
}

// invoiceMoves are the moves of the status that are no answer of the provider.
func invoiceMoves(i *invoice.Invoice, h history) []event {
	list := []event{{at: i.CreatedAt, kind: kindStatus, title: "The shop created it", move: "→ " + invoiceText(invoice.Created), details: []string{
		"the shop's own id " + i.OrderID, "may be paid until " + clock(i.ExpiresAt),
	}}}
	for _, a := range h.calls {
		e := event{at: a.SentAt, kind: kindStatus}
		switch a.Verb {
		case provider.Authorize:
			e.title, e.move = "The payer pays", "→ "+invoiceText(invoice.Awaiting)
			e.details = []string{"1 or 2 before: when the payer opened the page is not kept"}
		case provider.Capture:
			e.title, e.move = "The shop charges the hold", invoiceStep(invoice.Held, invoice.Charging)
		case provider.Void:
			e.title, e.move = "The hold is released: "+released(i, a), invoiceStep(invoice.Held, invoice.Unholding)
		}
		list = append(list, e)
	}
	if i.Status == invoice.Rejected && (i.Failure == invoice.Expired || i.Failure == invoice.Canceled) && i.HoldTransfer == 0 {
		list = append(list, event{at: i.ProcessedAt, kind: kindStatus, title: "Ended: " + invoiceFailures[i.Failure], move: "→ " + invoiceText(invoice.Rejected), tone: toneBad})
	}
	return list
}

// released says who had a hold released: by itself it is only when its time is over.
func released(i *invoice.Invoice, a *provider.Attempt) string {
	if i.AfterHold == invoice.ReleaseHold && a.SentAt >= i.HoldUntil {
		return "its time was over"
	}
	return "the shop asked for it"
}

func invoiceText(s invoice.Status) string { return number(int64(s)) + " " + s.String() }

func invoiceStep(from, to invoice.Status) string {
	return invoiceText(from) + " → " + invoiceText(to)
}

// invoiceVerdict is what the end of a call did to the status.
func invoiceVerdict(i *invoice.Invoice, a *provider.Attempt) string {
	done := a.Outcome == provider.Succeeded
	failed := a.Outcome == provider.Declined || a.Outcome == provider.Refused || a.Outcome == provider.Lost
	switch {
	case a.Verb == provider.Authorize && done && i.Hold:
		return "→ " + invoiceText(invoice.Held)
	case a.Verb == provider.Authorize && done:
		return "→ " + invoiceText(invoice.Succeeded)
	case a.Verb == provider.Authorize && failed:
		return "→ " + invoiceText(invoice.Rejected)
	case a.Verb == provider.Authorize && a.Outcome == provider.Unknown:
		return "→ " + invoiceText(invoice.Unknown)
	case a.Verb == provider.Capture && done:
		return invoiceStep(invoice.Charging, invoice.Succeeded)
	case a.Verb == provider.Void && done:
		return invoiceStep(invoice.Unholding, invoice.Rejected)
	case a.Outcome == provider.Declined && a.Verb == provider.Capture:
		return invoiceStep(invoice.Charging, invoice.Held)
	case a.Outcome == provider.Declined && a.Verb == provider.Void:
		return invoiceStep(invoice.Unholding, invoice.Held)
	}
	return ""
}

// refundOf is a refund in its invoice's timeline.
func refundOf(f *invoice.Refund) []event {
	list := []event{{at: f.CreatedAt, kind: kindStatus, title: "The shop gives " + grouped(f.GrossAmount()) + " back", details: []string{"refund " + number(f.ID) + ", the shop's own id " + f.RefundID}}}
	if f.ProcessedAt > 0 {
		word, t := refundWord(f.Status)
		list = append(list, event{at: f.ProcessedAt, kind: kindStatus, title: "Refund " + number(f.ID) + ": " + word, tone: t})
	}
	return list
}

// invoiceNext says what happens by itself, and when.
func invoiceNext(i *invoice.Invoice, h history, now int64) []string {
	var list []string
	var last *provider.Attempt
	if n := len(h.calls); n > 0 {
		last = h.calls[n-1]
	}
	asks := last != nil && last.Open() && last.Outcome != provider.Challenge
	switch due := at(i.DueAt, now); {
	case i.Status == invoice.Succeeded:
		list = append(list, "Nothing by itself: paid is final. "+refundable(i))
	case i.Status == invoice.Rejected:
		list = append(list, "Nothing: rejected is final, "+invoiceFailures[i.Failure]+". No money of this invoice is with us.")
	case i.Status == invoice.Held && i.AfterHold == invoice.ReleaseHold:
		list = append(list, "The shop charges or releases the hold; it ends at "+clock(i.HoldUntil)+" UTC, and is then released by itself.")
	case i.Status == invoice.Held:
		list = append(list, "The shop charges or releases the hold; it ends at "+clock(i.HoldUntil)+" UTC. After that nothing happens by itself, but it can only be released.")
	case asks && last.AnsweredAt == 0 && last.Asked == 0:
		list = append(list, "The provider's answer is awaited; if none has come, the provider is asked "+due+".")
	case asks:
		list = append(list, fmt.Sprintf("The provider is asked %s what became of %s, and again until it says; nothing is sent meanwhile.", due, last.Reference))
	case i.Status == invoice.Charging || i.Status == invoice.Unholding:
		list = append(list, "The same call is sent again "+due+".")
	default:
		list = append(list, "The payer pays at the page; not paid by "+clock(i.ExpiresAt)+" UTC, it is rejected as expired.")
	}
	return append(list, h.nextCallbacks()...)
}

// refundable says how much is refunded and how much is left.
func refundable(i *invoice.Invoice) string {
	return fmt.Sprintf("Refunded: %s of %s; still refundable: %s.", grouped(money.New(i.Refunded, i.Currency)), grouped(i.GrossAmount()), grouped(money.New(i.Amount-i.Refunded, i.Currency)))
}

// extraFacts are what the request carried beside the money.
func extraFacts(i *invoice.Invoice) []fact {
	var e invoice.Extra
	if json.Unmarshal([]byte(i.Extra), &e) != nil {
		return nil
	}
	var list []fact
	if e.Plan != nil {
		list = append(list, fact{name: "In parts", text: fmt.Sprintf("%d payments, %s", e.Plan.PartsCount, e.Plan.MerchantType)})
	}
	if e.ClientIP != "" {
		list = append(list, fact{name: "Payer's address", text: e.ClientIP})
	}
	if i.Source != "" {
		list = append(list, fact{name: "PayParts store", text: i.Source})
	}
	return list
}

// reasons are why the provider refused, from the calls.
func reasons(h history) string {
	var list []string
	for _, a := range h.calls {
		if a.Reason != "" && a.Reason != provider.ByOperator && a.Outcome != provider.Succeeded {
			list = append(list, a.Reason)
		}
	}
	return strings.Join(list, "; ")
}

// ofRefund reports whether a message tells of a refund.
func ofRefund(id int64) func(*callback.Message) bool {
	return func(m *callback.Message) bool { return m.Kind == callback.Refund && m.Subject == id }
}
