package payparts_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/signature"
)

func newHouseSQLite(t *testing.T) *house {
	t.Helper()
	return newHouse(t, dbtest.SQLite(t))
}

// letter is what a callback must be: byte by byte, but for its signature.
func (h *house) letter(order, state, message string) {
	h.t.Helper()
	told := h.callbacks()
	want := fmt.Sprintf(`{"storeId":%q,"orderId":%q,"paymentState":%q,"message":%q,"signature":%q}`+"\n",
		store, order, state, message, signature.PayParts(password, store, order, state, message, password))
	if len(told) != 1 || told[0] != want {
		h.t.Errorf("callbacks %q\nwant %q", told, want)
	}
}

func (h *house) silent() {
	h.t.Helper()
	if told := h.callbacks(); len(told) > 0 {
		h.t.Errorf("a callback that nobody owes: %q", told)
	}
}

func TestPaymentLives(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		p := buys("ORDER-1", "600.00")
		p.redirectURL = "https://shop.example/#/thanks"
		token := h.create("create", p)
		if len(token) != 32 || strings.ToUpper(token) != token {
			t.Errorf("token %q", token)
		}
		steps := []string{h.state("ORDER-1")}
		h.form(token)
		steps = append(steps, h.state("ORDER-1"))
		page := h.form(token, "card", "0000 1111 2222 3333", "expiry", "10/20", "cvv", "123")
		if !strings.Contains(page, `name="code"`) || !strings.Contains(page, "/ipp/v2/payment?token="+token) {
			t.Errorf("the page does not ask for the code under the door's own address:\n%s", page)
		}
		steps = append(steps, h.state("ORDER-1"))
		h.silent()
		page = h.form(token, "code", "1111")
		steps = append(steps, h.state("ORDER-1"))
		if got := strings.Join(steps, " "); got != "CREATED CLIENT_WAIT OTP_WAITING SUCCESS" {
			t.Error(got)
		}
		if !strings.Contains(page, "https://shop.example/#/thanks") {
			t.Error("the page does not lead back to the shop")
		}
		h.letter("ORDER-1", "SUCCESS", "")
		if got := h.heard[0]; got.Header.Get("Content-Type") != "application/json; charset=UTF-8" || got.URL.String() != "http://shop.example/response" || got.Header.Get("webhook-signature") == "" {
			t.Errorf("%s %v", got.URL, got.Header)
		}
		h.post("decline", decline("ORDER-1", "600.00")).is("SUCCESS", "")
		h.idle()
		h.settle()
		got := h.post("state", key("ORDER-1", `,"showRefund":"true","showAmount":true,"showInfo":1`))
		if got.is("SUCCESS", ""); got.text("paymentState") != "SUCCESS" {
			t.Error(got.body)
		}
		date := h.clock.Time().UTC().Format(time.RFC3339)
		if list := fmt.Sprint(got.fields["refunds"]); list != "[map[amount:600.00 date:"+date+" state:SUCCESS]]" || got.fields["amount"] != json.Number("600.00") {
			t.Errorf("%s\nwant a refund of %s", got.body, date)
		}
		if got.text("cardMask") == "" || strings.Contains(got.body, "0000111122223333") {
			t.Errorf("a card is shown as its mask: %s", got.body)
		}
		h.silent() // of a refund there is no callback, to no URL
	})
}

func TestHoldLives(t *testing.T) {
	for _, c := range []struct {
		what, setting, method, paymentState string
		parts                               func(state, order, message string) []string
	}{
		{"confirmed", "docs", "confirm", "SUCCESS", func(_, order, _ string) []string { return []string{store, order} }},
		{"canceled", "docs", "cancel", "CANCELED", func(_, order, _ string) []string { return []string{store, order} }},
		{"confirmed", "with_state", "confirm", "SUCCESS", func(state, order, message string) []string { return []string{state, store, order, message} }},
		{"canceled", "with_state", "cancel", "CANCELED", func(state, order, message string) []string { return []string{state, store, order, message} }},
	} {
		t.Run(c.what+" "+c.setting, func(t *testing.T) {
			h := newHouseSQLite(t)
			h.set("confirm_signature=" + c.setting)
			before := h.balances()
			h.paid("hold", buys("ORDER-1", "600.00"))
			h.letter("ORDER-1", "LOCKED", "")
			h.post("decline", decline("ORDER-1", "600.00")).is("FAIL", "bad value: orderId is LOCKED, and decline is for SUCCESS")
			done := h.post(c.method, key("ORDER-1"))
			done.is("SUCCESS", "")
			done.signed(password, c.parts("SUCCESS", "ORDER-1", "")...)
			if got := h.state("ORDER-1"); got != c.paymentState {
				t.Errorf("%s", got)
			}
			h.silent() // the shop knows what it did
			again := h.post(c.method, key("ORDER-1"))
			message := "bad value: orderId is " + c.paymentState + ", and " + c.method + " is for LOCKED"
			again.is("FAIL", message)
			again.signed(password, c.parts("FAIL", "ORDER-1", message)...)
			if c.method == "cancel" && h.balances() != before {
				t.Error("a hold that was canceled left money behind")
			}
			if c.method == "confirm" {
				h.post("decline", decline("ORDER-1", "600.00")).is("SUCCESS", "")
				h.idle()
			}
		})
	}
}

func TestHoldEndsByItself(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.set("hold_days=2")
		h.paid("hold", buys("ORDER-1", "600.00"))
		h.callbacks()
		h.clock.Add(48*time.Hour - time.Second)
		h.settle()
		if got := h.state("ORDER-1"); got != "LOCKED" {
			t.Errorf("%s before its time", got)
		}
		h.clock.Add(time.Minute)
		h.post("confirm", key("ORDER-1")).is("FAIL", "bad value: orderId the hold is over, it can only be released")
		h.settle()
		if got := h.state("ORDER-1"); got != "CANCELED" {
			t.Error(got)
		}
		h.letter("ORDER-1", "CANCELED", "Срок блокировки истек")
	})
}

func TestClientDoesNotPay(t *testing.T) {
	const left = "Клиент не завершил оплату"
	for _, c := range []struct {
		what, state, message string
		act                  func(h *house, token string)
	}{
		{"a refused card", "FAIL", "Банк отказал в оплате", func(h *house, token string) {
			h.form(token, "card", "0000111122224444", "expiry", "10/20", "cvv", "123")
		}},
		{"a wrong code", "FAIL", "Банк отказал в оплате", func(h *house, token string) {
			h.form(token, "card", "0000111122223333", "expiry", "10/20", "cvv", "123")
			h.form(token, "code", "0000")
		}},
		{"the client leaves", "CANCELED", left, func(h *house, token string) {
			h.form(token)
			if _, err := h.invoices.Leave(ctx, strings.ToLower(token)); err != nil {
				h.t.Fatal(err)
			}
		}},
		{"the token is over", "CANCELED", left, func(h *house, _ string) {
			h.clock.Add(30*time.Minute - time.Second)
			h.settle()
			if got := h.state("ORDER-1"); got != "CREATED" {
				h.t.Errorf("%s before its time", got)
			}
			h.clock.Add(time.Minute)
			h.settle()
		}},
	} {
		t.Run(c.what, func(t *testing.T) {
			h := newHouseSQLite(t)
			h.set("token_minutes=30")
			before := h.balances()
			c.act(h, h.create("create", buys("ORDER-1", "600.00")))
			if got := h.state("ORDER-1"); got != c.state {
				t.Error(got)
			}
			h.letter("ORDER-1", c.state, c.message)
			h.post("decline", decline("ORDER-1", "600.00")).is("FAIL", "bad value: orderId is "+c.state+", and decline is for SUCCESS")
			// The id is used up, whatever became of it.
			h.post("create", buys("ORDER-1", "600.00").body()).is("FAIL", "bad value: orderId already exists")
			if h.balances() != before {
				t.Error("money moved")
			}
		})
	}
}

func TestCreateAgain(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		p := buys("ORDER-1", "600.00")
		token := h.create("create", p)
		if again := h.create("create", p); again != token {
			t.Errorf("another token: %s, %s", token, again)
		}
		h.form(token)
		if again := h.create("create", p); again != token {
			t.Error("another token once the page is open")
		}
		h.post("hold", p.body()).is("FAIL", "bad value: orderId already exists")
		for _, change := range []func(*purchase){
			func(p *purchase) { p.amount = "600.01" }, func(p *purchase) { p.parts = "7" }, func(p *purchase) { p.kind = "II" },
			func(p *purchase) { p.responseURL = "http://shop.example/other" },
		} {
			other := p
			change(&other)
			failed := h.post("create", other.body())
			failed.is("FAIL", "bad value: orderId already exists")
			failed.signed(password, "FAIL", store, "ORDER-1", "bad value: orderId already exists")
		}
		h.pay(token)
		h.post("create", p.body()).is("FAIL", "bad value: orderId already exists")
	})
}

func TestDescriptionIsOnThePage(t *testing.T) {
	h := newHouseSQLite(t)
	token := h.create("create", buys("ORDER-1", "600.00"))
	text := `Договор № 5 <b>"1"</b>`
	body := fmt.Sprintf(`{"storeId":%q,"orderId":"ORDER-1","description":%s,"signature":%q}`, store, quote(text), sig(store, "ORDER-1", text))
	done := h.post("description", body)
	done.is("SUCCESS", "description successfully updated")
	done.signed(password, store, "ORDER-1", "SUCCESS", "description successfully updated")
	if page := h.form(token); !strings.Contains(page, "Договор № 5 &lt;b&gt;") {
		t.Error(page)
	}
	if got := h.post("state", key("ORDER-1", `,"showInfo":true`)); got.text("description") != text {
		t.Error(got.body)
	}
	none := fmt.Sprintf(`{"storeId":%q,"orderId":"ORDER-2","description":"x","signature":%q}`, store, sig(store, "ORDER-2", "x"))
	failed := h.post("description", none)
	failed.is("FAIL", "Платеж не найден")
	failed.signed(password, store, "ORDER-2", "FAIL", "Платеж не найден")
}

// TestPlanIsKept: the connector of the bank needs it.
func TestPlanIsKept(t *testing.T) {
	h := newHouseSQLite(t)
	p := buys("ORDER-1", "600.00")
	p.more = `,"scheme":"1111","recipientId":{"recipientId":"qwerty1234"}`
	h.create("hold", p)
	v, err := h.invoices.FindByOrder(ctx, 1520, store, "ORDER-1")
	if err != nil {
		t.Fatal(err)
	}
	var extra invoice.Extra
	if err := json.Unmarshal([]byte(v.Extra), &extra); err != nil || extra.Plan == nil {
		t.Fatal(v.Extra)
	}
	plan := extra.Plan
	if plan.PartsCount != 6 || plan.MerchantType != "PP" || plan.Scheme != 1111 || plan.RecipientID != "qwerty1234" || plan.Products[0].Price.Minor != 60000 {
		t.Errorf("%+v", plan)
	}
	if !v.Hold || v.AfterHold != invoice.ReleaseHold || extra.HoldFor != (30*24*time.Hour).Milliseconds() || v.ExpiresAt-v.CreatedAt != (24*time.Hour).Milliseconds() {
		t.Errorf("%+v", v)
	}
}
