package sim

import (
	"context"
	"fmt"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/shop"
)

const (
	webhookKey = "whsec_c2ltdWxhdGVkIHdlYmhvb2sga2V5IG9mIGEgc2hvcA=="
	actor      = "sim"
)

// merchant is a shop of the world.
type merchant struct {
	id       int64
	secret   string
	rotating bool // its secret is being changed: two are valid, or will be
	changed  bool // it has taken the new one
}

// ways is the catalogue: with and without conversion, fees and limits.
var ways = []payway.Create{
	{Alias: "in_usd", ID: 1, Direction: payway.In, Currency: money.USD, Values: []string{"provider=bank_in", "percent=5"}},
	{Alias: "in_uah", ID: 2, Direction: payway.In, Currency: money.UAH, Values: []string{"provider=bank_in", "percent=1.5"}},
	{Alias: "in_parts", ID: 5, Direction: payway.In, Currency: money.UAH, Values: []string{
		"provider=bank_in", "percent=2", "min=300.00", "max=300000.00", `settings={"merchant_type":"PP"}`,
		`add_ons={"parts_count":{"regex":"^([2-9]|1[0-9]|2[0-5])$","title":"Number of payments","example":"4","default":"2"}}`,
	}},
	{Alias: "out_usd", ID: 3, Direction: payway.Out, Currency: money.USD, Values: []string{"provider=bank_out", "percent=2"}},
	{Alias: "out_uah", ID: 4, Direction: payway.Out, Currency: money.UAH, Values: []string{"provider=bank_out", "percent=1", "fix=5.00"}},
}

// habits are the settings of the shops, one shop each.
var habits = [][]string{
	{"callback_url=https://one.test/paid", "payout_callback_url=https://one.test/out"},
	{"callback_url=https://two.test/paid", "payout_callback_url=https://two.test/out", "refund_fee=return", "confirm_above=USD:250.00"},
	{"payout_callback_url=https://three.test/out", "refuse_reused_sign=true", "callback_ok=true", "hold_minutes=60"},
}

// create makes the database, starts the nodes and founds the shops.
func (w *World) create(ctx context.Context) (err error) {
	if w.disk, err = newDisk(ctx, w.Options); err != nil {
		return err
	}
	count := 2
	if w.Without.SecondNode {
		count = 1
	}
	w.calm = true
	for no := range count {
		n, err := w.boot(ctx, no, 0)
		if err != nil {
			return err
		}
		n.wire()
		w.nodes = append(w.nodes, n)
	}
	err = w.found(ctx, w.nodes[0])
	w.calm = false
	return err
}

// found makes what operators make: accounts at providers, rates, payways, shops, money.
func (w *World) found(ctx context.Context, n *node) error {
	for _, name := range accounts {
		u, err := provider.NewAccount(n.box, name, bankName, nil, map[string]string{secretWord: w.bank.words[name].present().text}, actor)
		if err != nil {
			return err
		}
		if _, err := db.Do(ctx, n.db, db.House, u); err != nil {
			return fmt.Errorf("account %s: %w", name, err)
		}
	}
	rate, err := payway.ParseRate("USD/UAH", "41.25", actor)
	if err != nil {
		return err
	}
	if _, err := db.Do(ctx, n.db, db.House, rate); err != nil {
		return err
	}
	for _, u := range ways {
		u.Actor = actor
		if _, err := db.Do(ctx, n.db, db.House, u); err != nil {
			return fmt.Errorf("payway %s: %w", u.Alias, err)
		}
	}
	for i, values := range habits {
		if err := w.merchant(ctx, n, int64(1001+i), values); err != nil {
			return err
		}
	}
	return w.store(ctx, n)
}

// store opens a PayParts store for the first shop, with money to give back.
func (w *World) store(ctx context.Context, n *node) error {
	u, _, err := shop.NewStore(n.box, w, storeID, w.shops[0].id, "in_parts", storePassword, actor)
	if err != nil {
		return err
	}
	u.Values = []string{"partial_decline=true", "hold_days=1"}
	if _, err := db.Do(ctx, n.db, db.House, u); err != nil {
		return fmt.Errorf("the store: %w", err)
	}
	_, err = db.Do(ctx, n.db, w.shops[0].id, shop.Deposit{Shop: w.shops[0].id, Amount: money.New(500_000, money.UAH), Actor: actor})
	return err
}

// The world's one PayParts store.
const (
	storeID       = "0123456789ABCDEF0123"
	storePassword = "the-password-of-the-only-store-there"
)

func (w *World) merchant(ctx context.Context, n *node, id int64, values []string) error {
	m := &merchant{id: id, secret: fmt.Sprintf("secret-of-shop-%d", id)}
	u, _, err := shop.NewCreate(n.box, w, id, fmt.Sprintf("Shop %d", id), actor, shop.Secrets{API: m.secret, Webhook: webhookKey})
	if err != nil {
		return err
	}
	u.Values = values
	if _, err := db.Do(ctx, n.db, db.House, u); err != nil {
		return fmt.Errorf("shop %d: %w", id, err)
	}
	w.shops = append(w.shops, m)
	_, err = db.Do(ctx, n.db, id, shop.Deposit{Shop: id, Amount: money.New(600_000, money.USD), Actor: actor})
	return err
}

// end drops what is left of the world.
func (w *World) end() {
	for _, n := range w.nodes {
		w.kill(n)
		n.db.Close()
	}
	if w.disk != nil {
		w.disk.drop()
	}
}
