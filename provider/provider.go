// Package provider is the contract between the gateway and those who move money
// outside: what a connector can be asked, what it may answer, and what follows
// from an answer. It knows nothing of invoices, payouts or wire protocols.
//
// A connector never returns an error. It returns an Outcome, and any doubt is
// Unknown: Declined and Refused are promises that nothing was done.
package provider

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/brama-pay/brama/instalment"
	"github.com/brama-pay/brama/money"
)

// Verb is what a call asks the provider to do.
type Verb string

// The verbs that move money.
const (
	Authorize Verb = "authorize" // take a payer's money, or only hold it
	Capture   Verb = "capture"   // take held money
	Void      Verb = "void"      // release held money
	Refund    Verb = "refund"    // give paid money back
	Payout    Verb = "payout"    // send money to an account
)

// Result is what is known after a call or a question.
type Result string

// The results. The zero Result means the same as Unknown.
const (
	Succeeded Result = "succeeded" // done
	Declined  Result = "declined"  // definitely not done, and never will be
	Refused   Result = "refused"   // definitely not accepted; the same reference may be sent again
	Pending   Result = "pending"   // accepted, not yet done
	Challenge Result = "challenge" // the payer must answer a question first
	Unknown   Result = "unknown"   // no answer, or one that cannot be believed
	Missing   Result = "missing"   // to Status only: the provider knows no such reference
)

// Outcome is a connector's answer.
type Outcome struct {
	Result          Result
	ProviderID      string       // the provider's own id of the operation
	Amount          money.Amount // what it says it moved; zero when it does not say
	PayerAccount    string       // the payer's account, masked
	Reason          string       // in the provider's words, for operators; never a secret
	RRN             string       // retrieval reference number
	BankTransaction string
	HoldUntil       time.Time // when the provider's own hold ends; zero when it does not say
	Continue        string    // with Pending: where the payer goes on, a page of the provider
	Abandoned       bool      // with Declined: the payer left, nobody refused
	AskedAt         int64     // of Status: when the question left, Unix ms; the gate notes it
	Alike           Alike     // of Status of a refund: what the amount alone tells; zero when there is a reference
}

// Call asks for one act. Reference is the same for life: a provider that sees
// it twice must do the act once.
type Call struct {
	Account     Account
	Verb        Verb
	Reference   string
	Shop        int64
	Operation   int64 // the invoice, refund or payout
	N           int64 // the attempt
	Amount      money.Amount
	Hold        bool             // of Authorize: only hold
	Plan        *instalment.Plan // of a payment in parts; nil: at once
	Return      string           // of Authorize: the page that the payer comes back to
	Card        Card             // of Authorize; lives in memory only
	Original    string           // of Capture, Void and Refund: the reference of the authorisation
	OriginalID  string           // and the provider's id of it
	Beneficiary Beneficiary      // of Payout
	Whole       money.Amount     // of Refund: the amount of the payment
	Description string
}

// Query asks what became of a reference.
type Query struct {
	Account    Account
	Verb       Verb
	Reference  string
	Original   string
	ProviderID string
	Shop       int64
	Operation  int64
	N          int64
	Amount     money.Amount
	Hold       bool // of Authorize: it was only to hold
}

// Card is what a payer typed. It prints as its mask.
type Card struct{ Number, Expiry, CVV string }

// String is the mask.
func (c Card) String() string {
	if len(c.Number) < 10 {
		return "card"
	}
	return c.Number[:6] + "XXXXXX" + c.Number[len(c.Number)-4:]
}

// Format prints the mask, whatever the verb.
func (c Card) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(c.String())) }

// LogValue keeps the card out of logs.
func (c Card) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Beneficiary is who gets a payout. It prints as its account's last four characters.
type Beneficiary struct {
	Account string
	Details map[string]string
}

// String is the account's end.
func (b Beneficiary) String() string {
	if len(b.Account) < 8 {
		return "account"
	}
	return "XXXX" + b.Account[len(b.Account)-4:]
}

// Format prints the account's end, whatever the verb.
func (b Beneficiary) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(b.String())) }

// LogValue keeps the account out of logs.
func (b Beneficiary) LogValue() slog.Value { return slog.StringValue(b.String()) }

// Timing is how long a connector's provider may take, and how patient we are.
type Timing struct {
	CallTimeout time.Duration // after it a call is given up, its outcome unknown
	SettleAfter time.Duration // after the last send, "missing" may be believed; negative: never
	AskFirst    time.Duration // pause before the first question
	AskMax      time.Duration // pauses grow up to this
	SendAgain   time.Duration // pause before a refused call is sent again
}

// Connector is what every connector is. What else it can do is said by the
// interfaces below; one that lacks a capability is never asked for it.
type Connector interface {
	// Timing is asked at each use.
	Timing() Timing
	// Status asks what became of a reference. It never moves money.
	Status(ctx context.Context, q Query) Outcome
}

// Timed is a connector whose timing is a matter of the account. Timing is then
// that of an account without settings.
type Timed interface {
	TimingOf(a Account) Timing
}

// Authorizer takes payments.
type Authorizer interface {
	Authorize(ctx context.Context, c Call) Outcome
}

// Answerer takes the payer's answer to a Challenge.
type Answerer interface {
	Answer(ctx context.Context, c Call, code string) Outcome
}

// Redirector is a connector whose payers pay at the provider's own page: no card
// is asked for here, and Authorize gives the address to go on at.
type Redirector interface {
	Redirects() bool
}

// Capturer takes money that was held.
type Capturer interface {
	Capture(ctx context.Context, c Call) Outcome
}

// Voider releases money that was held.
type Voider interface {
	Void(ctx context.Context, c Call) Outcome
}

// Refunder gives money back.
type Refunder interface {
	Refund(ctx context.Context, c Call) Outcome
}

// Payer sends money out.
type Payer interface {
	Payout(ctx context.Context, c Call) Outcome
}

// AccountChecker says whether an account can receive. Verdict.Known is false
// when the provider did not answer.
type AccountChecker interface {
	CheckAccount(ctx context.Context, c Call) Verdict
}

// Verdict is the answer to a check of an account. Known: the provider said so.
// Malformed: nobody was asked, since the account cannot be right.
type Verdict struct{ Known, Good, Malformed bool }

// Noticer understands what a provider sends on its own. It verifies before it
// returns anything; what it cannot verify is an error and is only counted.
type Noticer interface {
	Notices(account Account, header http.Header, body []byte) ([]Notice, error)
}

// Notice says that something happened to a reference. It moves nothing: it
// makes the gateway ask.
type Notice struct {
	Reference   string
	Shop        int64
	Operation   int64
	N           int64
	Verb        Verb   // "" when the notice does not say; see VerbOf
	Fingerprint string // the same for a repeat of the same notice
}

// Reference is an act's reference for life: at most 45 characters, letters,
// digits and dashes. A payout, refund or payment is one act for ever, its first
// attempt the first of its operation. A charge or release that was definitely
// refused may be asked for again: that is another act, with another first attempt.
func Reference(verb Verb, shop, operation, first int64) string {
	if first == 1 {
		return fmt.Sprintf("%c-%d-%d", verb[0], shop, operation)
	}
	return fmt.Sprintf("%c-%d-%d-%d", verb[0], shop, operation, first)
}

// VerbOf is the verb that a reference was made for, "" when it was not made here.
func VerbOf(reference string) Verb {
	for _, v := range []Verb{Authorize, Capture, Void, Refund, Payout} {
		if len(reference) > 1 && reference[0] == v[0] && reference[1] == '-' {
			return v
		}
	}
	return ""
}

// Believed is the outcome unless it speaks of another amount than was asked
// for: then nothing it says can be believed.
func (o Outcome) Believed(want money.Amount) Outcome {
	if o.Amount != (money.Amount{}) && o.Amount != want {
		return Outcome{Result: Unknown, Reason: fmt.Sprintf("the provider speaks of %s, asked were %s", o.Amount, want)}
	}
	return o
}
