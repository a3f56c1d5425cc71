package console

import (
	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/operator"
)

const verifyPath = root + "verify"

// Verifier recomputes the books in the background, one run at a time. It is cmd's:
// what it looks at is what `brama verify` does.
type Verifier interface {
	// Start begins a run; false when one is running.
	Start(by string) bool
	// Last is the run that is running, or the last one; the zero Verification when
	// there was none since the start.
	Last() Verification
}

// Verification is a run of verify.
type Verification struct {
	By      string // who began it
	Started int64  // Unix milliseconds; 0: there was no run
	Ended   int64  // 0 while it runs
	At      string // what is being looked at
	Rows    int64  // looked at so far
	Summary string
	Failure string // why it ended early, for people; "" when it did not

	Differences, Notes int64
	Findings           []Finding // the first thousand
}

// Finding is something that verify found.
type Finding struct {
	Shop                  int64 // 0: the house
	Subject, What, Detail string
	Note                  bool // worth knowing, and no difference
}

// Running reports whether the run goes on.
func (r Verification) Running() bool { return r.Started > 0 && r.Ended == 0 }

func verifyPages() []route {
	return []route{
		{pattern: "GET " + verifyPath, title: "Verify", group: groupBooks, needs: operator.See, serve: verifyPage},
		{pattern: "POST " + verifyPath, title: "Verify", needs: operator.Check, serve: verify},
	}
}

// verifyPage shows the last run; the part that changes asks for itself while it runs.
func verifyPage(v *visit) error {
	run := v.Verifier.Last()
	if v.r.Header.Get("HX-Request") != "" {
		return v.fragment(verifyState(run))
	}
	return v.page(page{title: "Verify", crumbs: []crumb{crumbLedger}, body: verifyBody(v, run)})
}

// verify begins a run. Sent twice, it is one run.
func verify(v *visit) error {
	if !v.Verifier.Start(v.actor()) {
		return v.see(verifyPath, "The books are being verified already.")
	}
	_, err := db.Do(v.ctx(), v.DB, db.House, audit.Record{Shop: db.House, Actor: v.actor(), Act: "ledger.verify", Subject: "the books"})
	if err != nil {
		return err
	}
	return v.see(verifyPath, "")
}

// verdict is what a run found, in a word.
func (r Verification) verdict() (string, tone) {
	switch {
	case r.Running():
		return "running", toneWait
	case r.Failure != "":
		return "not finished", toneBad
	case r.Differences > 0:
		return "DIFFERENCES", toneBad
	}
	return "no difference", toneGood
}
