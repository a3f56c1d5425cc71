package payparts

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/brama-pay/brama/api/body"
)

// FuzzAmount: what is charged is exactly what was signed, which is the text rounded
// half up to two decimals – as arithmetic on fractions has it, not as a float does.
func FuzzAmount(f *testing.F) {
	for _, text := range []string{"301.00", "400", "400.5", "19.99", "0.5", "0.005", "0.004", "0.01", ".5", "5.", "1e3", "-1", "007", "9223372036854775807", "92233720368547758.07", "92233720368547758.075", "1999.9899999999998", "٣", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, reason := parseDecimal(text)
		if reason != "" {
			return
		}
		value, ok := new(big.Rat).SetString(text)
		if !ok || strings.ContainsAny(text, "eE/_xX+-") {
			t.Fatalf("%q was read", text)
		}
		// floor(value·100 + 1/2)
		value.Add(value.Mul(value, big.NewRat(100, 1)), big.NewRat(1, 2))
		kopecks := new(big.Int).Quo(value.Num(), value.Denom())
		if !kopecks.IsInt64() || kopecks.Int64() != d.money.Minor {
			t.Fatalf("%q is %s kopecks, not %d", text, kopecks, d.money.Minor)
		}
		if long, _ := new(big.Int).SetString(d.long, 10); len(d.long) < 3 || long.Cmp(kopecks) != 0 || d.short != kopecks.String() {
			t.Fatalf("%q is signed as %q or %q", text, d.long, d.short)
		}
	})
}

// FuzzOrder: whatever object comes, it is refused by name or read so that what is
// kept is what was signed.
func FuzzOrder(f *testing.F) {
	for _, text := range []string{
		`{"amount":400.00,"partsCount":6,"merchantType":"PP","products":[{"name":"Телевизор","count":2,"price":100.00},{"name":"Микроволновка","count":1,"price":"200"}]}`,
		`{"amount":"1","partsCount":"2","merchantType":"II","scheme":1111,"products":[{"name":12,"count":"1","price":0.5}],"recipientId":{"recipientId":"x"},"sendPhone":""}`,
		`{"amount":null,"products":null}`, `{"products":[[]]}`, `{"products":[{}]}`, `{"products":[{"name":"a","count":1e2,"price":1}]}`, `{"partsCount":99999999999999999999}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		object, err := body.Decode(text)
		if err != nil {
			return
		}
		q := &request{form: form{object: object}, storeID: "S", orderID: "O"}
		readings := q.readOrder()
		if q.form.err != nil {
			r, ok := q.form.err.(*refusal)
			if !ok || r.state != Fail || !strings.HasPrefix(r.message, badValue) {
				t.Fatalf("%v", q.form.err)
			}
			return
		}
		o := &q.order
		if len(o.prices) != len(o.plan.Products) || len(readings) != 2 || len(readings[0]) != len(readings[1]) {
			t.Fatalf("%+v", o)
		}
		// Read back from what will be kept, the order signs the same text.
		again := map[string]any{"amount": json.Number(o.amount.text()), "partsCount": o.plan.PartsCount, "merchantType": o.plan.MerchantType,
			"currency": o.currency, "responseUrl": o.responseURL, "redirectUrl": o.redirectURL}
		list := []any{}
		for _, p := range o.plan.Products {
			list = append(list, map[string]any{"name": p.Name, "count": p.Count, "price": json.Number(p.Price.Text())})
		}
		again["products"] = list
		object, err = body.Decode(printed(again))
		if err != nil {
			t.Fatal(err)
		}
		next := &request{form: form{object: object}, storeID: "S", orderID: "O"}
		repeated := next.readOrder()
		if next.form.err != nil || strings.Join(repeated[0], "|") != strings.Join(readings[0], "|") || strings.Join(repeated[1], "|") != strings.Join(readings[1], "|") {
			t.Fatalf("%v\n%q\n%q", next.form.err, readings, repeated)
		}
	})
}

// FuzzForm: no field of any kind makes a method's reading panic or pass in silence.
func FuzzForm(f *testing.F) {
	f.Add([]byte(`{"storeId":"S","orderId":"O","amount":1,"description":"x","showRefund":"true","recipientId":{"recipientId":1}}`))
	f.Add([]byte(`{"showRefund":[],"description":"\u0000","recipientId":{"recipientId":{}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		object, err := body.Decode(text)
		if err != nil {
			return
		}
		for i := range methods {
			q := &request{method: &methods[i], form: form{object: object}, storeID: "S"}
			q.orderID = q.form.required("orderId", orderLength)
			readings := q.method.read(q)
			if q.form.err == nil && len(readings) == 0 {
				t.Fatalf("%s signs nothing", q.method.name)
			}
			if strings.ContainsFunc(q.orderID+q.about, unprintable) {
				t.Fatalf("%q %q", q.orderID, q.about)
			}
		}
	})
}
