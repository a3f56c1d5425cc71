package main

import (
	"context"
	"strings"
	"testing"

	"github.com/brama-pay/brama/demo"
	"github.com/brama-pay/brama/shop"
)

func TestStoreDeeds(t *testing.T) {
	eachWay(t, func(t *testing.T, e *estate) {
		e.must("shop", "create", "First", "--id", "77", "--commit")
		given := e.file("75bef16bfdce4d0e9c0ad5a19b9940df\n")
		next := e.file("a-new-password-of-the-store\n")
		for _, alias := range []string{"parts_uah", "other_uah"} {
			e.must("payway", "create", alias, "in", "UAH", "provider=bank", "--commit")
		}
		e.must("payway", "create", "card_usd", "in", "USD", "provider=bank", "--commit")
		e.must("payway", "create", "out_uah", "out", "UAH", "provider=bank", "--commit")
		list, show := []string{"store", "list"}, []string{"store", "show", "S-1"}
		for _, d := range []deedOf{
			{words: []string{"store", "create", "77", "parts_uah", "hold_days=3", "--id", "S-1", "--password-file", given}, shows: "parts_uah",
				look: list, after: "S-1", audit: "store.create"},
			{words: []string{"store", "set", "S-1", "partial_decline=true", "min_amount=1"}, shows: "300.00  →  1.00", look: show, before: "300.00", after: "1.00", audit: "store.set"},
			{words: []string{"store", "set", "S-1", "payway=other_uah"}, shows: "parts_uah  →  other_uah", look: show, before: "parts_uah", after: "other_uah", audit: "store.set"},
			{words: []string{"store", "rotate-password", "S-1", "--password-file", next}, shows: "stays valid until --finish", look: list, after: "rotating", audit: "store.password.rotate"},
			{words: []string{"store", "rotate-password", "S-1", "--finish"}, shows: "old password is not valid any more", look: list, before: "rotating", audit: "store.password.finish"},
			{words: []string{"store", "rotate-password", "S-1", "--revoke"}, shows: "is not valid any more", look: []string{"audit", "list"}, after: "store.password.revoke", audit: "store.password.revoke"},
		} {
			e.deed(d)
		}
		if text := e.must("audit", "list"); strings.Contains(text, "75bef16bfdce4d0e9c0ad5a19b9940df") || strings.Contains(text, "a-new-password") {
			t.Error("a password is in the audit")
		}
		e.refused("Store (id = NONE) is not found", "store", "show", "NONE")
		e.refused("Shop (id = 78) is not found", "store", "create", "78", "parts_uah", "--commit")
		for alias, reason := range map[string]string{
			"none": "there is no payway none; make it first, incoming and in UAH", "card_usd": "card_usd is in USD; name an incoming payway in UAH",
			"out_uah": "out_uah is for payouts; name an incoming payway in UAH",
		} {
			for _, commit := range [][]string{nil, {"--commit"}} {
				e.refused(reason, append([]string{"store", "create", "77", alias, "--id", "S-2"}, commit...)...)
				e.refused(reason, append([]string{"store", "set", "S-1", "payway=" + alias}, commit...)...)
			}
		}
		e.refused("hold_days", "store", "set", "S-1", "hold_days=0")
		if text := e.must("store", "create", "77", "parts_uah", "--commit"); !strings.Contains(text, "never shown again") {
			t.Error(text)
		}
	})
}

// TestStorePasswordsRotateWithTheKeys: a store works after its old key is gone.
func TestStorePasswordsRotateWithTheKeys(t *testing.T) {
	e := newEstate(t)
	stop := e.serve("--demo")
	e.shows("the passwords of 1 stores", "key", "rotate")
	e.must("key", "rotate", "--commit")
	e.must("key", "rotate", "--commit")
	stop()
	e.without("k2", "k2")
	at := storage{Data: e.data}
	d, err := at.open(context.Background(), true)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	box, err := at.box(false)
	if err != nil {
		t.Fatal(err)
	}
	row, err := shop.LoadStore(context.Background(), d.Reader(), demo.Store)
	if err != nil {
		t.Fatal(err)
	}
	if entry, err := shop.OpenStore(box, row); err != nil || entry.Password != demo.StorePassword {
		t.Errorf("%v %v", entry, err)
	}
}
