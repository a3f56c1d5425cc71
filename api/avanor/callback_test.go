package avanor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/brama-pay/brama/callback"
	client "github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/docs/docstest"
	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/payout"
	"github.com/brama-pay/brama/shop"
	"github.com/brama-pay/brama/signature"
)

var (
	paidView = invoice.View{
		Shop: 1520, ID: 33733463, OrderID: "order:17", Payway: "card_invoice_usd", Status: invoice.Succeeded, Currency: 840, Amount: 36500, Net: 35901,
		PriceCurrency: 840, Price: 36500, PayerAccount: "424242XXXXXX4242", Description: "Оплата № 5 & \"інше\"",
		CreatedAt: noon.UnixMilli(), UpdatedAt: noon.UnixMilli(), ProcessedAt: noon.UnixMilli(),
	}
	refundView = invoice.RefundView{
		Shop: 1520, ID: 7, InvoiceID: 33733463, RefundID: "r-1", Currency: 840, Amount: 9550, Status: invoice.Waiting, CreatedAt: noon.UnixMilli(),
	}
	payoutView = payout.View{
		Shop: 1520, ID: 1234567, PaymentID: "p-1", Status: payout.Completed, Currency: 840, WriteOff: 10223, ReceiveCurrency: 840, Receive: 10000, RRN: "123456789012",
	}
)

func message(t testing.TB, kind callback.Kind, address string, view any) *callback.Message {
	t.Helper()
	snapshot, err := json.Marshal(view)
	if err != nil {
		t.Fatal(err)
	}
	return &callback.Message{Shop: 1520, ID: 9, Kind: kind, Protocol: Protocol, URL: address, Snapshot: string(snapshot)}
}

func held(v invoice.View) invoice.View {
	v.Status, v.ProcessedAt, v.PayerAccount, v.Description = invoice.Held, 0, "", ""
	return v
}

func rejected(v invoice.View, why invoice.Failure) invoice.View {
	v.Status, v.Failure = invoice.Rejected, why
	return v
}

func converted(v invoice.View) invoice.View {
	v.PriceCurrency, v.Price, v.Rate = 980, 1505625, "41.25"
	return v
}

// Every callback, byte for byte and in both forms, is taken by the public client.
func TestCallbacks(t *testing.T) {
	tests := []struct {
		name string
		kind callback.Kind
		view any
	}{
		{"paid", callback.Invoice, paidView},
		{"held", callback.Invoice, held(paidView)},
		{"declined", callback.Invoice, rejected(paidView, invoice.Declined)},
		{"unheld", callback.Invoice, rejected(paidView, invoice.Unheld)},
		{"expired", callback.Invoice, rejected(paidView, invoice.Expired)},
		{"converted", callback.Invoice, converted(paidView)},
		{"refund waiting", callback.Refund, refundView},
		{"payout completed", callback.Withdraw, payoutView},
	}
	var all bytes.Buffer
	for _, test := range tests {
		for _, format := range []string{shop.JSON, shop.Form} {
			to := entry(t, 1520, "callback_format="+format)
			d, err := Callbacks(nil)(message(t, test.kind, "https://shop.example/cb", test.view), to)
			if err != nil {
				t.Fatal(err)
			}
			c, err := client.ParseCallback(d.ContentType, d.Body, secret)
			if err != nil || string(c.Kind) != string(test.kind) {
				t.Errorf("%s, %s: %v, %v", test.name, format, c, err)
				continue
			}
			if err := readable(c); err != nil {
				t.Errorf("%s, %s: %v", test.name, format, err)
			}
			if _, err := client.ParseCallback(d.ContentType, d.Body, "another"); err == nil {
				t.Errorf("%s verifies with another secret", test.name)
			}
			if format == shop.JSON {
				checkSortedFields(t, test.name, d.Body)
				checkReprinted(t, test.name, d.Body)
				if err := docstest.Callback(string(test.kind), d.Body); err != nil {
					t.Error(err)
				}
			}
			fmt.Fprintf(&all, "# %s\n%s %s\n%s\n\n", test.name, d.URL, d.ContentType, d.Body)
		}
	}
	golden(t, "testdata/callbacks.golden", all.Bytes())
}

func readable(c *client.Callback) (err error) {
	switch c.Kind {
	case client.InvoiceCallback:
		_, err = c.Invoice()
	case client.RefundCallback:
		_, err = c.Refund()
	default:
		_, err = c.Payout()
	}
	return err
}

// The signature stands at the end; the fields before it are in order.
func checkSortedFields(t *testing.T, name string, body []byte) {
	t.Helper()
	at := bytes.LastIndex(body, []byte(`,"sign":`))
	checkSorted(t, name, string(body[:at])+"}\n")
}

// A receiver that parses numbers into floats and prints them again, as PHP and
// JavaScript do, must come to the signed texts (api/avanor.md §8).
func checkReprinted(t *testing.T, name string, body []byte) {
	t.Helper()
	var parsed map[string]any
	if err := json.Unmarshal(body, &parsed); err != nil {
		t.Fatal(err)
	}
	fields := map[string]string{}
	for key, value := range parsed {
		switch value := value.(type) {
		case string:
			fields[key] = value
		case float64:
			fields[key] = strconv.FormatFloat(value, 'f', -1, 64)
		}
	}
	if !signature.VerifyCallback(fields, fields["sign"], secret) {
		t.Errorf("%s does not verify when it is printed again: %s", name, body)
	}
}

func TestCallbackURLs(t *testing.T) {
	tests := []struct{ from, want string }{
		{"https://shop.example", "https://shop.example?type=invoice"},
		{"https://shop.example/cb", "https://shop.example/cb?type=invoice"},
		{"https://shop.example/cb?", "https://shop.example/cb?type=invoice"},
		{"https://shop.example/cb?token=a%2Bb&x", "https://shop.example/cb?token=a%2Bb&x&type=invoice"},
		{"http://127.0.0.1:8080/a%20b", "http://127.0.0.1:8080/a%20b?type=invoice"},
	}
	for _, test := range tests {
		d, err := Callbacks(nil)(message(t, callback.Invoice, test.from, paidView), entry(t, 1520))
		if err != nil || d.URL != test.want {
			t.Errorf("%s: %s, %v", test.from, d.URL, err)
		}
		if u, err := url.Parse(d.URL); err != nil || u.Query().Get("type") != "invoice" {
			t.Errorf("%s: %v", d.URL, err)
		}
	}
}

// While a secret rotates callbacks are signed with the old one (api/avanor.md §8).
func TestCallbacksWhileRotating(t *testing.T) {
	to := *entry(t, 1520, "callback_ok=true")
	to.OldSecret, to.Secret = to.Secret, "the-new-secret"
	d, err := Callbacks(nil)(message(t, callback.Refund, "https://shop.example/", refundView), &to)
	if err != nil || !d.NeedOK {
		t.Fatal(d, err)
	}
	if _, err := client.ParseCallback(d.ContentType, d.Body, secret); err != nil {
		t.Errorf("with the old secret: %v", err)
	}
	if _, err := client.ParseCallback(d.ContentType, d.Body, "the-new-secret"); err == nil {
		t.Error("verifies with the new secret")
	}
}

func TestCallbacksThatCannotBeRendered(t *testing.T) {
	good := message(t, callback.Invoice, "https://shop.example/", paidView)
	kind, snapshot, address := *good, *good, *good
	kind.Kind = "bill"
	snapshot.Snapshot = "{"
	address.URL = "http://[::1"
	for name, m := range map[string]*callback.Message{"kind": &kind, "snapshot": &snapshot, "address": &address} {
		if _, err := Callbacks(nil)(m, entry(t, 1520)); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
