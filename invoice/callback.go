package invoice

import (
	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/shop"
)

// The doors that render callbacks: PayParts those of invoices with a store,
// Avanor all others.
const (
	Avanor   = "avanor"
	PayParts = "payparts"
)

// View is an invoice as it is shown to its shop, and frozen in a callback.
type View struct {
	Shop, ID      int64
	Source        string
	OrderID       string
	Payway        string
	Status        Status // outward
	Failure       Failure
	Currency      int64
	Amount        int64
	Net           int64
	PriceCurrency int64
	Price         int64
	PayerAccount  string
	Description   string
	Rate          string // "" without conversion
	HoldUntil     int64  `json:",omitempty"` // 0: it never was held
	CreatedAt     int64
	UpdatedAt     int64
	ProcessedAt   int64
}

// View is what the shop may see of the invoice.
func (v *Invoice) View() View {
	view := View{
		Shop: v.Shop, ID: v.ID, Source: v.Source, OrderID: v.OrderID, Payway: v.Payway, Status: v.Status.Outward(), Failure: v.Failure,
		Currency: v.Currency.Number(), Amount: v.Amount, Net: v.Net, PriceCurrency: v.PriceCurrency.Number(), Price: v.Price,
		PayerAccount: v.PayerAccount, Description: v.Description, CreatedAt: v.CreatedAt, UpdatedAt: v.UpdatedAt, ProcessedAt: v.ProcessedAt,
		HoldUntil: v.HoldUntil,
	}
	if v.Currency != v.PriceCurrency {
		view.Rate = v.Rate.String()
	}
	return view
}

// owe owes the shop a callback about the invoice's present status. Each of the
// shop's own addresses wins over the same one of the request; a rejection goes to
// the one for rejections where there is one (api/avanor.md §5, §8).
func owe(s *db.State, v *Invoice) error {
	owner, err := shop.Find(s, v.Shop)
	if err != nil {
		return err
	}
	settings, err := owner.Settings()
	if err != nil {
		return err
	}
	url, event := or(settings.CallbackURL, v.CallbackURL), "success"
	switch v.Status.Outward() {
	case Held:
		event = "hold"
	case Rejected:
		event = "rejected"
		url = or(or(settings.RejectedURL, v.RejectedURL), url)
	}
	if v.Source != "" {
		if v.shopsAct() {
			return nil
		}
		url = v.CallbackURL
	}
	if !settings.Enabled(url) {
		return nil
	}
	return v.enqueue(s, callback.Owed{Kind: "invoice", Subject: v.ID, Event: event, URL: url, Snapshot: v.View()})
}

// shopsAct reports whether the invoice stands where it does because its shop
// charged or released a hold. A store hears of its payer's acts only.
func (v *Invoice) shopsAct() bool {
	return v.Status == Succeeded && v.HoldTransfer != 0 || v.Failure == Unheld
}

// enqueue adds a message to the invoice's queue; its refunds' go in the same one.
func (v *Invoice) enqueue(s *db.State, o callback.Owed) error {
	v.Callbacks++
	o.Shop, o.Object, o.Protocol = v.Shop, v.ID, Avanor
	if v.Source != "" {
		o.Protocol = PayParts
	}
	return callback.Owe(s, v.Callbacks, o)
}
