package payparts_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	client "github.com/brama-pay/brama/client/payparts"
	"github.com/brama-pay/brama/instalment"
	"github.com/brama-pay/brama/money"
)

func uah(minor int64) money.Amount { return money.New(minor, money.UAH) }

func wants(order string, amount money.Amount) client.CreateRequest {
	return client.CreateRequest{
		OrderID: order, Amount: amount, ResponseURL: "http://shop.example/response",
		Plan: instalment.Plan{MerchantType: instalment.PP, PartsCount: 6, Products: []instalment.Product{{Name: "Телевизор <\"&\">", Count: 1, Price: amount}}},
	}
}

func (h *house) client(key string) *client.Client {
	h.t.Helper()
	server := httptest.NewServer(h.door)
	h.t.Cleanup(server.Close)
	c, err := client.New(server.URL, store, key)
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

// TestClient is the shop's side: the public client against the door, on the
// sandbox. It verifies every answer.
func TestClient(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		c := h.client(password)
		state := func(order string) client.PaymentState {
			t.Helper()
			p, err := c.State(ctx, order, client.Show{Refund: true, Amount: true, Info: true})
			if err != nil || p.Unread != nil || p.Amount != uah(60000) {
				t.Fatalf("%+v %v", p, err)
			}
			return p.State
		}
		for order, ends := range map[string]struct {
			act  func(order string) error
			want client.PaymentState
		}{
			"HOLD-1": {func(order string) error { _, err := c.Confirm(ctx, order); return err }, client.PaymentSucceeded},
			"HOLD-2": {func(order string) error { _, err := c.Cancel(ctx, order); return err }, client.PaymentCanceled},
		} {
			made, err := c.Hold(ctx, wants(order, uah(60000)))
			if err != nil {
				t.Fatal(err)
			}
			h.pay(made.Token)
			if got := state(order); got != client.PaymentLocked {
				t.Fatal(got)
			}
			if err := ends.act(order); err != nil || state(order) != ends.want {
				t.Errorf("%s: %v", order, err)
			}
		}
		h.callbacks()

		made, err := c.Create(ctx, wants("ORDER-1", uah(60000)))
		if err != nil {
			t.Fatal(err)
		}
		if again, err := c.Create(ctx, wants("ORDER-1", uah(60000))); err != nil || again.Token != made.Token {
			t.Errorf("%v %v", again, err)
		}
		if _, err := c.Create(ctx, wants("ORDER-1", uah(70000))); !errors.Is(err, client.ErrOrderExists) {
			t.Error(err)
		}
		if _, err := c.Description(ctx, "ORDER-1", "Договор №1"); err != nil {
			t.Error(err)
		}
		if picture, err := c.QR(ctx, made.Token, 300, instalment.PP); err != nil || !strings.HasPrefix(string(picture), "\x89PNG") {
			t.Errorf("%d bytes, %v", len(picture), err)
		}
		if address := c.PageURL(made.Token); !strings.HasSuffix(address, "/ipp/v2/payment?token="+made.Token) {
			t.Error(address)
		}
		h.pay(made.Token)
		told := h.callbacks()
		if len(told) != 1 {
			t.Fatal(told)
		}
		if cb, err := c.ParseCallback([]byte(told[0])); err != nil || cb.State != client.PaymentSucceeded || cb.OrderID != "ORDER-1" {
			t.Errorf("%+v %v", cb, err)
		}

		if _, err := c.Decline(ctx, client.DeclineRequest{OrderID: "ORDER-1", Amount: uah(60000), RecipientID: "qwerty1234"}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Decline(ctx, client.DeclineRequest{OrderID: "ORDER-1", Amount: uah(60000)}); !errors.Is(err, client.ErrDeclineMade) {
			t.Error(err)
		}
		if _, err := c.Decline(ctx, client.DeclineRequest{OrderID: "ORDER-2", Amount: uah(60000)}); !errors.Is(err, client.ErrPaymentNotFound) {
			t.Error(err)
		}
		h.idle()
		p, err := c.State(ctx, "ORDER-1", client.Show{Refund: true, Info: true})
		if err != nil || p.State != client.PaymentSucceeded || p.Description != "Договор №1" || p.CardMask == "" {
			t.Errorf("%+v %v", p, err)
		}
		if len(p.Refunds) != 1 || p.Refunds[0].Amount != uah(60000) || p.Refunds[0].State != client.RefundSucceeded {
			t.Errorf("%+v", p.Refunds)
		}
	})
}

// TestClientOfAnotherPassword cannot tell a refusal from a forgery, and says so.
func TestClientOfAnotherPassword(t *testing.T) {
	h := newHouseSQLite(t)
	c := h.client("another-password-altogether")
	if _, err := c.Create(ctx, wants("ORDER-1", uah(60000))); !errors.Is(err, client.ErrOutcomeUnknown) {
		t.Error(err)
	}
	if list, err := h.invoices.List(ctx, 1520, 0, 10); err != nil || len(list) > 0 {
		t.Errorf("%d stored, %v", len(list), err)
	}
}

// TestClientOfADrainingDoor: a 503 is no refusal that a client could take for one.
func TestClientOfADrainingDoor(t *testing.T) {
	h := newHouseSQLite(t)
	h.draining = true
	if _, err := h.client(password).Create(ctx, wants("ORDER-1", uah(60000))); err == nil {
		t.Error("made")
	}
}

// The client's page is a plain form; its script is a file of its own.
func TestPageIsTheDoorsOwn(t *testing.T) {
	h := newHouseSQLite(t)
	token := h.create("create", buys("ORDER-1", "600.00"))
	for _, address := range []string{"/ipp/v2/payment?token=" + token, "/ipp/v2/payment/?token=" + token} {
		page := h.request(httptest.NewRequest(http.MethodGet, address, nil))
		if page.status != http.StatusOK || !strings.Contains(page.body, `name="card"`) || strings.Contains(page.body, "<script>") {
			t.Errorf("%s: %d", address, page.status)
		}
		if want := fmt.Sprintf(`action="%s"`, address); !strings.Contains(page.body, want) && !strings.Contains(page.body, `method="post"`) {
			t.Errorf("no form to %s", want)
		}
	}
}
