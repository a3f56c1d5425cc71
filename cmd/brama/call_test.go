package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/brama-pay/brama/api/body"
	"github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/signature"
)

var updateIntegrator = flag.Bool("update-integrator", false, "write the golden outputs of brama call and brama sign anew")

// ran is what one command printed and how it ended.
type ran struct {
	stdout, stderr string
	exit           int
}

func (r ran) String() string {
	return fmt.Sprintf("--- stdout\n%s--- stderr\n%s--- exit %d\n", r.stdout, r.stderr, r.exit)
}

// runIntegrator runs one command in this process.
func runIntegrator(t *testing.T, args ...string) ran {
	t.Helper()
	var files [2]*os.File
	for i, name := range []string{"stdout", "stderr"} {
		file, err := os.Create(filepath.Join(t.TempDir(), name))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		files[i] = file
	}
	exit := realMain(t.Context(), args, files[0], files[1])
	stdout, _ := os.ReadFile(files[0].Name())
	stderr, _ := os.ReadFile(files[1].Name())
	return ran{string(stdout), string(stderr), exit}
}

// golden compares with a file of testdata/integrator.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "integrator", name+".golden")
	if *updateIntegrator {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; -update-integrator writes it anew)\n%s", path, diff)
	}
}

// fakeGateway checks every signature under a secret by the signature room and
// then gives one answer.
type fakeGateway struct {
	*httptest.Server
	secret, answer string
	path, body     string
	calls          int
}

func newFakeGateway(t *testing.T, secret, answer string) *fakeGateway {
	t.Helper()
	g := &fakeGateway{secret: secret, answer: answer}
	g.Server = httptest.NewServer(g)
	t.Cleanup(g.Close)
	return g
}

// ServeHTTP answers; an empty answer hangs up in the middle.
func (g *fakeGateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	g.calls, g.path, g.body = g.calls+1, r.URL.Path, string(raw)
	switch {
	case g.answer == "":
		panic(http.ErrAbortHandler)
	case !g.verifies(strings.TrimPrefix(r.URL.Path, "/gateway/v1/"), raw):
		io.WriteString(w, `{"data":null,"error_code":10,"message":"Incorrect values for parameters: sign=\"Invalid sign, string to sign: \"x\"\"","result":false}`+"\n")
	default:
		io.WriteString(w, g.answer+"\n")
	}
}

func (g *fakeGateway) verifies(method string, raw []byte) bool {
	o, err := body.Decode(raw)
	if err != nil {
		return false
	}
	fields, _ := signature.SignedFields(method)
	signed := map[string]string{}
	for _, name := range fields {
		if v, found := o.Find(name); found {
			signed[name], _ = v.Scalar()
		}
	}
	sign, _ := o.Find("sign")
	return signature.Verify(signed, sign.Text, g.secret)
}

func refusalOf(code int, message string) string {
	return fmt.Sprintf(`{"data":null,"error_code":%d,"message":%q,"result":false}`, code, message)
}

const created = `{"data":{"data":{"session_id":"0123"},"id":33733463,"method":"GET","url":"https://pay.example/pay/0123"},"error_code":0,"message":"Ok","result":true}`

var (
	invoiceWords = []string{"invoice/create", "shop_order_id=order-1", "amount=100.50", "currency=840", "payway=card_invoice_usd"}
	payoutWords  = []string{"withdraw/create", "shop_payment_id=p 1", "amount=10.00", "amount_type=ps_amount", "payway=card_payway_usd", "shop_currency=840", "account=150010000097"}
)

// TestCallOutputs pins what an integrator sees, and the exit status.
func TestCallOutputs(t *testing.T) {
	tests := []struct {
		name, answer string
		args         []string
		sent         bool
	}{
		{"create_raw", created, append(invoiceWords, "--raw"), true},
		{"create_pretty", created, append(invoiceWords, "--pretty"), true},
		{"literals_stay", `{"data":{"payer_price":20000.0,"shop_refund":9007199254740993.10},"error_code":0,"message":"Ok","result":true}`, append([]string{"invoice/check", "shop_order_id=1", "--pretty"}, "now=1"), true},
		{"post_page", strings.Replace(created, `"GET"`, `"POST"`, 1), invoiceWords, true},
		{"not_unique", refusalOf(6, "Shop_order_id 'order-1' is not unique for shop(id=1520)"), invoiceWords, true},
		{"payout_unknown", refusalOf(23, "Unknown"), payoutWords, true},
		{"payout_cut_off", "", payoutWords, true},
		{"refund_unknown", refusalOf(99, "Internal error, incident 7"), []string{"invoice/create-refund", "invoice_id=7", "amount=1.00", "shop_refund_id=r", "--shop", "202203"}, true},
		{"charge_unknown", refusalOf(23, "Unknown"), []string{"invoice/charge", "invoice_id=7"}, true},
		{"question_unanswered", "", []string{"shop_balance"}, true},
		{"not_json", "<html>Bad Gateway</html>", payoutWords, true},
		{"wrong_secret", created, append(invoiceWords, "--secret", "another"), true},
		{"misspelled", created, []string{"invoice/create", "amout=1", "curency=USD", "shopOrderId=1", "payway"}, false},
		{"misspelled_names", created, []string{"invoice/create", "amout=1", "curency=840", "shopOrderId=1", "order=5"}, false},
		{"missing", created, []string{"withdraw/create", "amount=1", "shop_currency=usd"}, false},
		{"method_misspelled", created, []string{"invoice/crate", "amount=1"}, false},
		{"method_short", created, []string{"refund"}, false},
		{"method_payout", created, []string{"payout/create"}, false},
		{"method_nothing_like_it", created, []string{"frobnicate"}, false},
		{"method_absent", created, []string{"amount=1"}, false},
		{"twice", created, append(invoiceWords, "amount=2"), false},
		{"ignored_field", refusalOf(9, "Insufficient balance(currency=840): shop_write_off=10.0, balance=0.0"), append(payoutWords, "colour=green"), true},
		{"dry_run", created, append(invoiceWords, "--dry-run", "description=it's"), false},
		{"dry_run_two_readings", created, append(payoutWords[:1:1], "shop_payment_id=X:9.00:ps_amount:card_usd:840:1520:Y", "account=A", "amount=10.00", "amount_type=ps_amount", "payway=card_usd", "shop_currency=840", "--dry-run"), false},
		{"pay_link", created, []string{"pay", "shop_order_id=101", "amount=10.00", "currency=643", "shop_id=5", "description=a b", "--secret", "SecretKey01", "--lang", "uk"}, false},
		{"pay_currency", created, []string{"pay", "shop_order_id=101", "amount=10.00", "currency=1"}, false},
		{"list", created, []string{"--list"}, false},
		{"list_one", created, []string{"/gateway/v1/withdraw/create/", "--list"}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g := newFakeGateway(t, "account-secret-key", test.answer)
			got := runIntegrator(t, append([]string{"call", "--url", g.URL}, test.args...)...)
			golden(t, "call_"+test.name, strings.ReplaceAll(got.String(), strings.TrimPrefix(g.URL, "http://"), "127.0.0.1:8080"))
			if (g.calls == 1) != test.sent || g.calls > 1 {
				t.Errorf("%d calls arrived", g.calls)
			}
		})
	}
}

// TestCallSecrets: every place a secret may come from is used, and none is printed.
func TestCallSecrets(t *testing.T) {
	const secret = "s3cret of shop 17"
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(secret+"\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	places := map[string]func(t *testing.T) []string{
		"flag":        func(*testing.T) []string { return []string{"--secret", secret} },
		"environment": func(t *testing.T) []string { t.Setenv("BRAMA_SECRET", secret); return nil },
		"file":        func(t *testing.T) []string { t.Setenv("BRAMA_SECRET", "wrong"); return []string{"--secret-file", file} },
		"stdin": func(t *testing.T) []string {
			withStdin(t, secret+"\n")
			return []string{"--secret-file", "-"}
		},
	}
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			g := newFakeGateway(t, secret, created)
			extra := place(t)
			for _, more := range [][]string{{"--raw"}, {"--pretty"}} {
				args := append(append([]string{"call", "--url", g.URL, "--shop", "17"}, invoiceWords...), more...)
				if name == "stdin" {
					withStdin(t, secret+"\n")
				}
				got := runIntegrator(t, append(args, extra...)...)
				if got.exit != 0 || strings.Contains(got.String(), secret) {
					t.Errorf("%s", got)
				}
			}
		})
	}
}

func withStdin(t *testing.T, text string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stdin")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	before := os.Stdin
	os.Stdin = file
	t.Cleanup(func() { os.Stdin = before; file.Close() })
}

// The demo's public secret must not sign for a stranger's gateway or another shop.
func TestCallDemoSecretStaysAtHome(t *testing.T) {
	for _, args := range [][]string{
		{"--url", "https://api.example", "--shop", "1520"},
		{"--url", "http://127.0.0.1:1", "--shop", "17"},
		{"--url", "http://127.0.0.1.example:1"},
		{"--secret-file", os.DevNull},
	} {
		got := runIntegrator(t, append(append([]string{"call"}, args...), invoiceWords...)...)
		if got.exit != 2 || !strings.Contains(got.stderr, "secret") {
			t.Errorf("%v: %s", args, got)
		}
	}
}

// Nothing listens: nothing moved, and the reader is told how to start a gateway.
func TestCallNotSent(t *testing.T) {
	g := newFakeGateway(t, "", "")
	g.Close()
	got := runIntegrator(t, append([]string{"call", "--url", g.URL}, payoutWords...)...)
	if got.exit != 1 || !strings.Contains(got.stderr, "nothing was sent") || !strings.Contains(got.stderr, "serve --demo") {
		t.Errorf("%s", got)
	}
}

// --force sends what was typed: a missing field stays missing, a wrong sign stays.
func TestCallForce(t *testing.T) {
	g := newFakeGateway(t, "account-secret-key", created)
	runIntegrator(t, "call", "--url", g.URL, "--force", "invoice/create", "amout=1", "sign=abc")
	if want := `{"amout":"1","shop_id":1520,"sign":"abc"}`; g.body != want {
		t.Errorf("sent %s, want %s", g.body, want)
	}
}

func TestCallPrefix(t *testing.T) {
	g := newFakeGateway(t, "account-secret-key", created)
	runIntegrator(t, "call", "--url", g.URL, "--prefix", "/", "shop_balance")
	if g.path != "/shop_balance" {
		t.Errorf("called %s", g.path)
	}
}

// TestCallEveryCodeHasANextStep: a code without one would leave an integrator alone.
func TestCallEveryCodeHasANextStep(t *testing.T) {
	for code := avanor.Code(1); code <= 24; code++ {
		if callSteps[code] == "" {
			t.Errorf("code %d, %v, has no next step", int(code), code)
		}
	}
	if callSteps[avanor.ErrInternal] == "" {
		t.Error("code 99 has no next step")
	}
	if next := callNext(callRequest{}, &avanor.Error{Code: 77}); !strings.Contains(next, "operator") {
		t.Errorf("an unknown code: %s", next)
	}
}

// A query asks for what was made: its id is not "never used before".
func TestCallMeaningsOfQueries(t *testing.T) {
	for method, name := range map[string]string{"invoice/check": "shop_order_id", "withdraw/shop_payment_status": "shop_payment_id"} {
		problems := strings.Join(callRequest{method: method, fields: map[string]string{}}.check(), " ")
		if !strings.Contains(problems, name+" is missing: ") || strings.Contains(problems, "never used") {
			t.Errorf("%s: %s", method, problems)
		}
	}
	if text := callMeaning("invoice/create", "shop_order_id"); !strings.Contains(text, "never used before") {
		t.Errorf("invoice/create: %s", text)
	}
}

// TestCallEveryFieldHasAMeaning: missing fields are named with it.
func TestCallEveryFieldHasAMeaning(t *testing.T) {
	for _, method := range signature.Methods() {
		for _, name := range callKnown(method) {
			if callMeanings[name] == "" {
				t.Errorf("%s of %s has no meaning", name, method)
			}
		}
	}
	for method := range callOptions {
		if _, known := signature.SignedFields(method); !known {
			t.Errorf("options of %s, which is no method", method)
		}
	}
}

// Words may stand anywhere among the flags, and a flag's value is never taken for one.
func TestCallWordsAmongFlags(t *testing.T) {
	for _, line := range []string{
		"call --raw invoice/create amount=1 --url URL currency=840 --pretty payway=p --shop 5 shop_order_id=a",
		"call invoice/create --url URL --secret account-secret-key amount=1 currency=840 --shop=5 payway=p --raw shop_order_id=a",
		"call invoice/create --url URL --shop 5 amount=1 currency=840 --secret-file=FILE payway=p -- shop_order_id=a",
		"call invoice/create amount=1 currency=840 payway=p shop_order_id=a --url URL --shop 5 --secret-file FILE",
	} {
		g := newFakeGateway(t, "account-secret-key", created)
		file := filepath.Join(t.TempDir(), "a=b")
		if err := os.WriteFile(file, []byte("account-secret-key"), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Setenv("BRAMA_SECRET", "account-secret-key")
		got := runIntegrator(t, strings.Fields(strings.NewReplacer("URL", g.URL, "FILE", file).Replace(line))...)
		const want = `{"amount":"1","currency":840,"payway":"p","shop_id":5,"shop_order_id":"a","sign":`
		if got.exit != 0 || !strings.HasPrefix(g.body, want) {
			t.Errorf("%s\nsent %s\n%s", line, g.body, got)
		}
	}
}

// TestCallSwitches: a flag without a value that is not known as one would swallow a word.
func TestCallSwitches(t *testing.T) {
	for _, command := range []any{callCommand{}, signCommand{}} {
		kind := reflect.TypeOf(command)
		for i := range kind.NumField() {
			field := kind.Field(i)
			name := strings.Replace(strings.ToLower(field.Name), "dryrun", "dry-run", 1)
			if field.Type.Kind() == reflect.Bool && !slices.Contains(callSwitches, name) {
				t.Errorf("--%s is missing", name)
			}
		}
	}
}

func TestShellQuote(t *testing.T) {
	for text, want := range map[string]string{
		"": "''", "a.b:1/2=3": "a.b:1/2=3", "a b": "'a b'", "it's": `'it'\''s'`, "$(x)": "'$(x)'", "~": "'~'", "*": "'*'",
	} {
		if got := shellQuote(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// A handshake that fails sends nothing, whatever fails it: nothing is unknown.
func TestCallWithoutASecureConnection(t *testing.T) {
	strange := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("something was sent") }))
	strange.Config.ErrorLog = log.New(io.Discard, "", 0)
	defer strange.Close()
	plain := newFakeGateway(t, "", created)
	for _, url := range []string{strange.URL, strings.Replace(plain.URL, "http:", "https:", 1)} {
		for _, words := range [][]string{payoutWords, {"shop_balance"}, {"payparts/confirm", "orderId=o"}, {"payparts/state", "orderId=o"}} {
			got := runIntegrator(t, append([]string{"call", "--url", url}, words...)...)
			if got.exit != 1 || !strings.Contains(got.stderr, "nothing was sent") || !strings.Contains(got.stderr, "no secure connection") || strings.Contains(got.stderr, "outcome unknown") || strings.Contains(got.stderr, "may have been done") {
				t.Errorf("%s %v: %s", url, words, got)
			}
		}
	}
}

// What only asks may be repeated; what moves money may not, and says so.
func TestEveryMethodsUnansweredCall(t *testing.T) {
	for _, method := range signature.Methods() {
		text := (&avanor.TransportError{Method: method, Sent: true, Err: io.EOF}).Error()
		moves := callMoves[method] || method == signature.PayForm
		if strings.Contains(text, "outcome unknown") != moves || strings.Contains(text, "may be repeated") == moves {
			t.Errorf("%s: %s", method, text)
		}
	}
}
