package avanor

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/brama-pay/brama/api/body"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/shop"
)

// shape is which JSON types a field takes.
type shape uint8

const (
	words  shape = iota // a string, or a number of nothing but digits
	number              // a number or a string
	texts               // an object of texts
	thing               // any object
	yesNo               // true, false, or a word for one of them
)

// field is one field of a method: what it is called, what it takes, and why a
// text is refused ("" when it is not). See api/avanor.md §4.
type field struct {
	name     string
	shape    shape
	check    func(text string) (reason string)
	optional bool
}

// maybe is the field as an optional one.
func (f field) maybe() field {
	f.optional = true
	return f
}

func wordsField(name string, check func(string) string) field { return field{name: name, check: check} }
func numberField(name string, check func(string) string) field {
	return field{name: name, shape: number, check: check}
}

// Bounds of the fields.
const (
	idLimit     = 1 << 53 // ids are below it
	idDigits    = 16
	textLength  = 255 // characters of an id of the shop's own, a description, an account
	paywayBytes = 150
	amountWhole = 12
	amountPart  = 8
	mostDetails = 64 // names of account_details
)

// The fields that methods share.
var (
	shopID       = numberField("shop_id", checkID)
	orderID      = wordsField("shop_order_id", filled)
	paymentID    = wordsField("shop_payment_id", filled)
	refundID     = wordsField("shop_refund_id", filled)
	invoiceID    = numberField("invoice_id", checkID)
	withdrawID   = numberField("withdraw_id", checkID)
	amount       = numberField("amount", checkAmount)
	currency     = numberField("currency", checkCurrency)
	shopCurrency = numberField("shop_currency", checkCurrency)
	paywayAlias  = wordsField("payway", checkPayway)
	amountType   = wordsField("amount_type", checkAmountType)
	account      = wordsField("account", filled)
	details      = field{name: "account_details", shape: texts, optional: true}
	now          = numberField("now", filled)
	description  = wordsField("description", short).maybe()
	callbackURL  = wordsField("callback_url", shop.CheckURL).maybe()
	sign         = wordsField("sign", filled)
)

// wanted are the fields of a request for payment.
var wanted = []field{
	amount, currency, paywayAlias, shopID, orderID, sign, description, callbackURL,
	wordsField("callback_rejected_url", shop.CheckURL).maybe(), wordsField("success_url", shop.CheckReturnURL).maybe(),
	wordsField("failed_url", shop.CheckReturnURL).maybe(), wordsField("expires_at", checkTime).maybe(),
	wordsField("client_ip", checkAddress).maybe(), {name: "client_info", shape: thing, optional: true},
	{name: "issue_payment_token", shape: yesNo, optional: true},
}

// fields are what a request carries, by name: the text as it was signed.
type fields map[string]string

// Format prints no text, whatever the verb: accounts and the signature are among them.
func (f fields) Format(s fmt.State, _ rune) { _, _ = fmt.Fprintf(s, "%d fields", len(f)) }

// source finds a field of a request; null and absent are told apart.
type source interface {
	Find(name string) (body.Value, bool)
}

// read takes the fields of a method out of a source. A fault.Invalid names every
// wrong one (api/avanor.md §1).
func (q *request) read(list []field, from source) error {
	q.fields = make(fields, len(list))
	var wrong map[string]string
	for i := range list {
		if reason := q.take(&list[i], from); reason != "" {
			if wrong == nil {
				wrong = map[string]string{}
			}
			wrong[list[i].name] = reason
		}
	}
	if reason := q.amountIn(); wrong["amount"] == "" && reason != "" {
		if wrong == nil {
			wrong = map[string]string{}
		}
		wrong["amount"] = reason
	}
	if wrong != nil {
		return fault.Params(wrong)
	}
	return nil
}

func (q *request) take(f *field, from source) (reason string) {
	v, found := from.Find(f.name)
	switch {
	case f.optional && (!found || v.Kind == body.KindNull):
		return ""
	case !found:
		return "field required"
	case v.Kind == body.KindNull:
		return "must not be null"
	}
	switch f.shape {
	case texts:
		q.details, reason = readTexts(v)
		return reason
	case thing:
		if v.Kind != body.KindObject {
			return "must be an object"
		}
		return ""
	case yesNo:
		return checkFlag(v)
	}
	text, reason := f.scalar(v)
	if reason != "" || f.optional && text == "" { // empty and optional is absent
		return reason
	}
	if reason = f.check(text); reason == "" {
		q.fields[f.name] = text
	}
	return reason
}

// scalar is the text that was signed: a string decoded, a number as it stands.
func (f *field) scalar(v body.Value) (text, reason string) {
	text, ok := v.Scalar()
	switch {
	case !ok && f.shape == number:
		return "", "must be a number or a string"
	case !ok, f.shape == words && v.Kind == body.KindNumber && !digits(text):
		return "", "must be a string"
	case v.Kind == body.KindNumber && strings.ContainsAny(text, "eE+-"):
		return "", "must be written without a sign and without an exponent"
	case strings.Contains(text, "\x00"):
		return "", "must not hold a zero byte" // PostgreSQL keeps none, so one database would answer otherwise
	}
	return text, ""
}

func readTexts(v body.Value) (map[string]string, string) {
	if v.Kind != body.KindObject {
		return nil, "must be an object"
	}
	o, err := v.Object()
	if err != nil || o.Len() > mostDetails {
		return nil, "must be an object of at most 64 texts"
	}
	found := make(map[string]string, o.Len())
	for _, name := range o.Names() {
		inner, _ := o.Find(name)
		text, ok := inner.Scalar()
		if inner.Kind == body.KindNull {
			continue
		}
		if !ok || strings.Contains(text, "\x00") || utf8.RuneCountInString(text) > textLength {
			return nil, "must be an object of texts, each of at most 255 characters"
		}
		found[name] = text
	}
	return found, ""
}

// amountIn checks the amount's decimals where the request names its currency.
// For a payout's ps_amount it is the payway's, which the room knows.
func (q *request) amountIn() (reason string) {
	text, of := q.fields["amount"], q.currency("currency")
	if q.fields["amount_type"] == shopAmount {
		of = q.currency("shop_currency")
	}
	if text == "" || of == 0 {
		return ""
	}
	if _, err := money.Parse(text, of); err != nil {
		return err.Error()
	}
	return ""
}

// id is a field that checkID has passed.
func (q *request) id(name string) int64 {
	id, _ := strconv.ParseInt(q.fields[name], 10, 64)
	return id
}

// currency is a field that checkCurrency has passed; 0 when there is none.
func (q *request) currency(name string) money.Currency {
	c, _ := money.CurrencyByNumber(q.id(name))
	return c
}

func digits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}

func checkID(text string) string {
	if !digits(text) {
		return "must be a whole number"
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || len(text) > idDigits || id >= idLimit {
		return "must be below 9007199254740992"
	}
	return ""
}

func checkCurrency(text string) string {
	if checkID(text) == "" {
		n, _ := strconv.ParseInt(text, 10, 64)
		if _, ok := money.CurrencyByNumber(n); ok {
			return ""
		}
	}
	return "must be the ISO 4217 number of a currency, such as 840"
}

// checkAmount is ^\d{1,12}(\.\d{1,8})?$ and above zero; how many decimals a
// currency has is checked where the currency is known.
func checkAmount(text string) string {
	whole, part, point := strings.Cut(text, ".")
	switch {
	case !digits(whole) || point && !digits(part):
		return money.ErrText.Error()
	case len(whole) > amountWhole:
		return "more than 12 digits before the point"
	case len(part) > amountPart:
		return "more than 8 decimals"
	case strings.Trim(whole, "0") == "" && strings.Trim(part, "0") == "":
		return "must be greater than 0"
	}
	return ""
}

func checkPayway(text string) string {
	if text == "" || len(text) > paywayBytes {
		return "must have 1 to 150 characters"
	}
	for i := range len(text) {
		c := text[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("_,[]", c) >= 0) {
			return "must consist of letters, digits and _,[]"
		}
	}
	return ""
}

// The values of amount_type (seed 003).
const (
	psAmount   = "ps_amount"
	shopAmount = "shop_amount"
)

func checkAmountType(text string) string {
	if text != psAmount && text != shopAmount {
		return "must be ps_amount or shop_amount"
	}
	return ""
}

func filled(text string) string {
	if n := utf8.RuneCountInString(text); n == 0 || n > textLength {
		return "must have 1 to 255 characters"
	}
	return ""
}

func short(text string) string {
	if utf8.RuneCountInString(text) > textLength {
		return "must have at most 255 characters"
	}
	return ""
}

func checkTime(text string) string {
	if _, err := time.Parse(time.RFC3339, text); err != nil {
		return "must be a time as RFC 3339 writes it, such as 2026-05-24T16:35:42Z"
	}
	return ""
}

func checkAddress(text string) string {
	if _, err := netip.ParseAddr(text); err != nil {
		return "must be an IP address"
	}
	return ""
}

func checkFlag(v body.Value) string {
	switch v.Text {
	case "true", "false", "1", "0":
		return ""
	}
	return "must be true or false"
}
