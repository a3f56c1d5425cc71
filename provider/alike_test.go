package provider_test

import (
	"testing"

	"github.com/brama-pay/brama/provider"
)

// fate is what became of a refund at the provider: listed in one of three ways, or
// not there.
type fate int

const (
	succeeded fate = iota
	pending
	declined
	absent
)

func list(n *provider.Alike, f fate) {
	switch f {
	case succeeded:
		n.Succeeded++
	case pending:
		n.Pending++
	case declined:
		n.Declined++
	}
}

// TestOursIsNeverAnothers goes through every truth: our refund in any fate beside
// two others of ours, each in any that its status allows. What is answered must be
// true of our refund in all worlds that look the same.
func TestOursIsNeverAnothers(t *testing.T) {
	type other struct {
		status provider.Alike
		fates  []fate
	}
	others := []other{
		{},
		{provider.Alike{Succeeded: 1}, []fate{succeeded}},
		{provider.Alike{Pending: 1}, []fate{succeeded, pending, declined, absent}},
		{provider.Alike{Declined: 1}, []fate{declined, absent}},
	}
	said := map[fate]provider.Result{succeeded: provider.Succeeded, pending: provider.Pending, declined: provider.Declined, absent: provider.Missing}
	none := []fate{absent}
	for _, first := range others {
		for _, second := range others {
			known := provider.Alike{
				Succeeded: first.status.Succeeded + second.status.Succeeded, Pending: first.status.Pending + second.status.Pending,
				Declined: first.status.Declined + second.status.Declined,
			}
			for _, a := range append(none, first.fates...) {
				for _, b := range append(none, second.fates...) {
					if first.status.Succeeded == 1 && a != succeeded || second.status.Succeeded == 1 && b != succeeded {
						continue
					}
					for ours, truth := range said {
						var listed provider.Alike
						list(&listed, a)
						list(&listed, b)
						list(&listed, ours)
						got := listed.Ours(known)
						// What moved no money and never will may be taken for absent: sent again, it is
						// done once.
						harmless := ours == declined && got == provider.Missing
						if got != truth && got != provider.Unknown && !harmless {
							t.Errorf("listed %+v, others %+v: answered %s, the truth is %s", listed, known, got, truth)
						}
						if known == (provider.Alike{}) && got != truth {
							t.Errorf("alone, listed %+v: answered %s, the truth is %s", listed, got, truth)
						}
					}
				}
			}
		}
	}
}
