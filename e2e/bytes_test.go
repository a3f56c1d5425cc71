package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/brama-pay/brama/client/avanor"
)

// canonical is why the bytes of an answer are not those of the recorded server
// (api/avanor.md §1); "" when they are. Every answer of every test is looked at.
func canonical(answer *http.Response, body []byte) string {
	header := answer.Header
	if header.Get("Content-Type") != "application/json" || header.Get("Cache-Control") != "no-cache, no-store, must-revalidate" {
		return fmt.Sprintf("headers %v", header)
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value map[string]any
	if err := decoder.Decode(&value); err != nil {
		return err.Error()
	}
	if len(value) != 4 || value["message"] == nil || value["error_code"] == nil || value["result"] == nil {
		return "not the four keys of an envelope"
	}
	// encoding/json sorts keys, and keeps numbers as they were written.
	var again bytes.Buffer
	encoder := json.NewEncoder(&again) // ends with one newline
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return err.Error()
	}
	if !bytes.Equal(again.Bytes(), body) {
		return "not sorted, compact, raw UTF-8 with one newline: " + again.String()
	}
	return oddMoney(value["data"], "")
}

var (
	moneyKeys = map[string]bool{
		"client_price": true, "shop_amount": true, "shop_refund": true, "payer_price": true, "payee_receive": true, "shop_write_off": true,
		"balance": true, "available": true, "frozen": true, "hold": true, "min_amount": true, "max_amount": true, "fix": true, "percent": true,
	}
	moneyForm = regexp.MustCompile(`^(0|[1-9][0-9]*)\.([0-9]|[0-9]+[1-9])$`)
)

// oddMoney finds money that is no number with at least one decimal.
func oddMoney(value any, key string) string {
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			if odd := oddMoney(inner, name); odd != "" {
				return odd
			}
		}
	case []any:
		for _, inner := range v {
			if odd := oddMoney(inner, key); odd != "" {
				return odd
			}
		}
	default:
		if number, ok := value.(json.Number); moneyKeys[key] && (!ok || !moneyForm.MatchString(number.String())) {
			return fmt.Sprintf("%s is %v", key, value)
		}
	}
	return ""
}

func TestBytesOfAnswers(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		const tail = `,"error_code":0,"message":"Ok","result":true}` + "\n"
		is := func(what, got, want string) {
			t.Helper()
			if got != want {
				t.Errorf("%s:\n%s\nwant\n%s", what, got, want)
			}
		}
		balance := func() string {
			return string(g.call("shop_balance", nil).Raw)
		}
		is("shop_balance", balance(), `{"data":{"balances":[{"available":100000.0,"currency":840,"frozen":0.0,"hold":0.0},`+
			`{"available":50000.0,"currency":978,"frozen":0.0,"hold":0.0},{"available":1000000.0,"currency":980,"frozen":0.0,"hold":0.0}],"shop_id":1520}`+tail)

		made := g.call("withdraw/create", map[string]string{
			"payway": "card_payway_usd", "account": g.account("7654"), "amount": "20000", "amount_type": "ps_amount", "shop_currency": "840", "shop_payment_id": "p-Ї/1",
		})
		var data struct{ ID int64 }
		_ = json.Unmarshal(made.Data, &data)
		is("withdraw/create", string(made.Raw), fmt.Sprintf(`{"data":{"balance":79600.0,"id":%d,"payee_receive":20000.0,"ps_currency":840,"shop_currency":840,`+
			`"shop_payment_id":"p-Ї/1","shop_write_off":20400.0,"status":3}`+tail, data.ID))

		page, order := g.orderBy(avanor.InvoiceRequest{Amount: "299.45", Currency: 840, Payway: "card_invoice_usd", Description: "Кава & <чай> \"10\" \\ \u2116"}, false)
		g.pay(page, cardOther)
		paid := g.reaches(order, avanor.InvoiceSucceeded)
		is("invoice/check", string(g.call("invoice/check", map[string]string{"shop_order_id": order}).Raw), fmt.Sprintf(
			`{"data":{"client_price":299.45,"created":%q,"description":"Кава & <чай> \"10\" \\ №","error_code":0,"is_unique":true,"payment_id":%d,`+
				`"payway":"card_invoice_usd","processed":%q,"ps_currency":840,"ps_data":"{\"ps_payer_account\":\"555555XXXXXX4444\"}","shop_amount":299.45,`+
				`"shop_currency":840,"shop_id":1520,"shop_order_id":%q,"shop_refund":284.48,"status":4,"updated":%q}`+tail,
			paid.Created, page.InvoiceID, paid.Processed, order, paid.Updated))

		sign := g.call("shop_balance", map[string]string{"now": "2023-07-18T13:23:41:357", "sign": strings.Repeat("0", 64)})
		is("a wrong sign", string(sign.Raw), `{"data":null,"error_code":10,"message":"Incorrect values for parameters: sign=\"Invalid sign, string to sign: `+
			`\"2023-07-18T13:23:41:357:1520\"\"","result":false}`+"\n")
		for _, stamp := range []string{string(paid.Created), string(paid.Updated), string(paid.Processed)} {
			if !regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$`).MatchString(stamp) {
				t.Errorf("date-time %q", stamp)
			}
		}
		g.envelopes()
		g.balanced()
	})
}

// envelopes are those of HTTP statuses other than 200, and the paths that lead to
// a method.
func (g *gateway) envelopes() {
	g.t.Helper()
	for _, c := range []struct {
		verb, path string
		status     int
		body       string
	}{
		{http.MethodPost, "/gateway/v1/invoice/destroy", 404, `"error_code":10,`},
		{http.MethodPost, "/gateway/v2/shop_balance", 404, `"error_code":10,`},
		{http.MethodGet, "/gateway/v1/shop_balance", 405, `"error_code":10,`},
		{http.MethodPut, "/shop_balance", 405, `"error_code":10,`},
		{http.MethodPost, "/shop_balance", 200, `"result":true`},
		{http.MethodPost, "/shop_balance/", 200, `"result":true`},
		{http.MethodPost, "/gateway/v1/shop_balance", 200, `"result":true`},
		{http.MethodPost, "/gateway/v1/shop_balance/", 200, `"result":true`},
	} {
		body := signed(g.t, "shop_balance", demoSecret, map[string]string{"shop_id": `"1520"`, "now": `"2026-05-24T06:18:34.719Z"`})
		request, err := http.NewRequest(c.verb, g.url+c.path, bytes.NewReader(body))
		if err != nil {
			g.t.Fatal(err)
		}
		response, err := g.http.Do(request)
		if err != nil {
			g.t.Fatal(err)
		}
		answer, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode != c.status || !strings.Contains(string(answer), c.body) {
			g.t.Errorf("%s %s: HTTP %d %s", c.verb, c.path, response.StatusCode, answer)
		}
	}
}
