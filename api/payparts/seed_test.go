package payparts_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/brama-pay/brama/signature"
)

// TestSeed goes through the page of seed 004, "Возврат", line by line.
func TestSeed(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		const order = "ORDER-3196fa3007bc4b6dab8"
		h.paid("create", buys(order, "300.00"))
		before := h.balances()

		// URL, Тип запроса, Заголовки; Тело запроса with all its fields. recipientId is
		// optional; the one that is given is not signed.
		body := fmt.Sprintf(`{
"storeId" : %q,
"orderId" : %q,
"amount": 300.00,
"recipientId":"qwerty1234",
"signature" : %q
}`, store, order, signature.PayParts(password, store, order, "30000", password)) // withoutFloatingPoint(amount)
		request := func(body string) reply {
			r := httptest.NewRequest(http.MethodPost, "https://payparts2.privatbank.ua/ipp/v2/payment/decline", strings.NewReader(body))
			r.Header.Set("Accept", "application/json;")
			r.Header.Set("Accept-Encoding", "UTF-8;")
			r.Header.Set("Content-Type", "application/json; charset=UTF-8;")
			return h.request(r)
		}

		// Ответ с ошибкой: an order that nobody knows.
		unknown := request(fmt.Sprintf(`{"storeId":%q,"orderId":"ORDER-none","amount":300.00,"signature":%q}`,
			store, signature.PayParts(password, store, "ORDER-none", "30000", password)))
		unknown.is("FAIL", "Платеж не найден")
		unknown.signed(password, "FAIL", store, "ORDER-none", "", "Платеж не найден")
		want := fmt.Sprintf(`{"state":"FAIL","storeId":%q,"orderId":"ORDER-none","message":"Платеж не найден","signature":%q}`+"\n", store, unknown.text("signature"))
		if unknown.body != want || unknown.status != http.StatusOK {
			t.Errorf("%d %s, want %s", unknown.status, unknown.body, want)
		}
		if h.balances() != before {
			t.Error("an unknown order moved money")
		}

		// Успешный ответ: exactly the four fields, in the page's order.
		done := request(body)
		done.is("SUCCESS", "")
		done.signed(password, "SUCCESS", store, order, "", "")
		want = fmt.Sprintf(`{"state":"SUCCESS","storeId":%q,"orderId":%q,"signature":%q}`+"\n", store, order, done.text("signature"))
		if done.body != want || done.status != http.StatusOK {
			t.Errorf("%d %s, want %s", done.status, done.body, want)
		}
		if got := done.header.Get("Content-Type"); got != "application/json;charset=UTF-8" {
			t.Error(got)
		}
		h.idle()
		if h.balances() == before {
			t.Error("nothing moved")
		}

		// Описание полей: storeId, orderId, amount and signature are required, orderId
		// has at most 64 characters.
		for field, reason := range map[string]string{"storeId": "is required", "orderId": "is required", "amount": "is required"} {
			var fields map[string]any
			_ = json.Unmarshal([]byte(body), &fields)
			delete(fields, field)
			text, _ := json.Marshal(fields)
			request(string(text)).is("FAIL", "bad value: "+field+" "+reason)
		}
		request(strings.Replace(body, "signature", "sign", 1)).is("FAIL", wrongSignature)
		request(strings.Replace(body, order, strings.Repeat("й", 65), 1)).is("FAIL", "bad value: orderId must have at most 64 characters")
		long := strings.Repeat("й", 64)
		request(decline(long, "300.00")).is("FAIL", "Платеж не найден")
	})
}

const wrongSignature = "bad value: Wrong signature. Read the FAQ on the generation of signatures."

// vectors are those of the API pages.
func vectors(t testing.TB) (list []struct {
	What, Signature string
	Parts           []string
}) {
	t.Helper()
	text, err := os.ReadFile("testdata/signatures.json")
	if err == nil {
		err = json.Unmarshal(text, &list)
	}
	if err != nil || len(list) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	return list
}

// TestVectors sends a request with each published or computed signature of a
// request, as it stands, and expects every vector of an answer as it stands.
func TestVectors(t *testing.T) {
	h := newHouseSQLite(t)
	const order = "ORDER-3196fa3007bc4b6dab8"
	sign := map[string]string{}
	for _, v := range vectors(t) {
		if got := signature.PayParts(v.Parts...); got != v.Signature {
			t.Errorf("%s: %s, want %s", v.What, got, v.Signature)
		}
		sign[v.What] = v.Signature
	}
	request := func(what string, more string) string {
		return fmt.Sprintf(`{"storeId":%q,"orderId":%q,"amount":400.00,"partsCount":6,"merchantType":"PP",
			"products":[{"name":"Телевизор","count":2,"price":100.00},{"name":"Микроволновка","count":1,"price":"200"}]%s,"signature":%q}`,
			store, order, more, sign[what])
	}
	urls := `,"responseUrl":"http://shop.com/response","redirectUrl":"http://shop.com/redirect"`

	fails := h.post("decline", fmt.Sprintf(`{"storeId":%q,"orderId":%q,"amount":"300.50","signature":%q}`, store, order, sign["decline request 300.50"]))
	fails.is("FAIL", "Платеж не найден")
	if fails.text("signature") != sign["decline answer, fail"] {
		t.Error("decline answer, fail")
	}
	// The three of create are three requests for one order: the first is made, the
	// others sign something else.
	h.post("create", request("create/hold request, two products", urls)).is("SUCCESS", "")
	h.post("create", request("create/hold request, two products", urls)).is("SUCCESS", "")
	h.post("create", request("create/hold request, no URLs", "")).is("FAIL", "bad value: orderId already exists")
	h.post("create", request("create/hold request with legacy currency", urls+`,"currency":"980"`)).is("FAIL", "bad value: orderId already exists")
	h.post("create", request("create/hold request with legacy currency", urls)).is("FAIL", wrongSignature)

	state := h.post("state", fmt.Sprintf(`{"storeId":%q,"orderId":%q,"signature":%q}`, store, order, sign["confirm, cancel, state request"]))
	if state.text("paymentState") != "CREATED" {
		t.Error(state.body)
	}
	described := h.post("description", fmt.Sprintf(`{"storeId":%q,"orderId":%q,"description":"Текст","signature":%q}`, store, order, sig(store, order, "Текст")))
	described.is("SUCCESS", "description successfully updated")
	if described.text("signature") != sign["description answer"] {
		t.Error("description answer")
	}
	h.post("decline", fmt.Sprintf(`{"storeId":%q,"orderId":%q,"amount":300,"signature":%q}`, store, order, sign["decline request 300.00"])).
		is("FAIL", "bad value: orderId is CREATED, and decline is for SUCCESS")

	h.pay(h.post("create", request("create/hold request, two products", urls)).text("token"))
	made := h.post("decline", decline(order, "400"))
	if made.is("SUCCESS", ""); made.text("signature") != sign["decline answer, success"] {
		t.Error("decline answer, success")
	}
}
