package avanor

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/brama-pay/brama/api/body"
	"github.com/brama-pay/brama/api/incident"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/signature"
)

// payForm is the signed form that a payer's browser sends (api/avanor.md §3). The
// payer can edit what is not signed: of that only the payway, the description and
// what the payway asked for are read, and no URL.
var payForm = method{
	name:   signature.PayForm,
	fields: []field{amount, currency, shopID, orderID, sign, paywayAlias.maybe(), description},
	moves:  true,
}

// languages are those of the form and of the payer's page.
var languages = map[string]bool{"en": true, "ru": true, "uk": true}

// formLanguage is the language of a form's path, /{language}/pay.
func formLanguage(path string) (string, bool) {
	language, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return language, languages[language] && strings.TrimSuffix(rest, "/") == "pay"
}

// servePayForm creates the invoice and sends the payer to its page. Errors are a
// page too: a payer reads them.
func (d *door) servePayForm(w http.ResponseWriter, r *http.Request, language string) {
	begun := d.Now()
	q := &request{http: r, method: &payForm}
	to, err := d.pay(q)
	code := codeOK
	if err == nil {
		header := w.Header()
		header.Set("Cache-Control", "no-store")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Location", to+"?lang="+language)
		w.WriteHeader(http.StatusSeeOther)
	} else {
		code = d.formError(w, q, err, language)
	}
	d.note(q, code, d.Now().Sub(begun))
}

func (d *door) pay(q *request) (to string, err error) {
	defer incident.Recovered(&err)
	if method := q.http.Method; method != http.MethodGet && method != http.MethodPost {
		return "", notAllowed("GET, POST")
	}
	if d.Draining != nil && d.Draining() {
		return "", draining()
	}
	sent, err := readForm(q.http)
	if err != nil {
		return "", err
	}
	if err := q.read(payForm.fields, sent); err != nil {
		return "", err
	}
	ctx := q.http.Context()
	if err := d.climb(ctx, q, upper); err != nil {
		return "", err
	}
	v, err := d.payable(ctx, q, sent)
	if err != nil {
		return "", err
	}
	return d.page(v), nil
}

// payable is the form's invoice. A payer who sends the form again, by going back
// or loading anew, comes to the same one.
func (d *door) payable(ctx context.Context, q *request, sent form) (*invoice.Invoice, error) {
	if q.fields["payway"] == "" {
		alias, err := d.choose(ctx, q)
		if err != nil {
			return nil, err
		}
		q.fields["payway"] = alias
	}
	c := invoice.Create{
		Order: q.order(), Source: origin, OrderID: q.fields["shop_order_id"], Description: q.fields["description"], AddOns: sent.rest(),
	}
	v, err := d.Invoices.Create(ctx, c)
	if !fault.Is(err, fault.NotUnique) {
		return v, err
	}
	old, findErr := d.Invoices.FindByOrder(ctx, q.shop.Shop.ID, origin, c.OrderID)
	if findErr != nil || !same(old, c.Order) {
		return nil, err
	}
	return old, nil
}

// same reports whether an invoice is about the money that an order names.
func same(v *invoice.Invoice, o invoice.Order) bool {
	amount, err := money.Parse(o.Amount, o.Currency)
	return err == nil && amount == v.GrossAmount()
}

// choose is the payway of a form that names none: the first in use that takes the
// invoice's own currency, else the first in use.
func (d *door) choose(ctx context.Context, q *request) (string, error) {
	ways, err := d.Payways(ctx, payway.In, q.shop.Shop.ID)
	if err != nil {
		return "", err
	}
	chosen := ""
	for _, way := range ways {
		if !way.Active {
			continue
		}
		if way.Currency == q.currency("currency") {
			return way.Alias, nil
		}
		if chosen == "" {
			chosen = way.Alias
		}
	}
	if chosen == "" {
		return "", fault.Param("payway", "field required")
	}
	return chosen, nil
}

// form is the texts of a form, each name once.
type form map[string]string

// Find makes a form a source of fields; an empty optional field is an absent one.
func (f form) Find(name string) (body.Value, bool) {
	text, ok := f[name]
	if !ok || text == "" {
		return body.Value{}, false
	}
	return body.Value{Kind: body.KindString, Text: text}, true
}

// pageFields are what a form may carry that is not for the payway: the addresses
// among it are ignored (api/avanor.md §8).
var pageFields = map[string]bool{
	"callback_url": true, "callback_rejected_url": true, "success_url": true, "failed_url": true, "expires_at": true, "client_ip": true,
}

// rest are the texts that may be what the payway asked for.
func (f form) rest() map[string]string {
	rest := map[string]string{}
	for name, text := range f {
		if !payForm.has(name) && !pageFields[name] {
			rest[name] = text
		}
	}
	return rest
}

// readForm reads the query of a GET and the body of a POST.
func readForm(r *http.Request) (form, error) {
	text := r.URL.RawQuery
	if r.Method == http.MethodPost {
		kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if err != nil || kind != "application/x-www-form-urlencoded" {
			return nil, fault.Param("body", "must be a form, application/x-www-form-urlencoded")
		}
		data, err := readBody(r)
		if err != nil {
			return nil, err
		}
		text = string(data)
	}
	values, err := url.ParseQuery(text)
	if err != nil {
		return nil, fault.Param("body", "must be a form")
	}
	return once(values)
}

// once refuses what two readers could understand differently.
func once(values url.Values) (form, error) {
	sent, seen := make(form, len(values)), make(map[string]bool, len(values))
	for name, list := range values {
		folded := strings.ToLower(name)
		switch {
		case len(list) != 1 || seen[folded]:
			return nil, fault.Param("body", "must not hold a field twice")
		case !utf8.ValidString(name) || !utf8.ValidString(list[0]):
			return nil, fault.Param("body", "must be valid UTF-8")
		}
		seen[folded], sent[name] = true, list[0]
	}
	return sent, nil
}

const formStyle = "body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:4rem auto;padding:0 1rem}code{overflow-wrap:anywhere}" +
	"@media(prefers-color-scheme:dark){body{background:#111;color:#eee}}"

var (
	formPage = template.Must(template.New("error").Parse(`<!doctype html>
<html lang="{{.Language}}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{{.Title}}</title><style>` + formStyle + `</style>
<h1>{{.Title}}</h1>
<p>{{.Advice}}</p>
<p><code>{{.Code}}: {{.Message}}</code></p>
</html>
`))
	formStyleHash = func() string {
		sum := sha256.Sum256([]byte(formStyle))
		return base64.StdEncoding.EncodeToString(sum[:])
	}()
)

// formTexts are the title and the advice of the error page by language.
var formTexts = map[string][2]string{
	"en": {"The payment cannot be opened", "Nothing was paid. Go back to the shop and try again, or show the shop the line below."},
	"uk": {"Платіж неможливо відкрити", "Нічого не сплачено. Поверніться до магазину і спробуйте ще раз або покажіть магазину рядок нижче."},
	"ru": {"Платёж невозможно открыть", "Ничего не оплачено. Вернитесь в магазин и попробуйте ещё раз или покажите магазину строку ниже."},
}

// formError is a page for the payer, and the code of the error.
func (d *door) formError(w http.ResponseWriter, q *request, err error, language string) int {
	code, message := d.explain(q, err)
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'sha256-"+formStyleHash+"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	setAllow(header, err)
	w.WriteHeader(formStatus(code, err))
	_ = formPage.Execute(w, struct {
		Language, Title, Advice, Message string
		Code                             int
	}{language, formTexts[language][0], formTexts[language][1], message, code}) // a payer who left reads nothing
	return code
}

// formStatus is what browsers and their histories should think of the page.
func formStatus(code int, err error) int {
	if status := statusOf(err); status != http.StatusOK {
		return status
	}
	switch code {
	case codeInternal:
		return http.StatusInternalServerError
	case codeUnavailable, codes[fault.Overloaded]:
		return http.StatusServiceUnavailable
	}
	return http.StatusBadRequest
}
