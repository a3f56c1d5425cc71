package payparts_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// TestLooseness sends everything that §2 of the page says real clients send.
func TestLooseness(t *testing.T) {
	h := newHouseSQLite(t)
	h.paid("create", buys("77", "600.00"))
	sign := sig(store, "77")
	good := fmt.Sprintf(`{"storeId":%q,"orderId":"77","signature":%q}`, store, sign)
	for what, body := range map[string]string{
		"orderId as a number":          fmt.Sprintf(`{"storeId":%q,"orderId":77,"signature":%q}`, store, sign),
		"storeIdentifier":              fmt.Sprintf(`{"storeIdentifier":%q,"orderId":"77","signature":%q}`, store, sign),
		"both, the same":               fmt.Sprintf(`{"storeIdentifier":%q,"storeId":%q,"orderId":"77","signature":%q}`, store, store, sign),
		"unknown fields":               strings.Replace(good, "{", `{"colour":{"of":["the","sky"]},`, 1),
		"a flag as text":               strings.Replace(good, "{", `{"showAmount":"true",`, 1),
		"a flag that is null":          strings.Replace(good, "{", `{"showAmount":null,`, 1),
		"escapes and space":            "\r\n\t" + strings.Replace(good, `"77"`, ` "\u0037\u0037" `, 1) + " \n",
		"storeIdentifier that is null": strings.Replace(good, "{", `{"storeIdentifier":null,`, 1),
	} {
		if got := h.post("state", body); got.text("paymentState") != "SUCCESS" {
			t.Errorf("%s: %s", what, got.body)
		}
	}
	for _, contentType := range []string{"", "application/json", "application/json;", "application/json; charset=UTF-8;", "text/plain", "application/x-www-form-urlencoded"} {
		for _, path := range []string{"/ipp/v2/payment/state", "/ipp/v2/payment/state/"} {
			r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(good))
			if contentType != "" {
				r.Header.Set("Content-Type", contentType)
			}
			r.Header.Set("Accept", "text/html;")
			r.Header.Set("Accept-Encoding", "UTF-8")
			got := h.request(r)
			if got.status != http.StatusOK || got.text("paymentState") != "SUCCESS" || got.header.Get("Content-Encoding") != "" {
				t.Errorf("%q %s: %d %s", contentType, path, got.status, got.body)
			}
		}
	}
	for i, form := range []string{`600`, `"600"`, `600.0`, `"600.00"`, `600.000`, `"599.995"`} {
		h.paid("create", buys(fmt.Sprint("N", i), "600.00"))
		order := fmt.Sprint("N", i)
		body := fmt.Sprintf(`{"storeId":%q,"orderId":%q,"amount":%s,"recipientId":{"recipientId":"x"},"signature":%q}`, store, order, form, sig(store, order, "60000"))
		h.post("decline", body).is("SUCCESS", "")
	}
}

// TestLooseOrder: numbers as text, and prices below 1.00 under both of their texts.
func TestLooseOrder(t *testing.T) {
	h := newHouseSQLite(t)
	for i, c := range []struct{ products, signed string }{
		{`{"name":"a","count":"1","price":"299.50"},{"name":"b","count":1,"price":0.5}`, "a129950b1050"},
		{`{"name":"a","count":"1","price":"299.50"},{"name":"b","count":1,"price":"0.50"}`, "a129950b150"},
		{`{"name":" a ","count":2,"price":150}`, " a 215000"}, // no trimming
		{`{"name":12,"count":2,"price":150}`, "12215000"},
	} {
		order := fmt.Sprint("ORDER-", i)
		body := fmt.Sprintf(`{"storeId":%q,"orderId":%q,"amount":"300","partsCount":"2","merchantType":"II","products":[%s],"responseUrl":null,"signature":%q}`,
			store, order, c.products, sig(store, order, "30000", "2", "II", "", "", c.signed))
		h.post("create", body).is("SUCCESS", "")
	}
}

// TestNoFloat: int(19.99*100) is 1998, and a client's real bug.
func TestNoFloat(t *testing.T) {
	h := newHouseSQLite(t)
	h.set("min_amount=1.00")
	order := func(id, wfp string) string {
		return fmt.Sprintf(`{"storeId":%q,"orderId":%q,"amount":19.99,"partsCount":2,"merchantType":"PP","products":[{"name":"a","count":1,"price":19.99}],"signature":%q}`,
			store, id, sig(store, id, wfp, "2", "PP", "", "", "a1"+wfp))
	}
	h.post("create", order("A", "1998")).is("FAIL", wrongSignature)
	if got := h.post("create", order("A", "1999")); got.text("state") != "FAIL" { // the payway's own least amount is 300.00
		t.Error(got.body)
	}
	way := func(values ...string) { h.way(values...) }
	way("min=0.01")
	h.post("create", order("A", "1999")).is("SUCCESS", "")
	if got := h.post("state", key("A", `,"showAmount":true`)); !strings.Contains(got.body, `"amount":19.99,`) {
		t.Error(got.body)
	}
}

func TestSendPhone(t *testing.T) {
	h := newHouseSQLite(t)
	for i, c := range []struct{ phone, message string }{
		{`"+380501234567"`, "client not found"}, {`"0501234567"`, "invalid phone"}, {`""`, "sendPhone cannot be empty"},
	} {
		p := buys(fmt.Sprint("ORDER-", i), "600.00")
		p.more = `,"sendPhone":` + c.phone
		got := h.post("create", p.body())
		got.is("SUCCESS", c.message)
		if got.text("sendPhone") != "FAIL" || len(got.text("token")) != 32 {
			t.Error(got.body)
		}
		got.signed(password, "SUCCESS", store, p.order, c.message, got.text("token"))
	}
	p := buys("ORDER-N", "600.00")
	p.more = `,"sendPhone":null`
	if got := h.post("create", p.body()); got.text("sendPhone") != "" {
		t.Error(got.body)
	}
}

func TestQR(t *testing.T) {
	h := newHouseSQLite(t)
	token := h.create("create", buys("ORDER-1", "600.00"))
	ask := func(query string) reply {
		return h.request(httptest.NewRequest(http.MethodGet, "/ipp/qr/generate?"+query, nil))
	}
	for _, size := range []int{64, 300, 512, 1024} {
		got := ask(fmt.Sprintf("token=%s&size=%d&type=PP", token, size))
		if got.text("state") != "SUCCESS" {
			t.Fatal(got.body, tail(h.log.String()))
		}
		if width := pictureOf(t, got.text("qr"), "https://pay.example/ipp/v2/payment?token="+token); width != size {
			t.Errorf("a picture of %d for %d", width, size)
		}
	}
	if got := ask("token=" + token); got.text("state") != "SUCCESS" || got.text("signature") != "" {
		t.Error(got.body)
	}
	if h.state("ORDER-1") != "CREATED" {
		t.Error("a picture is no visit of the page")
	}
	const missing = `{"state":"FAIL","errorMessage":"INCORRECT TOKEN OR PAYMENT DOES NOT EXIST"}` + "\n"
	for _, bad := range []string{"", "1", strings.Repeat("F", 32), url.QueryEscape(strings.Repeat("ж", 32)), token[:31] + "Z"} {
		if got := ask("token=" + bad); got.body != missing || got.status != http.StatusOK {
			t.Errorf("%q: %d %s\n%s", bad, got.status, got.body, tail(h.log.String()))
		}
	}
	if got := ask("size=99999&token=" + token); got.text("errorMessage") != "bad value: size must be from 64 to 1024" {
		t.Error(got.body)
	}
	if got := h.request(httptest.NewRequest(http.MethodPost, "/ipp/qr/generate?token="+token, nil)); got.status != http.StatusMethodNotAllowed {
		t.Error(got.status)
	}
}

func tail(text string) string { return text[max(0, len(text)-2000):] }
