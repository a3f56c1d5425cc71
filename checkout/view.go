package checkout

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/brama-pay/brama/instalment"
	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/money"
)

// view is what the templates know: texts ready to be shown, and nothing that was
// typed but a date.
type view struct {
	Kind     string // the page: an invoice.PageState, or "sorry"
	Reason   string // what exactly to say, a phrase; "" when the kind says it all
	Lang     language
	Self     string // this page's own address, for the form
	Tongues  []tongue
	Shop     string
	Order    string
	About    string // what is paid for
	Price    string // what the payer pays
	Fee      string // of that, the payer's part of the fee; "" is none
	Gross    string // the order's amount, when it is in another currency
	Payer    string // the payer's account, masked
	Continue string // the provider's page where the payer goes on; "" is none
	Return   string // the shop's page for this outcome; "" is none
	Hold     bool
	Parts    *parts // of a payment in parts; nil is none
	Problems []problem
	Expiry   string
	Month    int // this one, as field.Now has it
	Hints    []hint
}

// tongue is a language that the page can be read in instead.
type tongue struct {
	Tag        language
	Name, Href string
	Current    bool
}

// parts is what a payment in parts comes to.
type parts struct {
	Count  int
	First  string // paid at once
	Others string // how many, and what each is
	Total  string
}

// hint is a card of the sandbox (api/sandbox.md); Text names a phrase.
type hint struct{ Number, Text string }

var hints = []hint{
	{"4242 4242 4242 4242", "hint.approved"},
	{"4000 0000 0000 0002", "hint.declined"},
	{"4000 0000 0000 9995", "hint.funds"},
	{"4000 0000 0000 3220", "hint.secure"},
	{"4000 0000 0000 0341", "hint.later"},
	{"4000 0000 0000 0259", "hint.twice"},
	{"4000 0000 0000 0119", "hint.after"},
	{"4000 0000 0000 0127", "hint.before"},
	{"0000 1111 2222 3333", "hint.parts"},
	{"0000 1111 2222 4444", "hint.noparts"},
}

// sorry is why there is no page to show.
type sorry string

const (
	sorryMissing sorry = "missing" // no such session
	sorryBusy    sorry = "busy"    // later, perhaps
	sorryBroken  sorry = "broken"  // a defect of ours
	sorryForm    sorry = "form"    // not a request that this page makes
)

// T is a phrase in the page's language; one that is not there is an error, so that
// no page goes out with a hole.
func (v view) T(name string) (string, error) {
	p, ok := phrases[name]
	if !ok {
		return "", fmt.Errorf("no phrase %q", name)
	}
	return p.in(v.Lang), nil
}

// Wrong reports whether the field has a problem.
func (v view) Wrong(field string) bool { return v.Problem(field) != "" }

// Problem is the phrase for what is wrong with the field, "" when nothing is.
func (v view) Problem(field string) string {
	for _, p := range v.Problems {
		if p.Field == field {
			return p.Text
		}
	}
	return ""
}

// First reports whether the field is the first that must be mended.
func (v view) First(field string) bool { return len(v.Problems) > 0 && v.Problems[0].Field == field }

// Waits reports whether the page changes without the payer: it looks by itself.
func (v view) Waits() bool {
	return v.Kind == string(invoice.ShowWaiting) || v.Kind == string(invoice.ShowContinue)
}

// field is an input of a form, as its template needs it.
type field struct {
	view
	Name, Autocomplete string
	Longest            int      // characters that fit, with the gaps that people type
	Wrongs             []string // what can be wrong: the phrases after its name
	Help               bool     // there is more to say than its label
}

// Field is the input of that name.
func (v view) Field(name string) (field, error) {
	for _, f := range []field{
		{v, fieldCard, "cc-number", 40, []string{"empty", "length", "slip"}, false},
		{v, fieldExpiry, "cc-exp", 9, []string{"empty", "format", "past"}, true},
		{v, fieldCVV, "cc-csc", 4, []string{"empty", "wrong"}, true},
		{v, fieldCode, "one-time-code", 20, []string{"empty", "wrong"}, true},
	} {
		if f.Name == name {
			return f, nil
		}
	}
	return field{}, fmt.Errorf("no field %q", name)
}

// Now is the month for the input that a past one is wrong in, else 0.
func (f field) Now() int {
	if f.Name == fieldExpiry {
		return f.Month
	}
	return 0
}

// Value is what stands in the input already: of all that was typed only the date.
func (f field) Value() string {
	if f.Name == fieldExpiry {
		return f.Expiry
	}
	return ""
}

// Asset is the address of an asset by its plain name.
func (v view) Asset(name string) string { return assets.Path(name) }

// blank is a page without a payment.
func (v *visit) blank(reason string) view {
	b := view{Kind: "sorry", Reason: reason, Lang: v.lang, Self: v.self()}
	for _, l := range languages {
		b.Tongues = append(b.Tongues, tongue{l.Tag, l.Name, v.address(l.Tag), l.Tag == v.lang})
	}
	return b
}

// present is the page of the payment as it stands.
func (v *visit) present() view {
	p, in := v.blank(""), v.page.Invoice
	p.Kind = string(v.page.State)
	p.Shop, p.Order, p.About, p.Payer, p.Hold = v.page.ShopName, in.OrderID, about(v.page), groups(in.PayerAccount), in.Hold
	p.Price = v.lang.write(in.PriceAmount())
	p.Month = monthOf(v.Now())
	if in.Surcharge > 0 {
		p.Fee = v.lang.write(money.New(in.Surcharge, in.PriceCurrency))
	}
	if in.Currency != in.PriceCurrency {
		p.Gross = v.lang.write(in.GrossAmount())
	}
	if v.Demo && v.page.State == invoice.AskCard {
		p.Hints = hints
	}
	p.Parts = v.parts()
	p.Return = wayBack(v.page)
	p.Continue = webPage(v.page.Continue)
	if v.page.State == invoice.ShowRejected {
		p.Reason = reasons[in.Failure]
	}
	return p
}

// mostNamed is how many products a page names; a payer needs to know the order again,
// not to read the bill.
const mostNamed = 3

// about is the shop's description, or what is in the basket where there is none.
func about(p *invoice.Page) string {
	if p.Invoice.Description != "" {
		return p.Invoice.Description
	}
	var names []string
	for i, product := range p.Products {
		if i == mostNamed {
			return strings.Join(names, ", ") + ", …"
		}
		if product.Count > 1 {
			names = append(names, strconv.FormatInt(product.Count, 10)+noBreak+"×"+noBreak+product.Name)
		} else {
			names = append(names, product.Name)
		}
	}
	return strings.Join(names, ", ")
}

// groups writes a masked account as it stands on the card: 4242 42•• •••• 4242.
func groups(account string) string {
	var b strings.Builder
	for i, c := range strings.ReplaceAll(account, "X", "•") {
		if n := utf8.RuneCountInString(b.String()); i > 0 && n%5 == 4 {
			b.WriteString(noBreak)
		}
		b.WriteRune(c)
	}
	return b.String()
}

// parts writes the page's parts for people; nil when there are none, or when their
// sum is no amount.
func (v *visit) parts() *parts {
	list := v.page.Parts
	total, err := instalment.Total(list)
	if len(list) < 2 || err != nil {
		return nil
	}
	return &parts{
		Count: len(list), First: v.lang.write(list[0]), Total: v.lang.write(total),
		Others: strconv.Itoa(len(list)-1) + noBreak + "×" + noBreak + v.lang.write(list[1]),
	}
}

// reasons are the phrases for why a payment was rejected; none for a failure that
// a payer need not hear of.
var reasons = map[invoice.Failure]string{
	invoice.Declined:    "rejected.declined",
	invoice.Unavailable: "rejected.unavailable",
	invoice.Unheld:      "rejected.unheld",
}

// wayBack is the shop's page for the outcome, and only the stored one: nothing of
// the request leads away from here. "" before there is an outcome.
func wayBack(p *invoice.Page) string {
	switch p.State {
	case invoice.ShowPaid, invoice.ShowHeld:
		return webPage(p.Invoice.SuccessURL)
	case invoice.ShowRejected, invoice.ShowExpired, invoice.ShowLeft:
		return webPage(p.Invoice.FailedURL)
	}
	return ""
}

// webPage is the address when it is a web page's, else "": a shop's stored address
// must not run as a script.
func webPage(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return u.String()
}

// self is the page's own address, with the language when it was asked for there.
func (v *visit) self() string {
	if l, ok := override(v.r); ok {
		return v.address(l)
	}
	return v.address("")
}

// address is the path as it was asked for, the token of another door's page, and
// a language. What is no session is not repeated: it might be anything.
func (v *visit) address(lang language) string {
	query := url.Values{}
	if lang != "" {
		query.Set("lang", string(lang))
	}
	own := url.URL{Path: prefix}
	if isSession(v.session) {
		own.Path = v.r.URL.Path
		if token := v.r.URL.Query().Get("token"); isSession(token) {
			query.Set("token", token)
		}
	}
	own.RawQuery = query.Encode()
	return own.String()
}
