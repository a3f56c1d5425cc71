package console

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/inbox"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/provider"
)

// event is one thing that happened to an operation. There is no table of events:
// each is derived from a row that says when it happened. What no row says is not
// invented; it is told as not kept.
type event struct {
	at      int64 // Unix milliseconds
	kind    string
	title   string
	move    string // "3 sent → 5 completed"
	actor   string
	details []string
	entries []ledger.Entry
	message *callback.Message // it may be sent again
	tone    tone
}

// The kinds of events, as the page names them.
const (
	kindStatus   = "status"
	kindCall     = "provider call"
	kindLedger   = "ledger"
	kindNotice   = "notice"
	kindCallback = "callback"
	kindOperator = "operator"
	kindAgainst  = "contradiction"
)

// inTime puts events in order; what came in one commit stays as it was told.
func inTime(events []event) []event {
	slices.SortStableFunc(events, func(a, b event) int { return cmp.Compare(a.at, b.at) })
	return events
}

// history is everything that is kept of an operation beside its row.
type history struct {
	shop      int64
	operation int64
	calls     []*provider.Attempt
	moved     []ledger.Movement
	notices   []*inbox.Notice
	against   []*provider.Contradiction
	messages  []*callback.Message
	tries     map[int64][]*callback.Try
	links     []*audit.Link
	approvals []*operator.Approval
	rate      []fact // who set the rate, when the operation converts
}

// maxMessages bounds how many callbacks of one object a page shows.
const maxMessages = 200

// history reads it. object is whose queue holds the callbacks, subject how the
// audit names the operation, "payout 7".
func (v *visit) history(shop, operation, object int64, subject string) (h history, err error) {
	from := v.DB.Reader()
	h = history{shop: shop, operation: operation, tries: map[int64][]*callback.Try{}}
	if h.calls, err = provider.AttemptsOf(v.ctx(), from, shop, operation); err != nil {
		return h, err
	}
	if h.moved, err = ledger.Transfers(v.ctx(), from, shop, operation); err != nil {
		return h, err
	}
	if h.notices, err = inbox.List(v.ctx(), from, shop, operation); err != nil {
		return h, err
	}
	if h.against, err = provider.ContradictionsOf(v.ctx(), from, shop, operation); err != nil {
		return h, err
	}
	if h.links, err = audit.About(v.ctx(), from, shop, subject, 500); err != nil {
		return h, err
	}
	if err = v.callbacksOf(&h, object); err != nil {
		return h, err
	}
	return h, v.approvalsOf(&h, subject)
}

func (v *visit) callbacksOf(h *history, object int64) (err error) {
	from := v.DB.Reader()
	if h.messages, err = callback.Of(v.ctx(), from, h.shop, object); err != nil {
		return err
	}
	h.messages = h.messages[max(0, len(h.messages)-maxMessages):]
	for _, m := range h.messages {
		if h.tries[m.ID], err = callback.DeliveriesOf(v.ctx(), from, h.shop, m.ID); err != nil {
			return err
		}
		if m.Replayed == 0 {
			continue
		}
		again, err := audit.About(v.ctx(), from, h.shop, number(m.ID), 100)
		if err != nil {
			return err
		}
		h.links = append(h.links, again...)
	}
	return nil
}

// approvalsOf are the open proposals about the operation.
func (v *visit) approvalsOf(h *history, subject string) error {
	open, err := v.Operators.OpenApprovals(v.ctx(), 500)
	for _, a := range open {
		if a.Shop == h.shop && strings.HasPrefix(a.Subject, subject+" ") {
			h.approvals = append(h.approvals, a)
		}
	}
	return err
}

// keep is a history with only the callbacks that a test lets through.
func (h history) keep(is func(*callback.Message) bool) history {
	h.messages = slices.DeleteFunc(slices.Clone(h.messages), func(m *callback.Message) bool { return !is(m) })
	return h
}

// events are those that look the same on every operation's page. verdict says what
// a call's end did to the status: "3 sent → 5 completed", "" when nothing.
func (h history) events(ended int64, verdict func(*provider.Attempt) string) []event {
	var list []event
	for i, a := range h.calls {
		list = append(list, h.call(i, a, ended, verdict)...)
	}
	for _, m := range h.moved {
		list = append(list, moved(m))
	}
	for _, n := range h.notices {
		list = append(list, event{at: n.At, kind: kindNotice, title: "The provider told us of call " + number(n.N), details: []string{
			"account " + n.Provider, "received " + times(n.Received) + "; we asked what is true",
		}})
	}
	for _, c := range h.against {
		list = append(list, contradicted(c))
	}
	for _, m := range h.messages {
		list = append(list, h.message(m)...)
	}
	for _, l := range h.links {
		list = append(list, event{at: l.At, kind: kindOperator, title: l.Act, actor: l.Actor, details: []string{l.Subject, l.Detail}})
	}
	return list
}

func times(n int64) string {
	if n == 1 {
		return "once"
	}
	return number(n) + " times"
}

// byCall reports whether the answer to the call itself ended the attempt, not one
// to a question about it.
func byCall(a *provider.Attempt, ended int64) bool {
	return a.AnsweredAt > 0 && (a.Asked == 0 || a.AnsweredAt == ended)
}

// call is an attempt: when it was announced, when its answer came, and when a
// question ended it.
func (h history) call(i int, a *provider.Attempt, ended int64, verdict func(*provider.Attempt) string) []event {
	list := []event{{at: a.SentAt, kind: kindCall, title: fmt.Sprintf("Call %d announced and sent: %s", a.N, a.Verb), details: []string{
		"reference " + a.Reference, "account " + a.Provider,
	}}}
	outcome := h.outcome(a)
	switch {
	case a.AnsweredAt == 0 && a.Open() && a.Asked == 0:
		return append(list[:0], h.withNote(list[0], "no answer yet"))
	case a.AnsweredAt == 0:
		list[0].details = append(list[0].details, "the call's own answer never came back: it timed out or our process ended")
	case byCall(a, ended) || a.Reason == provider.ByOperator:
		outcome.at = a.AnsweredAt
		outcome.move = verdict(a)
		return append(list, outcome)
	default:
		list = append(list, event{at: a.AnsweredAt, kind: kindCall, title: fmt.Sprintf("Call %d came back without an end", a.N),
			details: []string{"pending or unknown: which of the two is not kept; the provider was asked from then on"}, tone: toneWait})
	}
	return append(list, h.asked(i, a, outcome, ended, verdict))
}

func (h history) withNote(e event, note string) event {
	e.details = append(e.details, note)
	e.tone = toneWait
	return e
}

// asked is what the questions about an attempt brought, and when as far as it is known.
func (h history) asked(i int, a *provider.Attempt, outcome event, ended int64, verdict func(*provider.Attempt) string) event {
	outcome.title = fmt.Sprintf("Asked about call %d %s: %s", a.N, times(a.Asked), resultWords[a.Outcome])
	if a.Missing > 0 {
		outcome.details = append(outcome.details, fmt.Sprintf("%s the provider knew no such reference", times(a.Missing)))
	}
	outcome.move = verdict(a)
	switch {
	case i+1 < len(h.calls):
		outcome.at = h.calls[i+1].SentAt
		outcome.details = append(outcome.details, "at this time at the latest: the moment of the last question is not kept")
	case !a.Open() && ended > 0:
		outcome.at = ended
	default:
		outcome.at = max(a.SentAt, a.AnsweredAt)
		outcome.details = append(outcome.details, "since then; the moments of the questions are not kept")
	}
	return outcome
}

// resultWords are the outcomes in words.
var resultWords = map[provider.Result]string{
	"": "no answer", provider.Succeeded: "succeeded", provider.Declined: "declined: not done and never will be",
	provider.Refused: "definitely not accepted", provider.Pending: "accepted, not yet done", provider.Challenge: "the payer must answer a question",
	provider.Unknown: "unknown", provider.Lost: "never arrived",
}

func (h history) outcome(a *provider.Attempt) event {
	e := event{kind: kindCall, title: fmt.Sprintf("Call %d answered: %s", a.N, resultWords[a.Outcome]), tone: toneWait}
	switch a.Outcome {
	case provider.Succeeded:
		e.tone = toneGood
	case provider.Declined, provider.Refused, provider.Lost, provider.Unknown:
		e.tone = toneBad
	}
	if a.ProviderID != "" {
		e.details = append(e.details, "provider's own id "+a.ProviderID)
	}
	if a.Reason != "" {
		e.details = append(e.details, "reason: "+a.Reason)
	}
	if a.AnsweredAt > a.SentAt && a.Outcome != "" {
		e.details = append(e.details, "the call took "+number(a.AnsweredAt-a.SentAt)+" ms")
	}
	return e
}

// moved is a transfer with its entries.
func moved(m ledger.Movement) event {
	e := event{at: m.At, kind: kindLedger, title: m.Kind, entries: m.Entries, details: []string{"transfer " + number(m.ID)}}
	if m.Resolves > 0 {
		e.details = append(e.details, "ends the reservation "+number(m.Resolves))
	}
	if m.Reverses > 0 {
		e.details = append(e.details, "reverses "+number(m.Reverses))
	}
	if m.Note != "" {
		e.details = append(e.details, m.Note)
	}
	return e
}

func contradicted(c *provider.Contradiction) event {
	e := event{at: c.At, kind: kindAgainst, tone: toneBad, title: "The provider says " + resultWords[c.Found] + " of call " + number(c.N) + ", against our final status"}
	if c.Transfer > 0 {
		e.details = []string{"the money is in suspense: transfer " + number(c.Transfer)}
	}
	return e
}

// message is a callback: that it was owed, and every try.
func (h history) message(m *callback.Message) []event {
	word, t := messageWord(m)
	owed := event{at: m.CreatedAt, kind: kindCallback, title: fmt.Sprintf("Callback %d owed: %s %s", m.Seq, m.Kind, m.Event), tone: t, message: m, details: []string{
		"message " + number(m.ID), "to " + m.URL, word,
	}}
	if m.Status == callback.Waiting {
		owed.details = append(owed.details, h.waits(m))
	}
	list := []event{owed}
	for _, try := range h.tries[m.ID] {
		e := event{at: try.At, kind: kindCallback, title: fmt.Sprintf("Callback %d, try %d: %s", m.Seq, try.N, answered(try)), tone: toneGood, details: []string{"took " + number(try.Millis) + " ms"}}
		if try.Failure != "" {
			e.tone = toneBad
			e.details = append(e.details, try.Failure)
		}
		list = append(list, e)
	}
	return list
}

// answered is what the shop's server answered to a try.
func answered(t *callback.Try) string {
	switch {
	case t.Status == 0:
		return "no answer"
	case t.Failure == "":
		return "taken, the shop answered HTTP " + number(t.Status)
	}
	return "not taken, the shop answered HTTP " + number(t.Status)
}

func messageWord(m *callback.Message) (string, tone) {
	switch m.Status {
	case callback.Delivered:
		return "delivered at " + clock(m.DeliveredAt), toneGood
	case callback.Parked:
		return "given up after " + times(m.Tries) + "; last: " + m.Failure, toneBad
	}
	return "waiting", toneWait
}

// waits is for what a message waits.
func (h history) waits(m *callback.Message) string {
	for _, earlier := range h.messages {
		if earlier.Seq < m.Seq && earlier.Status == callback.Waiting {
			return "waits for callback " + number(earlier.Seq) + ": they keep their order"
		}
	}
	if m.Tries == 0 {
		return "first try at " + clock(m.DueAt)
	}
	return "next try at " + clock(m.DueAt) + "; last: " + m.Failure
}

// replayable reports whether a message may be sent again.
func replayable(e event) bool { return e.message != nil && e.message.Status != callback.Waiting }

// nextCallbacks says when the waiting callbacks are tried next.
func (h history) nextCallbacks() []string {
	var list []string
	for _, m := range h.messages {
		switch m.Status {
		case callback.Waiting:
			list = append(list, fmt.Sprintf("Callback %d (%s): %s.", m.Seq, m.Event, h.waits(m)))
		case callback.Parked:
			list = append(list, fmt.Sprintf("Callback %d (%s) was given up; it is sent again only when somebody says so, below.", m.Seq, m.Event))
		}
	}
	return list
}
