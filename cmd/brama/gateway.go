package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/brama-pay/brama/api/avanor"
	"github.com/brama-pay/brama/api/payparts"
	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/doctor"
	"github.com/brama-pay/brama/inbox"
	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/payout"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/provider/privatbank"
	"github.com/brama-pay/brama/provider/sandbox"
	"github.com/brama-pay/brama/seal"
	"github.com/brama-pay/brama/shop"
	"github.com/brama-pay/brama/turnover"
)

// gateway is every room, wired by hand.
type gateway struct {
	db           *db.DB
	box          *seal.Box
	shops        *shop.Directory
	stores       *shop.StoreDirectory
	accounts     *provider.Accounts
	gate         *provider.Gate
	dispatch     *provider.Dispatcher
	invoices     *invoice.Invoices
	payouts      *payout.Payouts
	operators    *operator.Operators
	doctor       *doctor.Doctor
	figures      *turnover.Board
	verifier     *verifier
	sender       *callback.Sender
	inbox        *inbox.Inbox
	books        *db.DB // the sandbox's own; nil without a sandbox
	sandbox      *sandbox.Sandbox
	log          *slog.Logger
	silent       bool          // callbacks are owed and not sent: for measurements
	keepSessions time.Duration // of the console; 0: for ever
	writing      sync.WaitGroup
	endWrite     context.CancelFunc
	recalls      *db.Recalls
}

// wiring is what the rooms are told besides the database.
type wiring struct {
	demo                  bool
	sandboxDelay          time.Duration
	publicURL             string
	fallback              string         // callback URL of demo invoices that have none
	allow, allowProviders []netip.Prefix // private ranges that callbacks, and calls to providers, may go to
	log                   *slog.Logger
	metrics               *metrics
}

// places bounds the provider calls that wait or run at a time.
const places = 1024

// openGateway opens the databases, runs their writers, takes a node number and
// wires the rooms. Nothing works off anything until its loops are run.
func openGateway(ctx context.Context, s storage, w wiring) (g *gateway, fresh bool, err error) {
	if err := s.prepare(); err != nil {
		return nil, false, err
	}
	g = &gateway{log: w.log}
	defer func(opened *gateway) { // by then a refusal has made the result nil
		if err != nil {
			opened.close()
		}
	}(g)
	if g.db, err = s.open(ctx, false); err != nil {
		return nil, false, err
	}
	kind, err := kindOf(ctx, g.db)
	if err != nil {
		return nil, false, err
	}
	if g.box, err = s.box(kind == ""); err != nil { // a key is made for a new database only
		return nil, false, err
	}
	if w.demo {
		if g.books, err = db.Open(ctx, s.sandboxConfig(false)); err != nil {
			return nil, false, err
		}
	}
	g.runWriters()
	if fresh, err = layFoundation(ctx, g.db, g.box, w.demo); err != nil {
		return nil, false, err
	}
	if err = g.join(ctx); err != nil {
		return nil, false, err
	}
	g.wire(w)
	return g, fresh, nil
}

func (g *gateway) runWriters() {
	ctx, cancel := context.WithCancel(context.Background())
	g.endWrite = cancel
	for _, d := range g.databases() {
		for _, w := range d.Writers() {
			g.writing.Add(1)
			go func() {
				defer g.writing.Done()
				w.Run(ctx)
			}()
		}
	}
}

func (g *gateway) databases() []*db.DB {
	var all []*db.DB
	for _, d := range []*db.DB{g.db, g.books} {
		if d != nil {
			all = append(all, d)
		}
	}
	return all
}

func (g *gateway) join(ctx context.Context) error {
	var holder [16]byte
	if _, err := rand.Read(holder[:]); err != nil {
		return err
	}
	return g.db.Join(ctx, hex.EncodeToString(holder[:]))
}

func (g *gateway) wire(w wiring) {
	g.shops = shop.NewDirectory(g.db.Reader(), g.box, time.Now)
	g.stores = shop.NewStoreDirectory(g.db.Reader(), g.box, time.Now)
	g.accounts = provider.NewAccounts(g.db.Reader(), g.box, time.Now)
	g.dispatch = provider.NewDispatcher(places)
	connectors := map[string]provider.Connector{
		privatbank.Name: privatbank.New(privatbank.Config{Client: providerClient(w.allowProviders), PublicURL: w.publicURL}),
	}
	g.gate = &provider.Gate{Connectors: connectors, Accounts: g.accounts.Find, Now: time.Now, Steps: newSteps(), Observe: w.metrics.provider}
	g.invoices = &invoice.Invoices{
		DB: g.db, Gate: g.gate, Dispatch: g.dispatch, Random: rand.Reader, Now: time.Now, Patience: 5 * time.Second, PublicURL: w.publicURL, Fallback: w.fallback, Log: w.log,
	}
	g.invoices.Wire()
	g.payouts = &payout.Payouts{DB: g.db, Gate: g.gate, Dispatch: g.dispatch, Box: g.box, Ways: payway.NewDirectory(g.db.Reader(), time.Now), Log: w.log}
	g.payouts.Wire(unixNow)
	g.operators = &operator.Operators{DB: g.db, Box: g.box, Random: rand.Reader, Now: time.Now, Factor: !w.demo}
	g.figures = turnover.New(g.db.Reader(), time.Now)
	g.inbox = inbox.New(inbox.Config{
		DB: g.db, Connectors: connectors, Accounts: g.accounts.Find,
		Appliers: map[provider.Verb]inbox.Applier{
			provider.Authorize: g.invoices.Notice, provider.Capture: g.invoices.Notice, provider.Void: g.invoices.Notice,
			provider.Refund: g.invoices.NoticeRefund, provider.Payout: g.payouts.Notice,
		},
	})
	if g.books != nil {
		g.sandbox = sandbox.New(sandbox.Config{
			DB: g.books, Delay: w.sandboxDelay, Now: steadyNow, Sleep: sleep, Key: []byte(g.box.Fingerprint(0, "sandbox", "key")),
			Notify: g.notify, Accounts: g.accounts.Find,
		})
		connectors["sandbox"] = g.sandbox
	}
	guard := callback.Guard{Allow: w.allow}
	client := callback.NewClient(guard)
	g.doctor = newDoctor(g.db, g.box, client, guard, w.fallback)
	g.sender = &callback.Sender{
		DB: g.db, Shops: g.shops, Renderers: renderers(g.stores),
		Client: client, Now: time.Now, Random: rand.Reader, Log: w.log, Observe: w.metrics.callback,
	}
	g.recalls = g.newRecalls()
}

// renderers print callbacks, by protocol.
func renderers(stores *shop.StoreDirectory) map[string]callback.Renderer {
	return map[string]callback.Renderer{
		invoice.Avanor: avanor.Callbacks(avanor.DefaultZone), invoice.PayParts: payparts.Callbacks(stores),
	}
}

// newDoctor examines receivers through the client that callbacks go by. fallback is
// the URL of shops that have none.
func newDoctor(d *db.DB, box *seal.Box, client *http.Client, guard callback.Guard, fallback string) *doctor.Doctor {
	stores := shop.NewStoreDirectory(d.Reader(), box, time.Now)
	return &doctor.Doctor{
		DB: d, Shops: shop.NewDirectory(d.Reader(), box, time.Now), Stores: stores, Renderers: renderers(stores),
		Client: client, Guard: guard, Now: time.Now, Random: rand.Reader, Fallback: fallback,
	}
}

// providerClient calls providers: guarded as callbacks are, by ranges of its own, for
// a bank behind a private line opens that line to no shop. Each call lasts as long as
// its connector says, and a bank is one host for all shops.
func providerClient(allow []netip.Prefix) *http.Client {
	client := callback.NewClient(callback.Guard{Allow: allow})
	client.Timeout = 0
	if transport, ok := client.Transport.(*http.Transport); ok {
		transport.MaxConnsPerHost, transport.MaxIdleConnsPerHost = senders, senders
	}
	return client
}

// notify takes the sandbox's notices to the inbox, as a provider's would come by HTTP.
func (g *gateway) notify(ctx context.Context, account string, header http.Header, body []byte) {
	if err := g.inbox.Receive(ctx, account, header, body); err != nil {
		g.log.Warn("a notice was not taken", "provider", account, "error", err)
	}
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// close gives the node number back, finishes what is queued and closes the databases.
func (g *gateway) close() {
	if g.endWrite != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		_ = g.db.Leave(ctx) // a number that is not given back runs out by itself
		cancel()
		for _, d := range g.databases() {
			d.Shut()
		}
		g.endWrite()
		g.writing.Wait()
	}
	for _, d := range g.databases() {
		d.Close()
	}
}
