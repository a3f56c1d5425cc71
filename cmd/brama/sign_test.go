package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/brama-pay/brama/signature"
)

// The seeds' samples, byte for byte but for the typo of the pages, amout.
const (
	seedCharge = `{
"shop_id": 1520,
"shop_order_id" : "5b0efa8a-153b-4421-abac-2aba4d772a86",
"amount": "6320.91",
"currency": 840,
"payway": "card_invoice_usd",
"description": "Payment for shop_id=1520",
"sign": "77a6f7a30876d480d4e771d08cb83800dd5cb874664c77e515ffc052b20293c6"
}`
	seedStatus = `{
"shop_id": 202203,
"shop_order_id" : "1994",
"amount": "104.04",
"currency": 840,
"payway": "payway_usd",
"description": "Invoice sign",
"sign": "05f6d3712417f62af6cbf66ca81c2f0b249f7dc1b4cbe3a50e3f8d67a1fb35a2"
}`
)

// signFile is a file with a text, for --body.
func signFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "body")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestSignOutputs pins what an integrator reads, and the exit status.
func TestSignOutputs(t *testing.T) {
	callback := callbackBody(callbackTexts(), sha(callbackText+callbackSecret))
	wrong := callbackBody(callbackTexts(), sha(strings.Replace(callbackText, ":365:", ":365.00:", 1)+callbackSecret))
	tests := []struct {
		name, body string
		args       []string
	}{
		{"seed_000", seedCharge, []string{"invoice/create"}},
		{"seed_001", seedStatus, []string{"invoice/create"}},
		{"seed_000_as_printed", strings.Replace(seedCharge, "amount", "amout", 1), []string{"invoice/create"}},
		{"words", "", []string{"invoice/charge", "shop_id=1520", "invoice_id=33733463", "now=2026-11-21T18:52:46"}},
		{"literals", `{"shop_id":1520,"amount":100.50,"currency":"840","payway":"p","shop_order_id":"1"}`, []string{"invoice/create"}},
		{"words_go_before_the_body", `{"shop_id":1520,"amount":100.50,"currency":"840","payway":"p","shop_order_id":"1"}`, []string{"invoice/create", "amount=7.00"}},
		{"exponent_and_null", `{"shop_id":1520,"amount":1e2,"currency":null,"payway":true,"shop_order_id":"1"}`, []string{"invoice/create"}},
		{"key_twice", `{"shop_id":1520,"shop_id":1521}`, []string{"invoice/create"}},
		{"no_json", `hello`, []string{"invoice/create"}},
		{"form", "shop_order_id=101&amount=10.00&currency=643&shop_id=5&sign=e4580435a252d61ef91b71cb23ed7bee4d77de94ced36411526d2ce3b66ada8f", []string{"pay", "--secret", "SecretKey01"}},
		{"unknown_method", seedCharge, []string{"invoice/crate"}},
		{"no_method", seedCharge, nil},
		{"other_shop_needs_its_secret", `{"shop_id":17}`, []string{"invoice/create"}},
		{"callback", callback, []string{"--callback", "--secret", callbackSecret}},
		{"callback_wrong", wrong, []string{"--callback", "--secret", callbackSecret}},
		{"callback_nested", `{"shop_order_id":"1","addons":{}}`, []string{"--callback"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			args := append([]string{"sign"}, test.args...)
			if test.body != "" {
				args = append(args, "--body", signFile(t, test.body))
			}
			golden(t, "sign_"+test.name, runIntegrator(t, args...).String())
		})
	}
}

func TestSignReadsStandardInput(t *testing.T) {
	withStdin(t, seedCharge)
	if got := runIntegrator(t, "sign", "invoice/create", "--body", "-"); got.exit != 0 || !strings.Contains(got.stdout, "It is right.") {
		t.Errorf("%s", got)
	}
	if got := runIntegrator(t, "sign", "invoice/create", "--body", "-", "--secret-file", "-"); got.exit != 2 {
		t.Errorf("both from standard input: %s", got)
	}
}

// The secret is never shown, whatever is wrong.
func TestSignHidesTheSecret(t *testing.T) {
	for _, args := range [][]string{
		{"invoice/create", "--sign", sha("x")}, {"--callback", "--sign", sha("x")}, {"invoice/create"}, {"--callback"},
	} {
		args = append([]string{"sign", "--body", signFile(t, seedCharge), "--secret", "Sesame-71"}, args...)
		if got := runIntegrator(t, args...); strings.Contains(strings.ToLower(got.String()), "sesame") {
			t.Errorf("%v: %s", args, got)
		}
	}
}

func sha(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// TestSignFindings has an example of every mistake that is known: how the
// signature was made wrongly, and what the command says. Golden: the list of the
// findings, which is the page to read when a new one is added.
func TestSignFindings(t *testing.T) {
	const (
		secret = "Secret-Key-1"
		right  = "Ab/ж:100.50:ps_amount:card_usd:840:5:order 17"
	)
	payout := `{"account":"Ab/ж","amount":100.50,"amount_type":"ps_amount","payway":"card_usd","shop_currency":840,"shop_id":5,"shop_payment_id":"order 17","description":"Lunch","note":"x"}`
	with := func(old, new string) string { return sha(strings.Replace(right, old, new, 1) + secret) }
	sum := func(digest []byte) string { return hex.EncodeToString(digest) }
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(right))
	bits, _ := hex.DecodeString(sha(right + secret))
	md, s1, s512 := md5.Sum([]byte(right+secret)), sha1.Sum([]byte(right+secret)), sha512.Sum512([]byte(right+secret))
	twice := sha256.Sum256(bits)
	tests := []struct{ name, given, body string }{
		{"a field not signed", with(":5:", ":"), payout},
		{"a further field signed", with("ps_amount:", "ps_amount:Lunch:"), payout},
		{"all fields signed", with("ps_amount:", "ps_amount:Lunch:x:"), payout},
		{"another method's fields", sha("100.50:ps_amount:card_usd:840:5" + secret), payout},
		{"number shortened", with("100.50", "100.5"), payout},
		{"number lengthened", with("100.50", "100.50"), strings.Replace(payout, "100.50", "100.5", 1)},
		{"number without decimals", with("100.50", "100"), strings.Replace(payout, "100.50", "100.00", 1)},
		{"number cut", with("100.50", "100"), payout},
		{"number with a comma", with("100.50", "100,50"), payout},
		{"number in minor units", with("100.50", "10050"), payout},
		{"amount twice", with("100.50", "100.50:100.50"), payout},
		{"value empty", with("ps_amount", ""), payout},
		{"value trimmed", with("order 17", "order 17"), strings.Replace(payout, "order 17", "order 17 ", 1)},
		{"value with a space", with("card_usd", "card_usd "), payout},
		{"value in quotes", with("card_usd", `"card_usd"`), payout},
		{"value in lower case", with("Ab/ж", "ab/ж"), payout},
		{"value in upper case", with("card_usd", "CARD_USD"), payout},
		{"value escaped for a URL", with("order 17", "order+17"), payout},
		{"value escaped for JSON", with("Ab/ж", `Ab/\u0436`), payout},
		{"slash escaped", with("Ab/ж", `Ab\/ж`), payout},
		{"order as sent", sha("5:order 17:100.50:ps_amount:card_usd:840:Ab/ж" + secret), payout},
		{"no separator", sha(strings.ReplaceAll(right, ":", "") + secret), payout},
		{"another separator", sha(strings.ReplaceAll(right, ":", ";") + secret), payout},
		{"text in upper case", sha(strings.ToUpper(right) + secret), payout},
		{"names signed", sha("account=Ab/ж:amount=100.50:amount_type=ps_amount:payway=card_usd:shop_currency=840:shop_id=5:shop_payment_id=order 17" + secret), payout},
		{"secret joined", sha(right + ":" + secret), payout},
		{"line feed before the secret", sha(right + "\n" + secret), payout},
		{"secret first", sha(secret + right), payout},
		{"secret missing", sha(right), payout},
		{"secret with a line feed", sha(right + secret + "\n"), payout},
		{"secret with a line end of Windows", sha(right + secret + "\r\n"), payout},
		{"secret with a space behind", sha(right + secret + " "), payout},
		{"secret with a space before", sha(right + " " + secret), payout},
		{"secret in lower case", sha(right + strings.ToLower(secret)), payout},
		{"secret in upper case", sha(right + strings.ToUpper(secret)), payout},
		{"secret in quotes", sha(right + `"` + secret + `"`), payout},
		{"secret twice", sha(right + secret + secret), payout},
		{"secret hashed", sha(right + sha(secret)), payout},
		{"MD5", sum(md[:]), payout},
		{"SHA-1", sum(s1[:]), payout},
		{"SHA-512", sum(s512[:]), payout},
		{"HMAC", sum(mac.Sum(nil)), payout},
		{"hashed twice", sum(twice[:]), payout},
		{"hex hashed once more", sha(sha(right + secret)), payout},
		{"base64", base64.StdEncoding.EncodeToString(bits), payout},
		{"prefixed", "sha256=" + sha(right+secret), payout},
		{"white space", " " + sha(right+secret), payout},
		{"cut off", sha(right + secret)[:32], payout},
		{"not a hash", "hello", payout},
		{"two at once", sha(strings.Replace(right, "100.50", "100.5", 1) + ":" + secret), payout},
		{"another secret", sha(right + "other"), payout},
		{"field misspelled", sha(right + secret), strings.Replace(payout, `"amount"`, `"amout"`, 1)},
		{"field missing", sha("Ab/ж:100.50:ps_amount:840:5:order 17" + secret), strings.Replace(payout, `"payway":"card_usd",`, "", 1)},
	}
	var list strings.Builder
	for _, test := range tests {
		got := runIntegrator(t, "sign", "withdraw/create", "--secret", secret, "--sign", test.given, "--body", signFile(t, test.body))
		findings := lines(got.stdout, "  - ")
		if got.exit != 1 || len(findings) == 0 {
			t.Errorf("%s: %s", test.name, got)
		}
		if strings.Contains(strings.Join(findings, ""), "no known mistake") != (test.name == "another secret") {
			t.Errorf("%s is not found", test.name)
		}
		fmt.Fprintf(&list, "%s\n%s\n", test.name, strings.Join(findings, "\n"))
	}
	golden(t, "findings", list.String())
}

func lines(text, prefix string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, prefix) {
			out = append(out, strings.TrimRight(line, "\n"))
		}
	}
	return out
}

const (
	callbackSecret = "account-secret-key"
	callbackText   = `{"a":"b/c"}:359.01:2026-11-21T18:52:46:Обід:0:33733463:card_invoice_usd:{"ps_payer_account":"424242XXXXXX4242"}:365:840:1520:order-1:success`
)

// callbackTexts are the fields of callbackText in the order of a body, an empty one
// and numbers included.
func callbackTexts() [][2]string {
	return [][2]string{
		{"shop_order_id", `"order-1"`}, {"shop_id", "1520"}, {"status", `"success"`}, {"payment_id", "33733463"},
		{"ps_data", `"{\"ps_payer_account\":\"424242XXXXXX4242\"}"`}, {"payway", `"card_invoice_usd"`}, {"description", `"Обід"`},
		{"created", `"2026-11-21T18:52:46"`}, {"processed", "null"}, {"shop_currency", "840"}, {"shop_amount", "365"},
		{"client_price", "359.01"}, {"error_code", "0"}, {"addons", `"{\"a\":\"b/c\"}"`}, {"note", `""`},
	}
}

func callbackBody(fields [][2]string, sign string) string {
	parts := make([]string, 0, len(fields)+1)
	for _, f := range fields {
		parts = append(parts, fmt.Sprintf("%q:%s", f[0], f[1]))
	}
	return "{" + strings.Join(append(parts, fmt.Sprintf("%q:%q", "sign", sign)), ",") + "}"
}

// TestCallbackText holds the constant to the signature room and to the client's rule.
func TestCallbackText(t *testing.T) {
	s := readSignBody([]byte(callbackBody(callbackTexts(), "")), nil)
	if want := sha(callbackText + callbackSecret); signature.SignCallback(s.fields, callbackSecret) != want {
		t.Errorf("signs %q", callbackTry{fields: signCallbackFields(s), separator: ":"}.text())
	}
}

// TestCallbackFindings: hand-made signatures, each with one mistake of receivers.
func TestCallbackFindings(t *testing.T) {
	with := func(old, new string) string { return sha(strings.Replace(callbackText, old, new, 1) + callbackSecret) }
	tests := []struct{ name, given, want string }{
		{"zero dropped", with(":0:", ":"), "zero are left out"},
		{"right", sha(callbackText + callbackSecret), ""},
		{"right, in capitals", strings.ToUpper(sha(callbackText + callbackSecret)), ""},
		{"one decimal", with(":365:", ":365.0:"), `shop_amount is signed as "365.0"`},
		{"two decimals", with(":365:", ":365.00:"), `shop_amount is signed as "365.00"`},
		{"JSON with spaces", with(`{"ps_payer_account":`, `{"ps_payer_account": `), "ps_data is signed as"},
		{"slashes", with("b/c", `b\/c`), "addons is signed as"},
		{"letters escaped", with("Обід", `\u041e\u0431\u0456\u0434`), "description is signed as"},
		{"time with a space", with("21T18", "21 18"), "created is signed as"},
		{"empty signed", sha(strings.Replace(callbackText, ":0:3373", ":0::3373", 1) + callbackSecret), "empty fields are signed"},
		{"null signed", with(":{\"ps_payer", ":null:{\"ps_payer"), `null fields are signed as "null"`},
		{"null of Python", with(":{\"ps_payer", ":None:{\"ps_payer"), `null fields are signed as "None"`},
		{"type signed", sha(callbackText + ":invoice" + callbackSecret), "type=invoice of the address is signed"},
		{"secret joined", sha(callbackText + ":" + callbackSecret), "joined with a ':'"},
		{"secret missing", sha(callbackText), "not appended"},
		{"fields of the request", sha("card_invoice_usd:1520:order-1" + callbackSecret), "only the fields of the request"},
		{"one field missing", with(":success", ""), "status is not signed"},
		{"two at once", sha(strings.Replace(callbackText, ":365:", ":365.0:", 1) + ":" + callbackSecret), "joined with a ':'"},
		{"another secret", sha(callbackText + "x"), "no known mistake"},
		{"not a hash", "hello", "no hash"},
	}
	for _, test := range tests {
		got := runIntegrator(t, "sign", "--callback", "--secret", callbackSecret, "--sign", test.given, "--body", signFile(t, callbackBody(callbackTexts(), "")))
		if right := test.want == ""; right != (got.exit == 0) || !strings.Contains(got.stdout, test.want) {
			t.Errorf("%s: want %q\n%s", test.name, test.want, got)
		}
	}
}

// TestCallbackSlips: every mistake in the list is found again when it is made alone,
// and by a finding that makes the same signature.
func TestCallbackSlips(t *testing.T) {
	s := readSignBody([]byte(callbackBody(callbackTexts(), sha("x"))), nil)
	right := callbackTry{fields: signCallbackFields(s), separator: ":", secret: callbackSecret, sum: callbackSHA256}
	digest := func(try callbackTry) []byte { return try.sum(try.text()+try.between, try.secret) }
	slips := callbackSlips(s, right)
	for _, one := range slips {
		made := digest(right.with(one))
		found := diagnoseCallback(s, callbackSecret, hex.EncodeToString(made))
		switch {
		case bytes.Equal(made, digest(right)):
			continue // it changes nothing in this callback
		case len(found) != 1:
			t.Errorf("%q is found as %q", one.Wrong, found)
			continue
		}
		at := slices.IndexFunc(slips, func(other callbackSlip) bool { return other.Finding == found[0] })
		if at < 0 || !bytes.Equal(digest(right.with(slips[at])), made) {
			t.Errorf("%q is found as %q", one.Wrong, found)
		}
	}
}

// A callback of a form is signed by the same texts.
func TestSignCallbackForm(t *testing.T) {
	fields := map[string]string{"shop_refund_id": "r 1", "amount": "95.50", "status": "SUCCESS", "processed_at": ""}
	form := "shop_refund_id=r+1&amount=95.50&status=SUCCESS&processed_at=&sign=" + signature.SignCallback(fields, "k")
	if got := runIntegrator(t, "sign", "--callback", "--secret", "k", "--body", signFile(t, form)); got.exit != 0 || !strings.Contains(got.stdout, "It is right.") {
		t.Errorf("%s", got)
	}
	got := runIntegrator(t, "sign", "--callback", "--secret", "k", "--body", signFile(t, form+"&amount=1"))
	if !strings.Contains(got.stdout, "the form has amount twice") {
		t.Errorf("%s", got)
	}
}

// Without all signed fields there is no signature: nothing may look like one.
func TestSignWithoutAField(t *testing.T) {
	got := runIntegrator(t, "sign", "invoice/create", "amount=1.00", "shop_id=1520")
	hash := regexp.MustCompile(`[0-9a-f]{64}`)
	if got.exit != 1 || hash.MatchString(got.stdout) || !strings.Contains(got.stdout, "without currency, payway, shop_order_id") {
		t.Errorf("%s", got)
	}
	whole := runIntegrator(t, append(append([]string{"sign"}, invoiceWords...), "shop_id=1520")...)
	if !hash.MatchString(whole.stdout) {
		t.Errorf("%s", whole)
	}
}
