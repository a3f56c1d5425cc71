package payparts_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/brama-pay/brama/client/payparts"
	"github.com/brama-pay/brama/instalment"
	"github.com/brama-pay/brama/money"
)

// TestLife walks one payment through every method.
func TestLife(t *testing.T) {
	for _, withState := range []bool{false, true} {
		b, c := openBank(t)
		b.withState = withState
		ctx := t.Context()
		created, err := c.Hold(ctx, vectorRequest())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Hold(ctx, vectorRequest()); !errors.Is(err, payparts.ErrOrderExists) || errors.Is(err, payparts.ErrOutcomeUnknown) {
			t.Errorf("the same order again: %v", err)
		}
		if got := c.PageURL(created.Token); got != b.URL+"/ipp/v2/payment?token=E8E354374D404C1E9279DCCF1C7B5541" {
			t.Errorf("page %s", got)
		}
		if cb, err := c.ParseCallback(b.pay(order, "LOCKED")); err != nil || cb.State != payparts.PaymentLocked {
			t.Errorf("callback %+v, %v", cb, err)
		}
		cover := map[bool]payparts.Cover{false: payparts.CoverOrder, true: payparts.CoverOutcome}[withState]
		if answer, err := c.Confirm(ctx, order); err != nil || answer.Cover != cover {
			t.Errorf("confirm: %v, cover %v", err, answer.Cover)
		}
		// Confirmed already: a refusal, definite only when it is signed.
		var refused *payparts.Error
		_, err = c.Cancel(ctx, order)
		if !errors.As(err, &refused) || refused.Cover != cover || errors.Is(err, payparts.ErrOutcomeUnknown) == withState {
			t.Errorf("cancel after confirm: %v", err)
		}
		if _, err := c.Description(ctx, order, "Обід"); err != nil {
			t.Error(err)
		}
		decline := payparts.DeclineRequest{OrderID: order, Amount: uah(400_00)}
		if answer, err := c.Decline(ctx, decline); err != nil || answer.Cover != payparts.CoverOutcome {
			t.Errorf("decline: %v", err)
		}
		if _, err := c.Decline(ctx, decline); !errors.Is(err, payparts.ErrDeclineMade) || errors.Is(err, payparts.ErrOutcomeUnknown) {
			t.Errorf("decline again: %v", err)
		}
		got, err := c.State(ctx, order, payparts.Show{Refund: true, Amount: true, Info: true})
		want := payparts.Payment{
			OrderID: order, State: payparts.PaymentSucceeded, Amount: uah(400_00), Description: "Обід", CardMask: "0000****3333", RRN: "412345678901",
			Refunds: []payparts.Refund{{Amount: uah(400_00), Date: "2026-05-24", State: payparts.RefundSucceeded}},
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(payparts.Payment{}, "Answer")); err != nil || diff != "" {
			t.Errorf("state: %v\n%s", err, diff)
		}
	}
}

// TestStateTellsNoRefundsFromNoneShown: only the first one is a word about refunds.
func TestStateTellsNoRefundsFromNoneShown(t *testing.T) {
	b, c := openBank(t)
	b.payments[order] = &payment{state: "SUCCESS", amount: "300.00"}
	bare, err := c.State(t.Context(), order, payparts.Show{})
	if err != nil || bare.Refunds != nil || bare.Amount != (money.Amount{}) {
		t.Errorf("%+v, %v", bare, err)
	}
	for _, name := range []string{"showRefund", "showAmount", "showInfo"} {
		if _, sent := b.last[name]; sent {
			t.Errorf("%s was sent", name)
		}
	}
	shown, err := c.State(t.Context(), order, payparts.Show{Refund: true})
	if err != nil || shown.Refunds == nil || len(shown.Refunds) != 0 {
		t.Errorf("%+v, %v", shown, err)
	}
}

// stateAnswer is a signed state answer with more fields.
func stateAnswer(more string) *payparts.Client {
	return answering(200, []byte(`{"state":"SUCCESS","paymentState":"SUCCESS","storeId":"`+store+`","orderId":"17","signature":"`+
		sig("SUCCESS", store, "17", "SUCCESS")+`"`+more+`}`))
}

func TestStateIsReadLoosely(t *testing.T) {
	kopeck := []payparts.Refund{{Amount: uah(1), State: payparts.RefundWaiting}}
	tests := []struct {
		more    string
		amount  money.Amount
		refunds []payparts.Refund
		unread  bool
	}{
		{`,"amount":300`, uah(300_00), nil, false},
		{`,"amount":300.5`, uah(300_50), nil, false},
		{`,"amount":"300.50"`, uah(300_50), nil, false},
		{`,"amount":300.5000`, uah(300_50), nil, false},
		{`,"amount":0.29`, uah(29), nil, false},
		{`,"amount":null,"refunds":null,"rrn":412345678901`, money.Amount{}, nil, false},
		{`,"amount":300.501`, money.Amount{}, nil, true}, // never rounded
		{`,"amount":3e2`, money.Amount{}, nil, true},
		{`,"amount":-300.00`, money.Amount{}, nil, true},
		{`,"amount":{}`, money.Amount{}, nil, true},
		{`,"amount":"9999999999999.00"`, money.Amount{}, nil, true},
		{`,"refunds":[{"amount":"0.01","state":"WAITING"}]`, money.Amount{}, kopeck, false},
		{`,"refunds":{"amount":1}`, money.Amount{}, nil, true},
		{`,"refunds":[{"amount":1,"state":"SUCCESS"},{"amount":"x"}]`, money.Amount{}, nil, true}, // all or nothing
		{`,"refunds":[{"amount":1,"Amount":2}]`, money.Amount{}, nil, true},
		{`,"refunds":[{}]`, money.Amount{}, nil, true},
	}
	for _, test := range tests {
		p, err := stateAnswer(test.more).State(t.Context(), "17", payparts.Show{})
		if err != nil || p.State != payparts.PaymentSucceeded || p.Amount != test.amount || !cmp.Equal(p.Refunds, test.refunds) || (p.Unread != nil) != test.unread {
			t.Errorf("%s: %+v, %v", test.more, p, err)
		}
	}
}

// TestAnswersWithoutIDs: an answer that names nothing is judged by a signature over
// what was asked, so it cannot be about another order.
func TestAnswersWithoutIDs(t *testing.T) {
	for id, want := range map[string]bool{"17": true, "18": false} {
		c := answering(200, body(answer{"state": "SUCCESS", "message": "m", "signature": sig(store, id, "SUCCESS", "m")}))
		if _, err := c.Description(t.Context(), "17", "text"); (err == nil) != want {
			t.Errorf("signed for %s: %v", id, err)
		}
	}
	number := `{"state":"SUCCESS","orderId":17,"signature":"` + sig("SUCCESS", store, "17") + `"}`
	if _, err := answering(200, []byte(number)).Decline(t.Context(), payparts.DeclineRequest{OrderID: "17", Amount: uah(1)}); err != nil {
		t.Errorf("a number for an order: %v", err)
	}
}

// TestSendPhone: the message stands before the token in the signature, and the token
// comes although the link was not sent.
func TestSendPhone(t *testing.T) {
	const token = "E8E354374D404C1E9279DCCF1C7B5541"
	a := answer{"state": "SUCCESS", "storeId": store, "orderId": order, "sendPhone": "FAIL", "message": "client not found", "token": token,
		"signature": sig("SUCCESS", store, order, "client not found", token)}
	created, err := answering(200, body(a)).Create(t.Context(), vectorRequest())
	if err != nil || created.Token != token || created.SendPhone != "FAIL" || created.Message != "client not found" {
		t.Errorf("%+v, %v", created, err)
	}
	// The boundary between the two is not signed; the token's length is what holds it.
	a["message"], a["token"] = "client not foun", "d"+token
	if _, err := answering(200, body(a)).Create(t.Context(), vectorRequest()); !errors.Is(err, payparts.ErrOutcomeUnknown) {
		t.Errorf("the boundary slid: %v", err)
	}
}

// TestUnverifiableRefusalIsShown: with a wrong password every answer fails to
// verify, and a person must see what the bank claims, bounded and quoted.
func TestUnverifiableRefusalIsShown(t *testing.T) {
	b, _ := openBank(t)
	c, _ := payparts.New(b.URL, store, "not-the-password")
	_, err := c.Confirm(t.Context(), order)
	for _, want := range []string{"Wrong signature. Read the FAQ", "check the store's password", "ask state before you repeat"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
	loud := answering(200, body(answer{"state": "FAIL", "message": strings.Repeat("\n", 5000)}))
	if _, err := loud.Confirm(t.Context(), order); len(err.Error()) > 1000 || strings.Contains(err.Error(), "\n") {
		t.Errorf("%d bytes of an unverified message", len(err.Error()))
	}
}

func TestUnknownStoreIsUnsigned(t *testing.T) {
	b, _ := openBank(t)
	c, _ := payparts.New(b.URL, "X1114B6L", password)
	_, err := c.State(t.Context(), order, payparts.Show{})
	var refused *payparts.Error
	if !errors.As(err, &refused) || refused.Cover != payparts.CoverNothing || !errors.Is(err, payparts.ErrUnknownStore) ||
		!errors.Is(err, payparts.ErrOutcomeUnknown) || !strings.Contains(err.Error(), "covers nothing") {
		t.Error(err)
	}
}

func TestQR(t *testing.T) {
	b, c := openBank(t)
	created, err := c.Create(t.Context(), vectorRequest())
	if err != nil {
		t.Fatal(err)
	}
	png, err := c.QR(t.Context(), created.Token, 512, instalment.PP)
	if err != nil || string(png) != "\x89PNG\r\n\x1a\nPP512" {
		t.Errorf("%q, %v", png, err)
	}
	_, err = c.QR(t.Context(), "other", 512, instalment.PP)
	var refused *payparts.Error
	if !errors.As(err, &refused) || refused.Message != "INCORRECT TOKEN OR PAYMENT DOES NOT EXIST" || errors.Is(err, payparts.ErrOutcomeUnknown) {
		t.Error(err)
	}
	b.Close()
	if _, err := c.QR(t.Context(), created.Token, 512, instalment.PP); err == nil || strings.Contains(err.Error(), created.Token) {
		t.Errorf("the token is in the error: %v", err)
	}
	for _, text := range []string{`{"state":"SUCCESS"}`, `{"state":"SUCCESS","qr":"PGh0bWw+"}`, `{"state":"SUCCESS","qr":"!"}`, `{"qr":"iVBORw0KGgo="}`, `[]`, `{"state":{}}`} {
		if _, err := answering(200, []byte(text)).QR(t.Context(), "t", 1, instalment.PP); !errors.Is(err, payparts.ErrOutcomeUnknown) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestStatesAreKnown(t *testing.T) {
	kinds := map[payparts.PaymentState]string{
		"CREATED": "pending", "CLIENT_WAIT": "pending", "OTP_WAITING": "pending", "PP_CREATION": "pending", "LOCKED": "held",
		"SUCCESS": "final", "FAIL": "final", "CANCELED": "final", "": "pending", "success": "pending", "ANYTHING": "pending",
	}
	for state, want := range kinds {
		got := "held"
		if state.Final() {
			got = "final"
		} else if state.Pending() {
			got = "pending"
		}
		if got != want {
			t.Errorf("%q is %s, want %s", state, got, want)
		}
	}
}
