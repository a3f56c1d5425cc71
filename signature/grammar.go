package signature

import (
	"strings"
	"unicode/utf8"
)

// grammar is what a field's text may be (api/avanor.md §4), in the widest form that
// any currency, payway or protocol sibling allows: the one-reading check must not
// miss a reading that a door would accept.
type grammar struct {
	free bool // the text may hold a ':'
	fits func(text, shop string) bool
}

// grammars has an entry for every signed field.
var grammars = map[string]grammar{
	"account":         {free: true, fits: filled},
	"payee_account":   {free: true, fits: filled},
	"now":             {free: true, fits: anything},
	"shop_order_id":   {free: true, fits: shopsID},
	"shop_payment_id": {free: true, fits: shopsID},
	"shop_refund_id":  {free: true, fits: shopsID},
	"amount":          {fits: amount},
	"shop_amount":     {fits: amount},
	"amount_type":     {fits: amountType},
	"currency":        {fits: currency},
	"shop_currency":   {fits: currency},
	"payee_currency":  {fits: currency},
	"payer_currency":  {fits: currency},
	"invoice_id":      {fits: operationID},
	"withdraw_id":     {fits: operationID},
	"payway":          {fits: payway},
	"shop_id":         {fits: sameShop},
}

// The sizes of api/avanor.md §4.
const (
	shopsIDMax  = 255     // characters
	paywayMax   = 150     // characters
	wholeMax    = 12      // digits of an amount before the point
	fractionMax = 4       // and behind it, in the currency that has most
	currencyMax = 3       // digits
	operations  = 1 << 53 // ids are below it
)

// chosen reports whether the field is free text that a shop or its customer chooses.
func chosen(name string) bool { return grammars[name].free && name != "now" }

func anything(string, string) bool { return true }

func filled(text, _ string) bool { return text != "" }

// shopsID looks at the length in bytes first: counting the characters of every long
// tail would make the check quadratic.
func shopsID(text, _ string) bool {
	return text != "" && len(text) <= shopsIDMax*utf8.UTFMax && utf8.RuneCountInString(text) <= shopsIDMax
}

func amount(text, _ string) bool {
	whole, fraction, point := strings.Cut(text, ".")
	if whole == "" || len(whole) > wholeMax || point && fraction == "" || len(fraction) > fractionMax {
		return false
	}
	positive := strings.Trim(whole, "0") != "" || strings.Trim(fraction, "0") != ""
	return positive && allDigits(whole) && allDigits(fraction)
}

func amountType(text, _ string) bool { return text == "ps_amount" || text == "shop_amount" }

func currency(text, _ string) bool {
	digits, ok := integer(text)
	return ok && len(digits) <= currencyMax
}

func operationID(text, _ string) bool {
	digits, ok := integer(text)
	if !ok || len(digits) > 16 {
		return false
	}
	var id uint64
	for i := range len(digits) {
		id = 10*id + uint64(digits[i]-'0')
	}
	return id < operations
}

func payway(text, _ string) bool {
	if text == "" || len(text) > paywayMax {
		return false
	}
	for i := range len(text) {
		if !paywayByte(text[i]) {
			return false
		}
	}
	return true
}

func paywayByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || isDigit(c) ||
		c == '_' || c == ',' || c == '[' || c == ']'
}

// sameShop compares as numbers do: 05 in a string is shop 5.
func sameShop(text, shop string) bool {
	if text == shop {
		return text != ""
	}
	digits, ok := integer(text)
	own, okay := integer(shop)
	return ok && okay && digits == own
}

// integer is the digits of an integer without its leading zeros.
func integer(text string) (string, bool) {
	if text == "" || !allDigits(text) {
		return "", false
	}
	return strings.TrimLeft(text, "0"), true
}
