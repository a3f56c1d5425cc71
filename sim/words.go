package sim

import (
	"fmt"
	"net/http"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/provider"
)

// The secrets of an account at the bank: the word that its notices carry, and the one
// that takes its place, while both are good.
const (
	secretWord = "word"
	secretNext = "next_word"
)

// unverified is how a notice is answered that nobody vouches for.
const unverified = http.StatusBadRequest

// word is what one account's notices carry, with the times at which it must be, may
// be and must not be believed any more; 0: not yet.
type word struct {
	text   string
	known  int64 // all processes believe it
	ending int64 // somebody has begun to take it away
	gone   int64 // none believes it
}

// words are those that an account has had, the one that the bank uses last.
type words struct {
	account  string
	list     []*word
	busy     bool // somebody is changing it
	rotating bool // a new one is stored, and the old one is good as well
	changed  bool // the bank uses the new one
	torn     bool // somebody changed it at once and died: nobody knows which is good
}

func newWords(account string) *words {
	return &words{account: account, list: []*word{{text: account + ", word 1"}}}
}

func (k *words) present() *word { return k.list[len(k.list)-1] }

// vouches reports whether a notice carries a word of the account.
func vouches(a provider.Account, header http.Header) bool {
	said := header.Get("Bank-Word")
	return said != "" && (said == a.Secrets[secretWord] || said == a.Secrets[secretNext])
}

// reword changes an account's word: mostly first there are two, later the old one
// goes; now and then at once, as when it was stolen.
func (v *visitor) reword(k *words) {
	if k.busy || k.rotating && !k.changed {
		return
	}
	k.busy = true
	defer func() { k.busy = false }() // also when the process dies
	v.stay()
	switch {
	case k.rotating:
		v.endReword(k)
	case k.torn, v.dice.IntN(4) == 0:
		v.rewordAtOnce(k)
	default:
		v.beginReword(k)
	}
}

func (k *words) next() *word {
	return &word{text: fmt.Sprintf("%s, word %d", k.account, len(k.list)+1)}
}

func (v *visitor) beginReword(k *words) {
	fresh := k.next()
	if !v.stores(k, map[string]string{secretNext: fresh.text}) {
		return
	}
	fresh.known = v.now + learnt
	k.rotating, k.changed = true, false
	v.counts.Reworded++
	v.at(fresh.known, func() { k.list, k.changed = append(k.list, fresh), true })
}

// endReword takes the old word away. It is said again until it is sure.
func (v *visitor) endReword(k *words) {
	old := k.list[len(k.list)-2]
	if old.ending == 0 {
		old.ending = v.now
	}
	if v.stores(k, map[string]string{secretWord: k.present().text, secretNext: ""}) {
		k.rotating, old.gone = false, v.now+learnt
	}
}

// rewordAtOnce leaves a moment in which genuine notices are not believed: the bank
// tells those again.
func (v *visitor) rewordAtOnce(k *words) {
	old, fresh := k.present(), k.next()
	k.torn, old.ending = true, v.now
	if stored := v.stores(k, map[string]string{secretWord: fresh.text, secretNext: ""}); !stored {
		k.torn, old.ending = false, 0
		return
	}
	k.torn, old.gone, fresh.known = false, v.now+learnt, v.now+learnt
	k.list = append(k.list, fresh)
	v.counts.Reworded++
}

// stores changes secrets of an account and reports whether they are stored, also
// when the answer says that it is not known.
func (v *visitor) stores(k *words, changes map[string]string) bool {
	u, err := provider.NewAccountSecrets(v.ctx, v.node.db.Reader(), v.node.box, k.account, changes, actor)
	if err == nil {
		_, err = db.Do(v.ctx, v.node.db, db.House, u)
	}
	stored := err == nil
	if !stored {
		a, findErr := provider.NewAccounts(v.node.db.Reader(), v.node.box, v.clock).Find(v.ctx, k.account)
		if findErr != nil {
			v.fail("the database answers", fmt.Sprintf("account %s: %v", k.account, findErr))
			return false
		}
		stored = true
		for name, text := range changes {
			stored = stored && a.Secrets[name] == text
		}
	}
	v.tracef("operator: the words of %s: %v, stored %v", k.account, err, stored)
	return stored
}

// heard looks at how a notice that came at a time was answered: a word that all
// processes know is believed, one that was taken away is not. It reports whether the
// bank must tell it again, for its word was being changed.
func (w *World) heard(o *notice, said *word, came int64, status int) (again bool) {
	switch {
	case status == http.StatusOK && said.gone != 0 && said.gone <= came:
		w.fail("nothing enters unsigned", fmt.Sprintf("a notice about %s was taken for %q, which is invalid", o.act.ref, said.text))
	case status == unverified && said.known <= came && said.ending == 0:
		w.fail("a genuine notice is heard", fmt.Sprintf("one about %s was refused for %q, which all processes know", o.act.ref, said.text))
	}
	return status == unverified
}
