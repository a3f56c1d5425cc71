package privatbank_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/provider/privatbank"
)

func callback(storeID, order, state, message string) []byte {
	return fmt.Appendf(nil, `{"storeId":%q,"orderId":%q,"paymentState":%q,"message":%q,"signature":%q}`,
		storeID, order, state, message, sign(storeID, order, state, message))
}

func TestWhatANoticeSpeaksOf(t *testing.T) {
	b := newBank(t)
	hear := func(body []byte) ([]provider.Notice, error) {
		return b.connector().Notices(b.account(), http.Header{}, body)
	}
	got, err := hear(callback(store, "a-1520-77", "SUCCESS", ""))
	want := []provider.Notice{{Reference: "a-1520-77", Shop: 1520, Operation: 77, N: 1, Verb: provider.Authorize}}
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	first := got[0].Fingerprint
	got[0].Fingerprint = ""
	if diff := cmp.Diff(want, got); diff != "" || first == "" {
		t.Error(first, diff)
	}
	if again, _ := hear(callback(store, "a-1520-77", "SUCCESS", "")); again[0].Fingerprint != first {
		t.Error("a repeat is another notice")
	}
	if other, _ := hear(callback(store, "a-1520-77", "CANCELED", "")); other[0].Fingerprint == first {
		t.Error("another state is the same notice")
	}
	if later, _ := hear(callback(store, "a-1520-77-3", "LOCKED", "")); later[0].N != 3 {
		t.Errorf("%+v", later)
	}
	for _, order := range []string{"ORDER-1", "a-1520", "a-0-7", "a-1520-7-1", "a-1520-07", "r-1520-7", "c-1520-7", "x-1520-7", "a-1520-7-2-3", "a--1-7", "a-9223372036854775808-1"} {
		if strange, err := hear(callback(store, order, "SUCCESS", "")); err != nil || len(strange) != 0 {
			t.Errorf("%s is not ours: %+v, %v", order, strange, err)
		}
	}
	for name, body := range map[string][]byte{
		"another store": callback("OTHER", "a-1520-77", "SUCCESS", ""),
		"no state":      callback(store, "a-1520-77", "", ""),
	} {
		if got, err := hear(body); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestTheTimingOfAnAccount(t *testing.T) {
	b := privatbank.New(privatbank.Config{})
	for _, row := range []struct {
		settle, call         string
		wantSettle, wantCall time.Duration
	}{
		{"", "", time.Hour, 30 * time.Second},
		{"0", "1", 0, time.Second},
		{"60", "300", time.Minute, 5 * time.Minute},
		{"-1", "0", time.Hour, 30 * time.Second},
		{"1h", "301", time.Hour, 30 * time.Second},
	} {
		a := provider.Account{Settings: map[string]string{privatbank.SettleAfter: row.settle, privatbank.CallTimeout: row.call}}
		if got := b.TimingOf(a); got.SettleAfter != row.wantSettle || got.CallTimeout != row.wantCall {
			t.Errorf("%+v: %+v", row, got)
		}
	}
}
