package e2e

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/money"
)

// A gateway that is asked to stop says so, finishes what it began, and takes
// nothing more.
func TestStopWhileBusy(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		hanging := g.payout(g.account("0119"), "10.00") // its call comes back after the sandbox's silence
		_ = g.process.Process.Signal(syscall.SIGTERM)
		g.eventually("the gateway says that it drains", func() bool { return g.status("/readyz") == http.StatusServiceUnavailable })
		status, _, answer := g.post("/gateway/v1/shop_balance", signed(t, "shop_balance", demoSecret, map[string]string{"shop_id": "1520", "now": `"1"`}))
		if status != http.StatusServiceUnavailable || !strings.HasPrefix(string(answer), `{"data":null,"error_code":23,`) {
			t.Errorf("while draining: HTTP %d %s", status, answer)
		}
		if g.status("/healthz") != http.StatusOK {
			t.Error("while draining it does not look alive")
		}
		select {
		case <-g.ended:
		case <-time.After(patience):
			t.Fatal("the gateway does not end")
		}
		if code := g.process.ProcessState.ExitCode(); code != 0 {
			t.Errorf("exit status %d", code)
		}
		g.process = nil
		g.delay = "0"
		g.start()
		g.settles(hanging.ID, avanor.PayoutCompleted)
		g.balanced()
	}, withDelay("2"))
}

// A stop under load loses nothing that was acknowledged, and cuts no answer that
// was begun.
func TestStopUnderLoad(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		r := newReceiver(t)
		l := newLoad(g, r)
		chance := rand.New(rand.NewPCG(7, 7))
		for range 3 {
			l.until(chance, func() {
				g.verified() // it may look while others work
				if code := g.stop(); code != 0 {
					t.Errorf("exit status %d", code)
				}
			})
			g.start()
		}
		g.quiet()
		l.kept(t, r)
		for _, err := range l.cut {
			t.Errorf("an answer was cut: %v", err)
		}
		g.balanced()
	})
}

// refusesToStart runs serve, which must end at once and name the setting.
func (g *gateway) refusesToStart(what, names string, args ...string) {
	g.t.Helper()
	before := len(g.log())
	process, ended := g.spawn(append([]string{"serve"}, args...))
	select {
	case <-ended:
	case <-time.After(patience):
		_ = process.Process.Kill()
		<-ended
		g.t.Errorf("%s: it serves", what)
	}
	said := g.log()[before:]
	if code := process.ProcessState.ExitCode(); code != 1 || !strings.Contains(said, "brama: "+names) {
		g.t.Errorf("%s: exit status %d, and %q is not named:\n%s", what, code, names, said)
	}
}

func TestStartIsRefused(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		local := []string{"--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"}
		with := func(more ...string) []string { return append(append(g.storage(), local...), more...) }
		g.refusesToStart("a second serve on the same data", "--data", with("--demo")...)
		if g.status("/readyz") != http.StatusOK {
			t.Error("the first one is not ready any more")
		}
		g.stop()
		g.refusesToStart("a demo served as a real one", "--demo", with()...)
		_, port, _ := net.SplitHostPort(g.listen)
		g.refusesToStart("a demo for everybody", "--listen", append(g.storage(), "--demo", "--listen", "0.0.0.0:"+port)...)
		g.refusesToStart("a demo on a name that is no loopback", "--listen", append(g.storage(), "--demo", "--listen", ":"+port)...)
		g.refusesToStart("another key file", "--key-file", with("--demo", "--key-file", filepath.Join(g.dir, "other.key"))...)
		g.start()

		real := newGateway(t, g.engine)
		real.serveReal()
		real.stop()
		real.refusesToStart("a real one served as a demo", "--demo", append(append(real.storage(), local...), "--demo")...)
		for _, name := range []string{"brama.key", "admin.sock"} {
			if info, err := os.Stat(filepath.Join(g.data(), name)); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v, %v; want mode 0600", name, info, err)
			}
		}
		g.has(10_000_000, 0, 0)
		g.balanced()
	})
}

// serveReal starts a gateway that is no demo, and shows what it has not: the
// demo's shops and receiver, and metrics on the public address.
func (g *gateway) serveReal() {
	g.t.Helper()
	before := len(g.log())
	g.process, g.ended = g.spawn(append([]string{"serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"}, g.storage()...))
	g.awaitReady(before)
	if _, err := g.shop(demoShop).Balances(context.Background()); !isCode(err, avanor.ErrShopNotFound) {
		g.t.Errorf("a real database has the demo's shop: %v", err)
	}
	for _, path := range []string{"/demo/callbacks", "/metrics"} {
		if status := g.status(path); status != http.StatusNotFound {
			g.t.Errorf("%s of a real gateway on its public address: HTTP %d", path, status)
		}
	}
}

// The demo keeps over restarts what was done to it, and shows its figures.
func TestRestart(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		g.operator("shop", "set", "1520", "confirm_above=USD:50.00", "--commit")
		g.paid("100.00")
		waits := g.payout(g.account("7654"), "60.00")
		g.stop()
		g.start()
		g.has(10_000_000+95_00-61_20, 61_20, 0)
		if found := g.findPayout(waits.ID); found.Status != avanor.PayoutConfirming {
			t.Errorf("after a restart the payout is %s", found.Status)
		}
		g.operator("payout", "confirm", "1520", "--commit", fmt.Sprint(waits.ID))
		g.settles(waits.ID, avanor.PayoutCompleted)
		if said, _ := os.ReadFile(filepath.Join(g.dir, "stdout")); strings.Count(string(said), "secret "+demoSecret) != 2 {
			t.Errorf("the demo's secrets are printed at its first start and never again:\n%s", said)
		}
		response, err := http.Get(g.url + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body)
		for _, name := range []string{`brama_requests_total{code="0",method="withdraw/status"}`, "brama_request_seconds_bucket", "brama_provider_calls_total"} {
			if !strings.Contains(string(text), name) {
				t.Errorf("/metrics lacks %s", name)
			}
		}
		if got := g.balance(money.USD).frozen; got != 0 {
			t.Errorf("frozen %d", got)
		}
		g.balanced()
	})
}
