package invoice

import (
	"context"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/instalment"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/shop"
)

// parts is the calculator's answer for an invoice that is paid in parts
// (api/payparts.md §11); none for another one, and none where the calculator has
// none: a payer can pay without it, and a wrong one would be a wrong promise.
func (v *Invoices) parts(ctx context.Context, row *Invoice) ([]money.Amount, error) {
	plan := row.extra().Plan
	if plan == nil {
		return nil, nil
	}
	rates, err := v.rates(ctx, row)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	parts, err := instalment.Schedule(row.PriceAmount(), *plan, rates)
	if fault.Is(err, fault.Invalid) {
		return nil, nil
	}
	return parts, err
}

// rates are the store's, and the published ones for an invoice of no store.
func (v *Invoices) rates(ctx context.Context, row *Invoice) (instalment.Rates, error) {
	if row.Source == "" {
		return instalment.DefaultRates(), nil
	}
	store, err := shop.LoadStore(ctx, v.DB.Reader(), row.Source)
	if err != nil {
		return instalment.Rates{}, err
	}
	settings, err := store.Settings()
	return instalment.Rates(settings.Rates), err
}
