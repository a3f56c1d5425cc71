package invoice

import (
	"context"

	"github.com/brama-pay/brama/db"
)

// Describe replaces the description that the payer's page shows (api/payparts.md
// §3). It changes nothing else, so it may come at any time.
type Describe struct {
	Shop, ID int64
	Text     string
}

// Reads names the invoice.
func (d Describe) Reads(r *db.Reads) { invoices.Read(r, d.ID, d.Shop) }

// Decide writes the text.
func (d Describe) Decide(s *db.State) (*Invoice, error) {
	v, err := find(s, d.Shop, d.ID)
	if err != nil || v.Description == d.Text {
		return v, err
	}
	v.Description, v.UpdatedAt = d.Text, s.Now()
	invoices.Update(s, v)
	return v, nil
}

// Describe runs the use case. Fault: NotFound.
func (v *Invoices) Describe(ctx context.Context, d Describe) (*Invoice, error) {
	return db.Do(ctx, v.DB, d.Shop, d)
}

// Look shows where a payment stands, as its page would, without opening it. An
// unknown session is fault.NotFound.
func (v *Invoices) Look(ctx context.Context, session string) (*Page, error) {
	return v.look(ctx, session)
}
