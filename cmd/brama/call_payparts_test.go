package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/brama-pay/brama/client/payparts"
	"github.com/brama-pay/brama/demo"
	"github.com/brama-pay/brama/signature"
)

// fakeBank gives one answer, signed over the fields that are named, and keeps what
// it was sent. With no answer it hangs up.
type fakeBank struct {
	*httptest.Server
	answer     map[string]string
	signs      []string
	calls      int
	path, body string
}

func newFakeBank(t *testing.T, signs string, answer ...string) *fakeBank {
	t.Helper()
	b := &fakeBank{signs: strings.Fields(signs), answer: map[string]string{}}
	for _, field := range answer {
		name, value, _ := strings.Cut(field, "=")
		b.answer[name] = value
	}
	b.Server = httptest.NewServer(b)
	t.Cleanup(b.Close)
	return b
}

func (b *fakeBank) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	b.calls, b.path, b.body = b.calls+1, r.URL.Path, string(raw)
	if len(b.answer) == 0 {
		panic(http.ErrAbortHandler)
	}
	parts := []string{demo.StorePassword}
	for _, name := range b.signs {
		parts = append(parts, b.answer[name])
	}
	if len(b.signs) > 0 {
		b.answer["signature"] = signature.PayParts(append(parts, demo.StorePassword)...)
	}
	_ = json.NewEncoder(w).Encode(b.answer)
}

const (
	ofOutcome = "state storeId orderId paymentState message"
	ofCreate  = "state storeId orderId message token"
	ofOrder   = "storeId orderId"
)

var declineWords = []string{"payparts/decline", "orderId=order-1", "amount=600.00"}

// TestCallPayPartsOutputs pins what an integrator sees, and the exit status.
func TestCallPayPartsOutputs(t *testing.T) {
	answer := func(more ...string) []string {
		return append([]string{"storeId=" + demo.Store, "orderId=order-1"}, more...)
	}
	createWords := []string{"payparts/create", "orderId=order-1", "amount=600.00", "partsCount=6", "merchantType=PP"}
	token := "token=" + strings.Repeat("0A", 16)
	tests := []struct {
		name, signs string
		answer      []string
		args        []string
		sent        bool
	}{
		{"create", ofCreate, answer("state=SUCCESS", token), createWords, true},
		{"create_exists", ofCreate, answer("state=FAIL", "message=bad value: orderId already exists"), createWords, true},
		{"decline", ofOutcome, answer("state=SUCCESS"), declineWords, true},
		{"decline_again", ofOutcome, answer("state=FAIL", "message=bad value: decline already made"), declineWords, true},
		{"decline_unknown_order", ofOutcome, answer("state=FAIL", "message=Платеж не найден"), declineWords, true},
		{"decline_cut_off", "", nil, declineWords, true},
		{"decline_forged", ofOrder, answer("state=SUCCESS"), declineWords, true},
		{"wrong_password", ofOutcome, answer("state=FAIL", "message=bad value: Wrong signature."), append(declineWords, "--password", "another"), true},
		{"unknown_store", "", []string{"state=FAIL", "storeId=X", "message=bad value: Unknown identifier. Store not found."}, append(declineWords, "storeId=X", "--password", "another"), true},
		{"confirm", ofOrder, answer("state=SUCCESS"), []string{"payparts/confirm", "orderId=order-1"}, true},
		{"confirm_with_state", ofOutcome, answer("state=SUCCESS"), []string{"payparts/confirm", "orderId=order-1"}, true},
		{"state", ofOutcome, answer("state=SUCCESS", "paymentState=LOCKED"), []string{"payparts/state", "orderId=order-1"}, true},
		{"state_unanswered", "", nil, []string{"payparts/state", "orderId=order-1"}, true},
		{"description", "storeId orderId state message", answer("state=SUCCESS", "message=description successfully updated"), []string{"payparts/description", "orderId=order-1", "description=a b"}, true},
		{"misspelled", "", nil, []string{"payparts/decline", "order_id=order-1", "amuont=1"}, false},
		{"missing", "", nil, []string{"payparts/hold", "amount=1"}, false},
		{"method", "", nil, []string{"payparts/declin", "orderId=1"}, false},
		{"dry_run", "", nil, append(createWords, "--dry-run"), false},
		{"calculate", "", nil, []string{"payparts/calculate", "amount=500", "partsCount=2"}, false},
		{"calculate_rate", "", nil, []string{"payparts/calculate", "amount=1000.00", "partsCount=3", "merchantType=IA", "rate=1.5"}, false},
		{"calculate_parts", "", nil, []string{"payparts/calculate", "amount=1000.00", "partsCount=26"}, false},
		{"calculate_amount", "", nil, []string{"payparts/calculate", "amount=1,5", "partsCount=2"}, false},
		{"list_one", "", nil, []string{"payparts/decline", "--list"}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newFakeBank(t, test.signs, test.answer...)
			got := runIntegrator(t, append([]string{"call", "--url", b.URL}, test.args...)...)
			golden(t, "payparts_"+test.name, strings.ReplaceAll(got.String(), strings.TrimPrefix(b.URL, "http://"), "127.0.0.1:8080"))
			if (b.calls == 1) != test.sent || b.calls > 1 {
				t.Errorf("%d calls arrived", b.calls)
			}
		})
	}
}

// What is typed is what is sent, numbers as they were written; the order without
// products has one.
func TestCallPayPartsSends(t *testing.T) {
	b := newFakeBank(t, ofCreate, "state=SUCCESS", "storeId="+demo.Store, "orderId=7", "token="+strings.Repeat("0A", 16))
	runIntegrator(t, "call", "--url", b.URL, "/payparts/hold/", "orderId=7", "amount=600.00", "partsCount=6", "merchantType=PP")
	const want = `{"amount":600.00,"merchantType":"PP","orderId":"7","partsCount":6,"products":[{"count":1,"name":"Order 7","price":600.00}],"signature":"`
	if b.path != "/ipp/v2/payment/hold" || !strings.HasPrefix(b.body, want) {
		t.Errorf("%s\n%s", b.path, b.body)
	}
	sign := signature.PayParts(demo.StorePassword, demo.Store, "7", "60000", "6", "PP", "Order 7", "1", "60000", demo.StorePassword)
	if !strings.Contains(b.body, sign) {
		t.Errorf("not signed %s: %s", sign, b.body)
	}
}

// The store's password is taken from where it should be and printed nowhere; the
// demo's goes to no stranger and signs for no other store.
func TestCallStorePasswords(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(demo.StorePassword+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, more := range map[string][]string{
		"flag": {"--password", demo.StorePassword, "--store", demo.Store}, "file": {"--password-file", file}, "demo": nil, "dry": {"--dry-run", "--password-file", file},
	} {
		b := newFakeBank(t, ofOutcome, "state=SUCCESS", "storeId="+demo.Store, "orderId=order-1")
		got := runIntegrator(t, slices.Concat([]string{"call", "--url", b.URL}, declineWords, more)...)
		if got.exit != 0 || strings.Contains(got.String(), demo.StorePassword) {
			t.Errorf("%s: %s", name, got)
		}
	}
	t.Setenv("BRAMA_STORE", "")
	for _, args := range [][]string{
		{"--url", "https://bank.example"},
		{"--url", "https://bank.example", "--store", demo.Store},
		{"--url", "http://127.0.0.1:1", "--store", "ANOTHER"},
		{"--password-file", os.DevNull},
	} {
		got := runIntegrator(t, slices.Concat([]string{"call"}, args, declineWords)...)
		if got.exit != 2 || !strings.Contains(got.stderr, "store") && !strings.Contains(got.stderr, "password") {
			t.Errorf("%v: %s", args, got)
		}
	}
}

// TestCallPayPartsIsComplete: each method of the client can be called, each field
// has a meaning, each success is explained.
func TestCallPayPartsIsComplete(t *testing.T) {
	for _, method := range payparts.Methods() {
		if !slices.Contains(payPartsOrder, callParts+method) {
			t.Errorf("%s cannot be called", method)
		}
		if callParts+method != callParts+"state" && payPartsDone[callParts+method] == "" {
			t.Errorf("%s: nobody says what its success means", method)
		}
	}
	for _, method := range payPartsOrder {
		for _, name := range callKnown(method) {
			if payPartsMeanings[name] == "" {
				t.Errorf("%s of %s has no meaning", name, method)
			}
		}
	}
}
