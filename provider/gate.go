package provider

import (
	"context"
	"fmt"
	"time"

	"github.com/brama-pay/brama/db"
)

// Gate is the way to every provider: it finds the connector of an account, sets
// the time-out, and makes a panic what it is – an unknown outcome.
type Gate struct {
	Connectors map[string]Connector // by name, from cmd
	Accounts   func(ctx context.Context, name string) (Account, error)
	Observe    func(verb Verb, provider string, result Result, took time.Duration) // may be nil
	Now        func() time.Time
	Steps      *db.Steps // of the clock that Now reads; nil when it is never put
}

// Timing is the timing of the provider behind an account; when it is not known,
// a cautious one.
func (g *Gate) Timing(ctx context.Context, account string) Timing {
	if c, found, err := g.find(ctx, account); err == nil {
		return timingOf(c, found)
	}
	return Timing{CallTimeout: 30 * time.Second, SettleAfter: -1, AskFirst: 5 * time.Second, AskMax: 10 * time.Minute, SendAgain: 30 * time.Second}
}

func timingOf(c Connector, a Account) Timing {
	if timed, ok := c.(Timed); ok {
		return timed.TimingOf(a).bound()
	}
	return c.Timing().bound()
}

func (g *Gate) find(ctx context.Context, name string) (Connector, Account, error) {
	account, err := g.Accounts(ctx, name)
	if err != nil {
		return nil, account, err
	}
	c, ok := g.Connectors[account.Connector]
	if !ok {
		return nil, account, fmt.Errorf("no connector %q", account.Connector)
	}
	return c, account, nil
}

// Redirects reports whether payers of an account pay at the provider's own page.
func (g *Gate) Redirects(ctx context.Context, account string) bool {
	c, _, err := g.find(ctx, account)
	r, can := c.(Redirector)
	return err == nil && can && r.Redirects()
}

// Send makes the call of an announced attempt, once. A call that cannot even
// begin is Refused: nothing left the house.
func (g *Gate) Send(ctx context.Context, account string, c Call) Outcome {
	connector, found, err := g.find(ctx, account)
	if err != nil {
		return Outcome{Result: Refused, Reason: "the provider account is not usable"}
	}
	if !found.Active {
		return Outcome{Result: Refused, Reason: "the provider account is switched off"}
	}
	c.Account = found
	return g.guard(ctx, c.Verb, account, timingOf(connector, found).CallTimeout, func(ctx context.Context) Outcome {
		return perform(ctx, connector, c)
	})
}

// Answer passes on the payer's answer to a challenge.
func (g *Gate) Answer(ctx context.Context, account string, c Call, code string) Outcome {
	connector, found, err := g.find(ctx, account)
	answerer, can := connector.(Answerer)
	if err != nil || !can {
		return Outcome{Result: Unknown, Reason: "the provider takes no answers"}
	}
	c.Account = found
	return g.guard(ctx, c.Verb, account, timingOf(connector, found).CallTimeout, func(ctx context.Context) Outcome {
		return answerer.Answer(ctx, c, code)
	})
}

// Ask asks what became of a reference. A clock that was just put tells nothing of
// how long ago a call was sent: until as long has passed as a call may be on its
// way, "not found" is not believed. That counts back from the question, however late
// its answer is heard.
func (g *Gate) Ask(ctx context.Context, account string, q Query) Outcome {
	connector, found, err := g.find(ctx, account)
	if err != nil {
		return Outcome{Result: Unknown, Reason: "the provider account is not usable"}
	}
	q.Account = found
	asked, began := g.Now().UnixMilli(), g.Steps.Elapsed()
	o := g.guard(ctx, "status", account, timingOf(connector, found).CallTimeout, func(ctx context.Context) Outcome {
		return connector.Status(ctx, q)
	})
	o.AskedAt = asked
	timing := timingOf(connector, found)
	unsure := timing.CallTimeout + timing.SettleAfter + g.Steps.Elapsed() - began
	if o.Result == Missing && timing.SettleAfter >= 0 && g.Steps.Within(unsure) {
		return Outcome{Result: Unknown, Reason: "the clock was put while the call may have been on its way"}
	}
	return o
}

// Check asks whether an account can receive. A provider that cannot be asked
// has no verdict; one without the capability finds every account good.
func (g *Gate) Check(ctx context.Context, account string, c Call) (v Verdict) {
	connector, found, err := g.find(ctx, account)
	if err != nil {
		return Verdict{}
	}
	checker, can := connector.(AccountChecker)
	if !can {
		return Verdict{Known: true, Good: true}
	}
	c.Account = found
	g.guard(ctx, "check_account", account, timingOf(connector, found).CallTimeout, func(ctx context.Context) Outcome {
		v = checker.CheckAccount(ctx, c)
		return Outcome{Result: Succeeded}
	})
	return v
}

func (g *Gate) guard(ctx context.Context, verb Verb, account string, timeout time.Duration, call func(context.Context) Outcome) (o Outcome) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	began := g.Now()
	defer func() {
		if p := recover(); p != nil {
			o = Outcome{Result: Unknown, Reason: "the connector failed"}
		}
		if o.Result == "" {
			o.Result = Unknown
		}
		if g.Observe != nil {
			g.Observe(verb, account, o.Result, g.Now().Sub(began))
		}
	}()
	return call(ctx)
}

// perform calls the capability that the verb needs. One that the connector
// lacks is a definite no: nothing was sent.
func perform(ctx context.Context, connector Connector, c Call) Outcome {
	switch c.Verb {
	case Authorize:
		if can, ok := connector.(Authorizer); ok {
			return can.Authorize(ctx, c)
		}
	case Capture:
		if can, ok := connector.(Capturer); ok {
			return can.Capture(ctx, c)
		}
	case Void:
		if can, ok := connector.(Voider); ok {
			return can.Void(ctx, c)
		}
	case Refund:
		if can, ok := connector.(Refunder); ok {
			return can.Refund(ctx, c)
		}
	case Payout:
		if can, ok := connector.(Payer); ok {
			return can.Payout(ctx, c)
		}
	}
	return Outcome{Result: Declined, Reason: fmt.Sprintf("the provider cannot %s", c.Verb)}
}
