package checkout

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/invoice"
)

func TestPayerPaysWithAPlainForm(t *testing.T) {
	c := newCounter()
	wantText(t, c.visit(page), "Demo shop", "1,234.50\u00a0USD", "Two tickets", `action="`+page+`"`)

	w := c.send(page, cardForm(typedCard, "08/30", "123"))
	wantStatus(t, w, http.StatusSeeOther)
	if got := w.Header().Get("Location"); got != page {
		t.Errorf("Location %q", got)
	}
	if len(c.cards) != 1 || c.cards[0].Number != goodCard || c.cards[0].Expiry != "08/30" || c.cards[0].CVV != "123" {
		t.Errorf("the card came as %d cards", len(c.cards))
	}
	w = c.visit(page)
	wantStatus(t, w, http.StatusOK)
	wantText(t, w, "Paid", "5555\u00a055••\u00a0••••\u00a04444", `href="https://shop.example/ok?order=17&amp;x=1"`)
}

func TestPayerAnswersAChallenge(t *testing.T) {
	for code, want := range map[string]string{past3DS: "Paid", "12 34": "Paid", "9999": "The bank declined", "wrong": "The bank declined"} {
		t.Run(code, func(t *testing.T) {
			c := newCounter()
			c.outcome = invoice.AskCode
			wantStatus(t, c.send(page, cardForm(typedCard, "0830", "123")), http.StatusSeeOther)
			wantText(t, c.visit(page), `name="code"`, `autocomplete="one-time-code"`)
			wantStatus(t, c.send(page, "code="+strings.ReplaceAll(code, " ", "+")), http.StatusSeeOther)
			if len(c.codes) != 1 {
				t.Fatalf("codes: %d", len(c.codes))
			}
			wantText(t, c.visit(page), want)
		})
	}
}

// A second click, the back button and a form sent too late move nothing.
func TestFormOfAnotherPageMovesNothing(t *testing.T) {
	card, code := cardForm(typedCard, "08/30", "123"), "code=1234"
	tests := []struct {
		state invoice.PageState
		body  string
	}{
		{invoice.AskCard, code},
		{invoice.AskCode, card},
		{invoice.ShowWaiting, card},
		{invoice.ShowWaiting, code},
		{invoice.ShowPaid, card},
		{invoice.ShowHeld, card},
		{invoice.ShowRejected, card},
		{invoice.ShowRejected, code},
		{invoice.ShowExpired, card},
		{invoice.ShowPaid, ""},
	}
	for _, test := range tests {
		c := newCounter()
		c.page.State = test.state
		w := c.send(page, test.body)
		wantStatus(t, w, http.StatusSeeOther)
		if len(c.cards)+len(c.codes) != 0 {
			t.Errorf("%s: %q reached the till", test.state, test.body)
		}
	}
}

func TestUnknownSessions(t *testing.T) {
	foreign := "/pay/" + strings.Repeat("a", 32)
	for _, target := range []string{foreign, "/pay/", "/pay/short", page + "0", page + "/", "/pay/" + strings.Repeat("g", 32), "/", "/pay/%3Cscript%3E", "/pay/" + strings.Repeat("х", 16)} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			c := newCounter()
			w := c.serve(request(method, target, cardForm(typedCard, "08/30", "123"),
				"Content-Type", "application/x-www-form-urlencoded", "Accept-Language", "uk"))
			wantStatus(t, w, http.StatusNotFound)
			wantText(t, w, `<html lang="uk">`, "Такого платежу немає")
			if strings.Contains(w.Body.String(), "<script>") || len(c.cards) != 0 {
				t.Errorf("%s %s: %s", method, target, w.Body)
			}
		}
	}
}

func TestMethods(t *testing.T) {
	c := newCounter()
	w := c.serve(request(http.MethodHead, page, ""))
	wantStatus(t, w, http.StatusOK)
	if w.Body.Len() != 0 || w.Header().Get("Content-Length") == "0" {
		t.Errorf("HEAD: %d bytes, Content-Length %s", w.Body.Len(), w.Header().Get("Content-Length"))
	}
	if c.opened != 0 {
		t.Error("HEAD opened the payment: a preview of its link is no payer")
	}
	for _, method := range []string{"PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "get"} {
		w := c.serve(request(method, page, ""))
		wantStatus(t, w, http.StatusMethodNotAllowed)
		if got := w.Header().Get("Allow"); got != "GET, HEAD, POST" {
			t.Errorf("%s: Allow %q", method, got)
		}
	}
}

func TestFaults(t *testing.T) {
	tests := []struct {
		kind   fault.Kind
		status int
		text   string
	}{
		{fault.NotFound, 404, "There is no such payment"},
		{fault.ShopNotFound, 404, "There is no such payment"},
		{fault.Overloaded, 503, "Please wait a moment"},
		{fault.Unavailable, 503, "Please wait a moment"},
		{fault.Unknown, 503, "Please wait a moment"},
		{fault.Internal, 500, "Something went wrong"},
		{fault.Invalid, 500, "Something went wrong"},
	}
	for _, test := range tests {
		c := newCounter()
		c.fail = fault.Wrap(test.kind, errors.New("inner cause"), "outer words")
		w := c.visit(page)
		wantStatus(t, w, test.status)
		wantText(t, w, test.text)
		if got := w.Header().Get("Retry-After"); (got != "") != (test.status == 503) {
			t.Errorf("%v: Retry-After %q", test.kind, got)
		}
		if strings.Contains(w.Body.String(), "inner") || strings.Contains(w.Body.String(), "outer") {
			t.Errorf("%v: the page tells the payer what is inside", test.kind)
		}
		if logged := strings.Contains(c.log.String(), "inner cause"); logged != (test.status >= 500) {
			t.Errorf("%v: the cause in the log: %v\n%s", test.kind, logged, &c.log)
		}
	}
}

// After a card was sent, an error does not say that nothing happened: the payer is
// led to the page that knows, or told to come back.
func TestFaultsOfAnAct(t *testing.T) {
	for kind, status := range map[fault.Kind]int{
		fault.Unknown: 303, fault.Busy: 303, fault.Declined: 303, fault.Overloaded: 503, fault.Unavailable: 503, fault.Internal: 500,
	} {
		c := newCounter()
		c.outcome, c.acts = invoice.ShowWaiting, fault.New(kind, "why")
		w := c.send(page, cardForm(typedCard, "08/30", "123"))
		wantStatus(t, w, status)
		if body := w.Body.String(); strings.Contains(body, "No money") {
			t.Errorf("%v: %s", kind, body)
		}
		if !strings.Contains(c.log.String(), "why") {
			t.Errorf("%v: not logged: %s", kind, &c.log)
		}
	}
}

func TestPanicIsAPage(t *testing.T) {
	c := newCounter()
	c.page.Invoice = nil // what a defect would do
	w := c.visit(page)
	wantStatus(t, w, http.StatusInternalServerError)
	wantText(t, w, "Something went wrong")
	if !strings.Contains(c.log.String(), "stack=") || !strings.Contains(c.log.String(), "panic of type") {
		t.Errorf("log: %s", &c.log)
	}
}

func TestWaitingPageComesBackByItself(t *testing.T) {
	for _, state := range states {
		c := newCounter()
		c.page.State = state
		body := c.visit(page).Body.String()
		if got := strings.Contains(body, `<noscript><meta http-equiv="refresh"`); got != (state == invoice.ShowWaiting) {
			t.Errorf("%s refreshes without script: %v", state, got)
		}
		if got := strings.Contains(body, ` data-wait="`); got != (state == invoice.ShowWaiting || state == invoice.ShowContinue) {
			t.Errorf("%s refreshes with script: %v", state, got)
		}
	}
}

func TestAnotherDoorServesThePage(t *testing.T) {
	c := newCounter()
	token := strings.ToUpper(session)
	c.Invoices = c.till
	door := New(c.Config)
	serve := func(method, target, body string) string {
		w := newRecorder()
		door.Serve(w, request(method, target, body, "Content-Type", "application/x-www-form-urlencoded"), session)
		return w.Header().Get("Location") + w.Body.String()
	}
	if got := serve("GET", "/ipp/v2/payment?token="+token+"&other=1", ""); !strings.Contains(got, `action="/ipp/v2/payment?token=`+token+`"`) {
		t.Errorf("the form leads elsewhere: %s", got)
	}
	if got := serve("POST", "/ipp/v2/payment?token="+token+"&lang=uk", cardForm(typedCard, "08/30", "123")); got != "/ipp/v2/payment?lang=uk&token="+token {
		t.Errorf("the redirect leads to %s", got)
	}
}

func TestObserve(t *testing.T) {
	c := newCounter()
	var seen []string
	c.Observe = func(page string, status int, took time.Duration) { seen = append(seen, page+http.StatusText(status)) }
	c.visit(page)
	c.visit("/pay/x")
	c.visit("/pay/assets/x")
	c.send(page, "")
	if got := strings.Join(seen, " "); got != "cardOK missingNot Found cardOK" {
		t.Errorf("observed %s", got)
	}
}

func TestLeaving(t *testing.T) {
	for _, state := range []invoice.PageState{invoice.AskCard, invoice.AskCode, invoice.AskStart} {
		c := newCounter()
		c.till.page.State = state
		wantStatus(t, c.send(page, "cancel=1&card="+goodCard), http.StatusSeeOther)
		if c.till.left != 1 || len(c.till.cards) > 0 {
			t.Errorf("%s: left %d times, %d cards", state, c.till.left, len(c.till.cards))
		}
	}
	for _, state := range []invoice.PageState{invoice.ShowWaiting, invoice.ShowPaid, invoice.ShowContinue} {
		c := newCounter()
		c.till.page.State = state
		if c.send(page, "cancel=1"); c.till.left != 0 {
			t.Errorf("%s: a payer left although money may be on its way", state)
		}
	}
}

func TestGoingOnAtTheProvider(t *testing.T) {
	c := newCounter()
	c.till.page.State, c.till.page.Continue = invoice.ShowContinue, "https://bank.example/ipp?token=A"
	wantText(t, c.visit(page), `href="https://bank.example/ipp?token=A"`)
	c.till.page.Continue = "javascript:alert(1)"
	if strings.Contains(c.visit(page).Body.String(), "javascript") {
		t.Error("the page leads to a script")
	}
}
