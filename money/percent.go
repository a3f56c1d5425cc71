package money

// Percent is a percentage scaled by 10^10: 2 % is 2·10^10.
type Percent int64

// ParsePercent reads a percentage with up to ten decimals, "2.5". Never negative.
func ParsePercent(text string) (Percent, error) {
	n, err := ParseDigits(text, scaleDigits)
	return Percent(n), err
}

// String prints no needless zero, "2.5".
func (p Percent) String() string { return FormatMinimal(int64(p), scaleDigits) }

// Number prints a JSON number, "5.0", as Amount.Number does.
func (p Percent) Number() string { return FormatNumber(int64(p), scaleDigits) }

// Of is p percent of a, rounded once. ErrOverflow out of range.
func (p Percent) Of(a Amount, rounding Rounding) (Amount, error) {
	return scaled(a.Minor, int64(p), 100*Scale, a.Currency, rounding)
}
