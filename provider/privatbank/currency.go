package privatbank

import "github.com/brama-pay/brama/money"

// Currencies are those in which the bank's clients pay in instalments; in any other
// nothing is asked of it.
func Currencies() []money.Currency { return []money.Currency{money.UAH} }
