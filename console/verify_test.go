package console

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/brama-pay/brama/operator"
)

// fakeVerifier is a run that goes on until it is ended.
type fakeVerifier struct {
	mu   sync.Mutex
	last Verification
	runs int
}

func (f *fakeVerifier) Start(by string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.last.Running() {
		return false
	}
	f.runs++
	f.last = Verification{By: by, Started: 1780000000000, At: "the ledger", Rows: 4000}
	return true
}

func (f *fakeVerifier) Last() Verification {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last
}

func (f *fakeVerifier) end(change func(*Verification)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last.Ended = f.last.Started + 1000
	change(&f.last)
}

func TestVerifyPage(t *testing.T) {
	k := newKit(t)
	finance := k.as(t, operator.Finance)
	for range 2 { // the second finds the first
		if answered := finance.post(t, verifyPath, nil); answered.status != http.StatusSeeOther {
			t.Fatal(answered.status)
		}
	}
	if k.verifier.runs != 1 {
		t.Errorf("%d runs at once", k.verifier.runs)
	}
	body := finance.see(t, verifyPath)
	for _, text := range []string{"running", "the ledger", "4000", `hx-trigger="every 1s"`, "operator:finance@example.com"} {
		if !strings.Contains(body, text) {
			t.Errorf("while it runs there is no %q", text)
		}
	}
	k.verifier.end(func(r *Verification) {
		r.Differences, r.Summary = 1, "verified 2 shops"
		r.Findings = []Finding{{Shop: 1520, Subject: "available USD", What: "is not the sum of its entries", Detail: "<b>"}}
	})
	part := finance.do(t, "GET", verifyPath, nil, http.Header{"Hx-Request": {"true"}})
	for _, text := range []string{"DIFFERENCES", "is not the sum of its entries", "&lt;b&gt;", "verified 2 shops"} {
		if !strings.Contains(part.body, text) {
			t.Errorf("when it has ended there is no %q", text)
		}
	}
	if strings.Contains(part.body, "hx-trigger") || strings.Contains(part.body, "<html") {
		t.Error("the part goes on asking, or is a whole page")
	}
	if links := auditOf(t, k, 0, "ledger.verify"); len(links) != 1 || links[0].Actor != "operator:finance@example.com" {
		t.Errorf("%+v", links)
	}
}
