package e2e

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/e2e/program"
)

// stepping gives the gateway a clock that the test puts.
func (g *gateway) stepping() (put func(by time.Duration)) {
	g.t.Helper()
	stepped, err := program.BuildStepped()
	if err != nil {
		g.t.Fatalf("build the program with a clock of its own: %v", err)
	}
	g.binary, g.clock = stepped, filepath.Join(g.dir, "clock")
	by := time.Duration(0)
	put = func(further time.Duration) {
		by += further
		g.writeClock(by)
	}
	put(0)
	return put
}

func (g *gateway) writeClock(by time.Duration) {
	g.t.Helper()
	file, err := os.OpenFile(g.clock, os.O_CREATE|os.O_WRONLY, 0o600) // in place: the program looks at these bytes
	if err != nil {
		g.t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteAt(binary.NativeEndian.AppendUint64(nil, uint64(int64(by/time.Second))), 0); err != nil {
		g.t.Fatal(err)
	}
}

// The clock of the machine is put back and forward under load, by seconds, an hour
// and a day. Nothing stands still for it, and nothing is lost, done twice or
// believed too early.
func TestClockIsPut(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		g.kill()
		put := g.stepping()
		g.start()
		r := newReceiver(t)
		r.anyTime = true
		l := newLoad(g, r)
		chance := rand.New(rand.NewPCG(1, 2))
		last := int64(0)
		for _, by := range []time.Duration{-time.Hour, 25 * time.Hour, -5 * time.Second, -24 * time.Hour, 72 * time.Hour} {
			r.refuseNext(3) // what waits to be told again
			l.until(chance, func() { put(by) })
			if made := g.payout(g.account("7654"), "1.00"); made.ID <= last {
				t.Errorf("after a step of %s payout %d comes after %d", by, made.ID, last)
			} else {
				last = made.ID
			}
			began := time.Now()
			g.quiet()
			t.Logf("a step of %s: all was known and told %s later", by, time.Since(began).Round(10*time.Millisecond))
		}
		if g.engine == "postgres" {
			g.another().payout(g.account("7654"), "1.00") // a node number is free, whatever was held until then
		}
		g.balanced()
	})
}

// While nothing ran, the clock was put back: what waits is looked after all the same.
func TestClockWasPutBackInBetween(t *testing.T) {
	t.Parallel()
	g := newGateway(t, "sqlite", withDelay("1"))
	put := g.stepping()
	g.start()
	made := g.payout(g.account("0341"), "1.00") // done in five seconds
	g.kill()
	put(-72 * time.Hour)
	g.start()
	g.operatorLooks(made.ID)
}

// operatorLooks waits until a payout is known to be asked about again: its due time
// is no further ahead than any pause.
func (g *gateway) operatorLooks(id int64) {
	g.t.Helper()
	from := g.open(false)
	g.eventually("the payout is asked about", func() bool {
		return g.number(from.Reader(), "SELECT asked FROM attempt WHERE operation = $1 ORDER BY n DESC LIMIT 1", id) > 0
	})
}

// The clock goes a day ahead while a payment is under way: it is asked about, not
// expired; an invoice that nobody is paying is expired; a hold stays its shop's.
func TestADayAheadExpiresNoPaymentUnderWay(t *testing.T) {
	t.Parallel()
	g := newGateway(t, "sqlite", withDelay("1"))
	put := g.stepping()
	g.start()
	under, paying := g.order("20.00", false)
	_, idle := g.order("20.00", false)
	g.submit(under.URL, cardForm("4000000000000341")) // paid, and told in five seconds
	if found := g.find(paying); found.Status.Final() {
		t.Fatalf("the payment is %s already", found.Status)
	}
	put(24 * time.Hour)
	g.reaches(paying, avanor.InvoiceSucceeded)
	g.reaches(idle, avanor.InvoiceRejected)
	if _, err := g.shop(demoShop).CreateRefund(context.Background(), avanor.RefundRequest{InvoiceID: under.InvoiceID, ShopRefundID: "r", Amount: "20.00"}); err != nil {
		t.Errorf("refund: %v", err)
	}
	g.balanced()
}
