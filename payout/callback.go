package payout

import (
	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/shop"
)

// Protocol names the door that renders payouts' callbacks.
const Protocol = "avanor"

// owe owes the shop a callback about the payout's present status, when the shop
// has set an address for such.
func owe(s *db.State, p *Payout) error {
	sh, err := shop.Find(s, p.Shop)
	if err != nil {
		return err
	}
	settings, err := sh.Settings()
	if err != nil || !settings.Enabled(settings.PayoutCallbackURL) {
		return err
	}
	p.Callbacks++
	return callback.Owe(s, p.Callbacks, callback.Owed{
		Shop: p.Shop, Object: p.ID, Kind: "withdraw", Subject: p.ID, Event: p.Status.String(), Protocol: Protocol,
		URL: settings.PayoutCallbackURL, Snapshot: p.View(),
	})
}

// View is a payout as it is shown to its shop, and frozen in a callback.
type View struct {
	Shop, ID        int64
	PaymentID       string
	Status          Status
	Failure         Failure
	Currency        int64
	WriteOff        int64
	ReceiveCurrency int64
	Receive         int64
	RRN             string
	BankTransaction string
}

// View is what the shop may see of the payout.
func (p *Payout) View() View {
	return View{
		Shop: p.Shop, ID: p.ID, PaymentID: p.PaymentID, Status: p.Status, Failure: p.Failure,
		Currency: p.Currency.Number(), WriteOff: p.WriteOff, ReceiveCurrency: p.ReceiveCurrency.Number(), Receive: p.Receive,
		RRN: p.RRN, BankTransaction: p.BankTransaction,
	}
}
