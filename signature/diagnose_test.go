package signature

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"testing"
)

const testSecret = "Secret-Key-1"

func payoutBody() map[string]string {
	return map[string]string{
		"account": "4242424242424242", "amount": "100.50", "amount_type": "ps_amount", "payway": "card_usd",
		"shop_currency": "840", "shop_id": "5", "shop_payment_id": "order-17", "description": "Lunch", "note": "x",
	}
}

func sha(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func TestExplain(t *testing.T) {
	body := payoutBody()
	delete(body, "payway")
	body["sign"] = "ab"
	e := Explain("withdraw/create", body, testSecret)
	if want := "4242424242424242:100.50:ps_amount:840:5:order-17***"; e.Joined != want {
		t.Errorf("Joined = %q, want %q", e.Joined, want)
	}
	if want := sha("4242424242424242:100.50:ps_amount:840:5:order-17" + testSecret); e.Hash != want {
		t.Errorf("Hash = %s, want %s", e.Hash, want)
	}
	if !slices.Equal(e.Missing, []string{"payway"}) || !slices.Equal(e.Ignored, []string{"description", "note"}) {
		t.Errorf("Missing %v, Ignored %v", e.Missing, e.Ignored)
	}
	text := e.String()
	for _, part := range []string{"amount = 100.50", "payway is missing", "Not signed: description, note", "No signature can be made without payway"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in\n%s", part, text)
		}
	}
	if strings.Contains(text, e.Joined) || strings.Contains(text, e.Hash) {
		t.Errorf("shows a signature of what is not whole:\n%s", text)
	}
	if whole := Explain("withdraw/create", payoutBody(), testSecret); !strings.Contains(whole.String(), whole.Joined) || !strings.Contains(whole.String(), whole.Hash) {
		t.Errorf("shows no signature:\n%s", whole)
	}
	if strings.Contains(text, testSecret) || strings.Contains(text, "refused") {
		t.Errorf("shows the secret or a refusal:\n%s", text)
	}
}

func TestExplainTellsOfASecondReading(t *testing.T) {
	body := payoutBody()
	body["shop_payment_id"] = "X:9.00:ps_amount:card_usd:840:5:Y"
	if e := Explain("withdraw/create", body, testSecret); !strings.Contains(e.String(), "still be refused. Incorrect values for parameters: shop_payment_id") {
		t.Errorf("got\n%s", e)
	}
}

func TestExplainUnknownMethod(t *testing.T) {
	if e := Explain("withdraw", payoutBody(), testSecret); e.Known || !strings.Contains(e.String(), "withdraw/create") {
		t.Errorf("got\n%s", e)
	}
}

func TestDiagnoseRightSignature(t *testing.T) {
	hash := Explain("withdraw/create", payoutBody(), testSecret).Hash
	for _, given := range []string{hash, strings.ToUpper(hash)} {
		if found := Diagnose("withdraw/create", payoutBody(), testSecret, given); found != nil {
			t.Errorf("%s: %v", given, found)
		}
	}
}

func TestDiagnose(t *testing.T) {
	const right = "4242424242424242:100.50:ps_amount:card_usd:840:5:order-17"
	hash := sha(right + testSecret)
	digest := func(h []byte) string { return hex.EncodeToString(h) }
	md := md5.Sum([]byte(right + testSecret))
	sh1 := sha1.Sum([]byte(right + testSecret))
	sh512 := sha512.Sum512([]byte(right + testSecret))
	mac := hmac.New(sha256.New, []byte(testSecret))
	mac.Write([]byte(right))
	bits, _ := hex.DecodeString(hash)
	tests := []struct {
		name, given string
		change      map[string]string
		want        []string // in the findings, one each
	}{
		{"a signed field missing", sha("4242424242424242:100.50:ps_amount:card_usd:840:order-17" + testSecret), nil, []string{"shop_id is not signed"}},
		{"an extra field", sha("4242424242424242:100.50:ps_amount:Lunch:card_usd:840:5:order-17" + testSecret), nil, []string{"description is signed"}},
		{"all fields", sha("4242424242424242:100.50:ps_amount:Lunch:x:card_usd:840:5:order-17" + testSecret), nil, []string{"all fields"}},
		{"another order", sha("5:order-17:100.50:ps_amount:card_usd:840:4242424242424242" + testSecret), nil, []string{"order shop_id, shop_payment_id, amount, amount_type"}},
		{"zero dropped", sha(strings.Replace(right, "100.50", "100.5", 1) + testSecret), nil, []string{`amount is signed as "100.5"`}},
		{"zero added", sha(strings.Replace(right, "100.50", "100.50", 1) + testSecret), map[string]string{"amount": "100.5"}, []string{`amount is signed as "100.50"`}},
		{".0 added", sha(strings.Replace(right, "100.50", "100.0", 1) + testSecret), map[string]string{"amount": "100"}, []string{`amount is signed as "100.0"`}},
		{".00 added", sha(strings.Replace(right, "100.50", "100.00", 1) + testSecret), map[string]string{"amount": "100"}, []string{`amount is signed as "100.00"`}},
		{".00 dropped", sha(strings.Replace(right, "100.50", "100", 1) + testSecret), map[string]string{"amount": "100.00"}, []string{`amount is signed as "100"`}},
		{"minor units", sha(strings.Replace(right, "100.50", "10050", 1) + testSecret), nil, []string{"minor units"}},
		{"a value trimmed", hash, map[string]string{"account": " 4242424242424242 "}, []string{"without the white space"}},
		{"a value in lower case", hash, map[string]string{"payway": "CARD_USD"}, []string{"lower case"}},
		{"secret joined", sha(right + ":" + testSecret), nil, []string{"secret is joined with a ':'"}},
		{"secret missing", sha(right), nil, []string{"not appended"}},
		{"secret with a line feed", sha(right + testSecret + "\n"), nil, []string{"followed by a line feed"}},
		{"secret in upper case", sha(right + strings.ToUpper(testSecret)), nil, []string{"upper case"}},
		{"secret first", sha(testSecret + right), nil, []string{"before the values"}},
		{"another method's list", sha("100.50:ps_amount:card_usd:840:5" + testSecret), nil, []string{"withdraw/try are signed"}},
		{"md5", digest(md[:]), nil, []string{"MD5"}},
		{"sha1", digest(sh1[:]), nil, []string{"SHA-1"}},
		{"sha512", digest(sh512[:]), nil, []string{"SHA-512"}},
		{"hmac", digest(mac.Sum(nil)), nil, []string{"HMAC-SHA-256"}},
		{"base64", base64.StdEncoding.EncodeToString(bits), nil, []string{"base64"}},
		{"base64 of the hex", base64.StdEncoding.EncodeToString([]byte(hash)), nil, []string{"base64"}},
		{"white space", hash + "\n", nil, []string{"white space"}},
		{"cut off", hash[:32], nil, []string{"first 16 bytes"}},
		{"hashed twice", sha(hash), nil, []string{"once more"}},
		{"no separator", sha(strings.ReplaceAll(right, ":", "") + testSecret), nil, []string{`joined by ""`}},
		{"number and secret", sha(strings.Replace(right, "100.50", "100.5", 1) + ":" + testSecret), nil, []string{`"100.5"`, "joined with a ':'"}},
		{"two fields missing", sha("4242424242424242:100.50:ps_amount:card_usd:order-17" + testSecret), nil, []string{"shop_currency is not", "shop_id is not"}},
		{"order and number", sha("5:order-17:100.5:ps_amount:card_usd:840:4242424242424242" + testSecret), nil, []string{`"100.5"`, "order shop_id"}},
		{"order and secret", sha("5:order-17:100.50:ps_amount:card_usd:840:4242424242424242:" + testSecret), nil, []string{"order shop_id", "joined with a ':'"}},
		{"base64 and secret", base64.StdEncoding.EncodeToString(mustHex(sha(right))), nil, []string{"base64", "not appended"}},
		{"another secret", sha(right + "other"), nil, []string{"no known mistake"}},
		{"no hash", "hello!", nil, []string{"6 characters"}},
		{"empty", "", nil, []string{"0 characters"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			body := payoutBody()
			maps.Copy(body, test.change)
			wantFindings(t, Diagnose("withdraw/create", body, testSecret, test.given), test.want)
		})
	}
}

func mustHex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

func wantFindings(t *testing.T, found []Finding, want []string) {
	t.Helper()
	if len(found) != len(want) {
		t.Fatalf("found %q, want %q", found, want)
	}
	for i, f := range found {
		if !strings.Contains(f.Wrong, want[i]) || f.Fix == "" {
			t.Errorf("finding %d is %q, want %q", i, f, want[i])
		}
		if strings.Contains(f.Wrong+f.Fix, testSecret) || strings.Contains(f.Wrong+f.Fix, "4242424242424242") {
			t.Errorf("finding %d shows a secret or a card: %q", i, f)
		}
	}
}

func TestDiagnoseBody(t *testing.T) {
	body := map[string]string{"amout": "100.50", "currency": "840", "Payway": "card_usd", "shop_id": "5"}
	found := Diagnose("invoice/create", body, testSecret, sha("100.50:840:card_usd:5"+testSecret))
	wantFindings(t, found, []string{"spells amount as amout", "spells payway as Payway", "no shop_order_id"})
	if _, still := body["amout"]; !still {
		t.Error("the caller's body was changed")
	}
	wantFindings(t, Diagnose("invoice/crate", body, testSecret, ""), []string{`no method is called "invoice/crate"`})
	wantFindings(t, Diagnose("invoice/create", body, "", sha("")), []string{"no secret"})
}

// A hostile body costs a bounded search.
func TestDiagnoseIsBounded(t *testing.T) {
	body := payoutBody()
	body["account"] = strings.Repeat("9", 1<<20)
	for i := range 5000 {
		body["f"+strings.Repeat("x", i%50)+string(rune('a'+i%26))+string(rune(0x4e00+i))] = "1"
	}
	wantFindings(t, Diagnose("withdraw/create", body, testSecret, sha("no")), []string{"no known mistake"})
}

func FuzzDiagnose(f *testing.F) {
	f.Add("withdraw/create", "100.50", "order-17", "s", strings.Repeat("0", 64))
	f.Add("invoice/create", "1.", "\xff", "", "AAAA")
	f.Fuzz(func(t *testing.T, method, amount, id, secret, given string) {
		body := map[string]string{"amount": amount, "shop_order_id": id, "amout": id, "shop_id": "5", "sign": given}
		found := Diagnose(method, body, secret, given)
		if found == nil && !Verify(list(signed[method]).present(body), given, secret) {
			t.Fatal("no finding for a wrong signature")
		}
		_ = Explain(method, body, secret).String()
	})
}
