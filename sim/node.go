package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/brama-pay/brama/api/avanor"
	"github.com/brama-pay/brama/api/payparts"
	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/checkout"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/inbox"
	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/payout"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/replay"
	"github.com/brama-pay/brama/seal"
	"github.com/brama-pay/brama/shop"
)

// node is one process of the gateway: every room wired as the command wires it,
// on the world's database, clock and chance.
type node struct {
	world    *World
	no       int
	life     int // how often it was started
	db       *db.DB
	box      *seal.Box
	accounts *provider.Accounts
	gate     *provider.Gate
	dispatch *provider.Dispatcher
	invoices *invoice.Invoices
	payouts  *payout.Payouts
	sender   *callback.Sender
	inbox    *inbox.Inbox
	door     http.Handler
	recalls  *db.Recalls
	beatAt   int64
	lookAt   int64 // when it looks for what a wrong clock put off
	refusals int   // commits that are still to be refused for the moment
	doomed   bool  // it dies when its writer's step is over
}

// boot starts a process on what is stored.
func (w *World) boot(ctx context.Context, no, life int) (*node, error) {
	n := &node{world: w, no: no, life: life}
	config := w.disk.config
	config.Now = w.wall
	config.Simulation = &db.Simulation{Commit: n.commit, Wait: n.wait}
	var err error
	if n.db, err = db.Open(ctx, config); err != nil {
		return nil, err
	}
	key, err := seal.NewKey(bytes.NewReader(make([]byte, seal.KeySize)), "k1")
	if err != nil {
		return nil, err
	}
	if n.box, err = seal.New(w, seal.Keys{key}); err != nil {
		return nil, err
	}
	return n, n.join(ctx)
}

// join takes a node number; when all are held by the dead, time passes first.
func (n *node) join(ctx context.Context) error {
	err := n.db.Join(ctx, fmt.Sprintf("node-%d-%d", n.no, n.life))
	for range 3 {
		if err == nil {
			break
		}
		n.world.pass(db.Lease)
		err = n.db.Join(ctx, fmt.Sprintf("node-%d-%d", n.no, n.life))
	}
	n.beatAt = n.world.now + db.Lease/4
	return err
}

// wire is cmd/brama's wiring, with the bank for its only connector.
func (n *node) wire() {
	w := n.world
	shops := shop.NewDirectory(n.db.Reader(), n.box, w.clock)
	stores := shop.NewStoreDirectory(n.db.Reader(), n.box, w.clock)
	n.accounts = provider.NewAccounts(n.db.Reader(), n.box, w.clock)
	n.dispatch = provider.NewDispatcher(places)
	connectors := map[string]provider.Connector{bankName: w.bank}
	n.gate = &provider.Gate{Connectors: connectors, Accounts: n.accounts.Find, Now: w.clock, Steps: w.steps()}
	n.invoices = &invoice.Invoices{
		DB: n.db, Gate: n.gate, Dispatch: n.dispatch, Random: w, Now: w.clock, Patience: 5 * time.Second, PublicURL: publicURL, Log: w.log, Await: n.wait,
	}
	n.invoices.Wire()
	n.payouts = &payout.Payouts{DB: n.db, Gate: n.gate, Dispatch: n.dispatch, Box: n.box, Ways: payway.NewDirectory(n.db.Reader(), w.clock), Log: w.log}
	n.payouts.Wire(w.wall)
	n.inbox = inbox.New(inbox.Config{
		DB: n.db, Connectors: connectors, Accounts: n.accounts.Find,
		Appliers: map[provider.Verb]inbox.Applier{
			provider.Authorize: n.invoices.Notice, provider.Capture: n.invoices.Notice, provider.Void: n.invoices.Notice,
			provider.Refund: n.invoices.NoticeRefund, provider.Payout: n.payouts.Notice,
		},
	})
	n.sender = &callback.Sender{
		DB: n.db, Shops: shops,
		Renderers: map[string]callback.Renderer{
			invoice.Avanor: avanor.Callbacks(avanor.DefaultZone), invoice.PayParts: payparts.Callbacks(stores),
		},
		Client: w.receivers, Now: w.clock, Random: w, Log: w.log,
	}
	n.recalls = &db.Recalls{Steps: w.steps(), Of: []db.Recall{
		{Rows: n.payouts.Recall, Farthest: provider.Farthest}, {Rows: n.invoices.Recall, Farthest: provider.Farthest}, {Rows: n.sender.Recall, Farthest: callback.Farthest},
	}}
	mux := http.NewServeMux()
	page := checkout.New(checkout.Config{Invoices: n.invoices, Log: w.log, Now: w.clock})
	mux.Handle("/pay/", page)
	mux.Handle(payparts.Root, payparts.New(payparts.Config{
		Stores: stores, Shops: shops, Invoices: n.invoices, Page: page, Now: w.clock, Random: w, PublicURL: publicURL, Log: w.log,
	}))
	mux.Handle("POST /notify/{account}", n.inbox)
	mux.Handle("/", avanor.New(avanor.Config{
		Shops: shops, Invoices: n.invoices, Payouts: n.payouts, Signatures: replay.Guard{DB: n.db},
		Payways: func(ctx context.Context, direction payway.Direction, id int64) ([]*payway.Payway, error) {
			return payway.List(ctx, n.db.Reader(), direction, id)
		},
		Balances: func(ctx context.Context, id int64) ([]ledger.Account, error) {
			return ledger.Balances(ctx, n.db.Reader(), id)
		},
		Now: w.clock, Random: w, PublicURL: publicURL, Log: w.log,
	}))
	n.door = mux
}

const (
	// places is small, so that a saturated dispatcher is met.
	places    = 12
	publicURL = "https://gate.test"
)

// What a commit meets, out of 10,000.
const (
	lostBefore  = 40 // its answer is lost, and it was not done
	lostAfter   = 40 // its answer is lost, and it was done
	crashBefore = 12
	crashAfter  = 12
)

var errLost = errors.New("the connection was lost during the commit")

// commit is a commit of this process: it may be lost, and the process may die,
// before it and after it.
func (n *node) commit(rows []any, commit func() error) error {
	w := n.world
	w.counts.Commits++
	if w.calm || w.running != nil && w.failure != nil {
		return n.commitAnd(rows, commit)
	}
	if err := n.notNow(); err != nil {
		w.tracef("n%d commit of %d rows refused: %v", n.no, len(rows), err)
		return err
	}
	p := w.dice.IntN(10_000)
	lost, dies := !w.Without.Commits, !w.Without.Crashes
	switch {
	case p < lostBefore && lost:
		w.counts.LostCommits++
		w.tracef("n%d commit of %d rows lost, not done", n.no, len(rows))
		return errLost
	case p < lostBefore+crashBefore && p >= lostBefore && dies:
		w.tracef("n%d dies before its commit of %d rows", n.no, len(rows))
		n.doomed = true
		return errLost
	}
	err := n.commitAnd(rows, commit)
	p = w.dice.IntN(10_000)
	switch {
	case err != nil:
	case p < lostAfter && lost:
		w.counts.LostCommits++
		w.tracef("n%d commit of %d rows lost, done", n.no, len(rows))
		return errLost
	case p >= lostAfter && p < lostAfter+crashAfter && dies:
		w.tracef("n%d dies after its commit of %d rows", n.no, len(rows))
		n.doomed = true
		return errLost
	}
	return err
}

// notNow is a database that refuses a commit for the moment, now and then several
// times in a row: the same is run again, or its callers hear that nothing was stored.
func (n *node) notNow() error {
	w := n.world
	if w.Without.Retries {
		return nil
	}
	if n.refusals == 0 && w.chance(150) {
		n.refusals = 1 + w.dice.IntN(8)
		if w.dice.IntN(4) > 0 {
			n.refusals = 1
		}
	}
	if n.refusals == 0 {
		return nil
	}
	n.refusals--
	w.counts.Refused++
	return &pgconn.PgError{SeverityUnlocalized: "ERROR", Code: []string{"40001", "40P01"}[w.dice.IntN(2)]}
}

func (n *node) commitAnd(rows []any, commit func() error) error {
	if err := commit(); err != nil {
		n.world.fail("the database takes what was decided", err.Error())
		return err
	}
	n.world.mirror.store(rows)
	return nil
}

// stepWriters lets the writers work off what is queued; false when there was nothing.
func (n *node) stepWriters() bool {
	worked := false
	for _, writer := range n.db.Writers() {
		did, _ := writer.Step(context.Background())
		worked = worked || did
	}
	return worked
}

// write is a step of one process's writers.
func (n *node) write() {
	queued := n.db.Queued()
	n.stepWriters()
	n.world.tracef("n%d wrote a batch of %d", n.no, queued)
	if n.doomed {
		n.world.crash(n, "in its commit")
	}
}

// crash ends a process: its queues, calls, and callers' connections are gone. It
// is started again at once.
func (w *World) crash(n *node, when string) {
	w.counts.Crashes++
	w.tracef("n%d crashes %s", n.no, when)
	w.kill(n)
	n.db.Close()
	calm := w.calm
	w.calm = true // a start that fails is started again: nothing new is learned
	again, err := w.boot(context.Background(), n.no, n.life+1)
	w.calm = calm
	if err != nil {
		w.fail("the gateway starts after a crash", err.Error())
		return
	}
	again.wire()
	w.nodes[slices.Index(w.nodes, n)] = again
}

// beat renews the process's number when it is time, and looks after what a wrong
// clock put off.
func (n *node) beat() {
	w := n.world
	if w.now >= n.lookAt {
		n.lookAt = w.now + 1000
		n.look()
	}
	if w.now < n.beatAt {
		return
	}
	n.beatAt = w.now + db.Lease/4
	calm := w.calm
	w.calm = true
	err := n.db.Beat(context.Background())
	w.calm = calm
	if err != nil {
		w.fail("a node keeps its number", err.Error())
	}
}

// worker is a loop of the gateway.
type worker struct {
	name   string
	most   int // loops of it in one process
	weight int
	step   func(*node) func(context.Context) (bool, error)
}

var workers = []worker{
	{"dispatch", 4, 40, func(n *node) func(context.Context) (bool, error) { return n.dispatch.Step }},
	{"invoices", 3, 15, func(n *node) func(context.Context) (bool, error) { return n.invoices.Step }},
	{"refunds", 2, 12, func(n *node) func(context.Context) (bool, error) { return n.invoices.StepRefunds }},
	{"payouts", 3, 15, func(n *node) func(context.Context) (bool, error) { return n.payouts.Step }},
	{"callbacks", 4, 18, func(n *node) func(context.Context) (bool, error) { return n.sender.Step }},
}

// work begins a step of one of the process's workers, unless all its loops are busy.
func (n *node) work() {
	pick := n.world.dice.IntN(100)
	for _, k := range workers {
		if pick -= k.weight; pick < 0 {
			n.begin(k)
			return
		}
	}
}

// begin starts a step of a worker; false when there was nothing to do.
func (n *node) begin(k worker) bool {
	w := n.world
	busy := 0
	for _, t := range w.tasks {
		if t.node == n && t.name == k.name {
			busy++
		}
	}
	if busy >= k.most {
		return false
	}
	step, did := k.step(n), false
	t := w.start(k.name, n, func() {
		worked, err := step(context.Background())
		if did = worked || err != nil; did {
			w.tracef("n%d worked=%v %v", n.no, worked, err)
		}
	})
	return did || !t.ended
}
