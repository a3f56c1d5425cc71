package browser_test

import (
	"regexp"
	"testing"

	"github.com/brama-pay/brama/demo"
	"github.com/brama-pay/brama/e2e/browser"
)

// signedIn is a tab of an operator of the demo.
func signedIn(t *testing.T, g *browser.Gateway, email string, options ...browser.Option) *browser.Tab {
	t.Helper()
	tab := browser.Open(t, g, options...)
	tab.Visit("/console/")
	signIn(tab, email, passwordOf(t, g, email))
	tab.Await("aside .brand")
	return tab
}

func signIn(tab *browser.Tab, email, password string) {
	tab.Type("#field-email", email)
	tab.Type("#field-password", password)
	tab.Press(browser.Enter)
}

// passwordOf is what the first start printed.
func passwordOf(t *testing.T, g *browser.Gateway, email string) string {
	t.Helper()
	found := regexp.MustCompile(regexp.QuoteMeta(email) + ` +password (\S+)`).FindStringSubmatch(g.Printed())
	if found == nil {
		t.Fatalf("no password of %s was printed:\n%s", email, g.Printed())
	}
	return found[1]
}

// consoleJudged looks at a page as a stylist and a blind person would.
func consoleJudged(tab *browser.Tab, name string) {
	tab.FitsWidth()
	tab.Axe()
	tab.Shot("console-" + name)
}

func TestOperatorSignsIn(t *testing.T) {
	t.Parallel()
	g := browser.Serve(t)
	tab := browser.Open(t, g, browser.Phone, browser.Dark)
	tab.Forgive("403") // the wrong password
	tab.Visit("/console/approvals")
	consoleJudged(tab, "sign-in")
	signIn(tab, demo.Operator, "a wrong password")
	tab.See("email or password is not right")
	consoleJudged(tab, "sign-in-wrong")
	tab.Type("#field-password", passwordOf(t, g, demo.Operator))
	tab.Press(browser.Enter)
	tab.See("Waiting for a decision")
	consoleJudged(tab, "approvals-empty")
	if browser.Eval[bool](tab, `getComputedStyle(document.querySelector("aside nav")).display !== "none"`) {
		t.Error("the navigation stands open on a phone")
	}
	tab.Click(".nav-label")
	tab.Click(`aside nav a[href="/console/operators"]`)
	tab.See(demo.SecondOperator)
	consoleJudged(tab, "operators")
	tab.Click(".nav-label")
	tab.Click("header form[action$=sign-out] button")
	tab.Await("#field-email")
}

// One operator proposes, another decides; the questions need no script.
func TestFourEyes(t *testing.T) {
	t.Parallel()
	g := browser.Serve(t)
	first := signedIn(t, g, demo.Operator)
	first.Visit("/console/propose/shop.deposit?shop=1520&currency=USD")
	first.Type("#field-amount", "ten")
	first.Type("#field-reason", "cash at the counter")
	first.Forgive("422")
	first.Press(browser.Enter)
	first.See("not a plain decimal number")
	consoleJudged(first, "propose-wrong")
	first.Visit("/console/propose/shop.deposit?shop=1520&currency=USD&amount=10.00")
	first.Type("#field-reason", "cash at the counter")
	first.Press(browser.Enter)
	first.See("Another operator must approve it")
	consoleJudged(first, "proposed")

	second := signedIn(t, g, demo.SecondOperator, browser.Phone)
	second.Visit("/console/approvals")
	consoleJudged(second, "approvals")
	second.Click("table .id a")
	second.Click("button[popovertarget=approve]")
	second.Await("#approve:popover-open")
	consoleJudged(second, "approve-question")
	second.Click("#approve form button")
	second.See("Done: it is booked; available after it: 100 010.00 USD.")
	consoleJudged(second, "approved")
}

func TestOperatorsOwnPages(t *testing.T) {
	t.Parallel()
	g := browser.Serve(t)
	tab := signedIn(t, g, demo.Operator)
	tab.Visit("/console/me")
	consoleJudged(tab, "me")
	tab.Visit("/console/password")
	consoleJudged(tab, "password")
	tab.Visit("/console/enrol")
	tab.Click("main form button")
	tab.Await("img.qr")
	consoleJudged(tab, "enrol")
	tab.Click(`header button[value="dark"]`)
	tab.Await(`html[data-bs-theme="dark"]`)
	consoleJudged(tab, "enrol-dark")
}
