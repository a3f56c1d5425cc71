package signature

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestMaskStringToSign(t *testing.T) {
	tests := []struct{ name, give, want string }{
		{"16 digits", "4242424242424242:100.00:5", "424242XXXXXX4242:100.00:5"},
		{"two cards", "4242424242424242:4111111111111111", "424242XXXXXX4242:411111XXXXXX1111"},
		{"wrong check digit", "4242424242424241:5", "4242424242424241:5"},
		{"13 digits", "a4222222222222b", "a422222XXX2222b"},
		{"19 digits", "6304000000000000000", "630400XXXXXXXXX0000"},
		{"12 digits are no card", "000000000000", "000000000000"},
		{"20 digits are no card", "00000000000000000000", "00000000000000000000"},
		{"groups of four", "x:4242 4242 4242 4242:5", "x:424242XXXXXX4242:5"},
		{"groups with dashes", "4242-4242-4242-4242", "424242XXXXXX4242"},
		{"a group in front of a card", "1111 4242424242424242", "1111 424242XXXXXX4242"},
		{"times", "2026-11-21 16:22:13.964751:5", "2026-11-21 16:22:13.964751:5"},
		{"empty", "", ""},
		{"other scripts", "рахунок:4242424242424242", "рахунок:424242XXXXXX4242"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := MaskStringToSign(test.give); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// No card stays readable, wherever it stands.
func TestMaskHidesEveryCard(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		card := withCheckDigit(rapid.StringMatching(`[1-9][0-9]{11,17}`).Draw(t, "card"))
		before := rapid.StringMatching(`([a-z :.-]|[0-9]{4} )*[a-z:]?`).Draw(t, "before")
		if before != "" && isDigit(before[len(before)-1]) {
			before += ":"
		}
		after := rapid.StringMatching(`([a-z: -][a-z0-9 :-]*)?`).Draw(t, "after")
		if got := MaskStringToSign(before + card + after); strings.Contains(got, card) {
			t.Fatalf("%q still shows the card", got)
		}
		if got := MaskAccount(card); got != card[:6]+strings.Repeat("X", len(card)-10)+card[len(card)-4:] {
			t.Fatalf("MaskAccount(%s) = %s", card, got)
		}
	})
}

func withCheckDigit(digits string) string {
	for d := byte('0'); ; d++ {
		if card := digits + string(d); Luhn(card) {
			return card
		}
	}
}

func TestMaskAccount(t *testing.T) {
	tests := []struct{ give, want string }{
		{"4242424242424242", "424242XXXXXX4242"},
		{"4242 4242 4242 4242", "424242XXXXXX4242"},
		{"4242424242424241", "XXXXXXXXXXXX4241"},
		{"+380501234567", "XXXXXXXXX4567"},
		{"петренко", "XXXXXXко"},
		{"abc", "XXc"},
		{"ab", "XX"},
		{"", ""},
	}
	for _, test := range tests {
		if got := MaskAccount(test.give); got != test.want {
			t.Errorf("MaskAccount(%q) = %q, want %q", test.give, got, test.want)
		}
	}
}
