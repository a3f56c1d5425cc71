package browser

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/e2e/program"
)

// Gateway is a running `brama serve --demo` with data of its own.
type Gateway struct {
	URL string // http://127.0.0.1:port
	t   testing.TB
	dir string
	bin string
}

// Serve starts a gateway that ends with the test. The sandbox's waiting times are
// none, unless the flags, which are those of serve, say otherwise.
func Serve(t testing.TB, flags ...string) *Gateway {
	t.Helper()
	need(t) // before anything is built in vain
	binary, err := program.Build()
	if err != nil {
		t.Fatalf("build the program: %v", err)
	}
	dir, err := os.MkdirTemp("", "brama-e2e-") // t.TempDir is too long a path for a socket
	if err != nil {
		t.Fatal(err)
	}
	g := &Gateway{t: t, dir: dir, bin: binary}
	args := append([]string{"serve", "--demo", "--listen", "127.0.0.1:0", "--data", g.Data(), "--sandbox-delay", "0"}, flags...)
	process, ended, err := program.Spawn(binary, dir, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.end(process, ended) })
	program.Eventually(t, "the gateway is ready", func() bool {
		select {
		case <-ended:
			t.Fatalf("the gateway ended at its start:\n%s", program.Tail(g.Log(), 4<<10))
		default:
		}
		address, ok := program.Ready(g.Log())
		g.URL = "http://" + address
		return ok && g.ready()
	})
	return g
}

func (g *Gateway) ready() bool {
	answer, err := http.Get(g.URL + "/readyz")
	if err != nil {
		return false
	}
	answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// end ends the program and looks into its log for what no test asked for.
func (g *Gateway) end(process *exec.Cmd, ended <-chan struct{}) {
	_ = process.Process.Kill()
	<-ended
	for line := range strings.Lines(g.Log()) {
		if strings.Contains(line, "level=ERROR") {
			g.t.Errorf("in the gateway's log: %s", line)
		}
	}
	if g.t.Failed() {
		g.t.Logf("the gateway's log:\n%s", program.Tail(g.Log(), 8<<10))
	}
	_ = os.RemoveAll(g.dir)
}

// Data is the directory of the gateway's data.
func (g *Gateway) Data() string { return filepath.Join(g.dir, "data") }

// Log is what the program has logged.
func (g *Gateway) Log() string {
	text, _ := os.ReadFile(program.Log(g.dir))
	return string(text)
}

// Printed is what serve has printed at its start: the demo's secrets.
func (g *Gateway) Printed() string {
	text, _ := os.ReadFile(filepath.Join(g.dir, "stdout"))
	return string(text)
}

// Brama runs another command of the program on the gateway's data, which must
// succeed, and gives what it said.
func (g *Gateway) Brama(args ...string) string {
	g.t.Helper()
	said, err := exec.Command(g.bin, append(args, "--data", g.Data())...).CombinedOutput()
	if err != nil {
		g.t.Fatalf("brama %s: %v\n%s", strings.Join(args, " "), err, said)
	}
	return string(said)
}

// The demo's public values (docs/sandbox.md).
const (
	DemoShop   = 1520
	demoSecret = "account-secret-key"
)

// Shop is a client of the gateway for one of the demo's shops.
func (g *Gateway) Shop(id int64) *avanor.Client {
	g.t.Helper()
	shop, err := avanor.New(g.URL, id, demoSecret)
	if err != nil {
		g.t.Fatal(err)
	}
	return shop
}
