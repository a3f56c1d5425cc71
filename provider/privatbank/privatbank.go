// Package privatbank is the connector to PrivatBank's payment in instalments, and to
// whoever speaks the same protocol: it stands on client/payparts and follows the
// rules of api/payparts.md §10.
//
// It knows the connector contract and the PayParts client. It must not know the
// gateway's tables, its invoices, or the door by which a shop's request came.
//
// The bank knows one id, the order's, which is the reference of the payment's
// authorisation: a confirm, cancel or decline has none of its own. So what became
// of one is read from the state of the order.
package privatbank

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"code.dny.dev/ssrf"

	"github.com/brama-pay/brama/client/payparts"
	"github.com/brama-pay/brama/provider"
)

// Name is the connector's name in provider accounts.
const Name = "privatbank"

// The settings of an account, and its one secret.
const (
	BaseURL     = "base_url"     // the bank's address; payparts.BankURL when there is none
	StoreID     = "store_id"     // ours at the bank
	NotifyURL   = "notify_url"   // where the bank's callbacks reach us; /notify/<account> of Config.PublicURL when there is none
	SettleAfter = "settle_after" // seconds after which the bank's "not there" is believed; 3600
	CallTimeout = "call_timeout" // seconds, 1 to 300; 30

	Password = "password" // the store's
)

// Settings are those that an account of the bank can have.
func Settings() []provider.Setting {
	return []provider.Setting{
		{Name: BaseURL, Check: provider.CheckAddress},
		{Name: StoreID, Check: provider.CheckText},
		{Name: NotifyURL, Check: provider.CheckAddress},
		{Name: SettleAfter, Check: provider.CheckNumber(0, longestSettle)},
		{Name: CallTimeout, Check: provider.CheckNumber(1, longestCall)},
	}
}

// The greatest settings, in seconds.
const (
	longestSettle = 30 * 24 * 3600
	longestCall   = int(provider.LongestCall / 1000)
)

// Config is what the connector is given.
type Config struct {
	Client    *http.Client // guards what is dialled; the time-out is the call's
	PublicURL string       // where the bank reaches the gateway, without a slash at its end
}

// Bank is the connector. Every method may be called concurrently.
type Bank struct{ Config }

var _ interface {
	provider.Connector
	provider.Timed
	provider.Authorizer
	provider.Redirector
	provider.Capturer
	provider.Voider
	provider.Refunder
	provider.Noticer
} = (*Bank)(nil)

// New is the connector.
func New(c Config) *Bank { return &Bank{c} }

// Redirects is true: the payer's card is the bank's business.
func (*Bank) Redirects() bool { return true }

// Timing is that of an account without settings. The bank promises no time after
// which it knows for sure what it got; an hour is twice a long call, and more.
func (*Bank) Timing() provider.Timing {
	return provider.Timing{
		CallTimeout: 30 * time.Second, SettleAfter: time.Hour, AskFirst: 5 * time.Second, AskMax: 10 * time.Minute, SendAgain: 30 * time.Second,
	}
}

// TimingOf is Timing with the account's settle_after and call_timeout. One that
// cannot be read is as if it were not there: such an account makes no call.
func (b *Bank) TimingOf(a provider.Account) provider.Timing {
	t := b.Timing()
	t.SettleAfter = seconds(a.Settings[SettleAfter], 0, longestSettle, t.SettleAfter)
	t.CallTimeout = seconds(a.Settings[CallTimeout], 1, longestCall, t.CallTimeout)
	return t
}

func seconds(text string, least, most int, otherwise time.Duration) time.Duration {
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return otherwise
	}
	return time.Duration(n) * time.Second
}

func (b *Bank) client(a provider.Account) (*payparts.Client, error) {
	if err := provider.CheckSettings(Settings(), a.Settings); err != nil {
		return nil, err
	}
	return payparts.New(or(a.Settings[BaseURL], payparts.BankURL), a.Settings[StoreID], a.Secrets[Password], payparts.WithHTTPClient(b.Client))
}

// begin is the client for a call that is about to be made, or why it is not.
func (b *Bank) begin(ctx context.Context, a provider.Account) (*payparts.Client, *provider.Outcome) {
	if ctx.Err() != nil {
		return nil, &provider.Outcome{Result: provider.Unknown, Reason: "no time was left for the call"}
	}
	client, err := b.client(a)
	if err != nil { // its text names settings, no secret
		return nil, &provider.Outcome{Result: provider.Refused, Reason: err.Error()}
	}
	return client, nil
}

// unsent is what follows from an error of a call, when that is certain: nothing
// left the house.
func unsent(err error) (provider.Outcome, bool) {
	if errors.Is(err, payparts.ErrNotSent) {
		return provider.Outcome{Result: provider.Refused, Reason: "the bank was not reached: " + whyUnreached(err)}, true
	}
	return provider.Outcome{}, false
}

// whyUnreached says for operators what stood between us and the bank.
func whyUnreached(err error) string {
	var outer *url.Error
	var name *net.DNSError
	var place *net.OpError
	var slow interface{ Timeout() bool }
	switch {
	case errors.Is(err, ssrf.ErrProhibitedIP), errors.Is(err, ssrf.ErrProhibitedNetwork):
		return "its address is private, and may not be called (serve --allow-provider-to opens it)"
	case errors.As(err, &name):
		return fmt.Sprintf("the name %.100q was not found, or not looked up", name.Name)
	case errors.As(err, &slow) && slow.Timeout():
		return "nobody answered there in time"
	case errors.As(err, &place):
		return fmt.Sprintf("%.200v", place.Err) // connection refused, no route
	case errors.As(err, &outer):
		return fmt.Sprintf("%.200v", outer.Err) // what is wrong with its certificate
	}
	return "the call could not be made"
}

// refusal is the bank's definite refusal in an error, nil when it is another's word
// or none.
func refusal(err error) *payparts.Error {
	var refused *payparts.Error
	if errors.As(err, &refused) && refused.Cover == payparts.CoverOutcome {
		return refused
	}
	return nil
}

func unknown(reason string) provider.Outcome {
	return provider.Outcome{Result: provider.Unknown, Reason: reason}
}

func or(first, second string) string {
	if first != "" {
		return first
	}
	return second
}
