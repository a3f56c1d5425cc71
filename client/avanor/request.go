package avanor

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/brama-pay/brama/client/internal/wire"
	"github.com/brama-pay/brama/money"
)

// jsonKinds names the fields that do not travel as JSON strings (api/avanor.md §4).
var jsonKinds = wire.Kinds{
	"shop_id":             wire.IsNumber,
	"currency":            wire.IsNumber,
	"shop_currency":       wire.IsNumber,
	"payer_currency":      wire.IsNumber,
	"payee_currency":      wire.IsNumber,
	"invoice_id":          wire.IsNumber,
	"withdraw_id":         wire.IsNumber,
	"account_details":     wire.IsInside('{'),
	"client_info":         wire.IsInside('{'),
	"issue_payment_token": wire.IsBool,
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
