// Package fee is the room of prices: pure functions from tariff, rate and amount
// to what each side pays and gets. The answer is exact, so that the ledger can
// post it without a remainder.
//
// It knows money and the words of a tariff. It must not know where a tariff or a
// rate is stored, what a payway's limits are, nor what an invoice or a payout is.
package fee

import (
	"errors"
	"math/big"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
)

// Tariff is what a payway charges: percent of the amount and a fixed part,
// bounded. The zero Tariff charges nothing.
type Tariff struct {
	Percent money.Percent
	Fix     int64 // minor units of the payway's currency
	Min     int64 // the least fee, minor units of the payway's currency
	Max     int64 // the greatest fee, likewise; 0 is none

	// What of a pay-in's fee the payer bears, on top of the amount; the rest is the
	// shop's. On the wire it is told the other way round: fee_part_config is the
	// shop's part, Part.Rest (api/avanor.md §5).
	PayerPercent, PayerFix Part
}

// Part is a part of a whole, scaled by 10^10: 0 is nothing, Whole is all.
type Part int64

// Whole is all of it.
const Whole Part = money.Scale

// errPart says that a text is a number, but no part.
var errPart = errors.New("must be between 0 and 1")

// ParsePart reads a part, "0.25", between 0 and 1.
func ParsePart(text string) (Part, error) {
	n, err := money.ParseDigits(text, 10)
	if err != nil {
		return 0, err
	}
	if n > money.Scale {
		return 0, errPart
	}
	return Part(n), nil
}

// Rest is the other side's part.
func (p Part) Rest() Part { return Whole - p }

// String prints no needless zero: "1", "0.25".
func (p Part) String() string { return money.FormatMinimal(int64(p), 10) }

// Number prints at least one decimal: "1.0", "0.25", as percent_part on the wire.
func (p Part) Number() string { return money.FormatNumber(int64(p), 10) }

func (p Part) rat() *big.Rat { return big.NewRat(int64(p), money.Scale) }

// Check reports why the tariff makes no sense, fit to show to an operator; nil
// when it does.
func (t Tariff) Check() error {
	switch {
	case t.Percent < 0 || t.Fix < 0 || t.Min < 0 || t.Max < 0:
		return errors.New("percent, fix, min and max must not be negative")
	case t.Max > 0 && t.Max < t.Min:
		return errors.New("max must not be less than min")
	case !t.PayerPercent.valid() || !t.PayerFix.valid():
		return errors.New("a part must be between 0 and 1")
	}
	return nil
}

// TakesAll reports whether no pay-in can ever leave its shop anything, be it as large
// as it may: the shop's part of the percentage is the whole amount or more, and
// nothing bounds the fee.
func (t Tariff) TakesAll() bool {
	part := new(big.Rat).Mul(big.NewRat(int64(t.Percent), 100*money.Scale), t.PayerPercent.Rest().rat())
	return t.Max == 0 && part.Cmp(integer(1)) >= 0
}

func (p Part) valid() bool { return p >= 0 && p <= Whole }

// check is Check for a stored tariff: that one makes no sense is our own defect.
func (t Tariff) check() error {
	if err := t.Check(); err != nil {
		return fault.Wrap(fault.Internal, err, "tariff")
	}
	return nil
}
