package ledger

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/money"
)

var update = flag.Bool("update", false, "write the tables of docs/ledger.md anew")

const docPage = "../docs/ledger.md"

// book posts the worked examples of docs/ledger.md.
type book struct {
	t *testing.T
	s *db.State
}

func (b book) done(id int64, err error) int64 {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

func (b book) post(kind string, legs ...Leg) int64 {
	return b.done(Post(b.s, shop, Posting{Kind: kind}, legs...))
}

func (b book) reserve(kind string, amount money.Amount) int64 {
	return b.done(Reserve(b.s, shop, 1, kind, amount))
}

func (b book) settle(reserve int64, kind string, legs ...Leg) int64 {
	return b.done(Settle(b.s, shop, reserve, Posting{Kind: kind}, legs...))
}

// example is a worked example: what is available before, in US dollars, and
// what is posted. The numbers are those of fee's quotes for the text beside it.
type example struct {
	name      string
	available int64
	post      func(book)
}

var examples = []example{
	{"deposit", 0, func(b book) {
		b.post("deposit", to(Funding, money.USD, -50000), to(Available, money.USD, 50000))
	}},
	{"settlement", 50000, func(b book) {
		b.post("settlement", to(Available, money.USD, -30000), to(Funding, money.USD, 30000))
	}},
	{"payment", 0, func(b book) {
		b.post("invoice.paid", card(money.USD, -10000), to(Available, money.USD, 9500), to(Fee, money.USD, 500))
	}},
	{"payment, the fee shared with the payer", 0, func(b book) {
		b.post("invoice.paid", card(money.USD, -10250), to(Fee, money.USD, 250), to(Available, money.USD, 9750), to(Fee, money.USD, 250))
	}},
	{"payment with conversion", 0, func(b book) {
		b.post("invoice.paid", card(money.UAH, -412500), to(Exchange, money.UAH, 412500),
			to(Exchange, money.USD, -10000), to(Available, money.USD, 9500), to(Fee, money.USD, 500))
	}},
	{"hold and charge", 0, func(b book) {
		hold := b.post("invoice.hold", to(Held, money.USD, 9500), to(Authorised, money.USD, -9500))
		b.settle(hold, "invoice.paid", to(Held, money.USD, -9500), to(Authorised, money.USD, 9500),
			card(money.USD, -10000), to(Available, money.USD, 9500), to(Fee, money.USD, 500))
	}},
	{"hold and unhold", 0, func(b book) {
		hold := b.post("invoice.hold", to(Held, money.USD, 9500), to(Authorised, money.USD, -9500))
		b.settle(hold, "invoice.unhold", to(Held, money.USD, -9500), to(Authorised, money.USD, 9500))
	}},
	{"full refund", 50000, func(b book) {
		reserve := b.reserve("refund.reserve", usd(10000))
		b.settle(reserve, "refund.complete", to(Frozen, money.USD, -10000), card(money.USD, 10000))
	}},
	{"partial refund with the fee returned", 50000, func(b book) {
		reserve := b.reserve("refund.reserve", usd(6000))
		b.settle(reserve, "refund.complete", to(Frozen, money.USD, -6000), card(money.USD, 6000),
			to(Fee, money.USD, -300), to(Available, money.USD, 300))
	}},
	{"refunds with conversion", 50000, func(b book) {
		first := b.reserve("refund.reserve", usd(3333))
		b.settle(first, "refund.complete", to(Frozen, money.USD, -3333), to(Exchange, money.USD, 3333),
			to(Exchange, money.UAH, -137486), card(money.UAH, 137486))
		rest := b.reserve("refund.reserve", usd(6667))
		b.settle(rest, "refund.complete", to(Frozen, money.USD, -6667), to(Exchange, money.USD, 6667),
			to(Exchange, money.UAH, -275014), card(money.UAH, 275014))
	}},
	{"failed refund", 50000, func(b book) {
		reserve := b.reserve("refund.reserve", usd(6000))
		b.done(Release(b.s, shop, reserve, 1, usd(6000)))
	}},
	{"payout", 50000, func(b book) {
		reserve := b.reserve("payout.reserve", usd(10223))
		b.settle(reserve, "payout.complete", to(Frozen, money.USD, -10223), card(money.USD, 10023), to(Fee, money.USD, 200))
	}},
	{"payout of a shop amount", 50000, func(b book) {
		reserve := b.reserve("payout.reserve", usd(10021))
		b.settle(reserve, "payout.complete", to(Frozen, money.USD, -10021), to(Rounding, money.USD, 1),
			card(money.USD, 9824), to(Fee, money.USD, 196))
	}},
	{"payout with conversion", 50000, func(b book) {
		reserve := b.reserve("payout.reserve", usd(2461))
		b.settle(reserve, "payout.complete", to(Frozen, money.USD, -2461), to(Exchange, money.USD, 2461),
			to(Exchange, money.UAH, -101500), card(money.UAH, 100000), to(Fee, money.UAH, 1500))
	}},
	{"failed payout", 50000, func(b book) {
		reserve := b.reserve("payout.reserve", usd(10223))
		b.done(Release(b.s, shop, reserve, 1, usd(10223)))
	}},
	{"paid after it had expired", 0, func(b book) {
		b.post("invoice.contradiction", card(money.USD, -10000), to(Suspense, money.USD, 10000))
	}},
	{"returned after it was completed", 50000, func(b book) {
		b.post("payout.contradiction", card(money.USD, -10023), to(Suspense, money.USD, 10023))
	}},
	{"went out after it was rejected", 50000, func(b book) {
		b.post("payout.contradiction", card(money.USD, 10023), to(Suspense, money.USD, -10023))
	}},
	{"correction", 0, func(b book) {
		legs := []Leg{to(Funding, money.USD, -50000), to(Available, money.USD, 50000)}
		wrong := b.post("deposit", legs...)
		b.done(Reverse(b.s, shop, wrong, Posting{Kind: "correction"}, legs...))
	}},
}

// table posts the example and sets what was posted as the page shows it.
func (e example) table(t *testing.T) string {
	s := newState()
	if e.available != 0 {
		accounts.Put(s, &Account{Shop: shop, Currency: money.USD, Purpose: Available, Balance: e.available, Version: 1})
	}
	e.post(book{t, s})
	var b strings.Builder
	b.WriteString("| transfer | account | amount | balance after |\n| --- | --- | ---: | ---: |\n")
	kinds := map[int64]string{}
	for _, posted := range transfers.Written(s) {
		kinds[posted.ID] = posted.Kind
		name := posted.Kind
		if posted.Resolves != 0 {
			name += ", resolves " + kinds[posted.Resolves]
		}
		if posted.Reverses != 0 {
			name += ", reverses " + kinds[posted.Reverses]
		}
		for _, entry := range entries.Written(s) {
			if entry.Transfer == posted.ID {
				b.WriteString(row(name, *entry))
				name = ""
			}
		}
	}
	return b.String()
}

func row(name string, e Entry) string {
	sign := ""
	if e.Amount > 0 {
		sign = "+"
	}
	account := accountKey{currency: e.Currency.Number(), purpose: e.Purpose, provider: e.Provider}
	digits := e.Currency.Digits()
	return fmt.Sprintf("| %s | %s | %s%s | %s |\n", name, account, sign, money.Format(e.Amount, digits), money.Format(e.Balance, digits))
}

var marked = regexp.MustCompile(`(?s)<!-- example: (.*?) -->\n(.*?)<!-- end -->`)

// TestThePageIsWhatIsPosted holds docs/ledger.md against the ledger: each table
// is posted anew, and there is none that is not.
func TestThePageIsWhatIsPosted(t *testing.T) {
	text, err := os.ReadFile(docPage)
	if err != nil {
		t.Fatal(err)
	}
	posted := map[string]string{}
	for _, e := range examples {
		posted[e.name] = e.table(t)
	}
	shown := map[string]bool{}
	updated := marked.ReplaceAllStringFunc(string(text), func(block string) string {
		part := marked.FindStringSubmatch(block)
		name, table := part[1], part[2]
		shown[name] = true
		if want, ok := posted[name]; !ok {
			t.Errorf("the page shows %q, which nothing posts", name)
		} else if table != want && !*update {
			t.Errorf("%s (go test -update sets it anew):\n%s\nposted:\n%s", name, table, want)
		}
		return "<!-- example: " + name + " -->\n" + posted[name] + "<!-- end -->"
	})
	for name := range posted {
		if !shown[name] {
			t.Errorf("the page does not show %q", name)
		}
	}
	if *update && !t.Failed() {
		if err := os.WriteFile(docPage, []byte(updated), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestThePageNamesEverything: a purpose or a kind of difference that is added is
// explained to those who read the books.
func TestThePageNamesEverything(t *testing.T) {
	text, err := os.ReadFile(docPage)
	if err != nil {
		t.Fatal(err)
	}
	for _, purpose := range Purposes() {
		if !strings.Contains(string(text), "| `"+string(purpose)+"` |") {
			t.Errorf("the page does not explain the account %s", purpose)
		}
	}
	for _, wrong := range wrongs() {
		if !strings.Contains(string(text), "| "+string(wrong)+" |") {
			t.Errorf("the page does not explain %q", wrong)
		}
	}
}

func wrongs() []Wrong {
	return []Wrong{Unbalanced, Incomplete, Orphan, Empty, Overdrawn, WrongBalance, WrongRunning, NoAccount,
		NothingEnded, NothingUndone, EndedTwice, UndoneTwice, PartlyEnded}
}
