package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/brama-pay/brama/client/avanor"
)

// The samples of the seeds, posted as they stand but for the field's name, which
// the pages misspell (api/avanor.md §2).
const (
	seed000 = `{
"shop_id": 1520,
"shop_order_id" : "5b0efa8a-153b-4421-abac-2aba4d772a86",
"amount": "6320.91",
"currency": 840,
"payway": "card_invoice_usd",
"description": "Payment for shop_id=1520",
"sign": "77a6f7a30876d480d4e771d08cb83800dd5cb874664c77e515ffc052b20293c6"
}`
	seed001 = `{
"shop_id": 202203,
"shop_order_id" : "1994",
"amount": "104.04",
"currency": 840,
"payway": "payway_usd",
"description": "Invoice sign",
"sign": "05f6d3712417f62af6cbf66ca81c2f0b249f7dc1b4cbe3a50e3f8d67a1fb35a2"
}`
)

func TestSeeds(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		for _, sample := range []string{seed000, seed001} {
			for _, path := range []string{"/gateway/v1/invoice/create", "/invoice/create/"} {
				body := strings.Replace(sample, "invoice/create", path, 1)
				status, _, answer := g.post(path, []byte(body))
				created := strings.Contains(string(answer), `"result":true`) && strings.Contains(string(answer), g.url+"/pay/")
				again := strings.Contains(string(answer), `"error_code":6,`)
				if first := !strings.HasSuffix(path, "/"); status != http.StatusOK || first && !created || !first && !again {
					t.Errorf("%s of the seed's sample: HTTP %d %s", path, status, answer)
				}
			}
		}
		t.Run("003 withdraw/try", func(t *testing.T) { seedTry(t, g) })
		t.Run("002 check_account", func(t *testing.T) { seedCheckAccount(t, g) })
		t.Run("001 withdraw/status", func(t *testing.T) { seedStatus(t, g) })
		t.Run("000 invoice/charge", func(t *testing.T) { seedCharge(t, g) })
		g.balanced()
	})
}

// dataOf posts signed raw fields and compares the data of the answer as bytes.
func (g *gateway) dataOf(t *testing.T, method string, fields map[string]string) string {
	t.Helper()
	status, _, answer := g.post("/gateway/v1/"+method, signed(t, method, demoSecret, fields))
	data, ok := strings.CutSuffix(string(answer), `,"error_code":0,"message":"Ok","result":true}`+"\n")
	data, also := strings.CutPrefix(data, `{"data":`)
	if status != http.StatusOK || !ok || !also {
		t.Fatalf("%s: HTTP %d %s", method, status, answer)
	}
	return data
}

func seedTry(t *testing.T, g *gateway) {
	const account = `"account_info_config":{"account":{"example":"150010000097","regex":"^[0-9]{8,19}$","title":"Card number"},` +
		`"name":{"example":"Adam","regex":"^.{1,100}$","title":"Name on the card"}},"info":{},`
	for _, c := range []struct{ amount, kind, want string }{
		{`"6320.91"`, "ps_amount", `"payee_receive":6320.91,"ps_currency":840,"shop_currency":840,"shop_write_off":6447.33`},
		{`100.23`, "ps_amount", `"payee_receive":100.23,"ps_currency":840,"shop_currency":840,"shop_write_off":102.23`},
		{`"100.00"`, "shop_amount", `"payee_receive":98.04,"ps_currency":840,"shop_currency":840,"shop_write_off":100.0`},
	} {
		got := g.dataOf(t, "withdraw/try", map[string]string{
			"shop_id": "1520", "payway": `"card_payway_usd"`, "amount": c.amount, "amount_type": fmt.Sprintf("%q", c.kind), "shop_currency": "840",
		})
		if want := "{" + account + c.want + "}"; got != want {
			t.Errorf("withdraw/try %s %s:\n%s\nwant\n%s", c.amount, c.kind, got, want)
		}
	}
}

func seedCheckAccount(t *testing.T, g *gateway) {
	for account, want := range map[string]string{
		"150010000097": `{"account_info":null,"provider_status":1,"result":true}`,
		"150010000009": `{"account_info":null,"provider_status":1,"result":false}`,
	} {
		got := g.dataOf(t, "check_account", map[string]string{
			"shop_id": "1520", "payway": `"card_payway_usd"`, "amount": `"6320.91"`, "account": fmt.Sprintf("%q", account),
			"account_details": `{ "name": "Adam" }`,
		})
		if got != want {
			t.Errorf("check_account %s: %s, want %s", account, got, want)
		}
	}
}

func seedStatus(t *testing.T, g *gateway) {
	made := g.payout(g.account("0097"), "227.34")
	g.settles(made.ID, avanor.PayoutCompleted)
	got := g.dataOf(t, "withdraw/status", map[string]string{"shop_id": "1520", "withdraw_id": fmt.Sprint(made.ID), "now": `"2026-05-24T16:35:42"`})
	var texts struct {
		BankTransactionID string `json:"bank_transaction_id"`
		RRN               string
	}
	if err := json.Unmarshal([]byte(got), &texts); err != nil || texts.RRN == "" || texts.BankTransactionID == "" {
		t.Fatalf("withdraw/status: %s", got)
	}
	want := fmt.Sprintf(`{"bank_transaction_id":%q,"error_code":0,"id":%d,"payee_receive":227.34,"ps_currency":840,"rrn":%q,`+
		`"shop_currency":840,"shop_payment_id":%q,"shop_write_off":231.89,"status":5}`, texts.BankTransactionID, made.ID, texts.RRN, made.ShopPaymentID)
	if got != want {
		t.Errorf("withdraw/status:\n%s\nwant\n%s", got, want)
	}
}

// seedCharge shows the envelope of seed 000, and that its data are those of
// invoice/check.
func seedCharge(t *testing.T, g *gateway) {
	id, order := g.held("100.50")
	fields := map[string]string{"shop_id": "1520", "invoice_id": fmt.Sprint(id), "now": `"2026-05-24T16:35:42"`}
	charged := g.dataOf(t, "invoice/charge", fields)
	checked := g.dataOf(t, "invoice/check", map[string]string{"shop_id": "1520", "shop_order_id": fmt.Sprintf("%q", order), "now": `"1"`})
	if charged != checked || !strings.Contains(charged, `"shop_amount":100.5,`) || !strings.Contains(charged, `"status":4,`) {
		t.Errorf("invoice/charge:\n%s\ninvoice/check:\n%s", charged, checked)
	}
	if again := g.dataOf(t, "invoice/charge", fields); again != charged {
		t.Errorf("charged again:\n%s\nfirst:\n%s", again, charged)
	}
}
