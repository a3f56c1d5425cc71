package sandbox

import (
	"strings"
	"time"

	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/signature"
)

// manner is how the sandbox behaves for a value: the rows of api/sandbox.md.
// The zero manner does at once what it is asked, and says so.
type manner struct {
	decline   string // the reason; "" is no
	noAccount bool   // of an account: it does not exist
	question  string // the payer must answer: secure or parts
	after     bool   // times out after the act was done
	before    bool   // times out before anything happened, each time
	hidden    int64  // questions answered "not found" although it was done
	refusals  int64  // sends refused before one is accepted
	later     State  // pending at first, this in the end
	twice     bool   // notices: twice and out of order
}

// The questions a payer is asked.
const (
	secure = "secure" // 3-D Secure: 1234 approves, anything else declines
	parts  = "parts"  // PayParts' one-time code: four digits pass, 0000 fails
)

// Waiting times in seconds of Config.Delay, but for the last.
const (
	ripening = 5                // until a pending act is decided
	lapse    = 15 * time.Minute // until an unanswered question is a refusal, at least
)

var cards = map[string]manner{
	"4242424242424242": {},
	"4000000000000002": {decline: "declined"},
	"4000000000009995": {decline: "insufficient funds"},
	"4000000000003220": {question: secure},
	"4000000000000341": {later: Succeeded},
	"4000000000000259": {twice: true},
	"4000000000000119": {after: true},
	"4000000000000127": {before: true},
}

// instalmentCards are those of the PayParts page; the documented ones have
// expired long ago (api/payparts.md), so no expiry is looked at.
var instalmentCards = map[string]manner{
	"0000111122223333": {question: parts},
	"0000111122224444": {decline: "the bank offers no instalments for this card"},
}

var accounts = map[string]manner{
	"0002": {decline: "rejected by the receiving bank"},
	"0009": {decline: "no such account", noAccount: true},
	"0119": {after: true},
	"0127": {before: true},
	"0135": {after: true, hidden: 1},
	"0259": {twice: true},
	"0341": {later: Succeeded},
	"4000": {refusals: 3},
}

// cardManner is how a card behaves on the page. A number that is not in the
// table is approved when its check digit is right.
func cardManner(c provider.Card, instalments bool, now time.Time) manner {
	number := digits(c.Number)
	if m, ok := instalmentCards[number]; ok && instalments {
		return m
	}
	if !future(c.Expiry, now) {
		return manner{decline: "the card has expired"}
	}
	m, known := cards[number]
	if !known && (len(number) < 13 || len(number) > 19 || !signature.Luhn(number)) {
		return manner{decline: "no such card"}
	}
	if instalments && m == (manner{}) {
		m.question = parts
	}
	return m
}

func captureManner(a money.Amount) manner {
	switch a.Minimal() {
	case "666":
		return manner{decline: "the hold cannot be taken"}
	case "667":
		return manner{after: true}
	case "668":
		return manner{before: true}
	}
	return manner{}
}

func voidManner(a money.Amount) manner { return manner{after: a.Minimal() == "669"} }

func refundManner(a money.Amount) manner {
	switch a.Minimal() {
	case "666":
		return manner{later: Declined}
	case "667":
		return manner{after: true}
	case "668":
		return manner{before: true}
	}
	return manner{}
}

// accountManner is decided by the last four characters.
func accountManner(account string) manner {
	if len(account) < 4 {
		return manner{}
	}
	return accounts[account[len(account)-4:]]
}

// passes reports whether a code answers a question.
func passes(question, code string) bool {
	if question == secure {
		return code == "1234"
	}
	return len(code) == 4 && digits(code) == code && code != "0000"
}

// digits drops everything else: people type cards in groups.
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// future reads MM/YY or MM/YYYY; a card is good to the end of its month.
func future(expiry string, now time.Time) bool {
	text := digits(expiry)
	if len(text) == 4 { // two digits of a year are of this century: time.Parse would take 99 for 1999
		text = text[:2] + "20" + text[2:]
	}
	month, err := time.Parse("012006", text)
	return err == nil && now.UTC().Before(month.AddDate(0, 1, 0))
}
