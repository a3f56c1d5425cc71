package provider_test

import (
	"context"
	"testing"
	"time"

	"github.com/brama-pay/brama/provider"
)

// A call whose turn comes when half of its time is gone is not sent: a worker may
// ask about it before it could have ended, and would be told that there is none.
func TestACallWhoseTurnComesTooLateIsNotSent(t *testing.T) {
	for _, row := range []struct {
		name string
		late time.Duration // since it was announced, of 10 s that a call may take
		code string
		want provider.Result
		sent int
	}{
		{"in time", 2 * time.Second, "", provider.Succeeded, 1},
		{"too late", 7 * time.Second, "", provider.Refused, 0},
		{"much too late", time.Hour, "", provider.Refused, 0},
		{"an answer too late", 7 * time.Second, "1234", provider.Unknown, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			sent := 0
			c := able{bare{timing: provider.Timing{CallTimeout: 10 * time.Second}}, func(context.Context, provider.Call) provider.Outcome {
				sent++
				return provider.Outcome{Result: provider.Succeeded}
			}}
			g := gate(c, &[]observed{})
			g.Now = func() time.Time { return time.UnixMilli(0).Add(row.late) }
			o, asked := g.Perform(t.Context(), provider.Task{
				Attempt: provider.Attempt{Provider: "good"}, Call: &provider.Call{Verb: provider.Payout}, Code: row.code,
			})
			if o.Result != row.want || asked || sent != row.sent {
				t.Errorf("%s, asked %v, sent %d times; want %s, %d", o.Result, asked, sent, row.want, row.sent)
			}
		})
	}
}
