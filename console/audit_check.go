package console

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/fault"
)

// checkTime bounds the check of a chain in the console.
const checkTime = 20 * time.Second

// chainCheck is what the check of a chain found.
type chainCheck struct {
	chainRun
	wrong [][3]string // what, subject, detail; the first hundred
	count int
	late  bool // there was not time for the whole chain
}

// chainRun is a check that runs: which chain, to which link, and whose it is.
type chainRun struct {
	shop    int64
	end     audit.Position
	by      string
	started int64 // Unix milliseconds; 0: none runs
	come    int64 // to which link
}

// checkRoom has room for one check of a chain at a time: each reads a whole chain,
// and may be asked for by everybody who may read the audit.
type checkRoom struct {
	mu  sync.Mutex
	run chainRun
}

// begin takes the room, or answers the check that is in it.
func (c *checkRoom) begin(run chainRun) (other chainRun, free bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.run.started != 0 {
		return c.run, false
	}
	c.run = run
	return chainRun{}, true
}

func (c *checkRoom) come(seq int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.run.come = seq
}

func (c *checkRoom) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.run = chainRun{}
}

// checkChain walks through a chain and shows whether it is whole. While another
// check runs it shows how far that one is.
func checkChain(v *visit) error {
	shopID, err := strconv.ParseInt(v.value("shop"), 10, 64)
	if err != nil || shopID < 0 {
		return fault.Param("shop", "must be the number of a shop, or 0 for the house")
	}
	c := chainCheck{chainRun: chainRun{shop: shopID, by: v.actor(), started: max(v.Now().UnixMilli(), 1)}}
	ctx, cancel := context.WithTimeout(v.ctx(), checkTime)
	defer cancel()
	if c.end, err = audit.Head(ctx, v.DB.Reader(), shopID); err != nil {
		return err
	}
	if other, free := v.checks.begin(c.chainRun); !free {
		return v.page(page{title: "A chain is being checked", crumbs: []crumb{{"Audit", auditPath}}, body: chainBusyBody(v, other, shopID)})
	}
	defer v.checks.end()
	if err := v.walkChain(ctx, &c); err != nil {
		return err
	}
	return v.page(page{title: "Check of a chain", crumbs: []crumb{{"Audit", auditPath}}, body: chainBody(c)})
}

// walkChain notes what is wrong with a chain.
func (v *visit) walkChain(ctx context.Context, c *chainCheck) error {
	err := audit.Watch(ctx, v.DB.Reader(), c.shop, func(what, subject, detail string) {
		if c.count++; c.count <= 100 {
			c.wrong = append(c.wrong, [3]string{what, subject, detail})
		}
	}, v.checks.come)
	if c.late = errors.Is(ctx.Err(), context.DeadlineExceeded); c.late {
		return nil
	}
	return err
}
