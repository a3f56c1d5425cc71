package console

import (
	"fmt"
	"time"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/provider"
)

const refundsPath = root + "refunds"

func refundPages() []route {
	return []route{
		{pattern: "GET " + refundsPath, title: "Refunds", group: groupMoney, needs: operator.See, serve: refundList},
		{pattern: "GET " + refundsPath + ".csv", title: "Refunds as CSV", needs: operator.Export, serve: refundFile},
		{pattern: "GET " + refundsPath + "/{shop}/{id}", title: "Refund", needs: operator.See, serve: refundPage},
	}
}

func refundPath(shop, id int64) string { return objectPath("refunds", shop, id) }

var refundStatuses = []option{{"WAITING", "on its way"}, {"SUCCESS", "done"}, {"FAILED", "failed"}}

func refundWord(s invoice.RefundStatus) (string, tone) {
	tones := map[invoice.RefundStatus]tone{invoice.Refunded: toneGood, invoice.Failed: toneBad, invoice.Waiting: toneWait}
	return wordOf(refundStatuses, string(s)), tones[s]
}

// refundPatience is after how long a refund that waits needs attention.
const refundPatience = 15 * time.Minute

func (f filter) refunds(s db.Seek, now time.Time) invoice.RefundSearch {
	q := invoice.RefundSearch{
		Seek: s, Shop: f.shop, Status: invoice.RefundStatus(f.status), Provider: f.provider, Currency: f.currency, Least: f.least, Most: f.most, Until: f.until,
	}
	if f.attention {
		q.Stuck = now.Add(-refundPatience).UnixMilli()
	}
	return q
}

func refundList(v *visit) error {
	f := v.filter(refundStatuses)
	l := listing{title: "Refunds", path: refundsPath, filter: f, statuses: refundStatuses,
		attention: "on its way for more than a quarter of an hour, or contradicted by the provider",
		head:      listHead("Made", "Refund", "Shop", "Shop's own id", "Status", ">Taken back", ">Payer gets", "Invoice", "Provider")}
	if len(f.wrong) == 0 {
		found, err := f.refunds(f.seek, v.Now()).Find(v.ctx(), v.DB.Reader())
		if err != nil {
			return err
		}
		l.next, l.full = found.Next, found.Full
		for _, r := range found.Rows {
			l.rows = append(l.rows, []cell{
				{at: r.CreatedAt}, linked(number(r.ID), refundPath(r.Shop, r.ID)), shopCell(v, r.Shop), plain(r.RefundID), badge(refundWord(r.Status)),
				amountCell(r.GrossAmount()), amountCell(r.PriceAmount()), linked(number(r.InvoiceID), invoicePath(r.Shop, r.InvoiceID)), plain(r.Provider),
			})
		}
	}
	return v.list(l)
}

func refundFile(v *visit) error {
	f := v.filter(refundStatuses)
	if err := f.tellWrong(); err != nil {
		return err
	}
	e := v.newExport(f.shop, f.said("refunds"), "refunds", "made", "id", "shop", "source", "shop_refund_id", "invoice", "status", "amount", "currency",
		"payer_gets", "payer_currency", "fee_back", "provider", "failure", "processed")
	find := func(s db.Seek) (db.Found[invoice.Refund], error) {
		return f.refunds(s, v.Now()).Find(v.ctx(), v.DB.Reader())
	}
	return e.end(exported(e, f.seek, find, func(r *invoice.Refund) []string {
		return []string{iso(r.CreatedAt), number(r.ID), number(r.Shop), r.Source, r.RefundID, number(r.InvoiceID), string(r.Status), r.GrossAmount().Text(), r.Currency.Code(),
			r.PriceAmount().Text(), r.PriceCurrency.Code(), minor(r.FeeBack, r.Currency), r.Provider, string(r.Failure), isoOrNone(r.ProcessedAt)}
	}))
}

// refundPage answers every question about one refund.
func refundPage(v *visit) error {
	shop, id, err := v.object()
	if err != nil {
		return err
	}
	rooms := &invoice.Invoices{DB: v.DB}
	f, err := rooms.FindRefund(v.ctx(), shop, id)
	if err != nil {
		return err
	}
	i, err := rooms.Find(v.ctx(), shop, f.InvoiceID)
	if err != nil {
		return err
	}
	h, err := v.history(shop, id, f.InvoiceID, "refund "+number(id))
	if err != nil {
		return err
	}
	h = h.keep(ofRefund(id))
	events := append([]event{{at: f.CreatedAt, kind: kindStatus, title: "The shop created it", move: "→ WAITING", details: []string{"the shop's own id " + f.RefundID}}},
		h.events(f.ProcessedAt, func(a *provider.Attempt) string { return refundVerdict(f, a) })...)
	return v.page(page{title: "Refund " + number(id), body: refundBody(v, f, i, h, inTime(events)),
		crumbs: []crumb{{"Invoices", invoicesPath}, {"Invoice " + number(f.InvoiceID), invoicePath(shop, f.InvoiceID)}}})
}

func refundVerdict(f *invoice.Refund, a *provider.Attempt) string {
	if a.N == f.Attempts && f.Status != invoice.Waiting {
		return "WAITING → " + string(f.Status)
	}
	return ""
}

// refundNext says what happens by itself, and when.
func refundNext(f *invoice.Refund, h history, now int64) []string {
	var list []string
	due := at(f.DueAt, now)
	var last *provider.Attempt
	if n := len(h.calls); n > 0 {
		last = h.calls[n-1]
	}
	switch {
	case f.Status == invoice.Refunded:
		list = append(list, "Nothing: it is done. The payer got "+grouped(f.PriceAmount())+" back.")
	case f.Status == invoice.Failed:
		list = append(list, "Nothing: it failed, "+invoiceFailures[f.Failure]+". "+grouped(f.GrossAmount())+" went back to the shop's balance and can be refunded again under another id.")
	case last != nil && last.Open() && (last.AnsweredAt > 0 || last.Asked > 0):
		list = append(list, fmt.Sprintf("The provider is asked %s what became of %s, and again until it says; %s stays frozen.", due, last.Reference, grouped(f.GrossAmount())))
	case last != nil && last.Open():
		list = append(list, "The provider's answer is awaited; if none has come, the provider is asked "+due+".")
	default:
		list = append(list, "The call is sent "+due+".")
	}
	return append(list, h.nextCallbacks()...)
}
