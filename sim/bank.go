package sim

import (
	"context"
	"fmt"
	"time"

	"github.com/brama-pay/brama/provider"
)

// bankName is the connector's name in provider accounts.
const bankName = "bank"

// bank is a provider with books of its own, behind a network that loses, delays
// and repeats. It keeps what it promises in its Timing and nothing else: what it
// was not asked by then it never will be, and then it knows.
type bank struct {
	world *World
	acts  map[string]*act
	owed  []*notice // notices that have not been taken
	words map[string]*words
}

func newBank(w *World) *bank {
	b := &bank{world: w, acts: map[string]*act{}, words: map[string]*words{}}
	for _, account := range accounts {
		b.words[account] = newWords(account)
	}
	return b
}

// accounts are the gateway's at the bank.
var accounts = []string{"bank_in", "bank_out"}

// The bank's patience. A call is over half its time-out after it began, for the
// gateway begins none later than half of it after the announcement.
const (
	callTimeout = 10 * time.Second
	settleAfter = 20 * time.Second
	longest     = int64(callTimeout / 2 / time.Millisecond)
)

// Timing is what the bank promises.
func (b *bank) Timing() provider.Timing {
	return provider.Timing{CallTimeout: callTimeout, SettleAfter: settleAfter, AskFirst: time.Second, AskMax: time.Minute, SendAgain: 2 * time.Second}
}

// Authorize takes or holds a payer's money.
func (b *bank) Authorize(_ context.Context, c provider.Call) provider.Outcome { return b.bring(c) }

// Capture takes held money.
func (b *bank) Capture(_ context.Context, c provider.Call) provider.Outcome { return b.bring(c) }

// Void releases held money.
func (b *bank) Void(_ context.Context, c provider.Call) provider.Outcome { return b.bring(c) }

// Refund gives paid money back.
func (b *bank) Refund(_ context.Context, c provider.Call) provider.Outcome { return b.bring(c) }

// Payout sends money out.
func (b *bank) Payout(_ context.Context, c provider.Call) provider.Outcome { return b.bring(c) }

// CheckAccount knows every account, or does not answer.
func (b *bank) CheckAccount(context.Context, provider.Call) provider.Verdict {
	w := b.world
	w.sleep(w.between(0, 30))
	return provider.Verdict{Known: w.calm || w.chance(9000), Good: true}
}

// fate is what becomes of one call.
type fate struct {
	arriveAt int64 // 0: never
	repeatAt int64 // a copy of it comes again; 0: none does
	answerAt int64 // when the caller has an answer, or gives up
	answered bool
	result   provider.Result // what the bank does with it
	later    provider.Result
	ripeAt   int64
	panics   bool
	lies     bool // the answer speaks of another amount
}

// draw decides what becomes of a call that begins now.
func (b *bank) draw(verb provider.Verb) fate {
	w := b.world
	now := w.now
	arrive := now + w.between(0, 40)
	f := fate{arriveAt: arrive, answerAt: arrive + w.between(0, 60), answered: true, result: provider.Succeeded}
	if w.calm || w.Without.Provider {
		return f
	}
	cutAt := now + w.between(100, longest)
	p := w.dice.IntN(10_000)
	if w.hesitant() {
		p /= 2
	}
	switch {
	case p < 800: // cut before it acted
		f.arriveAt, f.answered, f.answerAt = 0, false, cutAt
	case p < 1500: // cut while it is on its way: it arrives after the caller gave up
		f.answered, f.answerAt = false, cutAt
		f.arriveAt = cutAt + w.between(0, settleAfter.Milliseconds()-1)
	case p < 2400: // cut after it acted
		f.answered, f.answerAt = false, max(cutAt, arrive)
	case p < 2900:
		f.repeatAt = arrive + w.between(1, 60_000)
	case p < 3000:
		f.panics = true
	case p < 3100:
		f.lies = true
	}
	switch p := w.dice.IntN(10_000); {
	case p < 700:
		f.result = provider.Refused
	case p < 1400:
		f.result = provider.Declined
	case p < 2600:
		f.result, f.later, f.ripeAt = provider.Pending, provider.Succeeded, now+w.between(1_000, 90_000)
		if w.chance(3000) {
			f.later = provider.Declined
		}
	case p < 3400 && verb == provider.Authorize:
		f.result, f.later, f.ripeAt = provider.Challenge, provider.Declined, now+900_000
	}
	return f
}

// bring is one call of the gateway.
func (b *bank) bring(c provider.Call) provider.Outcome {
	w := b.world
	w.counts.Calls++
	a := b.open(c)
	b.watch(a, c)
	f := b.draw(c.Verb)
	s := &send{n: c.N, knownAt: f.answerAt + settleAfter.Milliseconds(), arrives: f.arriveAt > 0}
	a.sends = append(a.sends, s)
	w.tracef("bank: %s %s attempt %d, %s, arrives %d, answers %d %v", c.Verb, c.Reference, c.N, f.result, f.arriveAt-w.born, f.answerAt-w.born, f.answered)
	if f.arriveAt > 0 {
		w.at(f.arriveAt, func() { b.arrive(a, s, f) })
	}
	if f.repeatAt > 0 {
		w.at(f.repeatAt, func() { b.arrive(a, s, f) })
	}
	w.sleep(f.answerAt - w.now)
	b.stall()
	if f.panics {
		panic("the connector is broken")
	}
	if !f.answered {
		w.counts.CutCalls++
		return provider.Outcome{Result: provider.Unknown, Reason: "no answer"}
	}
	if s.refused {
		return provider.Outcome{Result: provider.Refused, Reason: "try later"}
	}
	o := a.outcome()
	if f.lies {
		o.Amount.Minor++
	}
	return o
}

// stall is a thread that stands still, now and then, with an answer in its hands.
func (b *bank) stall() {
	w := b.world
	often := 200
	if w.hesitant() {
		often = 5_000
	}
	if !w.calm && !w.Without.Jumps && w.chance(often) {
		w.sleep(w.between(4_000, 40_000))
	}
}

// open is the act of a call, made when its reference is new.
func (b *bank) open(c provider.Call) *act {
	a := b.acts[c.Reference]
	if a == nil {
		a = &act{ref: c.Reference, account: c.Account.Name, verb: c.Verb, shop: c.Shop, operation: c.Operation, amount: c.Amount, hold: c.Hold}
		a.original = b.acts[c.Original]
		b.acts[c.Reference] = a
	}
	return a
}

// watch holds the gateway to its word: an act is brought again only after it was
// definitely refused, or finally never arrived. A bank that did not know its
// references would do it twice.
func (b *bank) watch(a *act, c provider.Call) {
	w := b.world
	if a.verb != c.Verb || a.amount != c.Amount || a.shop != c.Shop || a.operation != c.Operation {
		w.fail("a reference is of one act for life", fmt.Sprintf("%s was %s of %s, is %s of %s", a.ref, a.verb, a.amount, c.Verb, c.Amount))
	}
	if a.state != "" {
		w.fail("no provider payment twice", fmt.Sprintf("%s was sent again as attempt %d; the provider has it as %s", a.ref, c.N, a.state))
	}
	for _, s := range a.sends {
		if s.refused {
			continue
		}
		if s.arrives {
			w.fail("no provider payment twice", fmt.Sprintf("%s was sent again as attempt %d while attempt %d was on its way", a.ref, c.N, s.n))
		}
		if w.now < s.knownAt {
			w.fail("nothing is sent while its outcome is unknown",
				fmt.Sprintf("%s was sent again as attempt %d, %d ms before the provider knows that attempt %d never came", a.ref, c.N, s.knownAt-w.now, s.n))
		}
	}
}

// arrive is a send that reaches the bank. A copy of it changes nothing.
func (b *bank) arrive(a *act, s *send, f fate) {
	w := b.world
	if a.state != "" || s.refused {
		return
	}
	if f.result == provider.Refused {
		if f.answered && !f.panics && !f.lies {
			s.refused = true
			return
		}
		f.result = provider.Declined // a refusal that nobody heard would be a lie later
	}
	if why := a.objection(); why != "" {
		f.result = provider.Declined
	}
	a.state, a.later, a.ripeAt = f.result, f.later, f.ripeAt
	a.mark(1)
	if w.chance(300) && !w.calm && !w.Without.Provider {
		w.at(w.now+w.between(60_000, 3_600_000), func() { b.turn(a, s, 5) })
	}
	if a.state == provider.Pending || a.state == provider.Challenge {
		w.at(a.ripeAt, func() { b.ripen(a, s) })
	}
	if w.chance(1500) && !w.calm {
		b.tell(a, s.n)
	}
	w.tracef("bank: %s is %s", a.ref, a.state)
}

// ripen decides what was pending or waited for its payer too long.
func (b *bank) ripen(a *act, s *send) {
	if a.state != provider.Pending && a.state != provider.Challenge {
		return
	}
	a.become(a.later)
	b.tell(a, s.n)
	b.world.tracef("bank: %s became %s", a.ref, a.state)
}

// Answer takes the payer's code.
func (b *bank) Answer(_ context.Context, c provider.Call, code string) provider.Outcome {
	w := b.world
	a := b.acts[c.Reference]
	reaches := w.calm || w.Without.Provider || w.chance(9000)
	heard := w.calm || w.Without.Provider || w.chance(9000)
	at := w.now + w.between(0, 60)
	if reaches {
		w.at(at, func() {
			if a != nil && a.state == provider.Challenge {
				a.become(map[bool]provider.Result{true: provider.Succeeded, false: provider.Declined}[code == goodCode])
				w.tracef("bank: %s is %s after its payer's answer", a.ref, a.state)
			}
		})
	}
	w.sleep(at - w.now + w.between(0, 60))
	if a == nil || !reaches || !heard {
		return provider.Outcome{Result: provider.Unknown}
	}
	return a.outcome()
}

const goodCode = "1234"

// Status says what the bank knows of a reference. Until it knows for sure it may
// say that it never heard of what it has.
func (b *bank) Status(_ context.Context, q provider.Query) provider.Outcome {
	w := b.world
	w.counts.Questions++
	w.sleep(w.between(0, 40))
	o := b.status(q)
	slow := w.between(0, 40)
	if !w.calm && !w.Without.Provider {
		switch {
		case w.chance(600):
			o = provider.Outcome{Result: provider.Unknown, Reason: "no answer"}
			slow = w.between(100, longest)
		case w.chance(800):
			slow = w.between(100, longest)
		}
	}
	w.tracef("bank: asked about %s, says %s", q.Reference, o.Result)
	w.sleep(slow)
	b.stall()
	return o
}

func (b *bank) status(q provider.Query) provider.Outcome {
	w := b.world
	a := b.acts[q.Reference]
	if a == nil {
		return provider.Outcome{Result: provider.Missing}
	}
	last := a.sends[len(a.sends)-1]
	early := w.now < last.knownAt && !w.calm && !w.Without.Provider
	often := 2500
	if w.hesitant() {
		often = 7500
	}
	switch {
	case a.state == "", early && w.chance(often):
		return provider.Outcome{Result: provider.Missing}
	}
	return a.outcome()
}
