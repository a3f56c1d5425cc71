package providertest

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/brama-pay/brama/provider"
)

func (h *house) endsAsDocumented(t *testing.T, v Value) {
	st := h.play(t, h.prepare(t, v), v, false)
	if st.first.Result != v.First {
		t.Errorf("the call was answered %s (%s), documented is %s", st.first.Result, st.first.Reason, v.First)
	}
	if want := max(v.Sends, 1); st.sends != want {
		t.Errorf("sent %d times, documented are %d", st.sends, want)
	}
	h.agrees(t, v, st)
	h.listen(t, v, st)
}

// answerLost: the first answer never came. Nothing may be sent before the
// provider said that it has nothing, and the end is the same.
func (h *house) answerLost(t *testing.T, v Value) {
	st := h.play(t, h.prepare(t, v), v, true)
	h.agrees(t, v, st)
	if st.sends > 1 && st.missed < 2 && st.heard[0].Result != provider.Refused {
		t.Errorf("sent again after the provider said %d times that it has nothing", st.missed)
	}
}

// once: eight at a time, and again after the end.
func (h *house) once(t *testing.T, v Value) {
	c := h.prepare(t, v)
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() { h.gate.Send(t.Context(), h.Account.Name, c) })
	}
	senders.Wait()
	h.agrees(t, v, h.play(t, c, v, false))
	after := h.gate.Send(t.Context(), h.Account.Name, c)
	h.discreet(t, c, fmt.Sprintf("%+v", after))
	if contradicts(after.Result, v.End) {
		t.Errorf("it ended %s; sent once more it is answered %s", v.End, after.Result)
	}
	h.agrees(t, v, story{call: c, end: v.End})
}

// callerLeft: a call whose context has ended may have arrived or not. Whatever
// is answered must not promise what the provider then denies.
func (h *house) callerLeft(t *testing.T, v Value) {
	c := h.prepare(t, v)
	gone, leave := context.WithCancel(t.Context())
	leave()
	o := h.gate.Send(gone, h.Account.Name, c)
	if o.Result != provider.Unknown {
		t.Errorf("answered %s to a caller that had left", o.Result)
	}
	if o := h.gate.Ask(gone, h.Account.Name, provider.Query{Verb: c.Verb, Reference: c.Reference, Shop: c.Shop, Amount: c.Amount}); o.Result != provider.Unknown {
		t.Errorf("the question was answered %s to a caller that had left", o.Result)
	}
	h.agrees(t, v, h.play(t, c, v, false))
}

// broken: through a way that is cut, the outcome is unknown; through the whole
// one the truth is found.
func (h *house) broken(t *testing.T, v Value, through provider.Connector) {
	c := h.prepare(t, v)
	if o := gateTo(h.Subject, through).Send(t.Context(), h.Account.Name, c); o.Result != provider.Unknown {
		t.Errorf("answered %s", o.Result)
	}
	h.agrees(t, v, h.play(t, c, v, true))
}

// agrees compares the end of a story with its value and the provider's books:
// Done is done once, Failed is not done.
func (h *house) agrees(t *testing.T, v Value, st story) {
	t.Helper()
	if st.end != v.End {
		t.Errorf("ended %s after %s, documented is %s", st.end, trail(st.heard), v.End)
	}
	times, seen := h.done(t, st.call)
	if want := map[provider.Lesson]int{provider.Done: 1}[v.End]; seen && times != want {
		t.Errorf("the provider's books have it %d times, want %d", times, want)
	}
}

// contradicts reports whether an answer denies the end that was reached before.
func contradicts(r provider.Result, end provider.Lesson) bool {
	if end == provider.Done {
		return r == provider.Declined || r == provider.Refused
	}
	return r == provider.Succeeded
}

func trail(heard []provider.Outcome) string {
	words := make([]string, len(heard))
	for i, o := range heard {
		words[i] = string(o.Result)
	}
	return strings.Join(words, ", ")
}

// discreet looks for the card, the account and the secrets in what came out, and
// in the call as it prints.
func (h *house) discreet(t *testing.T, c provider.Call, said string) {
	t.Helper()
	var logged strings.Builder
	slog.New(slog.NewTextHandler(&logged, nil)).Info("call", "card", c.Card, "to", c.Beneficiary)
	printed := fmt.Sprintf("%v %+v %#v %s %v %+v %#v", c.Card, c.Card, c.Card, c.Card, c.Beneficiary, c.Beneficiary, c.Beneficiary)
	for _, secret := range h.secretsOf(c) {
		for where, text := range map[string]string{"the answer": said, "the call in print": printed, "the call in a log": logged.String()} {
			if strings.Contains(text, secret) {
				t.Errorf("%s shows a secret or a clear number", where)
			}
		}
	}
}

// secretsOf are the texts that must not come out. Short ones are left aside:
// they occur by chance.
func (h *house) secretsOf(c provider.Call) []string {
	all := []string{c.Card.Number, c.Beneficiary.Account}
	for _, secret := range h.Account.Secrets {
		all = append(all, secret)
	}
	var long []string
	for _, s := range all {
		if len(s) >= 8 {
			long = append(long, s)
		}
	}
	return long
}
