package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/brama-pay/brama/api/body"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/signature"
)

// What is preloaded is whole: verify finds nothing, in our books and in the
// sandbox's, also when the payouts do not divide by the shops.
func TestPreloadedBooksAreClean(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			address := ""
			if engine == "postgres" {
				address = dbtest.PostgresURL(t)
			}
			h := &house{storage: storage{Data: t.TempDir(), Database: address}, shops: []int64{firstShop, firstShop + 1, firstShop + 2}}
			b := &bench{benchCommand: benchCommand{Preload: 100}, house: h, said: io.Discard}
			if err := h.seed(t.Context(), "http://127.0.0.1:1/callbacks", b.preload); err != nil {
				t.Fatal(err)
			}
			said, err := os.Create(filepath.Join(t.TempDir(), "said"))
			if err != nil {
				t.Fatal(err)
			}
			defer said.Close()
			status := realMain(t.Context(), h.flags("verify"), said, said)
			text, _ := os.ReadFile(said.Name())
			if status != 0 || !strings.Contains(string(text), "100 operations") {
				t.Errorf("exit status %d: %s", status, text)
			}
		})
	}
}

// takes answers like the door, and reports each body that it gets.
func takes(t *testing.T, answer string, each func(fields map[string]string)) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		object, err := body.Decode(text)
		if err != nil {
			t.Error(err)
		}
		fields := map[string]string{}
		for _, name := range []string{"account", "amount", "amount_type", "payway", "shop_currency", "shop_id", "shop_payment_id", "sign"} {
			value, _ := object.Find(name)
			fields[name] = value.Text
		}
		each(fields)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

func someLoad(address string) load {
	return load{address: address, path: payoutPath, shops: []int64{7, 8}, secret: "secret of the shop", name: "t",
		connections: 3, warm: 100 * time.Millisecond, duration: 200 * time.Millisecond, prepared: 5}
}

// Every request is signed and no payment's id comes twice, prepared ones and
// those that are built when these are used up.
func TestLoadSendsWhatIsSigned(t *testing.T) {
	seen := make(chan map[string]string, 1<<16)
	l := someLoad(takes(t, `{"data":{},"error_code":0,"message":"Ok","result":true}`, func(f map[string]string) { seen <- f }))
	got, err := l.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	close(seen)
	ids, shops, n := map[string]bool{}, map[string]bool{}, int64(0)
	for fields := range seen {
		n++
		sign := fields["sign"]
		delete(fields, "sign")
		if !signature.Verify(fields, sign, l.secret) {
			t.Fatalf("not signed: %v", fields)
		}
		if ids[fields["shop_payment_id"]] {
			t.Fatalf("%s came twice", fields["shop_payment_id"])
		}
		ids[fields["shop_payment_id"]], shops[fields["shop_id"]] = true, true
	}
	if n != got.Sent || n <= int64(l.connections*l.prepared) || len(shops) != 2 {
		t.Errorf("%d sent, %d arrived at %d shops", got.Sent, n, len(shops))
	}
	if got.Counted == 0 || got.Counted >= got.Sent {
		t.Errorf("%d of %d counted: the beginning must not be", got.Counted, got.Sent)
	}
}

// A load at a rate keeps it, whatever the server could do.
func TestLoadKeepsItsRate(t *testing.T) {
	l := someLoad(takes(t, `{"result":true}`, func(map[string]string) {}))
	l.rate = 200
	got, err := l.run(t.Context())
	if err != nil || got.Sent < 60 || got.Sent > 62 {
		t.Errorf("%d sent in 0.3 s at 200/s, %v", got.Sent, err)
	}
}

// A refusal ends the run: refusing is quick, and would count as work.
func TestLoadEndsWithARefusal(t *testing.T) {
	l := someLoad(takes(t, `{"error_code":24,"message":"too many","result":false}`, func(map[string]string) {}))
	if _, err := l.run(t.Context()); err == nil || !strings.Contains(err.Error(), "too many") {
		t.Errorf("error %v", err)
	}
}

// The bench's own flags would make a real gateway less than it promises.
func TestBenchFlagsNeedTheDemo(t *testing.T) {
	for _, flag := range []string{"--bench-batch=1", "--bench-echo", "--bench-silent", "--bench-tied", "--bench-profile=p"} {
		said, err := os.Create(filepath.Join(t.TempDir(), "said"))
		if err != nil {
			t.Fatal(err)
		}
		status := realMain(t.Context(), []string{"serve", "--data", t.TempDir(), "--listen", "127.0.0.1:0", flag}, said, said)
		if text, _ := os.ReadFile(said.Name()); status == 0 || !strings.Contains(string(text), "need --demo") {
			t.Errorf("%s: exit status %d: %s", flag, status, text)
		}
		said.Close()
	}
}

func TestReport(t *testing.T) {
	b := &bench{house: &house{}}
	b.Results = []result{
		{Phase: "echo", PerSecond: 1000}, {Phase: "payouts", PerSecond: 400, Completed: 200}, {Phase: "single", PerSecond: 100}, {Phase: "hot", PerSecond: 440},
		{Phase: "echo", PerSecond: 3000}, {Phase: "payouts", PerSecond: 800, Completed: 400, MaxRSS: 70}, {Phase: "single", PerSecond: 100}, {Phase: "hot", PerSecond: 760},
		{Phase: "alone", P50: 1.5}, {Phase: "half", P50: 3, P99: 9},
	}
	b.Commits = []time.Duration{300 * time.Microsecond, 500 * time.Microsecond}
	var text strings.Builder
	if err := b.print(&text, true); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(text.String()), &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{
		"echo_per_second": 2000, "payouts_per_second": 600, "completed_per_second": 300, "ratio_to_echo": 0.3, "ratio_completed_to_echo": 0.15,
		"ratio_to_single": 6, "hot_to_spread": 1, "one_client_p50_ms": 1.5, "p50_ms": 3, "p99_ms": 9, "commit_us": 400, "max_rss_mib": 70,
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
}
