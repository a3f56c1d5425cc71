package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/brama-pay/brama/e2e/program"
)

// Keys for Press.
const (
	Enter    = kb.Enter
	Tabulate = kb.Tab
	Space    = " "
	Escape   = kb.Escape
)

// Tab is a page in the browser, as one person has it before them. Every method
// that cannot do its work ends the test.
type Tab struct {
	t        testing.TB
	ctx      context.Context
	gateway  *Gateway
	width    int64
	dark     bool
	noScript bool
	language string

	mu       sync.Mutex
	faults   []string
	forgiven []string
}

// Option is how the person looks at the page.
type Option func(*Tab)

// The ways to look at a page. Without any it is 1280 pixels wide and light.
var (
	Phone    Option = func(tab *Tab) { tab.width = phoneWidth }  // 390 pixels wide
	Narrow   Option = func(tab *Tab) { tab.width = narrowWidth } // 320, the least that must do (WCAG 2.2, 1.4.10)
	Dark     Option = func(tab *Tab) { tab.dark = true }
	NoScript Option = func(tab *Tab) { tab.noScript = true } // scripts are turned off
)

// Language is what the browser asks for, as "uk".
func Language(tag string) Option { return func(tab *Tab) { tab.language = tag } }

const (
	deskWidth   = 1280
	phoneWidth  = 390
	narrowWidth = 320
)

// Open opens a tab that is closed with the test, which fails when the page did
// what no page may (see the package).
func Open(t testing.TB, g *Gateway, options ...Option) *Tab {
	t.Helper()
	browser := need(t)
	tab := &Tab{t: t, gateway: g, width: deskWidth, language: "en"}
	for _, o := range options {
		o(tab)
	}
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext(), chromedp.WithListener(tab.watch))
	tab.ctx = ctx
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the page in the end, %s:\n%s", tab.Address(), program.Tail(tab.html(), 6<<10))
		}
		cancel()
		tab.judge()
	})
	tab.do("open a tab", func() error { return chromedp.Do(ctx) })
	tab.look(tab.width, tab.dark)
	call(tab, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	call(tab, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": tab.language}})
	tab.scripts(!tab.noScript)
	return tab
}

// Visit opens a path of the gateway, or a whole address, and waits until it is loaded.
func (tab *Tab) Visit(address string) {
	tab.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = tab.gateway.URL + address
	}
	tab.do("visit "+address, func() error { return tab.run(chromedp.Navigate(address)) })
}

// Reload is the browser's button of that name, and Back the other one.
func (tab *Tab) Reload() {
	tab.t.Helper()
	tab.do("reload", func() error { return tab.run(chromedp.Reload()) })
}

// Back goes back as the browser's button does.
func (tab *Tab) Back() {
	tab.t.Helper()
	tab.do("go back", func() error { return tab.run(chromedp.NavigateBack()) })
}

// Await waits until an element is there and visible.
func (tab *Tab) Await(selector string) {
	tab.t.Helper()
	tab.until("there is "+selector, fmt.Sprintf(`(() => { const e = document.querySelector(%s); return !!e && e.getClientRects().length > 0 })()`, quote(selector)))
}

// Gone waits until no such element is visible.
func (tab *Tab) Gone(selector string) {
	tab.t.Helper()
	tab.until("there is no "+selector, fmt.Sprintf(`document.readyState !== 'loading' && ![...document.querySelectorAll(%s)].some(e => e.getClientRects().length > 0)`, quote(selector)))
}

// See waits until the page says something, in its visible text.
func (tab *Tab) See(text string) {
	tab.t.Helper()
	tab.until(fmt.Sprintf("the page says %q", text), fmt.Sprintf(`document.body.innerText.replace(/\s+/g, ' ').includes(%s)`, quote(text)))
}

// Says reports whether the page says something now.
func (tab *Tab) Says(text string) bool {
	tab.t.Helper()
	return Eval[bool](tab, fmt.Sprintf(`document.body.innerText.replace(/\s+/g, ' ').includes(%s)`, quote(text)))
}

// Click waits for an element and clicks it with the mouse.
func (tab *Tab) Click(selector string) { tab.t.Helper(); tab.click(selector, 1) }

// DoubleClick clicks as impatient people do.
func (tab *Tab) DoubleClick(selector string) { tab.t.Helper(); tab.click(selector, 2) }

func (tab *Tab) click(selector string, times int) {
	tab.t.Helper()
	tab.Await(selector)
	at := Eval[[]float64](tab, fmt.Sprintf(`(() => { const e = document.querySelector(%s); e.scrollIntoView({block: 'center', behavior: 'instant'});
		const r = e.getClientRects()[0]; return [r.x + r.width / 2, r.y + r.height / 2] })()`, quote(selector)))
	tab.do("click "+selector, func() error {
		for n := range times {
			if err := tab.run(chromedp.MouseClickXY(at[0], at[1], chromedp.ClickCount(n+1))); err != nil {
				return err
			}
		}
		return nil
	})
}

// Type clicks into an input and types, key by key, over what stands there.
func (tab *Tab) Type(selector, text string) {
	tab.t.Helper()
	tab.Click(selector)
	Eval[bool](tab, fmt.Sprintf(`(document.querySelector(%s).select(), true)`, quote(selector)))
	tab.Press(text)
}

// Press presses keys, one after the other, where the focus is.
func (tab *Tab) Press(keys string) {
	tab.t.Helper()
	tab.do("press keys", func() error { return tab.run(chromedp.KeyEvent(keys)) })
}

// Focused is the id, else the name, else the text of the element with the focus.
func (tab *Tab) Focused() string {
	tab.t.Helper()
	return Eval[string](tab, `(e => e.id || e.name || e.innerText.replace(/\s+/g, ' ') || e.tagName)(document.activeElement)`)
}

// Text is the visible text of an element, which is waited for.
func (tab *Tab) Text(selector string) string {
	tab.t.Helper()
	tab.Await(selector)
	return Eval[string](tab, fmt.Sprintf(`document.querySelector(%s).innerText.replace(/\s+/g, ' ').trim()`, quote(selector)))
}

// Count is how many such elements there are.
func (tab *Tab) Count(selector string) int {
	tab.t.Helper()
	return Eval[int](tab, fmt.Sprintf(`document.querySelectorAll(%s).length`, quote(selector)))
}

// Address is where the tab is.
func (tab *Tab) Address() string { return Eval[string](tab, `location.href`) }

// FitsWidth fails the test when the page must be scrolled sideways.
func (tab *Tab) FitsWidth() {
	tab.t.Helper()
	tab.until("a page is there", `document.scrollingElement !== null`) // none while one page takes another's place
	if over := Eval[int](tab, `document.scrollingElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
		tab.t.Errorf("%s is %d pixels too wide", tab.Address(), over)
	}
}

// Eval evaluates an expression of JavaScript, or what a promise comes to.
func Eval[T any](tab *Tab, expression string) (value T) {
	tab.t.Helper()
	tab.do("evaluate …"+program.Tail(expression, 300), func() (err error) { value, err = evaluate[T](tab, expression); return err })
	return value
}

func evaluate[T any](tab *Tab, expression string) (value T, err error) {
	ctx, cancel := context.WithTimeout(tab.ctx, program.Patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

func (tab *Tab) html() string {
	text, _ := evaluate[string](tab, `document.documentElement.outerHTML`)
	return text
}

// until waits until an expression is true of the page, whichever it is by then.
func (tab *Tab) until(what, expression string) {
	tab.t.Helper()
	deadline := time.Now().Add(program.Patience / 3)
	for time.Now().Before(deadline) {
		if so, err := evaluate[bool](tab, expression); err == nil && so {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	text, _ := evaluate[string](tab, `document.body.innerText`)
	tab.t.Fatalf("waited in vain: %s. It says:\n%s", what, program.Tail(text, 2<<10))
}

func (tab *Tab) run(action chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(tab.ctx, program.Patience)
	defer cancel()
	return chromedp.Do(ctx, action)
}

func (tab *Tab) do(what string, act func() error) {
	tab.t.Helper()
	if err := act(); err != nil {
		tab.t.Fatalf("%s: %v", what, err)
	}
}

func quote(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string can always be written
	}
	return string(quoted)
}
