package main

import (
	"strings"
	"testing"
)

// What can be seen to be wrong with an address for callbacks is said when it is set,
// by the settings of the server that would call it.
func TestAnAddressIsLookedAt(t *testing.T) {
	const never = "note: callback_url: no callback goes to 127.0.0.1, which is no public address, unless brama serve has --allow-callback-to 127.0.0.1/32"
	set := []string{"shop", "set", "77", "callback_url=http://127.0.0.1:19050/x"}
	for name, run := range map[string]struct {
		serve []string
		notes bool
	}{
		"alone": {nil, true}, "served": {[]string{"--log-format", "text"}, true}, "allowed": {[]string{"--allow-callback-to", "127.0.0.0/8"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEstate(t)
			if run.serve == nil {
				e.founded()
			} else {
				e.serve(run.serve...)
			}
			e.must("shop", "create", "First", "--id", "77", "--commit")
			for _, words := range [][]string{set, {"shop", "create", "Second", "callback_url=http://127.0.0.1:19050/x"}, append(set, "--commit")} {
				if text := e.must(words...); strings.Contains(text, never) != run.notes || !run.notes && strings.Contains(text, "note:") {
					t.Errorf("%v:\n%s", words, text)
				}
			}
			e.shows("note: payout_callback_url: http:// is not encrypted", "shop", "set", "77", "payout_callback_url=http://shop.example/x")
			if text := e.must("shop", "set", "77", "success_url=http://127.0.0.1/", "payout_callback_url=https://shop.example/x", "callback_url="); strings.Contains(text, "note:") {
				t.Errorf("a note where nothing is wrong:\n%s", text)
			}
			e.refused("must have a port from 1 to 65535", "shop", "set", "77", "callback_url=https://shop.example:0/x")
		})
	}
}

// A payway is led to an account whose connector does not know its currency: the note
// says so, when it is made and when it is set.
func TestAPaywayOfAnotherCurrencyIsNoted(t *testing.T) {
	eachWay(t, func(t *testing.T, e *estate) {
		const note = "note: provider account bank cannot do its work: connector privatbank serves UAH only, and the payway is in USD"
		e.must("provider", "create", "bank", "privatbank", "--commit")
		e.shows(note, "payway", "create", "usdbank", "in", "USD", "provider=bank", "--commit")
		if text := e.must("payway", "create", "uahbank", "in", "UAH", "provider=bank", "--commit"); strings.Contains(text, "note:") {
			t.Error(text)
		}
		e.shows("note: provider account bank cannot do its work: connector privatbank makes no payouts, and the payway is for them", "payway", "create", "paid_out", "out", "UAH", "provider=bank", "--commit")
		e.shows("there is no provider account other yet", "payway", "set", "usdbank", "provider=other", "--commit")
		e.shows(note, "payway", "set", "usdbank", "provider=bank", "--commit")
		e.refused("the shop's part of an incoming payway's fee must be less than 100 percent", "payway", "set", "usdbank", "percent=101")
	})
}
