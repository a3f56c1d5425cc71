package shop

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
)

func TestSetEachSetting(t *testing.T) {
	long := "https://s.example/" + strings.Repeat("x", maxURL)
	tests := []struct {
		text string
		want string // as Text shows it; "" when it is refused
	}{
		{"callback_url=https://s.example/cb?a=b", "https://s.example/cb?a=b"},
		{"callback_rejected_url=http://10.0.0.7:8080/cb", "http://10.0.0.7:8080/cb"},
		{"payout_callback_url=https://s.example", "https://s.example"},
		{"success_url=https://магазин.example/дякуємо", "https://магазин.example/дякуємо"},
		{"failed_url=https://s.example/#end", "https://s.example/#end"},
		{"success_url=https://s.example/#/thanks?x=y", "https://s.example/#/thanks?x=y"},
		{"success_url=javascript:alert(1)#https://s.example/", ""},
		{"callback_url=https://s.example/#end", ""},
		{"callback_url=https://s.example/#", ""},
		{"callback_rejected_url=https://s.example/#end", ""},
		{"payout_callback_url=https://s.example/#end", ""},
		{"callback_url=s.example/cb", ""},
		{"callback_url=ftp://s.example/cb", ""},
		{"callback_url=javascript:alert(1)", ""},
		{"callback_url=https://", ""},
		{"callback_url=https://:443/", ""},
		{"callback_url=https://s.example:65535/", "https://s.example:65535/"},
		{"callback_url=https://s.example:0/", ""},
		{"payout_callback_url=https://s.example:65536/", ""},
		{"callback_rejected_url=http://10.0.0.7:99999999999999999999/", ""},
		{"success_url=https://s.example:00/", ""},
		{"callback_url=https://ann:pass@s.example/", ""},
		{"callback_url=https://s.example/a b", ""},
		{"callback_url=https://s.example/\n", ""},
		{"callback_url=" + long, ""},
		{"callback_format=form", "form"},
		{"callback_format=xml", ""},
		{"callback_ok=true", "true"},
		{"callback_ok=yes", ""},
		{"addresses=203.0.113.7", "203.0.113.7/32"},
		{"addresses=203.0.113.7, 10.1.2.3/8,2001:db8::1", "203.0.113.7/32,10.0.0.0/8,2001:db8::1/128"},
		{"addresses=::ffff:203.0.113.7", "203.0.113.7/32"},
		{"addresses=203.0.113.300", ""},
		{"addresses=s.example", ""},
		{"addresses=,", ""},
		{"addresses=" + strings.Repeat("10.0.0.1,", maxAddresses+1), ""},
		{"now_window_minutes=15", "15"},
		{"now_window_minutes=-1", ""},
		{"now_window_minutes=10081", ""},
		{"refuse_reused_sign=true", "true"},
		{"refund_fee=return", "return"},
		{"refund_fee=maybe", ""},
		{"invoice_minutes=30", "30"},
		{"invoice_minutes=0", ""},
		{"invoice_minutes=1.5", ""},
		{"hold_minutes=7200", "7200"},
		{"hold_minutes=7201", ""},
		{"confirm_above=USD:1000,EUR:900.5", "EUR:900.50,USD:1000.00"},
		{"confirm_above=JPY:1000", "JPY:1000"},
		{"confirm_above=JPY:1000.5", ""},
		{"confirm_above=USD", ""},
		{"confirm_above=DOLLAR:1", ""},
		{"confirm_above=USD:-1", ""},
		{"confirm_above=USD:1,000.00", ""},
		{"confirm_above=EUR:900,USD:1,000.00", ""},
		{"confirm_above=USD:1000,USD:5", ""},
		{"disabled_urls=https://s.example", ""},
		{"colour=red", ""},
		{"callback_url", ""},
	}
	for _, test := range tests {
		settings := Defaults()
		name, _, _ := strings.Cut(test.text, "=")
		err := settings.Set(test.text)
		if test.want == "" {
			var invalid *fault.Error
			if !errors.As(err, &invalid) || invalid.Kind != fault.Invalid || invalid.Params[name] == "" {
				t.Errorf("%.60s: %v, want a refusal that names %s", test.text, err, name)
			}
			if diff := cmp.Diff(Defaults(), settings); diff != "" {
				t.Errorf("%.60s was refused and changed something: %s", test.text, diff)
			}
			continue
		}
		if got := settings.Text(name); err != nil || got != test.want {
			t.Errorf("%s: %q, %v, want %q", test.text, got, err, test.want)
		}
		again, err := parseSettings(settings.text())
		if diff := cmp.Diff(settings, again); err != nil || diff != "" {
			t.Errorf("%s is not read back: %v %s", test.text, err, diff)
		}
		if err := settings.Set(name + "="); err != nil || settings.Text(name) != Defaults().Text(name) || settings.text() != "{}" {
			t.Errorf("%s cannot be set back: %v, %s", name, err, settings.text())
		}
	}
}

func TestEverySettingIsDocumented(t *testing.T) {
	defaults := Defaults()
	if defaults.text() != "{}" {
		t.Errorf("the defaults are stored as %s", defaults.text())
	}
	for _, k := range Keys() {
		if k.Doc == "" || k.Default != defaults.Text(k.Name) {
			t.Errorf("%s: doc %q, default %q, in fact %q", k.Name, k.Doc, k.Default, defaults.Text(k.Name))
		}
	}
	// A field without a key could never be set.
	full := Settings{
		"https://a.example", "https://b.example", "https://c.example", "https://d.example", "https://e.example", Form, true, []string{"10.0.0.0/8"},
		1, true, Return, 2, 3, map[string]string{"USD": "1.00"}, []string{"https://f.example"},
	}
	if changes := difference(defaults, full); len(changes) != len(keys) {
		t.Errorf("%d of %d settings can be seen", len(changes), len(keys))
	}
}

func TestSettingsSay(t *testing.T) {
	settings := Defaults()
	if settings.InvoiceLife() != 24*time.Hour || settings.HoldLife() != 120*time.Hour || settings.NowWindow() != 0 {
		t.Errorf("defaults: %v, %v, %v", settings.InvoiceLife(), settings.HoldLife(), settings.NowWindow())
	}
	if settings.NeedsConfirmation(money.New(1<<60, money.USD)) {
		t.Error("without a limit no payout waits")
	}
	_ = settings.Set("confirm_above=USD:1000.00,JPY:0")
	for _, test := range []struct {
		amount money.Amount
		waits  bool
	}{
		{money.New(100000, money.USD), false}, {money.New(100001, money.USD), true},
		{money.New(1, money.JPY), true}, {money.New(1<<60, money.EUR), false},
	} {
		if settings.NeedsConfirmation(test.amount) != test.waits {
			t.Errorf("%s waits: want %t", test.amount, test.waits)
		}
	}
	settings.ConfirmAbove["USD"] = "x"
	if !settings.NeedsConfirmation(money.New(1, money.USD)) {
		t.Error("a limit that cannot be read must let nothing pass")
	}
	if settings.Enabled("") {
		t.Error("no URL is no receiver")
	}
}

func TestAllowed(t *testing.T) {
	for _, test := range []struct {
		list, ip string
		want     bool
	}{
		{"", "203.0.113.7", true},
		{"203.0.113.7", "203.0.113.7", true},
		{"203.0.113.7", "::ffff:203.0.113.7", true},
		{"203.0.113.7", "203.0.113.8", false},
		{"203.0.113.0/24", "203.0.113.8", true},
		{"203.0.113.0/24,2001:db8::/32", "2001:db8::5", true},
		{"2001:db8::/32", "2001:db8::5%eth0", true},
		{"2001:db8::/32", "203.0.113.8", false},
		{"0.0.0.0/0", "2001:db8::5", false},
	} {
		settings := Defaults()
		if err := settings.Set("addresses=" + test.list); err != nil {
			t.Fatal(err)
		}
		prefixes, err := settings.prefixes()
		if err != nil {
			t.Fatal(err)
		}
		entry := &Entry{addresses: prefixes}
		ip := netip.MustParseAddr(test.ip)
		if got := Allowed(entry, ip); got != test.want || (entry.Admit(ip) == nil) != test.want {
			t.Errorf("%s from %s: %t", test.list, test.ip, got)
		}
	}
	settings := Defaults()
	_ = settings.Set("addresses=10.0.0.1")
	prefixes, _ := settings.prefixes()
	err := (&Entry{addresses: prefixes}).Admit(netip.MustParseAddr("203.0.113.7"))
	if !fault.Is(err, fault.AddressDenied) || err.Error() != "Shop ip 203.0.113.7 denied" {
		t.Errorf("%v", err)
	}
	if Allowed(&Entry{addresses: prefixes}, netip.Addr{}) {
		t.Error("an unknown address is not on the list")
	}
}

// A reason names the limit that it is about.
func TestReasonOfALimit(t *testing.T) {
	var s Settings
	if err := s.Set("confirm_above=EUR:5,USD:much"); err == nil || !strings.Contains(err.Error(), `USD: not a plain decimal number`) {
		t.Error(err)
	}
}
