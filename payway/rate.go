package payway

import (
	"context"
	"database/sql"
	"strings"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/fee"
	"github.com/brama-pay/brama/money"
)

// Rate is a stored exchange rate: units of Quote for one unit of Base.
type Rate struct {
	Base      money.Currency
	Quote     money.Currency
	Rate      money.Rate
	UpdatedAt int64 // Unix milliseconds
	Version   int64
}

var rates = db.NewTable("rate", "base, quote, rate, updated_at, version", "base, quote", func(r *Rate) []any {
	return []any{&r.Base, &r.Quote, &r.Rate, &r.UpdatedAt, &r.Version}
})

// ReadRates names the rates between two currencies, either way round. Nothing is
// read for one currency, or while one of them is not known yet.
func ReadRates(r *db.Reads, a, b money.Currency) {
	if a == b || a == 0 || b == 0 {
		return
	}
	rates.Read(r, a, b)
	rates.Read(r, b, a)
}

// RatesOf are the stored rates between two currencies in a decision whose Reads
// named them with ReadRates. Any other pair is not stored.
func RatesOf(s *db.State, a, b money.Currency) fee.Lookup {
	return func(base, quote money.Currency) (money.Rate, bool) {
		if a == b || !(base == a && quote == b || base == b && quote == a) {
			return 0, false
		}
		found, ok := rates.Find(s, base, quote)
		if !ok {
			return 0, false
		}
		return found.Rate, true
	}
}

// LoadRates are the stored rates between two currencies, outside of a decision.
func LoadRates(ctx context.Context, from *sql.DB, a, b money.Currency) (fee.Lookup, error) {
	found, err := rates.Select(ctx, from, "(base = $1 AND quote = $2) OR (base = $2 AND quote = $1)", a.Number(), b.Number())
	if err != nil {
		return nil, err
	}
	return func(base, quote money.Currency) (money.Rate, bool) {
		for _, rate := range found {
			if rate.Base == base && rate.Quote == quote {
				return rate.Rate, true
			}
		}
		return 0, false
	}, nil
}

// PutRate places a rate into a state made by db.NewState, for tests of other rooms.
func PutRate(s *db.State, row Rate) { rates.Put(s, &row) }

// ListRates are all stored rates.
func ListRates(ctx context.Context, from *sql.DB) ([]*Rate, error) {
	return rates.Select(ctx, from, "base > 0 ORDER BY base, quote")
}

// SetRate stores a rate, for quotes from now on: an operation keeps the rate it
// was made with. It is run under db.House.
type SetRate struct {
	Base  money.Currency
	Quote money.Currency
	Rate  money.Rate
	Actor string
	Seen  int64 // Version of the rate that was looked at; 0: whatever it is
	New   bool  // there was none when it was looked at
}

// ParseRate reads "USD/UAH" and "41.25".
func ParseRate(pair, text, actor string) (SetRate, error) {
	left, right, _ := strings.Cut(pair, "/")
	base, known := money.CurrencyByCode(left)
	quote, alsoKnown := money.CurrencyByCode(right)
	if !known || !alsoKnown {
		return SetRate{}, fault.Param("pair", "must be two currency codes as USD/UAH")
	}
	rate, err := money.ParseRate(text)
	if err != nil {
		return SetRate{}, fault.Param("rate", err.Error())
	}
	return SetRate{Base: base, Quote: quote, Rate: rate, Actor: actor}, nil
}

// Reads names the pair and the end of the house's audit chain.
func (u SetRate) Reads(r *db.Reads) {
	rates.Read(r, u.Base, u.Quote)
	audit.Read(r, db.House)
}

// Decide stores the rate.
func (u SetRate) Decide(s *db.State) (*Rate, error) {
	if u.Base.Code() == "" || u.Quote.Code() == "" || u.Base == u.Quote {
		return nil, fault.Param("pair", "must be two different currencies")
	}
	if u.Rate <= 0 {
		return nil, fault.Param("rate", money.ErrRate.Error())
	}
	row, found := rates.Find(s, u.Base, u.Quote)
	if found {
		seen := u.Seen
		if u.New {
			seen = -1 // of none
		}
		if err := unchanged(seen, row.Version, "Rate "+u.Base.Code()+"/"+u.Quote.Code()); err != nil {
			return nil, err
		}
	}
	was := "none"
	if !found {
		row = &Rate{Base: u.Base, Quote: u.Quote}
	} else {
		was = row.Rate.String()
	}
	row.Rate, row.UpdatedAt = u.Rate, s.Now()
	if found {
		rates.Update(s, row)
	} else {
		rates.Insert(s, row)
	}
	pair := u.Base.Code() + "/" + u.Quote.Code()
	audit.Append(s, db.House, u.Actor, "rate.set", "rate "+pair, was+" to "+u.Rate.String())
	return row, nil
}
