package avanor

import (
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/signature"
)

// payFormMethod is the pay form's name among the signed methods.
const payFormMethod = "pay"

var language = regexp.MustCompile(`^[a-z]{2}$`)

// PayFormRequest is a payment that the payer's browser opens by itself, without
// a call of ours. The payer can edit what is not signed, so only the first
// three fields are to be trusted on the other side; addresses in Extra are
// ignored by Brama.
type PayFormRequest struct {
	ShopOrderID string
	Amount      Decimal
	Currency    money.Currency
	Description string
	Extra       map[string]string
}

// Form is an HTML form, ready to be rendered or followed.
type Form struct {
	Method string
	Action string
	Fields map[string]string
}

// PayForm builds the signed form of /{language}/pay. Languages are en, ru and
// uk on Brama.
func (c *Client) PayForm(lang string, q PayFormRequest) (Form, error) {
	if !language.MatchString(lang) {
		return Form{}, fmt.Errorf("avanor: pay form language %q: two lower-case letters are wanted, such as en", lang)
	}
	p := params{
		"shop_order_id": q.ShopOrderID,
		"amount":        string(q.Amount),
		"currency":      currencyText(q.Currency),
	}
	p.optional("description", q.Description)
	if err := p.extend(q.Extra); err != nil {
		return Form{}, err
	}
	signed, _ := signature.SignedFields(payFormMethod)
	action := strings.TrimRight(c.pay, "/") + "/" + lang + "/pay"
	return Form{Method: http.MethodPost, Action: action, Fields: c.complete(signed, p)}, nil
}

// URL is the form as one link.
func (f Form) URL() string {
	query := url.Values{}
	for name, value := range f.Fields {
		query.Set(name, value)
	}
	if len(query) == 0 {
		return f.Action
	}
	joint := "?"
	if strings.Contains(f.Action, "?") {
		joint = "&"
	}
	return f.Action + joint + query.Encode()
}

var formPage = template.Must(template.New("form").Parse(
	`<form method="{{.Method}}" action="{{.Action}}">` +
		`{{range $name, $value := .Fields}}<input type="hidden" name="{{$name}}" value="{{$value}}">{{end}}` +
		`<button type="submit">{{.Button}}</button></form>`))

// WriteHTML renders the form with one button. All values are escaped.
func (f Form) WriteHTML(w io.Writer, button string) error {
	return formPage.Execute(w, struct {
		Form
		Button string
	}{f, button})
}
