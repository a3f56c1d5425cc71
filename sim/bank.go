package sim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/provider"
)

// bankName is the connector's name in provider accounts.
const bankName = "bank"

// bankSecret is in every genuine notice.
const bankSecret = "the bank's own word"

// bank is a provider with books of its own, behind a network that loses, delays
// and repeats. It keeps what it promises in its Timing and nothing else: what it
// was not asked by then it never will be, and then it knows.
type bank struct {
	world *World
	acts  map[string]*act
	owed  []*notice // notices that have not been taken
}

// act is one reference in the bank's books.
type act struct {
	ref       string
	account   string
	verb      provider.Verb
	shop      int64
	operation int64
	amount    money.Amount
	hold      bool
	original  *act
	state     provider.Result // "" until a send arrived and was accepted
	later     provider.Result // what a pending act becomes
	ripeAt    int64
	captured  bool
	voided    bool
	refunded  int64
	sends     []*send
}

// send is one time that the gateway brought an act.
type send struct {
	n       int64
	knownAt int64 // from here on the bank knows for sure whether it arrived
	arrives bool  // it has arrived or is on its way
	refused bool  // it was definitely refused, and the gateway was told so
}

// notice is what the bank wants to tell about an act.
type notice struct {
	act   *act
	n     int64
	state provider.Result
	dueAt int64
	left  int  // deliveries still to be made
	must  bool // made until it is taken
}

func newBank(w *World) *bank { return &bank{world: w, acts: map[string]*act{}} }

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
	switch p := w.dice.IntN(10_000); {
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

// turn is a bank that changes its mind about what was final: money comes back, or
// came after all. It says so until it is heard.
func (b *bank) turn(a *act, s *send, tries int) {
	w := b.world
	if w.calm || tries == 0 || a.verb == provider.Void || a.hold && a.verb == provider.Authorize {
		return
	}
	if !w.mirror.over(a.verb, a.operation, s.n) {
		w.at(w.now+600_000, func() { b.turn(a, s, tries-1) })
		return
	}
	switch {
	case a.state == provider.Succeeded:
		a.become(provider.Declined)
	case a.state == provider.Declined && a.objection() == "":
		a.state = provider.Succeeded
		a.mark(1)
	default:
		return
	}
	w.counts.Turns++
	b.tell(a, s.n)
	b.owed[len(b.owed)-1].must = true
	w.tracef("bank: %s turned out to be %s", a.ref, a.state)
}

// objection is why an act cannot be done.
func (a *act) objection() string {
	o := a.original
	switch {
	case a.verb == provider.Authorize || a.verb == provider.Payout:
		return ""
	case o == nil || o.state != provider.Succeeded:
		return "no such payment"
	case a.verb == provider.Refund && o.hold && !o.captured:
		return "not taken"
	case a.verb == provider.Refund && o.refunded+a.amount.Minor > o.amount.Minor:
		return "more than was paid"
	case a.verb != provider.Refund && (!o.hold || o.captured || o.voided):
		return "nothing is held"
	}
	return ""
}

// mark notes on the payment what is being done to it, or is undone.
func (a *act) mark(sign int64) {
	o := a.original
	if o == nil || a.state == provider.Declined && sign > 0 {
		return
	}
	switch a.verb {
	case provider.Capture:
		o.captured = sign > 0
	case provider.Void:
		o.voided = sign > 0
	case provider.Refund:
		o.refunded += sign * a.amount.Minor
	}
}

func (a *act) become(state provider.Result) {
	if state == provider.Declined {
		a.mark(-1)
	}
	a.state = state
}

func (a *act) outcome() provider.Outcome {
	return provider.Outcome{Result: a.state, ProviderID: "bank-" + a.ref, Amount: a.amount, PayerAccount: "424242XXXXXX4242", RRN: "rrn-" + a.ref}
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
	switch {
	case a.state == "", early && w.chance(2500):
		return provider.Outcome{Result: provider.Missing}
	}
	return a.outcome()
}

// tell owes the gateway a notice about an act, sometimes twice.
func (b *bank) tell(a *act, n int64) {
	w := b.world
	b.owed = append(b.owed, &notice{act: a, n: n, state: a.state, dueAt: w.now + w.between(0, 3_000), left: 1 + w.dice.IntN(2)})
}

// body is a notice's text.
type body struct {
	Reference string          `json:"reference"`
	Shop      int64           `json:"shop"`
	Operation int64           `json:"operation"`
	N         int64           `json:"n"`
	Verb      provider.Verb   `json:"verb"`
	State     provider.Result `json:"state"`
}

// Notices believes who knows the bank's word.
func (b *bank) Notices(_ provider.Account, header http.Header, text []byte) ([]provider.Notice, error) {
	if header.Get("Bank-Word") != bankSecret {
		return nil, errors.New("not the bank")
	}
	var n body
	if err := json.Unmarshal(text, &n); err != nil {
		return nil, err
	}
	return []provider.Notice{{
		Reference: n.Reference, Shop: n.Shop, Operation: n.Operation, N: n.N, Verb: n.Verb, Fingerprint: fmt.Sprintf("%s %d %s", n.Reference, n.N, n.State),
	}}, nil
}

// post delivers one of the notices that are due, any of them: they are reordered.
func (b *bank) post(n *node) {
	w := b.world
	var due []int
	for i, o := range b.owed {
		if o.dueAt <= w.now {
			due = append(due, i)
		}
	}
	if len(due) == 0 {
		return
	}
	at := due[w.dice.IntN(len(due))]
	o := b.owed[at]
	switch {
	case o.must:
		o.dueAt = w.now + 30_000
	case o.left > 1:
		o.left--
	default:
		b.owed = slices.Delete(b.owed, at, at+1)
	}
	text, _ := json.Marshal(body{o.act.ref, o.act.shop, o.act.operation, o.n, o.act.verb, o.state})
	word := bankSecret
	if !w.calm && w.chance(500) {
		word = "a stranger's word"
	}
	w.counts.Notices++
	w.start("notice", n, func() {
		request, _ := http.NewRequest(http.MethodPost, publicURL+"/notify/"+o.act.account, strings.NewReader(string(text)))
		request.Header.Set("Bank-Word", word)
		got := &answer{}
		n.door.ServeHTTP(got, request)
		w.tracef("notice about %s: %d", o.act.ref, got.status)
		if got.status == http.StatusOK {
			b.owed = slices.DeleteFunc(b.owed, func(other *notice) bool { return other == o && o.must })
		}
		if word != bankSecret && got.status == http.StatusOK {
			w.fail("nothing enters unsigned", "a notice without the bank's word was taken: "+o.act.ref)
		}
	})
}

// moved is what the bank moved for an operation: in, or out below zero.
type moved struct {
	shop      int64
	account   string
	operation int64
	currency  money.Currency
}

// books sums what the bank did, by operation.
func (b *bank) books() map[moved]int64 {
	sums := map[moved]int64{}
	for _, ref := range slices.Sorted(maps.Keys(b.acts)) {
		a := b.acts[ref]
		by := a.amount.Minor
		switch {
		case a.state != provider.Succeeded, a.verb == provider.Void, a.verb == provider.Authorize && a.hold:
			continue
		case a.verb == provider.Refund, a.verb == provider.Payout:
			by = -by
		}
		sums[moved{a.shop, a.account, a.operation, a.amount.Currency}] += by
	}
	return sums
}
