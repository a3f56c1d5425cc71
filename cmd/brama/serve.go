package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/brama-pay/brama/api/avanor"
	"github.com/brama-pay/brama/api/payparts"
	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/checkout"
	"github.com/brama-pay/brama/console"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/demo"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/manual"
	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/replay"
	"github.com/brama-pay/brama/shop"
)

// serveCommand runs the gateway.
type serveCommand struct {
	storage
	Demo            bool           `help:"Serve the demo: shops, payways and money to try, on the sandbox."`
	DemoPublic      bool           `help:"Let the demo listen on an address that others can reach."`
	Listen          string         `help:"Address of the doors, the payer's pages and health." default:"127.0.0.1:8080"`
	AdminListen     string         `help:"Address of the console, metrics and documentation; in a demo they are on --listen." default:"127.0.0.1:8081"`
	AdminHost       []string       `help:"Further names of the server of --admin-listen, such as admin.example: it answers to no other." placeholder:"NAME"`
	PublicURL       string         `help:"Where payers reach the gateway; http://<listen> by default." placeholder:"URL"`
	SandboxDelay    delay          `help:"Scale of the sandbox's waiting times, in seconds." default:"1"`
	TrustedProxies  []netip.Prefix `help:"Proxies whose X-Forwarded-For is believed." placeholder:"CIDR"`
	AllowCallbackTo []netip.Prefix `help:"Private ranges that callbacks may go to." placeholder:"CIDR"`
	AllowProviderTo []netip.Prefix `help:"Private ranges that calls to providers may go to." placeholder:"CIDR"`
	KeepSessions    int            `help:"Days after which the console's sessions are forgotten, at least 31; 0: never." default:"90" placeholder:"DAYS"`
	LogFormat       string         `help:"Form of the log." enum:"text,json" default:"text"`
	Bench           benchServer    `embed:"" prefix:"bench-"`
}

// delay is a number of seconds, fractions allowed, in the text of a flag.
type delay string

func (d delay) duration() (time.Duration, error) {
	parsed, err := time.ParseDuration(string(d) + "s")
	if err != nil || parsed < 0 {
		return 0, fmt.Errorf("--sandbox-delay: %q is not a number of seconds such as 1, 0.5 or 0", string(d))
	}
	return parsed, nil
}

// Bounds of the servers.
const (
	maxConnections = 4096
	maxAdmin       = 64
	bodyBudget     = 64 << 20 // bytes of long bodies being read at a time
	adminBudget    = 4 << 20  // the same of the console
	maxHeader      = 32 << 10
	drainTime      = 15 * time.Second
)

// Run serves until the context ends, then drains: what was begun is finished.
func (c *serveCommand) Run(ctx context.Context) error {
	if err := c.check(); err != nil {
		return err
	}
	slowness, err := c.SandboxDelay.duration()
	if err != nil {
		return err
	}
	ctx, ended, err := c.Bench.begin(ctx)
	if err != nil {
		return err
	}
	defer ended()
	c.batch = c.Bench.Batch
	log := c.logger()
	tuneMemory()
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	defer listener.Close()
	if at, ok := listener.Addr().(*net.TCPAddr); ok && at.IP.IsUnspecified() && c.PublicURL == "" {
		log.Warn("payers are sent to an address that nobody can reach: say --public-url", "url", "http://"+listener.Addr().String())
	}
	c.settle(listener.Addr().String())
	meters := newMetrics()
	w := c.wiring()
	w.sandboxDelay, w.log, w.metrics = slowness, log, meters
	g, fresh, err := openGateway(ctx, c.storage, w)
	if err != nil {
		return err
	}
	defer g.close()
	g.verifier = newVerifier(c.storage)
	defer g.verifier.end()
	g.silent, g.keepSessions = c.Bench.Silent, time.Duration(c.KeepSessions)*day
	if c.Demo {
		if err := demo.Seed(ctx, demo.Seeding{DB: g.db, Box: g.box, Random: rand.Reader}); err != nil {
			return fmt.Errorf("make the demo data: %w", err)
		}
		logins, err := demo.SeedOperators(ctx, g.operators)
		if err != nil {
			return fmt.Errorf("make the demo's operators: %w", err)
		}
		if fresh {
			fmt.Print(demo.Welcome(c.PublicURL, shellQuote(os.Args[0])))
		}
		fmt.Print(demo.Logins(c.PublicURL, logins))
		if len(logins) > 0 {
			debug.FreeOSMemory() // hashing their passwords took 64 MiB, and nothing needs them soon
		}
	}
	meters.watch(g)
	return c.serve(ctx, g, meters, listener, log)
}

// check refuses settings that contradict each other, and names them.
func (c *serveCommand) check() error {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	if err := checkPublic(c.PublicURL); err != nil {
		return err
	}
	for _, name := range c.AdminHost {
		if err := checkHost(name); err != nil {
			return err
		}
	}
	if c.Demo && !c.DemoPublic && !loopback(host) {
		return fmt.Errorf("--listen %s: a demo has public secrets and listens on loopback only; add --demo-public if others may reach it", c.Listen)
	}
	if c.Database != "" && !strings.HasPrefix(c.Database, "postgres://") && !strings.HasPrefix(c.Database, "postgresql://") {
		return errors.New("--database: must begin with postgres://")
	}
	if c.KeepSessions != 0 && time.Duration(c.KeepSessions)*day < operator.LeastKept || c.KeepSessions > 36500 {
		return fmt.Errorf("--keep-sessions %d: must be at least 31 days, or 0 to keep them", c.KeepSessions)
	}
	return c.Bench.check(c.Demo)
}

// checkPublic refuses an address that no payer could follow: it is in every link and
// code of a payment, and in what a bank is told, where nobody of us would see it.
func checkPublic(address string) error {
	u, err := url.Parse(address)
	if address == "" || err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil && !strings.ContainsAny(address, "?# ") {
		return nil
	}
	return fmt.Errorf("--public-url: %q is not an address such as https://pay.example", cut(address, 200))
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// settle fills in what follows from the address that is listened on.
func (c *serveCommand) settle(address string) {
	c.Listen = address
	if c.PublicURL == "" {
		c.PublicURL = "http://" + address
	}
	c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
}

func (c *serveCommand) fallback() string {
	if !c.Demo {
		return ""
	}
	return "http://" + c.Listen + demo.ReceiverPath
}

// wiring is what the rooms are told by the flags.
func (c *serveCommand) wiring() wiring {
	return wiring{
		demo: c.Demo, publicURL: c.PublicURL, fallback: c.fallback(),
		allow: c.opened(c.AllowCallbackTo), allowProviders: c.opened(c.AllowProviderTo),
	}
}

// opened are the private ranges that calls may go to; a demo's go to this machine too.
func (c *serveCommand) opened(ranges []netip.Prefix) []netip.Prefix {
	if c.Demo {
		return append(callback.Loopback(), ranges...)
	}
	return ranges
}

func (c *serveCommand) logger() *slog.Logger {
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, nil))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, nil))
}

// serve runs the workers and the servers, and stops them in the order in which
// nothing is lost: no new requests, no new work, the calls on their way, the writers.
func (c *serveCommand) serve(ctx context.Context, g *gateway, meters *metrics, listener net.Listener, log *slog.Logger) error {
	var draining atomic.Bool
	doors := c.doors(g, meters, &draining, log)
	servers := []*http.Server{newServer(hospitable(doors, bodyBudget), maxConnections, log)}
	failed := make(chan error, 3)
	stopAdmin, err := c.serveAdmin(g, log) // before anything is taken or worked off: it finds out that another server has this directory
	if err != nil {
		return err
	}
	defer stopAdmin()
	if !c.Demo {
		admin, err := net.Listen("tcp", c.AdminListen)
		if err != nil {
			return fmt.Errorf("--admin-listen: %w", err)
		}
		mux := http.NewServeMux()
		mux.Handle("GET /metrics", meters.handler())
		serveManual(mux, "")
		c.health(mux, g, &draining)
		c.console(mux, g, log)
		mux.Handle("GET /{$}", http.RedirectHandler("/console/", http.StatusSeeOther))
		servers = append(servers, newServer(hospitable(c.hosts().guard(mux), adminBudget), maxAdmin, log))
		go func() { failed <- servers[1].Serve(admin) }()
	}
	go func() { failed <- servers[0].Serve(listener) }()
	work, stopWork := context.WithCancel(context.Background())
	sending, stopSending := context.WithCancel(context.Background())
	defer stopSending()
	defer stopWork()
	workers, senders := &loops{log: log}, &loops{log: log}
	g.start(work, workers)
	g.send(sending, senders)
	log.Info("ready", "listen", c.Listen, "public", c.PublicURL, "demo", c.Demo, "console", "http://"+c.consoleHost()+"/console/")
	c.hintOperators(ctx, g, log)
	warnAccounts(ctx, g.db, log)
	select {
	case <-ctx.Done():
		err = nil
	case err = <-failed:
	}
	draining.Store(true)
	log.Info("stopping", "calls", g.dispatch.Busy())
	shut, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	g.calm(shut)
	for _, server := range servers {
		_ = server.Shutdown(shut)
	}
	stopWork()
	workers.running.Wait()
	for g.dispatch.Busy() > 0 && shut.Err() == nil {
		sleep(shut, 10*time.Millisecond)
	}
	stopSending()
	senders.running.Wait()
	log.Info("stopped")
	return err
}

// calm waits until the calls to providers have come back, at most two thirds of
// the time to drain. Meanwhile the listeners stay open, so that whoever asks hears
// 503 and goes to another node.
func (g *gateway) calm(shut context.Context) {
	shut, cancel := context.WithTimeout(shut, drainTime*2/3)
	defer cancel()
	for g.dispatch.Busy() > 0 && shut.Err() == nil {
		sleep(shut, 10*time.Millisecond)
	}
}

func newServer(handler http.Handler, connections int, log *slog.Logger) *http.Server {
	return &http.Server{
		ConnState: newConnections(connections).state,
		Handler:   handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// doors is everything that --listen serves.
func (c *serveCommand) doors(g *gateway, meters *metrics, draining *atomic.Bool, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	c.health(mux, g, draining)
	page := checkout.New(checkout.Config{Invoices: g.invoices, Demo: c.Demo, Log: log, Now: time.Now, Observe: meters.page})
	mux.Handle("/pay/", page)
	mux.Handle("POST /notify/{account}", g.inbox)
	if c.Demo {
		receiver := &demo.Receiver{Shop: g.keys, Store: g.storeKeys, Shops: g.allShops, Now: time.Now}
		own := guarded{mux, c.hosts()}
		own.Handle(demo.ReceiverPath, receiver)
		own.Handle(demo.ReceiverPath+"/", receiver)
		own.Handle("GET /metrics", meters.handler())
		c.console(own, g, log)
		serveManual(own, c.PublicURL)
		own.Handle("GET /{$}", demo.Start([]demo.Link{
			{Title: "Console", Path: "/console/", Words: "what operators see"},
			{Title: "Callbacks", Path: demo.ReceiverPath, Words: "what a shop would have received"},
			{Title: "Documentation", Path: manual.Root, Words: "every method, with examples that work here"},
		}))
	}
	door := avanor.Config{
		Shops: g.shops, Invoices: g.invoices, Payouts: g.payouts, Signatures: replay.Guard{DB: g.db},
		Payways: func(ctx context.Context, direction payway.Direction, id int64) ([]*payway.Payway, error) {
			return payway.List(ctx, g.db.Reader(), direction, id)
		},
		Balances: func(ctx context.Context, id int64) ([]ledger.Account, error) {
			return ledger.Balances(ctx, g.db.Reader(), id)
		},
		Now: time.Now, Random: rand.Reader, PublicURL: c.PublicURL, TrustedProxies: c.TrustedProxies, Draining: draining.Load,
		Observe: meters.request, Log: log,
	}
	mux.Handle("/", avanor.New(door))
	mux.Handle(payparts.Root, payparts.New(payparts.Config{
		Stores: g.stores, Shops: g.shops, Invoices: g.invoices, Page: page, Now: time.Now, Random: rand.Reader, PublicURL: c.PublicURL,
		TrustedProxies: c.TrustedProxies, Draining: draining.Load, Log: log, Observe: meters.payParts,
	}))
	c.Bench.echo(mux, door)
	return mux
}

// hosts are the names of what operators see: the address that it listens on and what
// --admin-host says; in a demo, where payers and operators come to one server, the
// public name too.
func (c *serveCommand) hosts() *hosts {
	given := append([]string{c.consoleHost()}, c.AdminHost...)
	if c.Demo {
		given = append(given, c.PublicURL)
	}
	return newHosts(given...)
}

// consoleHost is where the console is.
func (c *serveCommand) consoleHost() string {
	if c.Demo {
		return c.Listen
	}
	return c.AdminListen
}

// hintOperators says how the first operator is made: before that nobody can sign in.
func (c *serveCommand) hintOperators(ctx context.Context, g *gateway, log *slog.Logger) {
	if list, err := g.operators.List(ctx, 0, 1); err == nil && len(list) == 0 {
		log.Info("nobody can sign in to the console yet: brama operator add EMAIL --role admin --commit", "data", c.Data)
	}
}

// warnAccounts names the accounts that were good when they were set and are not used
// by this build: all that goes through them is refused.
func warnAccounts(ctx context.Context, d *db.DB, log *slog.Logger) {
	list, err := provider.ListAccounts(ctx, d.Reader())
	if err != nil {
		log.Warn("the provider accounts could not be looked at", "error", err)
	}
	for _, a := range list {
		if reason := connectorSettings().Unfit(a); reason != "" && a.Active {
			log.Warn("no call is made through a provider account until its setting is mended: brama provider set", "provider", a.Name, "setting", reason)
		}
	}
}

// console puts the operators' pages on a server.
func (c *serveCommand) console(mux pages, g *gateway, log *slog.Logger) {
	pages := console.New(console.Config{
		DB: g.db, Box: g.box, Operators: g.operators, Settings: connectorSettings(), Random: rand.Reader, Now: time.Now, Log: log, Demo: c.Demo, TrustedProxies: c.TrustedProxies,
		Verifier: g.verifier, Figures: g.figures,
		Doctor: g.doctor, Preview: g.sender.Preview, Deadline: func(d time.Duration) time.Time { return time.Now().Add(d) },
	})
	mux.Handle("/console", pages)
	mux.Handle("/console/", pages)
}

// serveManual serves the documentation. Its examples call the demo at url, "" where
// this gateway is none.
func serveManual(mux pages, url string) {
	pages := manual.New(manual.Config{URL: url})
	mux.Handle(manual.Root, pages)
	mux.Handle(manual.Root+"/", pages)
	mux.Handle(manual.DescriptionPath, pages)
}

// keys are what the demo's receiver checks a callback with.
func (g *gateway) keys(ctx context.Context, id int64) (demo.Keys, bool) {
	entry, err := g.shops.Find(ctx, id)
	if err != nil {
		return demo.Keys{}, false
	}
	return demo.Keys{Secrets: entry.Secrets(), WebhookKeys: entry.WebhookKeys()}, true
}

// allShops are the shops of a demo, the first hundred.
func (g *gateway) allShops(ctx context.Context) (ids []int64) {
	list, err := shop.List(ctx, g.db.Reader(), 0, 100)
	if err != nil {
		return nil
	}
	for _, one := range list {
		ids = append(ids, one.ID)
	}
	return ids
}

// storeKeys are the same of a store: its passwords, and its shop's webhook keys.
func (g *gateway) storeKeys(ctx context.Context, id string) (demo.Keys, bool) {
	store, err := g.stores.Find(ctx, id)
	if err != nil {
		return demo.Keys{}, false
	}
	keys, known := g.keys(ctx, store.Store.Shop)
	keys.Secrets = store.Passwords()
	return keys, known
}

// health is whether the process lives, and whether it takes work: on both addresses.
func (c *serveCommand) health(mux *http.ServeMux, g *gateway, draining *atomic.Bool) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) { ready(w, r, g, draining.Load()) })
}

// ready answers 503 while the gateway drains or its database does not answer.
func ready(w http.ResponseWriter, r *http.Request, g *gateway, draining bool) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	switch {
	case draining:
		http.Error(w, "draining", http.StatusServiceUnavailable)
	case g.db.Ping(ctx) != nil:
		http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
	default:
		fmt.Fprintln(w, "ready")
	}
}
