// Package sandbox is a provider inside the binary: stateful, deterministic and
// deliberately awkward. It keeps its own books in its own database, as a real
// provider would, so that "timed out after it was paid" is true and its books
// can be compared with the gateway's. Which value leads to which outcome is in
// values.go; nothing happens at random.
//
// It knows the connector contract and its own tables. It must not know the
// gateway's tables, its invoices and payouts, or how a request reached it.
package sandbox

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"time"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/provider"
)

// Name is the connector's name in provider accounts.
const Name = "sandbox"

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations make the sandbox's own tables, in a database of its own.
func Migrations() fs.FS {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err)
	}
	return sub
}

// Config is what the sandbox is given.
type Config struct {
	DB    *db.DB        // its own, opened with Migrations; its writers are run by the caller
	Delay time.Duration // one "second" of the documented waiting times; 0 in tests
	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) // ends early when the context does
	Key   []byte                                     // for fingerprints, and for notices of accounts without a key

	// Notify takes a notice to the gateway. It is called from Step.
	Notify func(ctx context.Context, account string, header http.Header, body []byte)
	// Accounts finds a provider account, for its secret notice_key. May be nil:
	// then notices are signed with Key.
	Accounts func(ctx context.Context, name string) (provider.Account, error)
}

// Sandbox is the connector. Every method may be called concurrently.
type Sandbox struct{ Config }

var _ interface {
	provider.Connector
	provider.Authorizer
	provider.Answerer
	provider.Capturer
	provider.Voider
	provider.Refunder
	provider.Payer
	provider.AccountChecker
	provider.Noticer
} = (*Sandbox)(nil)

// New is a sandbox on its books.
func New(c Config) *Sandbox { return &Sandbox{c} }

// Timing scales with Delay, but never below what lets a test see each state
// pass (api/sandbox.md).
func (s *Sandbox) Timing() provider.Timing {
	return provider.Timing{
		CallTimeout: max(5*s.Delay, 5*time.Second),
		SettleAfter: 2 * s.Delay,
		AskFirst:    max(s.Delay, 20*time.Millisecond),
		AskMax:      max(10*s.Delay, 200*time.Millisecond),
		SendAgain:   max(s.Delay, 20*time.Millisecond),
	}
}

// Authorize takes or holds a payer's money.
func (s *Sandbox) Authorize(ctx context.Context, c provider.Call) provider.Outcome {
	p := s.perform(c)
	p.Card = provider.Card{} // not into the queue of the books
	p.mask, p.fingerprint = c.Card.String(), s.fingerprint("card", digits(c.Card.Number))
	p.manner = cardManner(c.Card, c.Plan != nil, s.Now())
	return s.act(ctx, p)
}

// Capture takes held money.
func (s *Sandbox) Capture(ctx context.Context, c provider.Call) provider.Outcome {
	p := s.perform(c)
	p.manner = captureManner(c.Amount)
	return s.act(ctx, p)
}

// Void releases held money.
func (s *Sandbox) Void(ctx context.Context, c provider.Call) provider.Outcome {
	p := s.perform(c)
	p.manner = voidManner(c.Amount)
	return s.act(ctx, p)
}

// Refund gives paid money back.
func (s *Sandbox) Refund(ctx context.Context, c provider.Call) provider.Outcome {
	p := s.perform(c)
	p.manner = refundManner(c.Amount)
	return s.act(ctx, p)
}

// Payout sends money to an account.
func (s *Sandbox) Payout(ctx context.Context, c provider.Call) provider.Outcome {
	p := s.perform(c)
	p.Beneficiary = provider.Beneficiary{}
	p.mask, p.fingerprint = c.Beneficiary.String(), s.fingerprint("account", c.Beneficiary.Account)
	p.manner = accountManner(c.Beneficiary.Account)
	return s.act(ctx, p)
}

// CheckAccount refuses the account that api/sandbox.md names and no other.
func (s *Sandbox) CheckAccount(ctx context.Context, c provider.Call) provider.Verdict {
	if ctx.Err() != nil {
		return provider.Verdict{}
	}
	return provider.Verdict{Known: true, Good: !accountManner(c.Beneficiary.Account).noAccount}
}

func (s *Sandbox) perform(c provider.Call) perform {
	return perform{Call: c, second: s.Delay.Milliseconds()}
}

func (s *Sandbox) act(ctx context.Context, p perform) provider.Outcome {
	return bring(ctx, s, p.Shop, p)
}

// bring takes a use case to the books and plays the silence that belongs to it.
// Books that cannot be reached leave everything unknown. What was begun is waited
// for, even when the caller has no time left: what is not in the books when the
// call returns will never be, and SettleAfter can be believed.
func bring(ctx context.Context, s *Sandbox, shopID int64, u db.UseCase[reply]) provider.Outcome {
	if ctx.Err() != nil {
		return unsure
	}
	got, err := do(context.WithoutCancel(ctx), s.DB, shopID, u)
	if err != nil {
		return unsure
	}
	return s.speak(ctx, got)
}

// speak gives the answer, or lets the caller wait for it in vain.
func (s *Sandbox) speak(ctx context.Context, r reply) provider.Outcome {
	if r.silent {
		s.Sleep(ctx, s.Delay)
		return unsure
	}
	if ctx.Err() != nil {
		return unsure
	}
	return r.outcome
}

// unsure is what a caller knows that got no answer.
var unsure = provider.Outcome{Result: provider.Unknown, Reason: "no answer in time"}

// fingerprint tells one number from another without keeping either.
func (s *Sandbox) fingerprint(purpose, number string) string {
	return s.sum(s.Key, "fingerprint|"+purpose+"|"+number)[:32]
}

func (s *Sandbox) sum(key []byte, text string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}
