package avanor

import (
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/brama-pay/brama/money"
)

// jsonKinds names the fields that do not travel as JSON strings (api/avanor.md §4).
var jsonKinds = map[string]func(text string) bool{
	"shop_id":             isNumber,
	"currency":            isNumber,
	"shop_currency":       isNumber,
	"payer_currency":      isNumber,
	"payee_currency":      isNumber,
	"invoice_id":          isNumber,
	"withdraw_id":         isNumber,
	"account_details":     isObject,
	"client_info":         isObject,
	"issue_payment_token": isBool,
}

func isNumber(text string) bool {
	return text != "" && (text[0] == '-' || text[0] >= '0' && text[0] <= '9') &&
		text[len(text)-1] >= '0' && text[len(text)-1] <= '9' && json.Valid([]byte(text))
}

func isObject(text string) bool {
	return len(text) > 1 && text[0] == '{' && json.Valid([]byte(text))
}

func isBool(text string) bool { return text == "true" || text == "false" }

// encodeFields prints the body. Numbers keep their literal, for that is what
// the signature covers.
func encodeFields(fields map[string]string) ([]byte, error) {
	body := make(map[string]any, len(fields))
	for name, text := range fields {
		if !utf8.ValidString(text) || !utf8.ValidString(name) {
			return nil, fmt.Errorf("field %q is not valid UTF-8", name)
		}
		if fits, special := jsonKinds[name]; special && fits(text) {
			body[name] = json.RawMessage(text)
			continue
		}
		body[name] = text
	}
	return json.Marshal(body)
}

// params collects the fields of one typed request.
type params map[string]string

// optional sets a field unless it is empty: an absent field and an empty one
// are not the same to every gateway.
func (p params) optional(name, value string) {
	if value != "" {
		p[name] = value
	}
}

// object sets a field that holds a JSON object of texts.
func (p params) object(name string, value map[string]string) {
	if len(value) == 0 {
		return
	}
	text, _ := json.Marshal(value) // a map of strings always prints
	p[name] = string(text)
}

// extend adds further top-level fields and refuses to overwrite one.
func (p params) extend(extra map[string]string) error {
	for name, value := range extra {
		if _, taken := p[name]; taken || name == "shop_id" || name == "sign" || name == "now" {
			return fmt.Errorf("avanor: the extra field %q would replace a field of the request", name)
		}
		p[name] = value
	}
	return nil
}

func idText(id int64) string { return strconv.FormatInt(id, 10) }

// currencyText is the ISO 4217 numeric code as the wire wants it: no leading zero.
func currencyText(c money.Currency) string { return strconv.FormatInt(int64(c), 10) }
