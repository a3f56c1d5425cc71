package browser_test

import (
	"strings"
	"testing"

	"github.com/brama-pay/brama/e2e/browser"
)

// The documentation as people see it: no serious fault of accessibility, nothing that
// its own policy forbids, nothing wider than a phone.
func TestDocs(t *testing.T) {
	gateway := browser.Serve(t)
	for name, path := range map[string]string{
		"docs": "/docs", "docs-method": "/docs/api/avanor/withdraw/create", "docs-payparts": "/docs/api/payparts/create",
		"docs-callback": "/docs/api/callbacks/invoice", "docs-errors": "/docs/api/errors", "docs-guide": "/docs/signing", "docs-decisions": "/docs/decisions",
	} {
		t.Run(name, func(t *testing.T) {
			tab := browser.Open(t, gateway, browser.Narrow)
			tab.Visit(path)
			tab.Axe()
			tab.FitsWidth()
			tab.Shot(name)
		})
	}
}

// What the button copies is the example, whole.
func TestDocsCopy(t *testing.T) {
	tab := browser.Open(t, browser.Serve(t))
	tab.Visit("/docs/api/avanor/shop_balance")
	copied := browser.Eval[string](tab, `(async () => {
		let text = ''
		navigator.clipboard.writeText = async what => { text = what }
		const block = [...document.querySelectorAll('pre')].find(pre => pre.textContent.startsWith('url='))
		block.parentElement.querySelector('.copy').click()
		await new Promise(done => setTimeout(done))
		return text === block.textContent ? text : ''
	})()`)
	if !strings.HasPrefix(copied, "url=http://127.0.0.1:") || strings.Contains(copied, "Copy") {
		t.Errorf("the button copies %q", copied)
	}
	tab.See("Copied")
}

// By keyboard: the first stop leads past the navigation to the text.
func TestDocsByKeyboard(t *testing.T) {
	tab := browser.Open(t, browser.Serve(t))
	tab.Visit("/docs/signing")
	tab.Press(browser.Tabulate)
	tab.Press(browser.Enter)
	if at := browser.Eval[string](tab, "document.activeElement.id"); at != "content" {
		t.Errorf("the first stop leads to %q", at)
	}
}
