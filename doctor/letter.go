package doctor

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/signature"
)

// letter is a rendered message taken apart, so that a part can be forged.
type letter struct {
	callback.Delivery
	fields []field
	form   bool
	raw    []byte // sent in place of the fields

	id   string   // webhook-id
	at   int64    // webhook-timestamp, Unix seconds
	keys []string // of webhook-signature; none: no headers
	// seal overrides the value of webhook-signature.
	seal func(l *letter, body []byte) string
}

// field is one of a body: its text, and how JSON writes it.
type field struct{ name, text, literal string }

// The fields in which the protocols have their signature.
const (
	avanorSign   = "sign"
	payPartsSign = "signature"
)

// open takes a rendered message apart.
func open(d callback.Delivery) (*letter, error) {
	l := &letter{Delivery: d, form: strings.HasPrefix(d.ContentType, "application/x-www-form-urlencoded")}
	var err error
	if l.form {
		l.fields, err = formFields(d.Body)
	} else {
		l.fields, err = jsonFields(d.Body)
	}
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "a rendered callback cannot be read")
	}
	return l, nil
}

func formFields(body []byte) (list []field, err error) {
	values, err := url.ParseQuery(string(body))
	for name := range values {
		list = append(list, field{name: name, text: values.Get(name)})
	}
	slices.SortFunc(list, func(a, b field) int { return strings.Compare(a.name, b.name) })
	return list, err
}

func jsonFields(body []byte) (list []field, err error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	if _, err := decoder.Token(); err != nil {
		return nil, err
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		var literal json.RawMessage
		if err := decoder.Decode(&literal); err != nil {
			return nil, err
		}
		f := field{name: name.(string), literal: string(literal)}
		switch literal[0] {
		case '"':
			err = json.Unmarshal(literal, &f.text)
		case 'n':
		default:
			f.text = f.literal
		}
		if err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	return list, nil
}

// clone is a letter that can be changed by itself.
func (l *letter) clone() *letter {
	c := *l
	c.fields = slices.Clone(l.fields)
	return &c
}

// text is a field's text, "" when it is not there.
func (l *letter) text(name string) string {
	for _, f := range l.fields {
		if f.name == name {
			return f.text
		}
	}
	return ""
}

// set changes a field, a number staying a number, or adds a text at the end.
func (l *letter) set(name, text string) *letter {
	for i, f := range l.fields {
		if f.name != name {
			continue
		}
		l.fields[i].text = text
		if strings.HasPrefix(f.literal, `"`) || f.literal == "null" {
			l.fields[i].literal = quoted(text)
		} else {
			l.fields[i].literal = text
		}
		return l
	}
	l.fields = append(l.fields, field{name, text, quoted(text)})
	return l
}

// drop takes a field out.
func (l *letter) drop(name string) *letter {
	l.fields = slices.DeleteFunc(l.fields, func(f field) bool { return f.name == name })
	return l
}

func quoted(text string) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a text always can
	return strings.TrimSuffix(b.String(), "\n")
}

// body is what is posted.
func (l *letter) body() []byte {
	if l.raw != nil {
		return l.raw
	}
	if l.form {
		values := url.Values{}
		for _, f := range l.fields {
			values.Set(f.name, f.text)
		}
		return []byte(values.Encode())
	}
	var b bytes.Buffer
	for i, f := range l.fields {
		b.WriteByte("{,"[min(i, 1)])
		b.WriteString(quoted(f.name) + ":" + f.literal)
	}
	b.WriteByte('}')
	return b.Bytes()
}

// values are the fields by name, without the signature.
func (l *letter) values() map[string]string {
	values := map[string]string{}
	for _, f := range l.fields {
		if f.name != avanorSign && f.name != payPartsSign {
			values[f.name] = f.text
		}
	}
	return values
}

// payParts are the texts that a PayParts callback signs, between the passwords.
func (l *letter) payParts() []string {
	return []string{l.text("storeId"), l.text("orderId"), l.text("paymentState"), l.text("message")}
}

// signed is the letter under a secret, as its protocol signs.
func (l *letter) signed(secret string) *letter {
	if l.text("storeId") != "" {
		return l.set(payPartsSign, signature.PayParts(slices.Concat([]string{secret}, l.payParts(), []string{secret})...))
	}
	return l.set(avanorSign, signature.SignCallback(l.values(), secret))
}

// signField is where this letter's signature stands.
func (l *letter) signField() string {
	if l.text("storeId") != "" {
		return payPartsSign
	}
	return avanorSign
}
