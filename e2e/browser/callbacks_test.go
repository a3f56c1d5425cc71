package browser_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/demo"
	"github.com/brama-pay/brama/e2e/browser"
	"github.com/brama-pay/brama/e2e/program"
)

// told makes orders whose payers pay, and waits until the shop has heard of them.
func (s store) told(url string, n int) {
	s.t.Helper()
	for range n {
		page, order := s.order(func(q *avanor.InvoiceRequest) { q.CallbackURL = url })
		form := strings.NewReader("card=" + good + "&expiry=12%2F30&cvv=123")
		answer, err := http.Post(page.URL, "application/x-www-form-urlencoded", form)
		if err != nil {
			s.t.Fatal(err)
		}
		answer.Body.Close()
		s.ends(order, avanor.InvoiceSucceeded)
	}
}

// An operator finds a shop's messages, looks at one, and sends it and then all of
// them again.
func TestOperatorSendsCallbacksAgain(t *testing.T) {
	s := open(t)
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }))
	t.Cleanup(broken.Close)
	s.told("", 3)
	s.told(broken.URL+"/hook?token=t0p", 2)
	tab := signedIn(t, s.Gateway, demo.Operator)
	program.Eventually(t, "the messages are tried", func() bool {
		tab.Visit("/console/callbacks?shop=1520")
		return tab.Says("delivered") && tab.Says("answered 500")
	})
	consoleJudged(tab, "callbacks")
	tab.Click("button[popovertarget=replay]")
	tab.Await("#replay:popover-open")
	consoleJudged(tab, "callbacks-question")
	tab.Click("#replay form button")
	tab.See("3 callbacks are sent again.")

	program.Eventually(t, "only those wait that the shop refuses", func() bool {
		tab.Visit("/console/callbacks?shop=1520&status=waiting")
		return tab.Count("tbody tr") == 2
	})
	tab.Click("tbody tr:first-child td.id a")
	tab.See("answered 500")
	if tab.Says("t0p") {
		t.Error("the page shows the token of the address")
	}
	consoleJudged(tab, "callback")

	phone := signedIn(t, s.Gateway, demo.Operator, browser.Phone, browser.Dark, browser.NoScript)
	phone.Visit("/console/callbacks?status=delivered")
	phone.See("Choose one shop")
	phone.FitsWidth()
	phone.Click("tbody tr:first-child td.id a")
	phone.Click("button[popovertarget=replay]")
	phone.DoubleClick("#replay form button")
	phone.See("Callback")
	phone.FitsWidth()
}

// The doctor praises the demo's receiver, and tells a lax one what it lacks.
func TestCallbackDoctor(t *testing.T) {
	t.Parallel()
	g := browser.Serve(t)
	lax := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("OK")) }))
	t.Cleanup(lax.Close)
	tab := signedIn(t, g, demo.Operator)
	tab.Visit("/console/doctor")
	consoleJudged(tab, "doctor")
	tab.Type("#field-shop", "1520")
	tab.Press(browser.Enter)
	tab.See("Grade A")
	consoleJudged(tab, "doctor-good")
	tab.Visit("/console/doctor")
	tab.Type("#field-shop", "1520")
	tab.Type("#field-url", lax.URL)
	tab.Press(browser.Enter)
	tab.See("Grade F")
	tab.See("anybody can mark orders as paid")
	consoleJudged(tab, "doctor-grave")
	said := g.Brama("doctor", "--shop", "1520", "--json")
	if !strings.Contains(said, `"grade": "A"`) {
		t.Errorf("brama doctor says %s", said)
	}
}
