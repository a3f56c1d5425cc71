package signature

import (
	"math/big"
	"strings"
	"testing"

	"github.com/brama-pay/brama/fault"
	"pgregory.net/rapid"
)

func TestPayPartsVectors(t *testing.T) {
	for _, v := range readVectors(t).PayParts {
		t.Run(v.What, func(t *testing.T) {
			if got := PayParts(v.Parts...); got != v.Signature {
				t.Errorf("PayParts = %s, want %s", got, v.Signature)
			}
			if !VerifyPayParts(v.Signature, v.Parts...) {
				t.Error("VerifyPayParts refuses the published signature")
			}
		})
	}
}

func TestVerifyPayPartsTakesOneSpelling(t *testing.T) {
	good := PayParts("p", "s", "o", "p")
	for _, sig := range []string{"", good[:27], good + "\n", strings.ToLower(good), good[:26] + "/=", " " + good} {
		if sig != good && VerifyPayParts(sig, "p", "s", "o", "p") {
			t.Errorf("%q is accepted for %q", sig, good)
		}
	}
	if VerifyPayParts(good, "p", "s", "o", "q") {
		t.Error("another password is accepted")
	}
}

func TestWithoutPoint(t *testing.T) {
	tests := []struct{ give, want, short string }{
		{"301.00", "30100", "30100"},
		{"400", "40000", "40000"},
		{"400.5", "40050", "40050"},
		{"19.99", "1999", "1999"}, // int(19.99*100) is 1998
		{"0.50", "050", "50"},
		{"0.5", "050", "50"},
		{"0.01", "001", "1"},
		{"0", "000", "0"},
		{"0.00", "000", "0"},
		{"1", "100", "100"},
		{"0400", "40000", "40000"},
		{"00.5", "050", "50"},
		{"1.005", "101", "101"},
		{"1.0049999", "100", "100"},
		{"0.995", "100", "100"},
		{"9.999", "1000", "1000"},
		{"999999999999.999", "100000000000000", "100000000000000"},
	}
	for _, test := range tests {
		got, err := WithoutPoint(test.give)
		if err != nil || got != test.want {
			t.Errorf("WithoutPoint(%q) = %q, %v, want %q", test.give, got, err, test.want)
		}
		short, err := WithoutPointShort(test.give)
		if err != nil || short != test.short {
			t.Errorf("WithoutPointShort(%q) = %q, %v, want %q", test.give, short, err, test.short)
		}
	}
}

func TestWithoutPointRefuses(t *testing.T) {
	for _, text := range []string{"", ".", "1.", ".5", "-1", "+1", "1e2", " 1", "1 ", "1,5", "1.2.3", "٣", "NaN", "0x1", strings.Repeat("1", 65)} {
		if got, err := WithoutPoint(text); !fault.Is(err, fault.Invalid) {
			t.Errorf("WithoutPoint(%q) = %q, %v", text, got, err)
		}
		if got, err := WithoutPointShort(text); !fault.Is(err, fault.Invalid) {
			t.Errorf("WithoutPointShort(%q) = %q, %v", text, got, err)
		}
	}
}

// The text's arithmetic agrees with that of exact fractions.
func TestWithoutPointIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[0-9]{1,15}(\.[0-9]{1,6})?`).Draw(t, "text")
		got, err := WithoutPoint(text)
		if err != nil {
			t.Fatal(err)
		}
		value, _ := new(big.Rat).SetString(text)
		kopecks := value.Add(value.Mul(value, big.NewRat(100, 1)), big.NewRat(1, 2))
		want := new(big.Int).Quo(kopecks.Num(), kopecks.Denom()).String()
		for len(want) < 3 {
			want = "0" + want
		}
		if got != want {
			t.Fatalf("WithoutPoint(%q) = %s, want %s", text, got, want)
		}
	})
}
