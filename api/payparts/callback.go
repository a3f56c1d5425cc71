package payparts

import (
	"context"
	"time"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/shop"
	"github.com/brama-pay/brama/signature"
)

// callbackType is sent exactly so: one client refuses anything else
// (api/payparts.md §6).
const callbackType = "application/json; charset=UTF-8"

// storePatience bounds the look-up of a callback's store.
const storePatience = 5 * time.Second

// letter is the body of a callback: message is always there, state never.
type letter struct {
	StoreID      string       `json:"storeId"`
	OrderID      string       `json:"orderId"`
	PaymentState PaymentState `json:"paymentState"`
	Message      string       `json:"message"`
	Signature    string       `json:"signature"`
}

// Callbacks renders the callbacks of this protocol (api/payparts.md §6). While a
// password rotates the old one signs.
func Callbacks(stores Stores) callback.Renderer {
	return func(m *callback.Message, _ *shop.Entry) (callback.Delivery, error) {
		var v invoice.View
		if m.Kind != callback.Invoice {
			return callback.Delivery{}, fault.New(fault.Internal, "callback %d is of no kind that this protocol has: %q", m.ID, m.Kind)
		}
		if err := m.Decode(&v); err != nil {
			return callback.Delivery{}, err
		}
		ctx, cancel := context.WithTimeout(context.Background(), storePatience)
		defer cancel()
		store, err := stores.Find(ctx, v.Source)
		if err != nil {
			return callback.Delivery{}, err
		}
		if store.Store.Shop != m.Shop {
			return callback.Delivery{}, fault.New(fault.Internal, "callback %d names the store of another shop", m.ID)
		}
		return callback.Delivery{URL: m.URL, ContentType: callbackType, Body: printed(letterOf(&v, store.SigningPassword()))}, nil
	}
}

func letterOf(v *invoice.View, password string) letter {
	l := letter{
		StoreID: v.Source, OrderID: v.OrderID, PaymentState: stateOf(v.Status, v.Failure, ""), Message: messageOf(v.Failure, v.HoldUntil != 0),
	}
	l.Signature = signature.PayParts(enclosed(password, []string{l.StoreID, l.OrderID, string(l.PaymentState), l.Message})...)
	return l
}
