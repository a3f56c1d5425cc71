package e2e

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/brama-pay/brama/client/avanor"
)

// When the disk is full nothing is acknowledged that is not stored, and nothing
// is broken: with room again the gateway goes on by itself, and the books are whole.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	g := newGateway(t, "sqlite")
	if err := os.Mkdir(g.data(), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", g.data(), "tmpfs", 0, "size=24m"); err != nil {
		t.Skipf("no small disk can be made here: %v", err)
	}
	t.Cleanup(func() {
		g.kill()
		_ = syscall.Unmount(g.data(), syscall.MNT_DETACH)
	})
	g.start()
	before := g.fill(t, 20)
	ballast := g.ballast(t)
	refused := 0
	for range 2000 { // what is left of the last pages takes a few
		_, err := g.shop(demoShop).CreatePayout(context.Background(), g.payoutOf(g.account("7654"), "1.00"))
		if err == nil {
			before++
			continue
		}
		if !isCode(err, avanor.ErrUnavailable) && !isCode(err, avanor.ErrOverloaded) && !errors.As(err, new(*avanor.TransportError)) {
			t.Errorf("on a full disk: %v", err)
		}
		if refused++; refused == 20 {
			break
		}
	}
	if refused < 20 {
		t.Fatalf("the disk was never full: %d refusals", refused)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	g.eventually("a payout is accepted again", func() bool {
		_, err := g.shop(demoShop).CreatePayout(context.Background(), g.payoutOf(g.account("7654"), "1.00"))
		return err == nil
	})
	g.balanced()
	if stored := g.count(g.open(false).Reader(), "payout"); stored < before+1 {
		t.Errorf("%d payouts are stored, %d were acknowledged", stored, before+1)
	}
}

// fill makes payouts, each acknowledged.
func (g *gateway) fill(t *testing.T, n int64) int64 {
	t.Helper()
	for range n {
		g.payout(g.account("7654"), "1.00")
	}
	g.quiet()
	return n
}

// ballast is a file that takes all that is left of the disk.
func (g *gateway) ballast(t *testing.T) string {
	t.Helper()
	path := filepath.Join(g.data(), "ballast")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for page := make([]byte, 4096); err == nil; {
		_, err = file.Write(page)
	}
	return path
}
