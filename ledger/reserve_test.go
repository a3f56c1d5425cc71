package ledger

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
)

// funds are what the shop has available and frozen.
func funds(s *db.State) [2]int64 {
	return [2]int64{Balance(s, shop, money.USD, Available, ""), Balance(s, shop, money.USD, Frozen, "")}
}

func TestReserveIsSettledOrReleased(t *testing.T) {
	s := newState()
	deposit(t, s, 10000)
	first, err := Reserve(s, shop, 5, "payout", usd(6000))
	if err != nil {
		t.Fatal(err)
	}
	if got := funds(s); got != [2]int64{4000, 6000} {
		t.Errorf("after Reserve: %v", got)
	}
	if _, err := Reserve(s, shop, 6, "payout", usd(6000)); !fault.Is(err, fault.Balance) {
		t.Errorf("a second reservation of more than is left: %v", err)
	}
	settled, err := Settle(s, shop, first, Posting{Kind: "payout done", Operation: 5}, to(Frozen, money.USD, -6000), card(money.USD, 6000))
	if err != nil {
		t.Fatal(err)
	}
	second, _ := Reserve(s, shop, 7, "payout", usd(4000))
	released, err := Release(s, shop, second, 7, usd(4000))
	if err != nil {
		t.Fatal(err)
	}
	if got := funds(s); got != [2]int64{4000, 0} {
		t.Errorf("after Settle and Release: %v", got)
	}
	posted := values(transfers.Written(s))
	if diff := cmp.Diff([]Transfer{
		{shop, first, Posting{Kind: "payout", Operation: 5}, 1000},
		{shop, settled, Posting{Kind: "payout done", Operation: 5, Resolves: first}, 1000},
		{shop, second, Posting{Kind: "payout", Operation: 7}, 1000},
		{shop, released, Posting{Kind: KindRelease, Operation: 7, Resolves: second}, 1000},
	}, posted[1:]); diff != "" {
		t.Error(diff)
	}
}

func TestReverseUndoesATransfer(t *testing.T) {
	s := newState()
	legs := []Leg{card(money.USD, -100), to(Available, money.USD, 95), to(Fee, money.USD, 5)}
	wrong := must(t, s, Posting{Kind: "payment", Operation: 5}, legs...)
	undone, err := Reverse(s, shop, wrong, Posting{Kind: "correction", Operation: 5, Note: "booked twice"}, legs...)
	if err != nil {
		t.Fatal(err)
	}
	for _, leg := range legs {
		if got := Balance(s, shop, leg.Currency, leg.Purpose, leg.Provider); got != 0 {
			t.Errorf("%s is left with %d", leg.Purpose, got)
		}
	}
	posted := transfers.Written(s)
	want := Transfer{shop, undone, Posting{Kind: "correction", Operation: 5, Reverses: wrong, Note: "booked twice"}, 1000}
	if diff := cmp.Diff(want, *posted[len(posted)-1]); diff != "" {
		t.Error(diff)
	}
	if legs[0].Amount != -100 {
		t.Error("Reverse changed the caller's legs")
	}
}

func TestReservationsRefuse(t *testing.T) {
	s := newState()
	deposit(t, s, 100)
	two := []Leg{to(Available, money.USD, -5), to(Fee, money.USD, 5)}
	for name, post := range map[string]func() (int64, error){
		"reserving nothing":        func() (int64, error) { return Reserve(s, shop, 5, "payout", usd(0)) },
		"reserving less":           func() (int64, error) { return Reserve(s, shop, 5, "payout", usd(-1)) },
		"releasing nothing":        func() (int64, error) { return Release(s, shop, 3, 5, usd(0)) },
		"releasing less":           func() (int64, error) { return Release(s, shop, 3, 5, usd(-1)) },
		"releasing no reservation": func() (int64, error) { return Release(s, shop, 0, 5, usd(1)) },
		"settling no reservation":  func() (int64, error) { return Settle(s, shop, 0, Posting{Kind: "x"}, two...) },
		"reversing no transfer":    func() (int64, error) { return Reverse(s, shop, 0, Posting{Kind: "x"}, two...) },
	} {
		if id, err := post(); id != 0 || !fault.Is(err, fault.Internal) {
			t.Errorf("%s: %d, %v", name, id, err)
		}
	}
	if _, err := Reverse(s, shop, 1, Posting{Kind: "x"}, to(Fee, money.USD, math.MinInt64), to(Funding, money.USD, 1)); !fault.Is(err, fault.TooLarge) {
		t.Errorf("reversing the smallest integer: %v", err)
	}
	if got := funds(s); got != [2]int64{100, 0} {
		t.Errorf("a refusal moved money: %v", got)
	}
}
