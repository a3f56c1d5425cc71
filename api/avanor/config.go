package avanor

import (
	"context"

	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/payway"
)

// inputConfig is shop_input_config/shop (api/avanor.md §5): what the shop can be
// paid with.
func (d *door) inputConfig(ctx context.Context, q *request, p *pen) error {
	return d.config(ctx, q, p, payway.In, (*pen).inputWay)
}

// outputConfig is shop_output_config/shop (§7): what the shop can pay out to.
func (d *door) outputConfig(ctx context.Context, q *request, p *pen) error {
	return d.config(ctx, q, p, payway.Out, (*pen).outputWay)
}

// config lists payment methods. Each payway is one of its own: the wire's
// grouping has no counterpart in the catalogue.
func (d *door) config(ctx context.Context, q *request, p *pen, direction payway.Direction, write func(*pen, *payway.Payway) error) error {
	ways, err := d.Payways(ctx, direction, q.shop.Shop.ID)
	if err != nil {
		return err
	}
	p.list()
	for _, way := range ways {
		if only := q.fields["payway"]; only != "" && only != way.Alias {
			continue
		}
		p.item()
		p.int("id", way.ID)
		p.text("name", way.Name)
		p.key("payways")
		p.list()
		p.item()
		if err := write(p, way); err != nil {
			return err
		}
		p.end()
		p.done()
		p.int("rating", 0)
		p.end()
	}
	p.done()
	return nil
}

// way is a payway of a shop; payway.NotFound when it is not open to it.
func (d *door) way(ctx context.Context, q *request, direction payway.Direction) (*payway.Payway, error) {
	ways, err := d.Payways(ctx, direction, q.shop.Shop.ID)
	if err != nil {
		return nil, err
	}
	for _, way := range ways {
		if way.Alias == q.fields["payway"] {
			return way, nil
		}
	}
	return nil, payway.NotFound(q.fields["payway"])
}

func (p *pen) inputWay(way *payway.Payway) error {
	addOns, err := way.AddOns()
	if err != nil {
		return err
	}
	p.key("add_ons_config")
	if len(addOns) == 0 {
		p.b = append(p.b, "null"...)
	} else {
		p.fields(addOns)
	}
	p.wayTerms(way)
	return nil
}

func (p *pen) outputWay(way *payway.Payway) error {
	p.key("account_info_config")
	if err := p.accountFields(way); err != nil {
		return err
	}
	p.wayTerms(way)
	p.literal("paysystem_data", "{}")
	return nil
}

// wayTerms writes what payways of both directions have in common, alias to
// min_amount.
func (p *pen) wayTerms(way *payway.Payway) {
	least, most := way.Limits()
	p.text("alias", way.Alias)
	p.currency("currency", way.Currency)
	p.object("fee_config")
	p.money("fix", money.New(way.Fix, way.Currency))
	p.literal("percent", way.Percent.Number())
	p.end()
	p.object("fee_part_config")
	p.literal("fix_part", way.FixPart.String())
	p.text("percent_part", way.PercentPart.Number())
	p.end()
	p.int("id", way.ID)
	p.bool("is_active", way.Active)
	if most.IsPositive() {
		p.money("max_amount", most)
	} else {
		p.literal("max_amount", "null")
	}
	p.money("min_amount", least)
}

// accountFields writes what an account of a payway is made of: the account itself
// and its details.
func (p *pen) accountFields(way *payway.Payway) error {
	details, err := way.Details()
	if err != nil {
		return err
	}
	all := payway.Fields{"account": {Regex: way.AccountRegex, Title: way.AccountTitle, Example: way.AccountExample}}
	for name, field := range details {
		all[name] = field
	}
	p.fields(all)
	return nil
}

// fields writes what is asked for by name.
func (p *pen) fields(all payway.Fields) {
	p.begin()
	for _, name := range all.Names() {
		p.object(name)
		p.text("example", all[name].Example)
		p.text("regex", all[name].Regex)
		p.text("title", all[name].Title)
		p.end()
	}
	p.end()
}
