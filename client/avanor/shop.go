package avanor

import (
	"context"
	"encoding/json"

	"github.com/brama-pay/brama/client/internal/wire"
	"github.com/brama-pay/brama/money"
)

// Balance is what the shop has in one currency (api/avanor.md §7).
type Balance struct {
	Currency  money.Currency
	Available Decimal // usable now
	Frozen    Decimal // payouts and refunds in progress
	Hold      Decimal // incoming, not yet the shop's
}

// Balances lists the shop's balances.
func (c *Client) Balances(ctx context.Context) ([]Balance, error) {
	decode := func(raw json.RawMessage) ([]Balance, error) {
		data, err := wire.Object(raw)
		if err != nil {
			return nil, err
		}
		return each(readBalance)(data["balances"])
	}
	return ask(ctx, c, "shop_balance", params{}, decode)
}

func readBalance(r *reader) Balance {
	r.need("available", "currency")
	return Balance{
		Currency:  r.currency("currency"),
		Available: r.decimal("available"),
		Frozen:    r.decimal("frozen"),
		Hold:      r.decimal("hold"),
	}
}

// Field is one more field that a payway asks for. Title and Example are texts,
// or JSON objects by language where a gateway sends such.
type Field struct {
	Regex   string
	Title   string
	Example string
}

func readFields(r *reader, name string) map[string]Field {
	inner := r.child(name)
	fields := make(map[string]Field, len(inner.fields))
	for key := range inner.fields {
		f := inner.child(key)
		fields[key] = Field{Regex: f.text("regex"), Title: f.text("title"), Example: f.text("example")}
		if f.err != nil {
			r.fail(name, f.err.Error())
		}
	}
	if inner.err != nil {
		r.fail(name, inner.err.Error())
	}
	return fields
}

// Tariff is a payway's fee: a percentage and a fixed part, in the payway's
// currency, and which share of each the shop bears (1 is all).
type Tariff struct {
	Percent     Decimal
	Fix         Decimal
	PercentPart Decimal
	FixPart     Decimal
}

// Payway is one direction that money can take.
type Payway struct {
	ID        int64
	Alias     string // what requests name
	Currency  money.Currency
	Active    bool
	MinAmount Decimal
	MaxAmount Decimal
	Tariff    Tariff
	Fields    map[string]Field // add-ons of an input payway, account details of an output one
}

// Paymethod is a group of payways under one name.
type Paymethod struct {
	ID      int64
	Name    string
	Rating  int64
	Payways []Payway
}

// ListInputPayways lists what the shop can be paid with; an alias narrows the
// list to that payway, "" lists all.
func (c *Client) ListInputPayways(ctx context.Context, alias string) ([]Paymethod, error) {
	return c.listPayways(ctx, "shop_input_config/shop", "add_ons_config", alias)
}

// ListOutputPayways lists what the shop can pay out to; the alias as in ListInputPayways.
func (c *Client) ListOutputPayways(ctx context.Context, alias string) ([]Paymethod, error) {
	return c.listPayways(ctx, "shop_output_config/shop", "account_info_config", alias)
}

func (c *Client) listPayways(ctx context.Context, method, fields, alias string) ([]Paymethod, error) {
	p := params{}
	p.optional("payway", alias)
	return ask(ctx, c, method, p, each(func(r *reader) Paymethod { return readPaymethod(r, fields) }))
}

func readPaymethod(r *reader, fields string) Paymethod {
	payways, err := each(func(p *reader) Payway { return readPayway(p, fields) })(r.fields["payways"])
	if err != nil {
		r.fail("payways", err.Error())
	}
	return Paymethod{ID: r.number("id"), Name: r.text("name"), Rating: r.number("rating"), Payways: payways}
}

func readPayway(r *reader, fields string) Payway {
	r.need("alias")
	fee, part := r.child("fee_config"), r.child("fee_part_config")
	return Payway{
		ID:        r.number("id"),
		Alias:     r.text("alias"),
		Currency:  r.currency("currency"),
		Active:    r.flag("is_active"),
		MinAmount: r.decimal("min_amount"),
		MaxAmount: r.decimal("max_amount"),
		Tariff: Tariff{
			Percent:     fee.decimal("percent"),
			Fix:         fee.decimal("fix"),
			PercentPart: part.decimal("percent_part"),
			FixPart:     part.decimal("fix_part"),
		},
		Fields: readFields(r, fields),
	}
}
