package invoice

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/instalment"
	"github.com/brama-pay/brama/payway"
)

// Create is the creation of an invoice. No provider is called before the payer acts.
type Create struct {
	Order
	Source      string
	OrderID     string
	Hold        bool
	Description string
	CallbackURL string
	RejectedURL string
	SuccessURL  string
	FailedURL   string
	ExpiresAt   int64 // Unix ms; 0: after the shop's InvoiceMinutes
	AddOns      map[string]string
	ClientIP    string
	Plan        *instalment.Plan // of a payment in parts; nil: as the payway's add-ons say
	AfterHold   AfterHold        // "" keeps
	HoldFor     time.Duration    // 0: as the shop's settings say
	Joined      string           // digest of the text that was signed, where texts may collide; else ""

	session string
}

// Reads names the shop, the payway, the rates and the shop's own id.
func (c Create) Reads(r *db.Reads) {
	c.reads(r)
	byOrder.Read(r, c.OrderID, c.Shop, c.Source)
	if c.Joined != "" {
		joinedTexts.Read(r, c.Joined, c.Shop, c.Source)
	}
}

// Decide checks payway, limits, add-ons and uniqueness, in this order.
func (c Create) Decide(s *db.State) (*Invoice, error) {
	if err := c.asSigned(s); err != nil {
		return nil, err
	}
	priced, err := c.price(s)
	if err != nil {
		return nil, err
	}
	if c.AddOns, err = addOns(priced.Way, c.AddOns); err != nil {
		return nil, err
	}
	if c.ExpiresAt != 0 && c.ExpiresAt <= s.Now() {
		return nil, fault.Param("expires_at", "is in the past")
	}
	if err := callback.CheckID("shop_order_id", c.OrderID); err != nil {
		return nil, err
	}
	if same, err := c.taken(s); same != nil || err != nil {
		return same, err
	}
	v, err := c.row(s, priced)
	if err != nil {
		return nil, err
	}
	if err := v.move(s, Created); err != nil {
		return nil, err
	}
	invoices.Insert(s, v)
	if c.Joined != "" {
		joinedTexts.Insert(s, &joinedText{Shop: v.Shop, Source: v.Source, Joined: c.Joined, Invoice: v.ID})
	}
	return v, nil
}

// asSigned refuses a store's order on a payway that is in another currency. The
// protocol of stores knows one: its payer must see the price that the shop signed.
// Stores are led to such payways only; a row may be older than that rule.
func (c Create) asSigned(s *db.State) error {
	way, err := payway.Find(s, c.Payway)
	if c.Source == "" || err != nil || way.Currency == c.Currency {
		return nil // what else is wrong with a payway its price says
	}
	return fault.New(fault.PaywayClosed, "Payway (alias = %s) is in %s and cannot serve a store's order in %s", way.Alias, way.Currency, c.Currency)
}

// taken refuses an order's id that was used, and a signed text that was another
// order's. A store's create that is repeated while the order is open gives that order.
func (c Create) taken(s *db.State) (same *Invoice, err error) {
	earlier, taken := byOrder.Find(s, c.OrderID, c.Shop, c.Source)
	if c.Joined != "" {
		text, joined := joinedTexts.Find(s, c.Joined, c.Shop, c.Source)
		switch {
		case joined && taken && text.Invoice == earlier.ID && !earlier.Status.Final() && earlier.Hold == c.Hold:
			return earlier, nil
		case joined && !taken:
			return nil, fault.Param("order_id", "with this amount it cannot be told from another order of the store")
		}
	}
	if taken {
		return nil, fault.New(fault.NotUnique, "Shop_order_id '%s' is not unique for shop(id=%d)", c.OrderID, c.Shop)
	}
	return nil, nil
}

func (c Create) row(s *db.State, p Priced) (*Invoice, error) {
	settings, err := p.shop.Settings()
	if err != nil {
		return nil, err
	}
	plan, err := c.plan(p)
	if err != nil {
		return nil, err
	}
	extra, err := json.Marshal(Extra{AddOns: c.AddOns, ClientIP: c.ClientIP, Plan: plan, HoldFor: c.HoldFor.Milliseconds()})
	if err != nil {
		return nil, err
	}
	expires := c.ExpiresAt
	if expires == 0 {
		expires = s.Now() + settings.InvoiceLife().Milliseconds()
	}
	v := &Invoice{
		Shop: c.Shop, ID: s.NewID(), Source: c.Source, OrderID: c.OrderID, Session: c.session, Payway: p.Way.Alias, Provider: p.Way.Provider,
		Currency: c.Currency, Amount: p.Quote.Amount.Minor, Net: p.Quote.Net.Minor, PriceCurrency: p.Way.Currency, Price: p.Quote.PayerPrice.Minor,
		Surcharge: p.Quote.Surcharge.Minor, Rate: p.Quote.Rate, RateInverse: p.Quote.Inverse, Hold: c.Hold, Description: c.Description,
		CallbackURL: c.CallbackURL, RejectedURL: c.RejectedURL, SuccessURL: or(settings.SuccessURL, c.SuccessURL), FailedURL: or(settings.FailedURL, c.FailedURL),
		Extra: string(extra), AfterHold: c.AfterHold, ExpiresAt: expires, CreatedAt: s.Now(),
	}
	v.DueAt = expires
	return v, nil
}

// plan is the plan of a payment in parts: the request's, or, on a payway that asks
// how many parts there shall be, one with the whole order as its only product.
func (c Create) plan(p Priced) (*instalment.Plan, error) {
	if c.Plan != nil || c.AddOns[PartsCount] == "" {
		return c.Plan, nil
	}
	settings, err := p.Way.Settings()
	if err != nil {
		return nil, err
	}
	parts, err := strconv.Atoi(c.AddOns[PartsCount])
	if err != nil {
		return nil, fault.Param(PartsCount, "must be a number")
	}
	kind := instalment.MerchantType(or(settings["merchant_type"], string(instalment.PP)))
	name := []rune(or(c.Description, c.OrderID))
	product := instalment.Product{Name: string(name[:min(len(name), 128)]), Count: 1, Price: p.Quote.PayerPrice}
	return &instalment.Plan{MerchantType: kind, PartsCount: parts, Products: []instalment.Product{product}}, nil
}

// PartsCount is the add-on of a payway that is paid in instalments.
const PartsCount = "parts_count"

// addOns are the add-ons that the payway asks for, defaults filled in; what it
// does not ask for is left out.
func addOns(way *payway.Payway, given map[string]string) (map[string]string, error) {
	fields, err := way.AddOns()
	if err != nil {
		return nil, err
	}
	return fields.Pick("", given)
}

func or(first, second string) string {
	if first != "" {
		return first
	}
	return second
}

// Create creates an invoice. Faults: those of Try, and NotUnique.
func (v *Invoices) Create(ctx context.Context, c Create) (_ *Invoice, err error) {
	if c.session, err = newSession(v.Random, c.Shop); err != nil {
		return nil, err
	}
	c.CallbackURL = or(c.CallbackURL, v.Fallback)
	return db.Do(ctx, v.DB, c.Shop, c)
}

// newSession is 12 hex digits of the shop's id and 20 of randomness: who has only
// the session finds the shop, and nobody finds a session by trying.
func newSession(random io.Reader, shop int64) (string, error) {
	var b [10]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fault.Wrap(fault.Internal, err, "no randomness")
	}
	return fmt.Sprintf("%012x", shop) + hex.EncodeToString(b[:]), nil
}

// shopOf is the shop whose number a session carries.
func shopOf(session string) (int64, error) {
	if len(session) != 32 {
		return 0, noSession()
	}
	shop, err := strconv.ParseInt(session[:12], 16, 64)
	if err != nil || shop <= 0 {
		return 0, noSession()
	}
	return shop, nil
}

func noSession() error { return fault.New(fault.NotFound, "There is no such payment page") }
