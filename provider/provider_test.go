package provider_test

import (
	"testing"

	"github.com/brama-pay/brama/provider"
)

func TestVerbOf(t *testing.T) {
	for _, v := range []provider.Verb{provider.Authorize, provider.Capture, provider.Void, provider.Refund, provider.Payout} {
		reference := provider.Reference(v, 281474976710655, 1<<53-1, 1_000_000)
		if got := provider.VerbOf(reference); got != v || len(reference) > 45 {
			t.Errorf("%s of %d characters is read as one of %q", reference, len(reference), got)
		}
	}
	for _, text := range []string{"", "a", "x-1-2", "aa-1", "P-1-2"} {
		if got := provider.VerbOf(text); got != "" {
			t.Errorf("%q is read as one of %s", text, got)
		}
	}
}
