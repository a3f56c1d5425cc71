package payparts_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/demo"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/shop"
	"github.com/brama-pay/brama/signature"
)

// way changes the payway of the store.
func (h *house) way(values ...string) {
	h.t.Helper()
	if _, err := db.Do(ctx, h.db, db.House, payway.Set{Alias: "payparts_uah", Values: values, Actor: "test"}); err != nil {
		h.t.Fatal(err)
	}
}

// TestOrderIsRefused names the field, is signed, and stores nothing.
func TestOrderIsRefused(t *testing.T) {
	h := newHouseSQLite(t)
	product := func(name string, count, price string) string {
		return fmt.Sprintf(`[{"name":%s,"count":%s,"price":%s}]`, quote(name), count, price)
	}
	for _, c := range []struct{ name, value, want string }{
		{"amount", `299.99`, "amount must be from 300.00 to 300000.00"},
		{"amount", `300000.01`, "amount must be from 300.00 to 300000.00"},
		{"amount", `600.01`, "amount must equal the sum of the products, 600.00"},
		{"amount", `-600`, "amount must be a decimal number such as 300.00"},
		{"amount", `6e2`, "amount must be a decimal number such as 300.00"},
		{"amount", `"600,00"`, "amount must be a decimal number such as 300.00"},
		{"amount", `" 600"`, "amount must be a decimal number such as 300.00"},
		{"amount", `99999999999999999999`, "amount is too large"},
		{"amount", `[600]`, "amount must be a string"},
		{"amount", ``, "amount is required"},
		{"partsCount", `1`, "partsCount must be from 2 to 25"},
		{"partsCount", `26`, "partsCount must be from 2 to 25"},
		{"partsCount", `6.0`, "partsCount must be a whole number"},
		{"partsCount", `"06"`, "partsCount must be a whole number"},
		{"partsCount", `-6`, "partsCount must be a whole number"},
		{"partsCount", `99999999999999999999`, "partsCount must be a whole number"},
		{"partsCount", ``, "partsCount is required"},
		{"merchantType", `"XX"`, "merchantType must be one of II, PP, PB, IA"},
		{"merchantType", `"pp"`, "merchantType must be one of II, PP, PB, IA"},
		{"merchantType", ``, "merchantType is required"},
		{"scheme", `"one"`, "scheme must be a whole number"},
		{"products", ``, "products is required"},
		{"products", `[]`, "products must name at least one product"},
		{"products", `{}`, "products must be a list of objects"},
		{"products", `["a"]`, "products must be a list of objects"},
		{"products", product("", "1", "600"), "products[0].name is required"},
		{"products", product(strings.Repeat("й", 129), "1", "600"), "products[0].name must have 1 to 128 characters"},
		{"products", product("a", "0", "600"), "products[0].count must be at least 1"},
		{"products", product("a", "1", "0"), "products[0].price must be at least 0.01"},
		{"products", product("a", "1", "1e3"), "products[0].price must be a decimal number such as 300.00"},
		{"products", product("a", "9000000000000000000", "600"), "products must cost no more than the amount"},
		{"responseUrl", `"ftp://shop.example"`, "responseUrl must begin with https:// or http://"},
		{"redirectUrl", `"javascript:alert(1)"`, "redirectUrl must begin with https:// or http://"},
		{"redirectUrl", `{}`, "redirectUrl must be a string"},
		{"currency", `"840"`, "currency must be 980"},
		{"recipientId", `{"recipientId":[]}`, "recipientId must be a string"},
		{"orderId", `""`, "orderId is required"},
		{"orderId", `"a\u0000b"`, "orderId must not hold control characters"},
		{"orderId", `true`, "orderId must be a string"},
	} {
		fields := map[string]string{
			"orderId": `"ORDER-1"`, "amount": "600.00", "partsCount": "6", "merchantType": `"PP"`, "products": product("a", "1", "600"),
			"responseUrl": "null", "redirectUrl": "null", "currency": "null",
		}
		fields[c.name] = c.value
		got := h.post("create", signedOrder(fields))
		got.is("FAIL", "bad value: "+c.want)
		got.signed(password, "FAIL", store, got.text("orderId"), "bad value: "+c.want)
		if got.status != http.StatusOK || got.text("token") != "" {
			t.Errorf("%s %s: %d %s", c.name, c.value, got.status, got.body)
		}
	}
	if list, err := h.invoices.List(ctx, demo.Shop, 0, 10); err != nil || len(list) != 0 {
		t.Errorf("%d stored, %v", len(list), err)
	}
}

// signedOrder signs what can be signed of the fields; values are raw JSON.
func signedOrder(fields map[string]string) string {
	f := orderFields(fields)
	var b strings.Builder
	fmt.Fprintf(&b, `{"storeId":%q`, store)
	for name, value := range fields {
		if value != "" {
			fmt.Fprintf(&b, `,%q:%s`, name, value)
		}
	}
	fmt.Fprintf(&b, `,"signature":%q}`, sig(f...))
	return b.String()
}

// TestBodyIsRefused: anything but one JSON object is 400, and nothing is signed.
func TestBodyIsRefused(t *testing.T) {
	h := newHouseSQLite(t)
	for _, body := range []string{
		"", "null", "[]", `"x"`, "{", `{"storeId":}`, `{"a":1}{"b":2}`, `{"a":1,"a":2}`, `{"storeId":"A","StoreId":"B"}`, "{\"a\":\"\xff\"}",
		strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100), "storeId=1&orderId=2",
	} {
		for _, m := range []string{"create", "decline", "state"} {
			got := h.post(m, body)
			if got.status != http.StatusBadRequest || got.text("state") != "FAIL" || !strings.HasPrefix(got.text("message"), "bad value: body ") || got.text("signature") != "" {
				t.Errorf("%s %q: %d %s", m, body, got.status, got.body)
			}
		}
	}
	if got := h.post("state", `{"a":"`+strings.Repeat("x", 1<<20)+`"}`); got.status != http.StatusRequestEntityTooLarge || got.text("state") != "FAIL" {
		t.Error(got.status)
	}
}

func TestPathIsRefused(t *testing.T) {
	h := newHouseSQLite(t)
	for _, c := range []struct {
		verb, path string
		status     int
	}{
		{"POST", "/ipp/v2/payment/refund", 404}, {"POST", "/ipp/v2/payment/create/x", 404}, {"POST", "/ipp/v3/payment/create", 404},
		{"POST", "/ipp/", 404}, {"GET", "/ipp/v2", 404}, {"GET", "/ipp/v2/payment/create", 405}, {"PUT", "/ipp/v2/payment/decline", 405},
	} {
		got := h.request(httptest.NewRequest(c.verb, c.path, strings.NewReader(key("ORDER-1"))))
		if got.status != c.status || got.text("state") != "FAIL" || got.text("message") == "" || got.text("signature") != "" {
			t.Errorf("%s %s: %d %s", c.verb, c.path, got.status, got.body)
		}
		if allow := got.header.Get("Allow"); (allow == "POST") != (c.status == 405) {
			t.Errorf("%s %s: Allow %q", c.verb, c.path, allow)
		}
	}
	h.draining = true
	if got := h.post("state", key("ORDER-1")); got.status != http.StatusServiceUnavailable || got.text("state") != "FAIL" {
		t.Errorf("%d %s", got.status, got.body)
	}
	if page := h.request(httptest.NewRequest("GET", "/ipp/v2/payment?token=nonsense", nil)); page.status != 404 || page.fields != nil {
		t.Errorf("the page of no token: %d %s", page.status, page.body)
	}
}

func TestStoreIsRefused(t *testing.T) {
	h := newHouseSQLite(t)
	const unknown = "bad value: Unknown identifier. Store not found."
	for _, c := range []struct{ fields, message, id string }{
		{`"storeId":"NONE"`, unknown, "NONE"},
		{`"storeId":"4aad1369cf734b64b70f"`, unknown, "4aad1369cf734b64b70f"},
		{`"storeId":"` + store + ` "`, "bad value: storeId must have at most 20 characters", ""},
		{`"storeId":"` + strings.Repeat("A", 21) + `"`, "bad value: storeId must have at most 20 characters", ""},
		{`"storeId":"` + store + `","storeIdentifier":"NONE"`, "bad value: storeId and storeIdentifier must not differ", ""},
		{`"storeId":""`, "bad value: storeId is required", ""},
		{`"storeId":[]`, "bad value: storeId must be a string", ""},
	} {
		got := h.post("state", `{`+c.fields+`,"orderId":"ORDER-1","signature":"x"}`)
		got.is("FAIL", c.message)
		if got.status != http.StatusOK || got.text("signature") != "" || got.text("storeId") != c.id {
			t.Errorf("%s: %d %s", c.fields, got.status, got.body)
		}
	}
}

// TestShopRules: a shop's addresses and its switch hold for its stores.
func TestShopRules(t *testing.T) {
	h := newHouseSQLite(t)
	change := func(u db.UseCase[bool]) {
		if _, err := db.Do(ctx, h.db, demo.Shop, u); err != nil {
			t.Fatal(err)
		}
		h.clock.Add(shop.Fresh)
	}
	change(shop.Deactivate(demo.Shop, "test"))
	got := h.post("state", key("ORDER-1"))
	got.is("FAIL", "Shop (id = 1520) is not active")
	got.signed(password, "FAIL", store, "ORDER-1", "", "Shop (id = 1520) is not active")
	change(shop.Activate(demo.Shop, "test"))
	if _, err := db.Do(ctx, h.db, demo.Shop, shop.Set{Shop: demo.Shop, Values: []string{"addresses=203.0.113.0/24"}, Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	h.clock.Add(shop.Fresh)
	h.post("state", key("ORDER-1")).is("FAIL", "Shop ip 192.0.2.1 denied")
}

// aStore is the payway of a store's row, which an older build may have written.
type aStore struct {
	id, payway string
	version    int64
}

var storeRows = db.NewTable("store", "id, payway, version", "id", func(s *aStore) []any { return []any{&s.id, &s.payway, &s.version} })

// older leads the store to a payway that no use case would lead it to.
type older struct{ payway string }

func (u older) Reads(r *db.Reads) { storeRows.Read(r, store) }

func (u older) Decide(s *db.State) (bool, error) {
	row, ok := storeRows.Find(s, store)
	row.payway = u.payway
	storeRows.Update(s, row)
	return ok, nil
}

// TestUnfitPayway: an order of a store whose payway cannot serve it is refused in the
// protocol's words, which know no payways, and stores nothing; the log tells the operator.
func TestUnfitPayway(t *testing.T) {
	h := newHouseSQLite(t)
	h.create("create", buys("ORDER-0", "600.00"))
	for _, c := range []struct {
		name, payway string
		values       []string
		log          string
	}{
		{"gone", "none_uah", nil, "Payway (alias = none_uah) is not found"},
		{"outgoing", "card_payway_uah", nil, "Payway (alias = card_payway_uah) is not found"},
		{"in another currency", "card_invoice_usd", nil, "Payway (alias = card_invoice_usd) is in USD and cannot serve a store's order in UAH"},
		{"off", "payparts_uah", []string{"active=false"}, "Payway (alias = payparts_uah) is not in use"},
		{"closed", "payparts_uah", []string{"active=true", "shops=17"}, "Payway (alias = payparts_uah) is not available for shop"},
	} {
		if _, err := db.Do(ctx, h.db, db.House, older{c.payway}); err != nil {
			t.Fatal(err)
		}
		h.clock.Add(shop.Fresh)
		h.way(c.values...)
		h.log.Reset()
		for _, method := range []string{"create", "hold"} {
			got := h.post(method, buys("ORDER-1", "600.00").body())
			got.is("FAIL", "bad value: storeId takes no payments at present")
			got.signed(password, "FAIL", store, "ORDER-1", "bad value: storeId takes no payments at present")
			if got.status != http.StatusOK || got.text("token") != "" || strings.Contains(got.body, "payway") {
				t.Errorf("%s: %d %s", c.name, got.status, got.body)
			}
		}
		if text := h.log.String(); strings.Count(text, "brama store set") != 2 || !strings.Contains(text, c.log) || !strings.Contains(text, "payway="+c.payway) {
			t.Errorf("%s: the log says\n%s", c.name, text)
		}
	}
	if list, err := h.invoices.List(ctx, demo.Shop, 0, 10); err != nil || len(list) != 1 {
		t.Errorf("%d stored, %v", len(list), err)
	}
	if _, err := db.Do(ctx, h.db, db.House, older{"card_invoice_uah"}); err != nil {
		t.Fatal(err)
	}
	h.clock.Add(shop.Fresh)
	h.create("create", buys("ORDER-1", "600.00"))
}

// TestStoresAreApart: what one store has, no other sees or moves, not even one of
// the same shop.
func TestStoresAreApart(t *testing.T) {
	h := newHouseSQLite(t)
	h.paid("create", buys("ORDER-1", "600.00"))
	before := h.balances()
	for i, owner := range []int64{demo.Shop, demo.EmptyShop} {
		other := fmt.Sprint("OTHER-", i)
		u, secret, err := shop.NewStore(h.box, rand.NewChaCha8([32]byte{byte(i)}), other, owner, "payparts_uah", "", "test")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Do(ctx, h.db, db.House, u); err != nil {
			t.Fatal(err)
		}
		ask := func(as, with string, more string, parts ...string) string {
			return fmt.Sprintf(`{"storeId":%q,"orderId":"ORDER-1"%s,"signature":%q}`, as, more,
				signature.PayParts(append(append([]string{with, as, "ORDER-1"}, parts...), with)...))
		}
		h.post("state", ask(other, secret, "")).is("FAIL", "Платеж не найден")
		h.post("decline", ask(other, secret, `,"amount":600`, "60000")).is("FAIL", "Платеж не найден")
		h.post("decline", ask(store, secret, `,"amount":600`, "60000")).is("FAIL", wrongSignature)
		h.post("decline", ask(other, password, `,"amount":600`, "60000")).is("FAIL", wrongSignature)
	}
	if h.balances() != before {
		t.Error("money moved")
	}
}

// TestDeclineIsRefused: the right message, a signature that verifies, nothing moves.
func TestDeclineIsRefused(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.paid("create", buys("ORDER-1", "600.00"))
		before := h.balances()
		refuse := func(what, body, order, message string) {
			t.Helper()
			got := h.post("decline", body)
			if got.status != http.StatusOK {
				t.Errorf("%s: %d", what, got.status)
			}
			got.is("FAIL", message)
			got.signed(password, "FAIL", store, order, "", message)
			if h.balances() != before {
				t.Errorf("%s: money moved", what)
			}
		}
		refuse("600.01 of 600.00", decline("ORDER-1", "600.01"), "ORDER-1", "bad value: amount is more than the payment, 600.00")
		refuse("a part", decline("ORDER-1", "599.99"), "ORDER-1", "bad value: amount must be the whole payment, 600.00")
		refuse("nothing", decline("ORDER-1", "0.00"), "ORDER-1", "bad value: amount must be greater than 0")
		refuse("an unknown order", decline("ORDER-2", "600.00"), "ORDER-2", "Платеж не найден")
		refuse("a bad signature", strings.Replace(decline("ORDER-1", "600.00"), `"amount":600.00`, `"amount":600.01`, 1), "ORDER-1", wrongSignature)
		refuse("no signature", fmt.Sprintf(`{"storeId":%q,"orderId":"ORDER-1","amount":600}`, store), "ORDER-1", wrongSignature)

		h.post("decline", decline("ORDER-1", "600.00")).is("SUCCESS", "")
		h.idle()
		before = h.balances()
		refuse("twice", decline("ORDER-1", "600.00"), "ORDER-1", "bad value: decline already made")
		refuse("twice, the amount in another text", decline("ORDER-1", "600"), "ORDER-1", "bad value: decline already made")
	})
}

// TestDeclineInParts is for a store that allows them: the sum never exceeds the payment.
func TestDeclineInParts(t *testing.T) {
	h := newHouseSQLite(t)
	h.set("partial_decline=true")
	h.paid("create", buys("ORDER-1", "600.00"))
	h.post("decline", decline("ORDER-1", "600.01")).is("FAIL", "bad value: amount is more than the payment, 600.00")
	h.post("decline", decline("ORDER-1", "400.00")).is("SUCCESS", "")
	h.post("decline", decline("ORDER-1", "200.01")).is("FAIL", "bad value: amount is more than what is left of the payment")
	h.post("decline", decline("ORDER-1", "150.00")).is("SUCCESS", "")
	h.post("decline", decline("ORDER-1", "150.00")).is("FAIL", "bad value: decline already made")
	h.post("decline", decline("ORDER-1", "50")).is("SUCCESS", "")
	h.post("decline", decline("ORDER-1", "0.01")).is("FAIL", "bad value: amount is more than what is left of the payment")
	h.idle()
	if got := h.post("state", key("ORDER-1", `,"showRefund":true`)); strings.Count(got.body, `"state":"SUCCESS"`) != 4 || got.text("paymentState") != "SUCCESS" {
		t.Error(got.body)
	}
}

// TestDeclineThatFailed may be made again: nothing was given back.
func TestDeclineThatFailed(t *testing.T) {
	h := newHouseSQLite(t)
	h.paid("create", buys("ORDER-1", "666.00")) // a refund that the sandbox declines after a while
	before := h.balances()
	h.post("decline", decline("ORDER-1", "666.00")).is("SUCCESS", "")
	h.idle()
	h.post("decline", decline("ORDER-1", "666.00")).is("FAIL", "bad value: decline already made")
	if got := h.post("state", key("ORDER-1", `,"showRefund":true`)); !strings.Contains(got.body, `"state":"WAITING"`) {
		t.Error(got.body)
	}
	for range 20 {
		h.clock.Add(10 * 1e9)
		h.settle()
	}
	if got := h.post("state", key("ORDER-1", `,"showRefund":true`)); !strings.Contains(got.body, `"state":"FAIL"`) || h.balances() != before {
		t.Errorf("%s\n%s", got.body, h.balances())
	}
	h.post("decline", decline("ORDER-1", "666.00")).is("SUCCESS", "")
	h.post("decline", decline("ORDER-1", "666.00")).is("FAIL", "bad value: decline already made")
}
