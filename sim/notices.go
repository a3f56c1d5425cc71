package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/brama-pay/brama/provider"
)

// notice is what the bank wants to tell about an act.
type notice struct {
	act   *act
	n     int64
	state provider.Result
	dueAt int64
	left  int  // deliveries still to be made
	must  bool // made until it is taken
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

// Notices believes who knows a word of the account.
func (b *bank) Notices(a provider.Account, header http.Header, text []byte) ([]provider.Notice, error) {
	if !vouches(a, header) {
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
	said, genuine := b.says(o)
	w.counts.Notices++
	w.start("notice", n, func() {
		if !w.calm {
			w.sleep(w.between(0, 800))
		}
		request, _ := http.NewRequest(http.MethodPost, publicURL+"/notify/"+o.act.account, strings.NewReader(string(text)))
		request.Header.Set("Bank-Word", said.text)
		got, came := &answer{}, w.now
		n.door.ServeHTTP(got, request)
		w.tracef("notice about %s, %s: %d", o.act.ref, said.text, got.status)
		if got.status == http.StatusOK {
			b.owed = slices.DeleteFunc(b.owed, func(other *notice) bool { return other == o && o.must })
		}
		if again := w.heard(o, said, came, got.status); again && genuine {
			b.tellAgain(o)
		}
	})
}

// says is the word that a notice is sent with: mostly the account's, now and then a
// stranger's, or one that was good once.
func (b *bank) says(o *notice) (said *word, genuine bool) {
	w, k := b.world, b.words[o.act.account]
	switch {
	case w.calm:
	case w.chance(500):
		return &word{text: "a stranger's word", ending: 1, gone: 1}, false
	case len(k.list) > 1 && w.chance(500):
		return k.list[w.dice.IntN(len(k.list)-1)], false
	}
	return k.present(), true
}

// tellAgain owes the gateway a notice that it refused, until it is taken.
func (b *bank) tellAgain(o *notice) {
	b.world.counts.Unheard++
	o.must, o.dueAt = true, b.world.now+1_000
	if !slices.Contains(b.owed, o) {
		b.owed = append(b.owed, o)
	}
}
