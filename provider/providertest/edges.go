package providertest

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/provider"
)

// timing must let a call end before anything is believed about it.
func (h *house) timing(t *testing.T) {
	got := h.Connector.Timing()
	switch {
	case got.CallTimeout <= 0 || got.CallTimeout.Milliseconds() > provider.LongestCall:
		t.Errorf("a call may last %s", got.CallTimeout)
	case got.AskFirst <= 0 || got.AskMax < got.AskFirst:
		t.Errorf("questions come after %s, at most %s", got.AskFirst, got.AskMax)
	case got.SendAgain <= 0:
		t.Errorf("a refused call is sent again after %s", got.SendAgain)
	}
}

// neverSent: about a reference that nobody sent the connector knows nothing, and
// does not make it final.
func (h *house) neverSent(t *testing.T) {
	for _, verb := range []provider.Verb{provider.Authorize, provider.Capture, provider.Void, provider.Refund, provider.Payout} {
		o := h.gate.Ask(t.Context(), h.Account.Name, provider.Query{
			Verb: verb, Reference: reference(verb, h.Shop, 4095+operations.Add(1)), Shop: h.Shop, Amount: money.New(100, money.USD),
		})
		if o.Result != provider.Missing && o.Result != provider.Unknown {
			t.Errorf("%s: answered %s", verb, o.Result)
		}
	}
}

// garbage must not panic, and must not succeed.
func (h *house) garbage(t *testing.T) {
	long := strings.Repeat("9", 5000)
	for _, text := range []string{"", " ", "\x00", "\xff\xfe", "'; --", "../..", long, "ї", "{}", "a-1"} {
		c := provider.Call{
			Account: h.Account, Shop: h.Shop, Reference: text, Original: text, OriginalID: text,
			Card: provider.Card{Number: text, Expiry: text, CVV: text}, Beneficiary: provider.Beneficiary{Account: text}, Description: text,
		}
		for _, verb := range []provider.Verb{provider.Authorize, provider.Capture, provider.Void, provider.Refund, provider.Payout, "", "other"} {
			c.Verb = verb
			h.refuses(t, verb, func() provider.Outcome { return h.gate.Send(t.Context(), h.Account.Name, c) })
			h.refuses(t, "answer to "+verb, func() provider.Outcome { return h.gate.Answer(t.Context(), h.Account.Name, c, text) })
			h.refuses(t, "question about "+verb, func() provider.Outcome {
				return h.gate.Ask(t.Context(), h.Account.Name, provider.Query{Verb: verb, Reference: text, Original: text, ProviderID: text, Shop: h.Shop})
			})
		}
		h.gate.Check(t.Context(), h.Account.Name, c)
	}
}

// refuses runs what must neither succeed nor panic; the gate makes a panic an
// outcome, so its reason tells.
func (h *house) refuses(t *testing.T, what provider.Verb, act func() provider.Outcome) {
	t.Helper()
	switch o := act(); {
	case o.Result == provider.Succeeded, o.Result == provider.Pending, o.Result == provider.Challenge:
		t.Errorf("%s of garbage was answered %s", what, o.Result)
	case o.Reason == "the connector failed":
		t.Errorf("%s of garbage made the connector panic", what)
	}
}

// listen hears what the provider sent about a story.
func (h *house) listen(t *testing.T, v Value, st story) {
	t.Helper()
	if h.Notices == nil {
		return
	}
	if v.Told {
		h.Wait(h.Connector.Timing().AskMax)
	}
	deliveries, err := h.Notices(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h.told = append(h.told, deliveries...)
	about := 0
	for _, d := range deliveries {
		got, err := h.Connector.(provider.Noticer).Notices(h.Account, d.Header, d.Body)
		if err != nil {
			t.Errorf("a genuine notice was not believed: %v", err)
		}
		for _, n := range got {
			if n.Fingerprint == "" {
				t.Error("a notice without a fingerprint")
			}
			if n.Reference == st.call.Reference && n.Shop == st.call.Shop && n.Operation == st.call.Operation {
				about++
			}
		}
	}
	if v.Told && about == 0 {
		t.Error("the provider said nothing of its own about it")
	}
}

// notices: nothing is believed that was changed on its way, or came for another
// account.
func (h *house) notices(t *testing.T) {
	noticer, ok := h.Connector.(provider.Noticer)
	if !ok {
		t.Skip("the connector hears no notices")
	}
	reject := func(what string, a provider.Account, header http.Header, body []byte) {
		t.Helper()
		if got, err := noticer.Notices(a, header, body); err == nil {
			t.Errorf("%s: believed, as %+v", what, got)
		}
	}
	for _, body := range []string{"", "{}", "[]", "null", "\x00\xff", `{"reference":"a-1-1"}`, strings.Repeat("[", 70_000)} {
		reject("unsigned", h.Account, http.Header{}, []byte(body))
	}
	stranger := h.Account
	stranger.Name, stranger.Secrets = "stranger", map[string]string{}
	for _, d := range h.told {
		reject("for another account", stranger, d.Header, d.Body)
		reject("cut", h.Account, d.Header, d.Body[:len(d.Body)-1])
		for at := 0; at < len(d.Body); at += 7 {
			changed := bytes.Clone(d.Body)
			changed[at] ^= 1
			reject("changed", h.Account, d.Header, changed)
		}
	}
}
