package signature

import (
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/brama-pay/brama/fault"
	"pgregory.net/rapid"
)

func TestOneReading(t *testing.T) {
	payout := map[string]string{
		"account": "A", "amount": "10.00", "amount_type": "ps_amount", "payway": "card_usd",
		"shop_currency": "840", "shop_id": "1520", "shop_payment_id": "Y",
	}
	invoice := map[string]string{
		"amount": "100.50", "currency": "840", "payway": "card_usd", "shop_id": "1520", "shop_order_id": "Y",
	}
	check := map[string]string{"now": "2026-05-24T16:35:42", "shop_id": "1520", "shop_order_id": "Y"}
	block := "999.00:ps_amount:card_usd:840:1520"
	tests := []struct {
		name, method string
		base         map[string]string
		change       map[string]string
		blamed       []string
	}{
		{"plain payout", "withdraw/create", payout, nil, nil},
		{"plain colon", "withdraw/create", payout, map[string]string{"shop_payment_id": "order:17"}, nil},
		{"colons in both", "withdraw/create", payout, map[string]string{"account": "iban:UA21", "shop_payment_id": "a:b:c"}, nil},
		{"the page's pair, first", "withdraw/create", payout, map[string]string{"shop_payment_id": "X:" + block + ":Y"}, []string{"shop_payment_id"}},
		{"the page's pair, second", "withdraw/create", payout, map[string]string{"account": "A:10.00:ps_amount:card_usd:840:1520:X", "amount": "999.00"}, []string{"account"}},
		{"another shop in the text", "withdraw/create", payout, map[string]string{"shop_payment_id": "X:999.00:ps_amount:card_usd:840:1521:Y"}, nil},
		{"the same shop with a zero", "withdraw/create", payout, map[string]string{"shop_payment_id": "X:999.00:ps_amount:card_usd:840:01520:Y"}, []string{"shop_payment_id"}},
		{"no such amount type", "withdraw/create", payout, map[string]string{"shop_payment_id": "X:999.00:amount:card_usd:840:1520:Y"}, nil},
		{"zero amount", "withdraw/create", payout, map[string]string{"shop_payment_id": "X:0.00:ps_amount:card_usd:840:1520:Y"}, nil},
		{"four decimals", "withdraw/create", payout, map[string]string{"shop_payment_id": "X:9.0001:ps_amount:card_usd:840:1520:Y"}, []string{"shop_payment_id"}},
		{"five decimals, which no currency has", "withdraw/create", payout, map[string]string{"shop_payment_id": "X:9.00001:ps_amount:card_usd:840:1520:Y"}, nil},
		{"fewer pieces than another list has fields", "invoice/check", check, map[string]string{"now": "10.00", "shop_order_id": "card_usd:1520"}, nil},
		{"a list's head and nothing more", "invoice/check", map[string]string{"now": "10.00", "shop_id": "840", "shop_order_id": "card_usd:840"}, nil, nil},
		{"nothing behind", "withdraw/create", payout, map[string]string{"shop_payment_id": "X:" + block}, nil},
		{"empty id behind", "withdraw/create", payout, map[string]string{"shop_payment_id": "X:" + block + ":"}, nil},
		{"the id behind has 255 characters", "withdraw/create", payout, map[string]string{"shop_payment_id": "X:" + block + ":" + strings.Repeat("ї", 255)}, []string{"shop_payment_id"}},
		{"the id behind is too long", "withdraw/create", payout, map[string]string{"shop_payment_id": "X:" + block + ":" + strings.Repeat("ї", 256)}, nil},
		{"invoice id", "invoice/create", invoice, map[string]string{"shop_order_id": "order:17"}, nil},
		{"invoice as payout", "invoice/create", invoice, map[string]string{"shop_order_id": block + ":Y"}, []string{"shop_order_id"}},
		{"invoice as charge", "invoice/create", invoice, map[string]string{"amount": "100", "shop_order_id": "order:1520"}, []string{"shop_order_id"}},
		{"not as charge: no invoice id is 100.50", "invoice/create", invoice, map[string]string{"shop_order_id": "order:1520"}, nil},
		{"no colon is not checked", "invoice/create", invoice, map[string]string{"amount": "100", "shop_order_id": "1520"}, nil},
		{"hold and create are one list", "invoice/hold", invoice, map[string]string{"shop_order_id": "order:17"}, nil},
		{"a question as payout", "invoice/check", check, map[string]string{"shop_order_id": block + ":Y"}, []string{"shop_order_id"}},
		{"a question, read twice", "invoice/check", check, map[string]string{"shop_order_id": "a:1520:b"}, []string{"shop_order_id"}},
		{"a question", "invoice/check", check, map[string]string{"shop_order_id": "a:b"}, nil},
		{"only now has colons", "invoice/check", check, map[string]string{"now": "10.00:ps_amount:card_usd:840"}, nil},
		{
			"each makes one", "withdraw/create", payout,
			map[string]string{"account": "A:1.00:ps_amount:card_usd:840:1520:B", "shop_payment_id": "X:" + block + ":Y"},
			[]string{"account", "shop_payment_id"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			fields := maps.Clone(test.base)
			maps.Copy(fields, test.change)
			fields["not_signed"] = "X:" + block + ":Y"
			wantBlamed(t, OneReading(test.method, fields), test.blamed)
		})
	}
}

func wantBlamed(t *testing.T, err error, blamed []string) {
	t.Helper()
	if blamed == nil {
		if err != nil {
			t.Errorf("refused: %v", err)
		}
		return
	}
	f, ok := err.(*fault.Error)
	if !ok || f.Kind != fault.Invalid {
		t.Fatalf("got %v, want a refusal of %v", err, blamed)
	}
	if got := slices.Sorted(maps.Keys(f.Params)); !slices.Equal(got, blamed) {
		t.Errorf("blames %v, want %v", got, blamed)
	}
}

func TestOneReadingOfUnknownMethod(t *testing.T) {
	if err := OneReading("invoice/nothing", nil); !fault.Is(err, fault.Internal) {
		t.Errorf("got %v", err)
	}
}

// The fast check relies on at most two free fields, with an own id of the shop only
// at the end of a list.
func TestListsAllowTheFastCheck(t *testing.T) {
	for method, l := range signed {
		free := 0
		for i, name := range l {
			if grammars[name].free {
				free++
			}
			if strings.HasPrefix(name, "shop_") && grammars[name].free && i != len(l)-1 {
				t.Errorf("%s: %s is not last", method, name)
			}
		}
		if free > 2 {
			t.Errorf("%s has %d free fields", method, free)
		}
	}
}

// What follows is the slow reference: every way to cut the text into as many
// values as a list has fields, each value held against its own pattern. It shares
// no code with the fast check, and is written from api/avanor.md §2–§4.

var slowPatterns = map[string]*regexp.Regexp{
	"account": regexp.MustCompile(`(?s)^.+$`), "payee_account": regexp.MustCompile(`(?s)^.+$`),
	"now":           regexp.MustCompile(`(?s)^.*$`),
	"shop_order_id": slowShopsID, "shop_payment_id": slowShopsID, "shop_refund_id": slowShopsID,
	"amount": slowAmount, "shop_amount": slowAmount,
	"amount_type": regexp.MustCompile(`^(ps|shop)_amount$`),
	"currency":    slowCurrency, "shop_currency": slowCurrency, "payee_currency": slowCurrency, "payer_currency": slowCurrency,
	"payway":     regexp.MustCompile(`^[A-Za-z0-9_,\[\]]{1,150}$`),
	"invoice_id": slowInteger, "shop_id": slowInteger,
}

var (
	slowShopsID  = regexp.MustCompile(`(?s)^.{1,255}$`)
	slowAmount   = regexp.MustCompile(`^\d{1,12}(\.\d{1,4})?$`)
	slowCurrency = regexp.MustCompile(`^0*\d{1,3}$`)
	slowInteger  = regexp.MustCompile(`^\d+$`)
	slowZero     = regexp.MustCompile(`^[0.]+$`)
)

// slowMoving are the lists of all methods that move money, spelled out once more.
var slowMoving = []string{
	"amount currency payway shop_id shop_order_id",
	"invoice_id now shop_id",
	"amount invoice_id shop_id shop_refund_id",
	"account amount amount_type payway shop_currency shop_id shop_payment_id",
	"amount currency shop_id shop_order_id",
	"payer_currency shop_amount shop_currency shop_id shop_order_id",
	"amount amount_type payee_account payee_currency shop_currency shop_id shop_payment_id",
}

func slowFits(name, value, shop string) bool {
	if !slowPatterns[name].MatchString(value) {
		return false
	}
	switch name {
	case "amount", "shop_amount":
		return !slowZero.MatchString(value)
	case "shop_id":
		got, err := strconv.ParseUint(value, 10, 64)
		want, bad := strconv.ParseUint(shop, 10, 64)
		return err == nil && bad == nil && got == want
	case "invoice_id":
		id, err := strconv.ParseUint(value, 10, 64)
		return err == nil && id < 1<<53
	}
	return true
}

// slowSplits calls visit with every way to cut text at ':' into n values.
func slowSplits(text string, n int, values []string, visit func([]string)) {
	if n == 1 {
		visit(append(values, text))
		return
	}
	for i := range len(text) {
		if text[i] == ':' {
			slowSplits(text[i+1:], n-1, append(values, text[:i]), visit)
		}
	}
}

func slowAmbiguous(method string, fields map[string]string) bool {
	names, _ := SignedFields(method)
	own := strings.Join(names, " ")
	var sent []string
	suspect := false
	for _, name := range names {
		sent = append(sent, fields[name])
		free := name == "account" || name == "payee_account" || name == "shop_order_id" || name == "shop_payment_id" || name == "shop_refund_id"
		suspect = suspect || free && strings.Contains(fields[name], ":")
	}
	if !suspect {
		return false
	}
	found := false
	for _, l := range append([]string{own}, slowMoving...) {
		names := strings.Fields(l)
		slowSplits(strings.Join(sent, ":"), len(names), nil, func(values []string) {
			for i, name := range names {
				if !slowFits(name, values[i], fields["shop_id"]) {
					return
				}
			}
			if l != own || !slices.Equal(values, sent) {
				found = true
			}
		})
	}
	return found
}

// drawn makes a request whose free texts are built of other fields' values, so that
// a good part of them collides.
func drawn(pick func(n int) int) (method string, fields map[string]string) {
	methods := []string{
		"invoice/create", "invoice/hold", "invoice/check", "invoice/create-refund", "check_account",
		"withdraw/create", "withdraw/shop_payment_status", PayForm, "bill/create", "transfer/create",
	}
	atoms := []string{
		"5", "5", "05", "6", "17", "100", "10.00", "0.00", "1.23456", "840", "0980", "1234", "ps_amount", "shop_amount", "card_usd",
		"x", "ї", "", "9007199254740991", "9007199254740992", "1234567890123", "a b", "10.00:ps_amount:card_usd:840:5", "10:ps_amount",
		"840:5", "card_usd:5", "840:card_usd:5",
	}
	free := func() string {
		parts := make([]string, 1+pick(5))
		for i := range parts {
			parts[i] = atoms[pick(len(atoms))]
		}
		return strings.Join(parts, ":")
	}
	method = methods[pick(len(methods))]
	names, _ := SignedFields(method)
	fields = make(map[string]string, len(names))
	for _, name := range names {
		fields[name] = drawnValue(name, pick, free)
	}
	return method, fields
}

func drawnValue(name string, pick func(int) int, free func() string) string {
	of := func(values ...string) string { return values[pick(len(values))] }
	switch name {
	case "amount", "shop_amount":
		return of("100", "10.00", "17.5")
	case "currency", "shop_currency", "payee_currency", "payer_currency":
		return of("840", "978")
	case "payway":
		return of("card_usd", "5", "100")
	case "amount_type":
		return of("ps_amount", "shop_amount")
	case "shop_id":
		return "5"
	case "invoice_id":
		return of("17", "840")
	}
	if text := free(); text != "" {
		return text
	}
	return "x"
}

func TestOneReadingAgreesWithSlowReference(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	refused := 0
	const rounds = 1000
	for range rounds {
		method, fields := drawn(random.IntN)
		got, want := OneReading(method, fields) != nil, slowAmbiguous(method, fields)
		if got != want {
			t.Fatalf("%s %q: refused %v, want %v", method, fields, got, want)
		}
		if got {
			refused++
		}
	}
	if refused < rounds/20 || refused > rounds*19/20 {
		t.Errorf("%d of %d refused: the draws no longer try both sides", refused, rounds)
	}
}

func TestOneReadingAgreesWithSlowReferenceDrawn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		method, fields := drawn(func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "pick") })
		if got, want := OneReading(method, fields) != nil, slowAmbiguous(method, fields); got != want {
			t.Fatalf("%s %q: refused %v, want %v", method, fields, got, want)
		}
	})
}

// If two requests of one shop join to the same text, and one has a ':' in a free
// text, at most one of them passes.
func FuzzOneReading(f *testing.F) {
	f.Add("withdraw/create", "A", "X:999.00:ps_amount:card_usd:840:1520:Y", "10.00", "1520")
	f.Add("withdraw/create", "A:10.00:ps_amount:card_usd:840:1520:X", "Y", "999.00", "1520")
	f.Add("invoice/create", "", "order:17", "100", "17")
	f.Add("invoice/check", "2026-05-24T16:35:42", "a:5:b", "1", "5")
	f.Fuzz(func(t *testing.T, method, first, last, amount, shop string) {
		names, ok := SignedFields(method)
		if !ok || strings.Count(first+last, ":") > 14 {
			t.Skip()
		}
		fields := map[string]string{
			"account": first, "now": first, "payee_account": first, "shop_order_id": last, "shop_payment_id": last,
			"shop_refund_id": last, "amount": amount, "shop_amount": amount, "amount_type": "ps_amount",
			"currency": "840", "shop_currency": "840", "payee_currency": "978", "payer_currency": "978",
			"payway": "card_usd", "shop_id": shop, "invoice_id": "17", "withdraw_id": "17",
		}
		for _, name := range names {
			if name == "withdraw_id" || !slowFitsSent(name, fields[name], shop) {
				t.Skip()
			}
		}
		if got, want := OneReading(method, fields) != nil, slowAmbiguous(method, fields); got != want {
			t.Fatalf("%s %q: refused %v, want %v", method, fields, got, want)
		}
	})
}

// slowFitsSent is slowFits for what the doors let through to the check: valid UTF-8.
func slowFitsSent(name, value, shop string) bool {
	return strings.ToValidUTF8(value, "") == value && slowFits(name, value, shop)
}

// Twice the separators may cost about twice the time; a quadratic check would be
// seen at once here, without measuring: 200,000 separators, each a possible block.
func TestOneReadingOfManySeparators(t *testing.T) {
	block := "1:ps_amount:card_usd:840:5:"
	fields := map[string]string{
		"account": strings.Repeat(block, 40000), "amount": "1", "amount_type": "ps_amount", "payway": "card_usd",
		"shop_currency": "840", "shop_id": "5", "shop_payment_id": "order",
	}
	if err := OneReading("withdraw/create", fields); err == nil {
		t.Error("a text of many readings passes")
	}
	fields["account"] = strings.Repeat(":", 1<<20)
	if err := OneReading("withdraw/create", fields); err != nil {
		t.Errorf("separators alone are refused: %v", err)
	}
}

func BenchmarkOneReading(b *testing.B) {
	fields := map[string]string{
		"account": "iban:UA21", "amount": "1", "amount_type": "ps_amount", "payway": "card_usd",
		"shop_currency": "840", "shop_id": "5", "shop_payment_id": "order:17",
	}
	for b.Loop() {
		if err := OneReading("withdraw/create", fields); err != nil {
			b.Fatal(err)
		}
	}
}
