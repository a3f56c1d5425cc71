package demo

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/seal"
	"github.com/brama-pay/brama/shop"
)

// The demo's public values (api/sandbox.md, "Demo data").
const (
	Shop      = 1520
	EmptyShop = 202203
	Secret    = "account-secret-key" // of both shops, as on the seeds' pages

	// The bank's own public test store (api/payparts.md §9).
	Store         = "4AAD1369CF734B64B70F"
	StorePassword = "75bef16bfdce4d0e9c0ad5a19b9940df"

	ReceiverPath = "/demo/callbacks"
)

const actor = "demo"

// Seeding is what making the demo data needs.
type Seeding struct {
	DB     *db.DB
	Box    *seal.Box
	Random io.Reader
}

// Seed makes what is missing of the demo data. What is there stays as it is, so
// that a demo keeps over restarts what was done to it.
func Seed(ctx context.Context, s Seeding) error {
	for _, make := range []func(context.Context) error{s.account, s.rates, s.payways, s.shops, s.store, s.deposits} {
		if err := make(ctx); err != nil {
			return err
		}
	}
	return nil
}

// missing is err unless it says that the thing was there.
func missing(err error) error {
	if fault.Is(err, fault.NotUnique) {
		return nil
	}
	return err
}

func (s Seeding) account(ctx context.Context) error {
	u, err := provider.NewAccount(s.Box, "sandbox", "sandbox", nil, nil, actor)
	if err != nil {
		return err
	}
	_, err = db.Do(ctx, s.DB, db.House, u)
	return missing(err)
}

func (s Seeding) rates(ctx context.Context) error {
	known, err := payway.ListRates(ctx, s.DB.Reader())
	if err != nil || len(known) > 0 {
		return err
	}
	for _, rate := range [][2]string{{"USD/UAH", "41.25"}, {"EUR/UAH", "44.60"}, {"EUR/USD", "1.0812"}} {
		u, err := payway.ParseRate(rate[0], rate[1], actor)
		if err != nil {
			return err
		}
		if _, err := db.Do(ctx, s.DB, db.House, u); err != nil {
			return err
		}
	}
	return nil
}

// ways is the catalogue of the demo. Where no limits are stated they are those
// of a new payway: 1.00 to 100,000.00.
var ways = []payway.Create{
	{Alias: "card_invoice_usd", ID: 101, Direction: payway.In, Currency: money.USD, Values: []string{"name=Card, USD", "percent=5"}},
	{Alias: "payway_usd", ID: 102, Direction: payway.In, Currency: money.USD, Values: []string{"name=Card, USD, with a fixed fee", "percent=2", "fix=0.30"}},
	{Alias: "card_invoice_uah", ID: 103, Direction: payway.In, Currency: money.UAH, Values: []string{"name=Card, UAH", "percent=1.5"}},
	{Alias: "payparts_uah", ID: 104, Direction: payway.In, Currency: money.UAH, Values: []string{
		"name=Instalments, UAH", "percent=2", "min=300.00", "max=300000.00", `settings={"merchant_type":"PP"}`,
		`add_ons={"parts_count":{"regex":"^([2-9]|1[0-9]|2[0-5])$","title":"Number of payments","example":"4","default":"2"}}`,
	}},
	{Alias: "card_payway_usd", ID: 201, Direction: payway.Out, Currency: money.USD, Values: []string{
		"name=To a card, USD", "percent=2", "account_regex=^[0-9]{8,19}$", "account_title=Card number", "account_example=150010000097",
		`details={"name":{"regex":"^.{1,100}$","title":"Name on the card","example":"Adam"}}`,
	}},
	{Alias: "card_payway_uah", ID: 202, Direction: payway.Out, Currency: money.UAH, Values: []string{
		"name=To a card, UAH", "percent=1", "fix=5.00", "account_regex=^[0-9]{8,19}$", "account_title=Card number", "account_example=150010000097",
	}},
	{Alias: "wallet_payway_eur", ID: 203, Direction: payway.Out, Currency: money.EUR, Values: []string{
		"name=To a wallet, EUR", "percent=0", "account_title=Wallet", "account_example=W150010000097",
	}},
}

func (s Seeding) payways(ctx context.Context) error {
	for _, u := range ways {
		u.Values = append([]string{"provider=sandbox"}, u.Values...)
		u.Actor = actor
		if _, err := db.Do(ctx, s.DB, db.House, u); missing(err) != nil {
			return err
		}
	}
	return nil
}

func (s Seeding) shops(ctx context.Context) error {
	for _, one := range []struct {
		id        int64
		name, key string
	}{
		{Shop, "Demo shop", "whsec_YnJhbWEtZGVtby13ZWJob29rLWtleS0xNTIwISE="},
		{EmptyShop, "Demo shop without money", "whsec_YnJhbWEtZGVtby13ZWJob29rLWtleS0yMDIyMDM="},
	} {
		u, _, err := shop.NewCreate(s.Box, s.Random, one.id, one.name, actor, shop.Secrets{API: Secret, Webhook: one.key})
		if err != nil {
			return err
		}
		if _, err := db.Do(ctx, s.DB, db.House, u); missing(err) != nil {
			return err
		}
	}
	return nil
}

func (s Seeding) store(ctx context.Context) error {
	u, _, err := shop.NewStore(s.Box, s.Random, Store, Shop, "payparts_uah", StorePassword, actor)
	if err != nil {
		return err
	}
	_, err = db.Do(ctx, s.DB, db.House, u)
	return missing(err)
}

// deposits are made once: into accounts that were never posted to.
func (s Seeding) deposits(ctx context.Context) error {
	accounts, err := ledger.Balances(ctx, s.DB.Reader(), Shop)
	if err != nil {
		return err
	}
	funded := map[money.Currency]bool{}
	for _, a := range accounts {
		funded[a.Currency] = funded[a.Currency] || a.Purpose == ledger.Funding
	}
	for _, amount := range []money.Amount{money.New(10_000_000, money.USD), money.New(5_000_000, money.EUR), money.New(100_000_000, money.UAH)} {
		if funded[amount.Currency] {
			continue
		}
		if _, err := db.Do(ctx, s.DB, Shop, shop.Deposit{Shop: Shop, Amount: amount, Note: "demo balance", Actor: actor}); err != nil {
			return err
		}
	}
	return nil
}

// Welcome is what the first start of a demo prints: the only place where secrets
// are printed, and these are public. program is how the reader starts it.
func Welcome(url, program string) string {
	flag := ""
	if strings.TrimSuffix(url, "/") != callsThere {
		flag = " --url " + url
	}
	return fmt.Sprintf(`
A new demo. Its secrets are public; never serve it to strangers.

  gateway     %s/gateway/v1/<method>
  shop        %d   secret %s   (with money)
  shop        %d secret %s
  PayParts    %s/ipp/v2/payment/<method>
  store       %s   password %s
  callbacks   %s%s

Try:  %s call%s invoice/create shop_order_id=order-1 amount=100.00 currency=840 payway=card_invoice_usd

`, url, Shop, Secret, EmptyShop, Secret, url, Store, StorePassword, url, ReceiverPath, program, flag)
}

// callsThere is the address that brama call speaks to by itself.
const callsThere = "http://127.0.0.1:8080"
