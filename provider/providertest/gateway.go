package providertest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/provider"
)

// house plays the gateway: it keeps one attempt after the other and learns.
type house struct {
	Subject
	gate *provider.Gate
	told []Delivery
}

func gateTo(s Subject, c provider.Connector) *provider.Gate {
	return &provider.Gate{
		Connectors: map[string]provider.Connector{s.Account.Connector: c},
		Accounts:   func(context.Context, string) (provider.Account, error) { return s.Account, nil },
		Now:        s.Now,
	}
}

// operations are numbered over all suites of a process, so that a provider that
// remembers sees each reference as new.
var operations atomic.Int64

// reference is one like the gateway's: for life, and of one act.
func reference(verb provider.Verb, shop, operation int64) string {
	return fmt.Sprintf("%c-%d-%d", verb[0], shop, operation)
}

// patience bounds the calls and questions of one operation.
const patience = 200

// story is what happened to one call until its end.
type story struct {
	call   provider.Call
	first  provider.Outcome
	last   provider.Outcome
	end    provider.Lesson
	sends  int
	heard  []provider.Outcome
	missed int // answers Missing
}

// prepare makes the call of a value, and the payment it acts on.
func (h *house) prepare(t *testing.T, v Value) provider.Call {
	t.Helper()
	c := v.Call
	c.Account, c.Shop, c.N = h.Account, h.Shop, 1
	c.Operation = time.Now().UnixMilli()<<10 + operations.Add(1)&1023
	c.Reference = reference(c.Verb, c.Shop, c.Operation)
	if v.On == nil {
		return c
	}
	paid := h.play(t, h.prepare(t, *v.On), *v.On, false)
	if paid.end != provider.Done {
		t.Fatalf("the payment to act on ended %s: %+v", paid.end, paid.last)
	}
	c.Original, c.OriginalID, c.Whole = paid.call.Reference, paid.last.ProviderID, paid.call.Amount
	return c
}

// play sends and asks until the end. With lost, the first answer never reaches
// us, as when the process dies while it waits.
func (h *house) play(t *testing.T, c provider.Call, v Value, lost bool) story {
	t.Helper()
	ctx := t.Context()
	st := story{call: c}
	a := &provider.Attempt{Shop: c.Shop, Operation: c.Operation, N: 1, Verb: c.Verb, Reference: c.Reference, SentAt: h.now()}
	w := &provider.Work{Attempts: 1}
	outcome, asked := h.send(ctx, &st), false
	st.first = outcome
	if lost {
		outcome, asked = h.ask(ctx, a, c), true
	}
	for range patience {
		h.hear(t, &st, outcome)
		st.end = provider.Learn(a, w, outcome.Believed(c.Amount), asked, h.Connector.Timing(), h.now())
		switch st.end {
		case provider.Done, provider.Failed:
			return st
		case provider.Answer:
			outcome, asked = h.gate.Answer(ctx, h.Account.Name, c, v.Code), false
		case provider.Resend:
			h.until(w.DueAt)
			a = &provider.Attempt{Shop: c.Shop, Operation: c.Operation, N: a.N + 1, Verb: c.Verb, Reference: c.Reference, SentAt: h.now()}
			st.call.N = a.N
			outcome, asked = h.send(ctx, &st), false
		default:
			h.until(w.DueAt)
			outcome, asked = h.ask(ctx, a, c), true
		}
	}
	t.Fatalf("no end after %d calls and questions; the last answer was %+v", patience, st.last)
	return st
}

func (h *house) send(ctx context.Context, st *story) provider.Outcome {
	st.sends++
	return h.gate.Send(ctx, h.Account.Name, st.call)
}

func (h *house) ask(ctx context.Context, a *provider.Attempt, c provider.Call) provider.Outcome {
	return h.gate.Ask(ctx, h.Account.Name, provider.Query{
		Verb: c.Verb, Reference: c.Reference, Original: c.Original, ProviderID: a.ProviderID,
		Shop: c.Shop, Operation: c.Operation, N: a.N, Amount: c.Amount, Hold: c.Hold,
	})
}

// hear notes an answer and checks what every answer must be.
func (h *house) hear(t *testing.T, st *story, o provider.Outcome) {
	t.Helper()
	st.last = o
	st.heard = append(st.heard, o)
	if o.Result == provider.Missing {
		st.missed++
	}
	if o.Amount != (money.Amount{}) && o.Amount != st.call.Amount {
		t.Errorf("the answer speaks of %s, asked were %s", o.Amount, st.call.Amount)
	}
	h.discreet(t, st.call, fmt.Sprintf("%+v", o))
}

func (h *house) now() int64 { return h.Now().UnixMilli() }

func (h *house) until(due int64) {
	if wait := due - h.now(); wait > 0 {
		h.Wait(time.Duration(wait) * time.Millisecond)
	}
}

// done is what the provider's books say was done under the call's reference.
// seen is false when the books cannot be looked into.
func (h *house) done(t *testing.T, c provider.Call) (times int, seen bool) {
	t.Helper()
	if h.Books == nil {
		return 0, false
	}
	books, err := h.Books(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, act := range books {
		if act.Reference != c.Reference || act.Shop != c.Shop || !act.Done {
			continue
		}
		times++
		if act.Verb != c.Verb || act.Amount != c.Amount {
			t.Errorf("the books say %s of %s, asked was %s of %s", act.Verb, act.Amount, c.Verb, c.Amount)
		}
	}
	return times, true
}
