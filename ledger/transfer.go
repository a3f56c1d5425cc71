package ledger

import (
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/money"
)

// Leg is one side of a transfer that is to be posted.
type Leg struct {
	Currency money.Currency
	Purpose  Purpose
	Provider string // needed for Clearing, empty for any other purpose
	Amount   int64  // minor units; positive credits the account, negative debits it
}

// Posting says what a transfer is.
type Posting struct {
	Kind      string // what happened, in one word: "deposit", "payment", "hold"
	Operation int64  // id of the invoice, refund, payout or order it belongs to; 0 is none
	Resolves  int64  // id of the reservation that this transfer ends; 0 is none
	Reverses  int64  // id of the transfer that this one corrects; 0 is none
	Note      string // for people
}

// Transfer is a posted transfer. No two transfers of a shop resolve the same one,
// and no two reverse the same one: the database refuses it.
type Transfer struct {
	Shop int64
	ID   int64
	Posting
	At int64 // Unix milliseconds
}

// Entry is a posted leg: its place in the transfer, and the balance of its
// account after it.
type Entry struct {
	Shop     int64
	Transfer int64
	N        int64 // from 1
	Leg
	Balance int64 // minor units
}

var transfers = db.NewTable("transfer", "shop_id, id, kind, operation, resolves, reverses, note, at", "id, shop_id",
	func(t *Transfer) []any {
		return []any{&t.Shop, &t.ID, &t.Kind, &t.Operation, &t.Resolves, &t.Reverses, &t.Note, &t.At}
	})

var entries = db.NewTable("entry", "shop_id, transfer_id, n, currency, purpose, provider, amount, balance", "transfer_id, n, shop_id",
	func(e *Entry) []any {
		return []any{&e.Shop, &e.Transfer, &e.N, &e.Currency, &e.Purpose, &e.Provider, &e.Amount, &e.Balance}
	})
