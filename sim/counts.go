package sim

import "fmt"

// Counts are what happened in a run.
type Counts struct {
	Requests, Acknowledged                            int64 // of shops and payers; answered Ok
	Commits, LostCommits, Crashes                     int64
	Calls, CutCalls, Questions, Notices               int64 // to the provider, without an answer, about outcomes; from it
	Deliveries, FailedDeliveries                      int64 // of callbacks
	Invoices, Refunds, Payouts, Transfers             int64
	Refused, Steps, Resolved, Replayed, Gone, Rotated int64 // commits for the moment; of the clock; by operators; receivers, and shops' secrets
	Reworded, Unheard                                 int64 // secrets of accounts at the provider that were changed; notices refused meanwhile
	Turns, Contradictions, Verifies                   int64 // acts about which the provider changed its mind
}

// Add adds another run's counts.
func (c *Counts) Add(o Counts) {
	to, from := c.all(), o.all()
	for i := range to {
		*to[i] += *from[i]
	}
}

func (c *Counts) all() []*int64 {
	return []*int64{&c.Requests, &c.Acknowledged, &c.Commits, &c.LostCommits, &c.Crashes, &c.Calls, &c.CutCalls, &c.Questions, &c.Notices,
		&c.Deliveries, &c.FailedDeliveries, &c.Invoices, &c.Refunds, &c.Payouts, &c.Transfers,
		&c.Refused, &c.Steps, &c.Resolved, &c.Replayed, &c.Gone, &c.Rotated, &c.Reworded, &c.Unheard, &c.Turns, &c.Contradictions, &c.Verifies}
}

// String is one line for people.
func (c Counts) String() string {
	return fmt.Sprintf("%d requests (%d done), %d commits (%d lost, %d refused for the moment), %d crashes, %d steps of the clock; provider: %d calls (%d cut), %d questions, %d notices; "+
		"callbacks: %d tries (%d failed); %d invoices, %d refunds, %d payouts, %d transfers; operators resolved %d payouts, sent %d callbacks again; %d URLs went away, %d secrets of shops and %d of provider accounts were changed, %d notices refused meanwhile came again; the provider changed its mind %d times, %d contradictions booked; books recomputed %d times",
		c.Requests, c.Acknowledged, c.Commits, c.LostCommits, c.Refused, c.Crashes, c.Steps, c.Calls, c.CutCalls, c.Questions, c.Notices,
		c.Deliveries, c.FailedDeliveries, c.Invoices, c.Refunds, c.Payouts, c.Transfers, c.Resolved, c.Replayed, c.Gone, c.Rotated, c.Reworded, c.Unheard, c.Turns, c.Contradictions, c.Verifies)
}
