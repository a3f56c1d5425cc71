package checkout

import (
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/instalment"
	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/money"
)

var update = flag.Bool("update", false, "write the golden pages anew")

var hashes = regexp.MustCompile(`(/pay/assets/[a-z]+)\.[0-9a-f]{16}\.`)

// golden compares a page with its file, but for the hashes of the assets.
func golden(t *testing.T, name string, w *httptest.ResponseRecorder) {
	t.Helper()
	got := hashes.ReplaceAllString(w.Body.String(), "$1.HASH.")
	file := filepath.Join("testdata", name+".html")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestGoldenPages(t *testing.T) {
	show := func(state invoice.PageState, query string, change func(*counter)) *httptest.ResponseRecorder {
		c := newCounter()
		c.page.State = state
		if change != nil {
			change(c)
		}
		return c.visit(page + query)
	}
	asDemo := func(c *counter) { c.Demo = true }
	paid := func(c *counter) { c.page.Invoice.PayerAccount = "555555XXXXXX4444" }
	golden(t, "card", show(invoice.AskCard, "", nil))
	golden(t, "card-demo-uk", show(invoice.AskCard, "?lang=uk", asDemo))
	golden(t, "card-hold-converted-ru", show(invoice.AskCard, "?lang=ru", func(c *counter) {
		in := c.page.Invoice
		in.Hold, in.PriceCurrency, in.Price, in.Surcharge = true, money.UAH, 5092500, 12500
	}))
	golden(t, "challenge", show(invoice.AskCode, "", nil))
	inParts := func(parts ...int64) func(*counter) {
		return func(c *counter) {
			in := c.page.Invoice
			in.Currency, in.PriceCurrency, in.Amount, in.Price = money.UAH, money.UAH, 100000, 100000
			in.Description, c.page.Products = "", []instalment.Product{{Name: "TV set", Count: 1}, {Name: "Cable <HDMI>", Count: 2}, {Name: "Stand", Count: 1}, {Name: "Lamp", Count: 1}}
			for _, minor := range parts {
				c.page.Parts = append(c.page.Parts, money.New(minor, money.UAH))
			}
		}
	}
	golden(t, "card-parts-uk", show(invoice.AskCard, "?lang=uk", inParts(34324, 34323, 34323)))
	golden(t, "challenge-parts", show(invoice.AskCode, "", inParts(50000, 50000)))
	golden(t, "waiting-uk", show(invoice.ShowWaiting, "?lang=uk", nil))
	golden(t, "paid", show(invoice.ShowPaid, "", paid))
	golden(t, "held-ru", show(invoice.ShowHeld, "?lang=ru", paid))
	golden(t, "rejected", show(invoice.ShowRejected, "", func(c *counter) { c.page.Invoice.Failure = invoice.Declined }))
	golden(t, "expired-uk", show(invoice.ShowExpired, "?lang=uk", nil))
	golden(t, "start", show(invoice.AskStart, "", nil))
	golden(t, "continue-ru", show(invoice.ShowContinue, "?lang=ru", func(c *counter) { c.page.Continue = "https://bank.example/ipp?token=A&x=1" }))
	golden(t, "canceled", show(invoice.ShowLeft, "", nil))
	golden(t, "missing-uk", newCounter().visit("/pay/nothing?lang=uk"))
	golden(t, "busy", show(invoice.AskCard, "", func(c *counter) { c.fail = fault.New(fault.Overloaded, "full") }))
	golden(t, "problems", newCounter().send(page, cardForm("4242", "13/30", "")))
}

// What a payer fetches for one page is small: under 30 KB with style and picture.
func TestPagesAreSmall(t *testing.T) {
	var shared int
	for name, data := range contents {
		shared += len(data)
		if len(data) == 0 {
			t.Errorf("%s is empty", name)
		}
	}
	for _, state := range states {
		c := newCounter()
		c.Demo, c.page.State = true, state
		c.page.Invoice.Description = strings.Repeat("<", 255) // as long as it may be, and longer when escaped
		for _, w := range []*httptest.ResponseRecorder{c.visit(page + "?lang=uk"), c.send(page+"?lang=uk", "")} {
			if total := shared + w.Body.Len(); total > 30<<10 {
				t.Errorf("%s: %d bytes", state, total)
			}
		}
	}
}

func TestAssets(t *testing.T) {
	c := newCounter()
	body := c.visit(page).Body.String()
	kinds := map[string]string{"checkout.css": "text/css; charset=utf-8", "brama.svg": "image/svg+xml", "checkout.js": "text/javascript; charset=utf-8"}
	for name, kind := range kinds {
		path := assets.Path(name)
		if !strings.Contains(body, path) || !hashes.MatchString(path) {
			t.Errorf("%s at %q is not on the page", name, path)
		}
		w := c.visit(path)
		wantStatus(t, w, http.StatusOK)
		if got := w.Header().Get("Content-Type"); got != kind {
			t.Errorf("%s: Content-Type %q", name, got)
		}
		if got := w.Header().Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
			t.Errorf("%s: Cache-Control %q", name, got)
		}
		if got := w.Header().Get("X-Content-Type-Options"); got != "nosniff" {
			t.Errorf("%s: X-Content-Type-Options %q", name, got)
		}
		wantStatus(t, c.serve(request("POST", path, "")), http.StatusMethodNotAllowed)
	}
	if len(kinds) != len(contents) {
		t.Errorf("%d assets", len(contents))
	}
	for _, path := range []string{"/pay/assets/", "/pay/assets/checkout.css", "/pay/assets/checkout.0000000000000000.css", "/pay/assets/../checkout.go", "/pay/assets/%2e%2e/phrases.go"} {
		w := c.visit(path)
		wantStatus(t, w, http.StatusNotFound)
		if got := w.Header().Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: Cache-Control %q", path, got)
		}
	}
}

// The style is readable in both schemes: text on its ground has a contrast of 4.5
// and more (WCAG 2.2, 1.4.3).
func TestColoursAreReadable(t *testing.T) {
	css, err := assetFiles.ReadFile("assets/checkout.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark, found := strings.Cut(string(css), "@media (prefers-color-scheme: dark)")
	if !found {
		t.Fatal("there is no dark scheme")
	}
	pairs := [][2]string{{"ink", "sheet"}, {"ink", "ground"}, {"soft", "sheet"}, {"soft", "ground"}, {"act", "sheet"}, {"act", "ground"},
		{"on-act", "act"}, {"bad", "sheet"}, {"bad", "bad-ground"}, {"ink", "bad-ground"}, {"good", "sheet"}, {"on-act", "act-more"}}
	for scheme, text := range map[string]string{"light": light, "dark": dark} {
		for _, pair := range pairs {
			if c := contrast(colour(t, text, pair[0]), colour(t, text, pair[1])); c < 4.5 {
				t.Errorf("%s: %s on %s has a contrast of %.2f", scheme, pair[0], pair[1], c)
			}
		}
		if c := contrast(colour(t, text, "edge"), colour(t, text, "sheet")); c < 3 {
			t.Errorf("%s: an input's edge has a contrast of %.2f", scheme, c)
		}
	}
}
