package checkout

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/invoice"
)

var states = []invoice.PageState{invoice.AskCard, invoice.AskCode, invoice.ShowWaiting, invoice.ShowPaid,
	invoice.ShowHeld, invoice.ShowRejected, invoice.ShowExpired, invoice.ShowLeft, invoice.AskStart, invoice.ShowContinue}

func newRecorder() *httptest.ResponseRecorder { return httptest.NewRecorder() }

func TestHeaders(t *testing.T) {
	c := newCounter()
	answers := map[string]*httptest.ResponseRecorder{
		"page":     c.visit(page),
		"missing":  c.visit("/pay/x"),
		"method":   c.serve(request("PUT", page, "")),
		"no form":  c.serve(request("POST", page, "")),
		"problems": c.send(page, ""),
		"redirect": c.send(page, cardForm(typedCard, "08/30", "123")),
	}
	c.fail = fault.New(fault.Overloaded, "full")
	answers["busy"] = c.visit(page)
	for name, w := range answers {
		for header, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
			"Referrer-Policy":         "no-referrer",
			"X-Content-Type-Options":  "nosniff",
			"Cache-Control":           "no-store",
			"Set-Cookie":              "",
		} {
			if got := w.Header().Get(header); got != want {
				t.Errorf("%s: %s: %q", name, header, got)
			}
		}
		if got := w.Header().Get("Content-Type"); got != "text/html; charset=utf-8" && name != "redirect" {
			t.Errorf("%s: Content-Type %q", name, got)
		}
	}
}

// No page carries a script but its own file, an inline style or an address of somebody
// else, whatever the shop called itself.
func TestPagesAreInert(t *testing.T) {
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>{{.}}javascript:'`
	outside := regexp.MustCompile(`(?i)<script|<style|<img|<iframe|<[^>]+ (style|on[a-z]+|src)=|(href|action)="(javascript|data|https?|//):?`)
	for _, state := range states {
		c := newCounter()
		c.Demo = true
		c.page.State, c.page.ShopName = state, evil
		c.page.Invoice.Description, c.page.Invoice.OrderID, c.page.Invoice.PayerAccount = evil, evil, evil
		c.page.Invoice.SuccessURL, c.page.Invoice.FailedURL = evil, "javascript:alert(1)//"+evil
		w := c.visit(page + "?lang=%22%3E%3Cscript%3E&token=%22%3E%3Cscript%3E")
		wantStatus(t, w, http.StatusOK)
		wantText(t, w, "&lt;script&gt;")
		body := strings.Replace(w.Body.String(), `<script src="`+assets.Path("checkout.js")+`" defer></script>`, "", 1)
		if found := outside.FindString(body); found != "" {
			t.Errorf("%s: %s in\n%s", state, found, w.Body)
		}
	}
}

// The only way out of the page is the address that is stored with the invoice, and
// only when it is a web page's.
func TestReturnToTheShop(t *testing.T) {
	tests := []struct{ stored, href string }{
		{"https://shop.example/ok", "https://shop.example/ok"},
		{"HTTP://shop.example/ok?a=1&b=2", "http://shop.example/ok?a=1&amp;b=2"},
		{"https://магазин.example/дякую", "https://%D0%BC%D0%B0%D0%B3%D0%B0%D0%B7%D0%B8%D0%BD.example/%D0%B4%D1%8F%D0%BA%D1%83%D1%8E"},
		{"", ""},
		{"javascript:alert(1)", ""},
		{"JaVaScRiPt://shop.example/%0aalert(1)", ""},
		{" javascript:alert(1)", ""},
		{"data:text/html,x", ""},
		{"//evil.example/", ""},
		{"/relative", ""},
		{"https:evil.example", ""},
		{"https:///x", ""},
		{"https://shop.example@evil.example/", ""},
		{"ftp://shop.example/", ""},
		{"https://shop.example/\n", ""},
	}
	link := regexp.MustCompile(`<a class="button" href="([^"]*)"`)
	for _, test := range tests {
		for _, state := range states {
			c := newCounter()
			c.page.State = state
			c.page.Invoice.SuccessURL, c.page.Invoice.FailedURL = "", ""
			want := test.href
			switch state {
			case invoice.ShowPaid, invoice.ShowHeld:
				c.page.Invoice.SuccessURL = test.stored
			case invoice.ShowRejected, invoice.ShowExpired, invoice.ShowLeft:
				c.page.Invoice.FailedURL = test.stored
			default:
				c.page.Invoice.SuccessURL, c.page.Invoice.FailedURL = test.stored, test.stored
				want = ""
			}
			w := c.visit(page + "?success_url=https://evil.example/&return=https://evil.example/&next=//evil.example")
			got := ""
			if m := link.FindStringSubmatch(w.Body.String()); m != nil {
				got = m[1]
			}
			if got != want {
				t.Errorf("%s %q: a link to %q, want %q", state, test.stored, got, want)
			}
			if test.href == "" && strings.Contains(w.Body.String(), "evil.example") {
				t.Errorf("%s %q: %s", state, test.stored, w.Body)
			}
		}
	}
}

// After a form the payer stays on this host, whatever the address says.
func TestRedirectsStayHere(t *testing.T) {
	for _, query := range []string{"", "?lang=uk", "?next=https://evil.example", "?lang=https://evil.example", "?lang=uk&lang=en", "?lang=uk%0d%0aX:1"} {
		c := newCounter()
		got := c.send(page+query, cardForm(typedCard, "08/30", "123")).Header().Get("Location")
		if got != page && got != page+"?lang=uk" {
			t.Errorf("%s: Location %q", query, got)
		}
	}
}

// No answer and no log line carries a card, a CVV, a code or a whole session.
func TestNothingTypedLeaks(t *testing.T) {
	const cvv, code = "739", "84625173"
	forms := []string{
		cardForm(typedCard, "08/30", cvv), cardForm(goodCard, "08/30", cvv), cardForm(goodCard, goodCard, goodCard), cardForm("x"+goodCard, "1", cvv),
		"code=" + code, "code=" + goodCard, goodCard + "=" + goodCard, "card=%zz" + goodCard,
	}
	failures := []error{nil,
		fault.Wrap(fault.Internal, errors.New("card "+typedCard+" in session "+session), "at %s", session),
		fault.Wrap(fault.Unavailable, errors.New("card "+goodCard), "session %s", session),
		fault.New(fault.Unknown, "card %s in %s", goodCard, session),
	}
	targets := []string{page, page + "?card=" + goodCard, "/pay/" + goodCard, page + "?lang=" + goodCard, page + "?token=" + goodCard}
	for _, state := range states {
		for _, failure := range failures {
			c := newCounter()
			for _, body := range forms {
				for _, target := range targets {
					c.page.State, c.acts = state, failure
					w := c.send(target, body)
					after := c.visit(page)
					for place, text := range map[string]string{"answer": w.Body.String(), "next page": after.Body.String(),
						"Location": w.Header().Get("Location"), "log": c.log.String()} {
						for _, secret := range []string{goodCard, typedCard, code, `"` + cvv + `"`, "=" + cvv} {
							if strings.Contains(text, secret) {
								t.Fatalf("%s, %q to %s: %s has %s\n%s", state, body, target, place, secret, text)
							}
						}
						if place == "log" && strings.Contains(text, session) {
							t.Fatalf("a whole session in the log: %s", text)
						}
					}
				}
			}
			if c.log.Len() == 0 {
				t.Fatal("nothing was logged")
			}
		}
	}
}

func TestLogLine(t *testing.T) {
	c := newCounter()
	c.visit(page)
	c.serve(request(strings.Repeat("A", 1000), page, ""))
	c.visit("/pay/4242424242424242")
	lines := strings.Split(strings.TrimSpace(c.log.String()), "\n")
	for i, want := range []string{
		"msg=checkout method=GET page=card status=200 session=a1b2c3 lang=en ms=0 shop=1520 invoice=77",
		"msg=checkout method=other page=form status=405 session=a1b2c3 lang=en ms=0",
		"msg=checkout method=GET page=missing status=404 session=- lang=en ms=0",
	} {
		if !strings.HasSuffix(lines[i], want) {
			t.Errorf("line %d: %s", i, lines[i])
		}
	}
}

func TestTestCardsAreHintedInADemoOnly(t *testing.T) {
	for _, demo := range []bool{false, true} {
		for _, state := range states {
			c := newCounter()
			c.Demo, c.page.State = demo, state
			hinted := strings.Contains(c.visit(page).Body.String(), "4242 4242 4242 4242")
			if hinted != (demo && state == invoice.AskCard) {
				t.Errorf("demo %v, %s: hinted %v", demo, state, hinted)
			}
		}
	}
}
