// Package money is the room of exact amounts: integer minor units with their
// currency, decimal text in and out, scaled-integer rates and percentages, and
// products in 128 bits with a named rounding. There is no float in it.
//
// It knows arithmetic and ISO 4217. It must not know what a fee, a shop or a
// protocol is, nor how an error reaches anyone.
package money

// Currency is an ISO 4217 numeric code, as the wire carries it (api/avanor.md §4).
// Zero is no currency.
type Currency uint16

// The currencies our own code and tests name. Every other one comes from
// CurrencyByNumber or CurrencyByCode.
const (
	USD Currency = 840
	EUR Currency = 978
	UAH Currency = 980
	RUB Currency = 643
	GBP Currency = 826
	PLN Currency = 985
	KZT Currency = 398
	JPY Currency = 392 // no minor unit
	KWD Currency = 414 // three digits
	CLF Currency = 990 // four digits
)

// currencyFacts is what the table says about one currency.
type currencyFacts struct {
	code   string
	digits int
}

// The table of iso4217.go, indexed both ways. Read-only after start.
var (
	factsByNumber  [1000]currencyFacts
	numberByLetter = make(map[string]Currency, len(iso4217))
)

func init() {
	for _, row := range iso4217 {
		factsByNumber[row.number] = currencyFacts{row.code, row.digits}
		numberByLetter[row.code] = row.number
	}
}

// CurrencyByNumber finds a currency by its ISO 4217 number, 840 for USD; false
// when the number is no currency in use.
func CurrencyByNumber(n int64) (Currency, bool) {
	if n <= 0 || n >= int64(len(factsByNumber)) || factsByNumber[n].code == "" {
		return 0, false
	}
	return Currency(n), true
}

// CurrencyByCode finds a currency by its three capital letters, "USD"; false when
// they name no currency in use.
func CurrencyByCode(code string) (Currency, bool) {
	c, ok := numberByLetter[code]
	return c, ok
}

// Code is the three letters, "USD"; empty for no or an unknown currency.
func (c Currency) Code() string { return c.facts().code }

// Digits is the number of decimals of the minor unit, 2 for USD; 0 for no or an
// unknown currency.
func (c Currency) Digits() int { return c.facts().digits }

// Number is the ISO 4217 number as the wire and the tables hold it.
func (c Currency) Number() int64 { return int64(c) }

// String is Code.
func (c Currency) String() string { return c.Code() }

func (c Currency) facts() currencyFacts {
	if int(c) >= len(factsByNumber) {
		return currencyFacts{}
	}
	return factsByNumber[c]
}
