package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/brama-pay/brama/signature"
)

// methods are all methods of the API with fields that would do, as raw JSON; the
// objects that they name are those of one gateway.
func methods(invoice, payout int64, order, payment string) map[string]map[string]string {
	const now, payway = `"2026-05-24T16:35:42"`, `"card_invoice_usd"`
	wanted := func(id string) map[string]string {
		return map[string]string{"shop_id": "1520", "shop_order_id": id, "amount": `"12.30"`, "currency": "840", "payway": payway}
	}
	asked := map[string]string{"shop_id": "1520", "now": now}
	with := func(name, value string) map[string]string {
		fields := maps.Clone(asked)
		fields[name] = value
		return fields
	}
	out := map[string]string{
		"shop_id": "1520", "payway": `"card_payway_usd"`, "amount": `"12.30"`, "amount_type": `"ps_amount"`, "shop_currency": "840",
	}
	create := maps.Clone(out)
	create["account"], create["shop_payment_id"] = `"150010000097"`, `"new-payment"`
	return map[string]map[string]string{
		"invoice/try": wanted(`"new-try"`), "invoice/create": wanted(`"new-order"`), "invoice/hold": wanted(`"new-hold"`),
		"invoice/check":  with("shop_order_id", quoted(order)),
		"invoice/charge": with("invoice_id", fmt.Sprint(invoice)), "invoice/unhold": with("invoice_id", fmt.Sprint(invoice)),
		"invoice/create-refund": {"shop_id": "1520", "invoice_id": fmt.Sprint(invoice), "amount": `"1.00"`, "shop_refund_id": `"new-refund"`},
		"invoice/get-refunds":   with("invoice_id", fmt.Sprint(invoice)),
		"withdraw/try":          out, "withdraw/create": create,
		"check_account":                {"shop_id": "1520", "payway": `"card_payway_usd"`, "amount": `"12.30"`, "account": `"150010000097"`},
		"withdraw/status":              with("withdraw_id", fmt.Sprint(payout)),
		"withdraw/shop_payment_status": with("shop_payment_id", quoted(payment)),
		"shop_balance":                 asked, "shop_input_config/shop": asked, "shop_output_config/shop": asked,
	}
}

func quoted(text string) string { return fmt.Sprintf("%q", text) }

// bad is a request that must be refused with code 10 – or 413 – and a message
// that names the parameter.
type bad struct {
	method, what string
	body         []byte
	names        string // what the message names
	status       int    // 0: 200
}

func TestBadInput(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		invoice, order := g.held("50.00")
		payout := g.payout(g.account("7654"), "5.00")
		g.quiet()
		known := methods(invoice, payout.ID, order, payout.ShopPaymentID)
		before := g.everything()
		cases := slices.Concat(badFields(t, known), badValues(t, known), badBodies(t, known["invoice/create"]))
		for _, c := range cases {
			status, _, answer := g.post("/gateway/v1/"+c.method, c.body)
			var got struct {
				Data      any
				ErrorCode int    `json:"error_code"`
				Message   string `json:"message"`
				Result    bool
			}
			err := json.Unmarshal(answer, &got)
			if c.status == 0 {
				c.status = http.StatusOK
			}
			if err != nil || status != c.status || got.ErrorCode != 10 || got.Result || got.Data != nil ||
				!strings.HasPrefix(got.Message, "Incorrect values for parameters: ") || !strings.Contains(got.Message, c.names+`="`) {
				t.Errorf("%s with %s: HTTP %d %s; want code 10 and %s named", c.method, c.what, status, answer, c.names)
			}
		}
		g.badForms()
		if after := g.everything(); after != before {
			t.Errorf("refused requests changed the database: %s", firstDifference(before, after))
		}
		t.Logf("%d bad requests", len(cases))
		g.balanced()
	})
}

// everything is what is stored, but for what a node does by itself.
func (g *gateway) everything() string {
	g.t.Helper()
	d := g.open(false)
	defer d.Close()
	return g.dump(d, "node")
}

func firstDifference(before, after string) string {
	a, b := strings.Split(before, "\n"), strings.Split(after, "\n")
	for _, line := range b {
		if !slices.Contains(a, line) {
			return line
		}
	}
	return "rows are missing"
}

// badFields lack a field, or hold what cannot be one.
func badFields(t *testing.T, known map[string]map[string]string) []bad {
	var cases []bad
	for method, fields := range known {
		add := func(what, name, raw string) {
			changed := maps.Clone(fields)
			changed[name] = raw
			if raw == "" {
				delete(changed, name)
			}
			cases = append(cases, bad{method: method, what: what, names: name, body: signed(t, method, demoSecret, changed)})
		}
		for name := range fields {
			add(name+" missing", name, "")
			add(name+" null", name, "null")
			add(name+" true", name, "true")
			add(name+" an object", name, `{"a":1}`)
			add(name+" a list", name, `["1"]`)
			add(name+" empty", name, `""`)
			add(name+" with an exponent", name, `1e2`)
			add(name+" with a sign", name, `-1`)
			add(name+" with a null byte", name, `"a\u0000b"`)
			add(name+" over-long", name, quoted(strings.Repeat("7", 256)))
		}
		cases = append(cases,
			bad{method: method, what: "no sign", names: "sign", body: bytes.Replace(signed(t, method, demoSecret, fields), []byte(`"sign"`), []byte(`"sgin"`), 1)},
			bad{method: method, what: "another's secret", names: "sign", body: signed(t, method, "another-secret", fields)},
			bad{method: method, what: "a sign that is none", names: "sign", body: bytes.Replace(signed(t, method, demoSecret, fields), []byte(`"sign":"`), []byte(`"sign":"zz`), 1)},
			bad{method: method, what: "another field signed", names: "sign", body: tampered(t, method, fields)},
		)
	}
	return cases
}

// tampered is a request that was signed before its last signed field was changed.
func tampered(t *testing.T, method string, fields map[string]string) []byte {
	names, _ := signature.SignedFields(method)
	for _, name := range names {
		if name == "shop_id" {
			continue
		}
		body := signed(t, method, demoSecret, fields)
		for from, to := range map[string]string{"0": "1", "o": "p", "n": "m"} {
			if raw := strings.Replace(fields[name], from, to, 1); raw != fields[name] && name != "currency" && name != "shop_currency" && name != "amount_type" {
				return bytes.Replace(body, []byte(quoted(name)+":"+fields[name]), []byte(quoted(name)+":"+raw), 1)
			}
		}
	}
	t.Fatalf("%s: nothing to tamper with", method)
	return nil
}

// badValues are signed as they stand, and are still not what the field means.
func badValues(t *testing.T, known map[string]map[string]string) []bad {
	var cases []bad
	for name, raws := range map[string][]string{
		"amount": {`"1e2"`, `"+1"`, `"-1"`, `"1.001"`, `1.001`, `"1."`, `".5"`, `"1,5"`, `" 1"`, `"1 "`, `"1_0"`, `"0x10"`, `"NaN"`, `"Infinity"`, `0`, `"0.00"`,
			`"1234567890123"`, `1234567890123.5`, `"１２"`, `"١٢"`, `"1\u00a0000"`, `"1.2.3"`, `1E2`, `-0.0`},
		"currency":      {`"USD"`, `0`, `999999`, `"84O"`, `840.0`, `"８４０"`, `" 840"`},
		"shop_id":       {`"15 20"`, `1520.5`, `9007199254740993`, `99999999999999999999`, `"١٥٢٠"`, `"1520;"`},
		"payway":        {`"card/usd"`, `"../card"`, `"карта"`, `"a b"`, quoted(strings.Repeat("a", 151))},
		"amount_type":   {`"PS_AMOUNT"`, `"both"`},
		"invoice_id":    {`"abc"`, `9007199254740993`, `1.0`},
		"withdraw_id":   {`"abc"`, `9007199254740993`, `1.0`},
		"shop_order_id": {`1.5`, quoted(strings.Repeat("ї", 256))},
		"account":       {quoted(strings.Repeat("1", 256))},
		// Optional, not signed, and still looked at.
		"expires_at":      {`"tomorrow"`, `"2020-01-01T00:00:00Z"`, `true`},
		"callback_url":    {`"ftp://x/"`, `"javascript:alert(1)"`, `"http://"`, `7`},
		"client_ip":       {`"300.1.1.1"`},
		"client_info":     {`"x"`, `[]`},
		"description":     {quoted(strings.Repeat("ї", 256)), `{}`},
		"account_details": {`"x"`, `{"name":{"a":1}}`, `{"name":["a"]}`},
	} {
		method := map[string]string{"amount_type": "withdraw/create", "invoice_id": "invoice/charge", "withdraw_id": "withdraw/status",
			"account": "withdraw/create", "account_details": "withdraw/create"}[name]
		if method == "" {
			method = "invoice/create"
		}
		for _, raw := range raws {
			fields := maps.Clone(known[method])
			fields[name] = raw
			cases = append(cases, bad{method: method, what: name + " " + short(raw), names: name, body: signed(t, method, demoSecret, fields)})
		}
	}
	return cases
}

func short(text string) string { return text[:min(len(text), 40)] }

// badBodies are not one JSON object that can be read in one way.
func badBodies(t *testing.T, fields map[string]string) []bad {
	good := string(signed(t, "invoice/create", demoSecret, fields))
	inner := strings.TrimPrefix(good, "{")
	bodies := map[string]string{
		"nothing":                       "",
		"white space":                   " \n ",
		"a list":                        "[" + good + "]",
		"a string":                      quoted(good),
		"a number":                      "1520",
		"null":                          "null",
		"a duplicate key":               `{"amount":"12.30",` + inner,
		"a duplicate key, escaped":      `{"\u0061mount":"12.30",` + inner,
		"a case-variant key":            `{"Amount":"1.00",` + inner,
		"a case-variant unknown key":    `{"note":1,"NOTE":2,` + inner,
		"a duplicate key inside":        `{"client_info":{"a":1,"a":2},` + inner,
		"trailing garbage":              good + "x",
		"a second object":               good + good,
		"a trailing comma":              strings.TrimSuffix(good, "}") + ",}",
		"a comment":                     `{/* */` + inner,
		"single quotes":                 strings.ReplaceAll(good, `"`, `'`),
		"an unquoted key":               `{amount:1,` + inner,
		"cut off":                       good[:len(good)-5],
		"a byte order mark":             "\xef\xbb\xbf" + good,
		"bytes that are no UTF-8":       `{"description":"` + "\xff\xfe" + `",` + inner,
		"overlong UTF-8":                `{"description":"` + "\xc0\xaf" + `",` + inner,
		"a raw control character":       "{\"description\":\"a\x01b\"," + inner,
		"half a surrogate":              `{"description":"\ud800",` + inner,
		"a leading zero":                `{"x":01,` + inner,
		"NaN":                           `{"x":NaN,` + inner,
		"5000-deep nesting":             `{"x":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + "," + inner,
		"5000-deep nesting of objects":  `{"x":` + strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000) + "," + inner,
		"5000-deep nesting, never ends": strings.Repeat("[", 5000),
	}
	var cases []bad
	for what, body := range bodies {
		names := "body"
		cases = append(cases, bad{method: "invoice/create", what: what, names: names, body: []byte(body)})
	}
	large := `{"x":"` + strings.Repeat("a", 3<<20) + `",` + inner
	return append(cases, bad{method: "invoice/create", what: "a body of 3 MB", names: "body", body: []byte(large), status: http.StatusRequestEntityTooLarge})
}

// badForms are payers' requests: a page that says no, never a 5xx.
func (g *gateway) badForms() {
	g.t.Helper()
	good := "amount=12.30&currency=840&shop_id=1520&shop_order_id=form-1&sign=" + strings.Repeat("a", 64)
	form := "application/x-www-form-urlencoded"
	for _, c := range []struct{ path, kind, body string }{
		{"/en/pay", form, good}, {"/uk/pay", form, good + "&amount=1"}, {"/ru/pay", form, ""}, {"/en/pay", form, "%zz"}, {"/en/pay", form, "amount=%ff"},
		{"/en/pay", "application/json", "{}"}, {"/en/pay", form, "x=" + strings.Repeat("a", 3<<20)}, {"/xx/pay", form, good},
		{"/pay/", form, ""}, {"/pay/zz", form, "card=1"}, {"/pay/" + strings.Repeat("0", 32), form, "card=1"}, {"/pay/" + strings.Repeat("f", 32), form, "code=1234"},
		{"/pay/" + strings.Repeat("0", 32), form, "card=" + strings.Repeat("4", 3<<20)}, {"/notify/sandbox", "application/json", "{}"}, {"/notify/none", form, "\xff"},
		{"/notify/sandbox", form, strings.Repeat("a", 3<<20)}, {"/gateway/v1/", form, ""}, {"/gateway/v1/../../etc/passwd", form, ""}, {"/invoice/destroy", form, ""},
	} {
		response, err := g.http.Post(g.url+c.path, c.kind, strings.NewReader(c.body))
		if err != nil {
			g.t.Errorf("POST %s %s: %v", c.path, short(c.body), err)
			continue
		}
		response.Body.Close()
		if response.StatusCode < 300 || response.StatusCode > 499 {
			g.t.Errorf("POST %s %s: HTTP %d", c.path, short(c.body), response.StatusCode)
		}
	}
	for _, path := range []string{"/gateway/v1/invoice/create", "/pay/" + strings.Repeat("0", 32), "/en/pay?amount=1", "/pay/%00", "/nothing"} {
		if status := g.status(path); status < 400 || status > 499 {
			g.t.Errorf("GET %s: HTTP %d", path, status)
		}
	}
}
