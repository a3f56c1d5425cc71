package main

import (
	"fmt"
	"strconv"
	"text/tabwriter"

	"github.com/alecthomas/kong"

	"github.com/brama-pay/brama/instalment"
	"github.com/brama-pay/brama/money"
)

// calculate prints what a payment in parts comes to, by the published rates or a
// given one (api/payparts.md §11). No server is asked.
func (c *callCommand) calculate(k *kong.Context, q callRequest) error {
	table, err := calculated(q)
	if err != nil {
		return callRefused(k.Stderr, []string{err.Error()})
	}
	out := tabwriter.NewWriter(k.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "TYPE\tPAYMENTS\tFIRST\tTHEN EACH MONTH\tIN ALL")
	for _, row := range table {
		fmt.Fprintln(out, row)
	}
	out.Flush()
	if q.fields["rate"] == "" {
		fmt.Fprintln(k.Stderr, "brama: by the published rates; a store may have its own: `brama store show`")
	}
	return nil
}

// calculated is one row for each kind of instalments that is meant.
func calculated(q callRequest) (rows []string, err error) {
	price, err := money.Parse(q.fields["amount"], money.UAH)
	if err != nil {
		return nil, fmt.Errorf("amount=%s: %w", q.fields["amount"], err)
	}
	count, err := strconv.Atoi(q.fields["partsCount"])
	if err != nil {
		return nil, fmt.Errorf("partsCount=%s: %s", q.fields["partsCount"], payPartsMeanings["partsCount"])
	}
	rates := instalment.DefaultRates()
	if text := q.fields["rate"]; text != "" {
		rate, err := money.ParsePercent(text)
		if err != nil {
			return nil, fmt.Errorf("rate=%s: %w", text, err)
		}
		rates = instalment.Rates{II: rate, PP: rate, PB: rate, IA: rate}
	}
	kinds := []instalment.MerchantType{instalment.II, instalment.PP, instalment.PB, instalment.IA}
	if kind := q.fields["merchantType"]; kind != "" {
		kinds = []instalment.MerchantType{instalment.MerchantType(kind)}
	}
	for _, kind := range kinds {
		parts, err := instalment.Schedule(price, instalment.Plan{MerchantType: kind, PartsCount: count}, rates)
		if err != nil {
			return nil, err
		}
		total, err := instalment.Total(parts)
		if err != nil {
			return nil, err
		}
		rows = append(rows, fmt.Sprintf("%s\t%d\t%s\t%d × %s\t%s", kind, count, parts[0], count-1, parts[1], total))
	}
	return rows, nil
}
