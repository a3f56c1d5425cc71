package provider

import (
	"strings"
	"testing"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/payway"
)

func TestCheckAddress(t *testing.T) {
	for text, good := range map[string]bool{
		"https://bank.example": true, "https://bank.example:8443/path/": true, "http://127.0.0.1:8080": true, "http://[::1]:1": true, "http://localhost:9": true,
		"http://evil/": false, "http://127.0.0.1.evil.example/": false, "http://10.0.0.1/": false, "file:///etc/passwd": false, "javascript:1": false, "//x": false,
		"bank.example": false, "https://": false, "https://:443": false, "https:bank.example": false, "https://user:pw@evil/": false, "https://user@evil/": false,
		"https://x/?a=1": false, "https://x/?": false, "https://x/#a": false, "https://x/#": false, "https://a b/": false, `https://evil\.bank.example/`: false,
		"ftp://x/": false, "HTTP://evil/": false, "https://x/\n": false,
	} {
		if reason := CheckAddress(text); (reason == "") != good {
			t.Errorf("%q: %q", text, reason)
		}
	}
}

var somewhere = Catalogue{"m4": {Settings: []Setting{{"url", CheckAddress}, {"zone", CheckText}, {"wait", CheckNumber(1, 300)}}}}

// A connector that says which currencies it serves does the work of no other payway.
func TestUnserved(t *testing.T) {
	known := Catalogue{"m4": {}, "bank": {Currencies: []money.Currency{money.UAH, money.EUR}, NoPayouts: true}}
	for _, test := range []struct {
		connector string
		to        payway.Direction
		in        money.Currency
		want      string
	}{
		{"m4", payway.Out, money.USD, ""}, {"of another build", payway.In, money.USD, ""}, {"bank", payway.In, money.UAH, ""}, {"bank", payway.In, money.EUR, ""},
		{"bank", payway.Out, money.UAH, "connector bank makes no payouts, and the payway is for them"},
		{"bank", payway.In, money.USD, "connector bank serves UAH, EUR only, and the payway is in USD"},
	} {
		if got := known.Unserved(test.connector, test.to, test.in); got != test.want {
			t.Errorf("%s %s in %s: %q, want %q", test.connector, test.to, test.in, got, test.want)
		}
	}
}

// What a connector does not have, or cannot be right, is never stored; what is
// stored already does not keep an account from being switched off.
func TestSettingsAreChecked(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		box := accountBox(t)
		create := func(connector string, settings map[string]string, known Catalogue) error {
			u, err := NewAccount(box, "first", connector, settings, nil, accountActor)
			if err != nil {
				return err
			}
			u.Known = known
			_, err = db.Do(t.Context(), h.DB, db.House, u)
			return err
		}
		bad := []map[string]string{{"url": "http://evil/"}, {"link": "https://x"}, {"wait": "0"}, {"wait": "soon"}, {"zone": " eu"}}
		for _, settings := range bad {
			if err := create("m4", settings, somewhere); !fault.Is(err, fault.Invalid) {
				t.Errorf("created with %v: %v", settings, err)
			}
		}
		if err := create("other", map[string]string{"url": "https://x"}, somewhere); !fault.Is(err, fault.Invalid) {
			t.Errorf("created with another's settings: %v", err)
		}
		if err := create("m4", map[string]string{"url": "http://evil/", "old": "x"}, Catalogue{"m4": {Settings: []Setting{{"url", CheckText}, {"old", CheckText}}}}); err != nil {
			t.Fatal(err)
		}
		set := func(active bool, values map[string]string) error {
			_, err := db.Do(t.Context(), h.DB, db.House, SetAccount{Name: "first", Active: &active, Values: values, Known: somewhere, Actor: accountActor})
			return err
		}
		for _, values := range bad {
			if err := set(true, values); !fault.Is(err, fault.Invalid) {
				t.Errorf("set to %v: %v", values, err)
			}
		}
		if err := set(true, map[string]string{"link": "x"}); err == nil || !strings.Contains(err.Error(), "url, zone, wait are known") {
			t.Errorf("it does not say what is known: %v", err)
		}
		if err := set(false, nil); err != nil {
			t.Errorf("switched off: %v", err)
		}
		if err := set(true, nil); !fault.Is(err, fault.Invalid) {
			t.Errorf("switched on with an old bad address: %v", err)
		}
		if err := set(true, map[string]string{"url": "https://good.example", "old": ""}); err != nil {
			t.Errorf("mended: %v", err)
		}
	})
}
