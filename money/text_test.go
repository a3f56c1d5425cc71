package money

import (
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	tests := []struct {
		text string
		c    Currency
		want int64
	}{
		{"100.23", USD, 10023},
		{"100.2", USD, 10020},
		{"100.20", USD, 10020},
		{"100", USD, 10000},
		{"0", USD, 0},
		{"0.00", USD, 0},
		{"0.01", USD, 1},
		{"007.50", USD, 750},
		{"999999999999.99", USD, 99999999999999},
		{"000000000001", USD, 100},
		{"365", JPY, 365},
		{"1.234", KWD, 1234},
		{"1.2", CLF, 12000},
	}
	for _, tt := range tests {
		got, err := Parse(tt.text, tt.c)
		if err != nil || got != New(tt.want, tt.c) {
			t.Errorf("Parse(%q, %s) = %v, %v; want %d", tt.text, tt.c, got, err, tt.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	const plain = "not a plain decimal number"
	tests := []struct {
		text   string
		c      Currency
		reason string
	}{
		{"", USD, plain},
		{".", USD, plain},
		{".5", USD, plain},
		{"5.", USD, plain},
		{"5.", JPY, plain},
		{"1.2.3", USD, plain},
		{"-1", USD, plain},
		{"+1", USD, plain},
		{"1e2", USD, plain},
		{"0x10", USD, plain},
		{"1_000", USD, plain},
		{"1,5", USD, plain},
		{" 1", USD, plain},
		{"1 ", USD, plain},
		{"1\n", USD, plain},
		{"1\x00", USD, plain},
		{"1:0", USD, plain}, // the characters around the digits
		{"1/0", USD, plain},
		{"NaN", USD, plain},
		{"Infinity", USD, plain},
		{"١٠", USD, plain},
		{"１０", USD, plain},
		{"1234567890123", USD, "more than 12 digits before the point"},
		{"0000000000001", USD, "more than 12 digits before the point"},
		{"1.001", USD, "more than 2 decimals"},
		{"1.000", USD, "more than 2 decimals"},
		{"1.0", JPY, "no decimals allowed"},
		{"1.00000", CLF, "more than 4 decimals"},
	}
	for _, tt := range tests {
		got, err := Parse(tt.text, tt.c)
		if err == nil || err.Error() != tt.reason || got != (Amount{}) {
			t.Errorf("Parse(%q, %s) = %v, %v; want %s", tt.text, tt.c, got, err, tt.reason)
		}
	}
}

func TestParseOutOfRange(t *testing.T) {
	if n, err := ParseDigits("92233720368.54775807", 8); err != nil || n != math.MaxInt64 {
		t.Errorf("the greatest integer = %d, %v", n, err)
	}
	if n, err := ParseDigits("92233720368.54775808", 8); err != ErrOverflow {
		t.Errorf("one more = %d, %v; want %v", n, err, ErrOverflow)
	}
	if n, err := ParseDigits("999999999999", 8); err != ErrOverflow {
		t.Errorf("twelve nines = %d, %v; want %v", n, err, ErrOverflow)
	}
}

// The grammar of api/avanor.md §4, read by someone else's machine.
func TestParseIsTheGrammar(t *testing.T) {
	text := rapid.OneOf(
		rapid.StringMatching(`[0-9]{0,13}(\.[0-9]{0,9})?`),
		rapid.StringOfN(rapid.RuneFrom([]rune("0123456789.+-eE_, \n٣")), 0, 14, -1),
	)
	rapid.Check(t, func(t *rapid.T) {
		digits, s := rapid.IntRange(0, 8).Draw(t, "digits"), text.Draw(t, "text")
		grammar := `^[0-9]{1,12}(\.[0-9]{1,` + fmt.Sprint(digits) + `})?$`
		if digits == 0 {
			grammar = `^[0-9]{1,12}$`
		}
		want := regexp.MustCompile(grammar).MatchString(s)
		n, err := ParseDigits(s, digits)
		if (err == nil || err == ErrOverflow) != want {
			t.Fatalf("ParseDigits(%q, %d) = %d, %v; the grammar says %v", s, digits, n, err, want)
		}
		if err == nil && !sameNumber(s, n, digits) {
			t.Fatalf("ParseDigits(%q, %d) = %d", s, digits, n)
		}
	})
}

func TestFormat(t *testing.T) {
	tests := []struct {
		minor                 int64
		digits                int
		text, number, minimal string
	}{
		{minor: 0, digits: 2, text: "0.00", number: "0.0", minimal: "0"},
		{minor: 2000000, digits: 2, text: "20000.00", number: "20000.0", minimal: "20000"},
		{minor: 10223, digits: 2, text: "102.23", number: "102.23", minimal: "102.23"},
		{minor: 10050, digits: 2, text: "100.50", number: "100.5", minimal: "100.5"},
		{minor: 10020, digits: 2, text: "100.20", number: "100.2", minimal: "100.2"},
		{minor: 10005, digits: 2, text: "100.05", number: "100.05", minimal: "100.05"},
		{minor: 36500, digits: 2, text: "365.00", number: "365.0", minimal: "365"},
		{minor: 35901, digits: 2, text: "359.01", number: "359.01", minimal: "359.01"},
		{minor: 1, digits: 2, text: "0.01", number: "0.01", minimal: "0.01"},
		{minor: -1, digits: 2, text: "-0.01", number: "-0.01", minimal: "-0.01"},
		{minor: -500, digits: 2, text: "-5.00", number: "-5.0", minimal: "-5"},
		{minor: 100, digits: 0, text: "100", number: "100.0", minimal: "100"},
		{minor: 0, digits: 0, text: "0", number: "0.0", minimal: "0"},
		{minor: 10, digits: 1, text: "1.0", number: "1.0", minimal: "1"},
		{minor: 1, digits: 8, text: "0.00000001", number: "0.00000001", minimal: "0.00000001"},
		{minor: 150000000, digits: 8, text: "1.50000000", number: "1.5", minimal: "1.5"},
		{minor: math.MaxInt64, digits: 2, text: "92233720368547758.07", number: "92233720368547758.07", minimal: "92233720368547758.07"},
		{minor: math.MinInt64, digits: 2, text: "-92233720368547758.08", number: "-92233720368547758.08", minimal: "-92233720368547758.08"},
	}
	for _, tt := range tests {
		got := [3]string{Format(tt.minor, tt.digits), FormatNumber(tt.minor, tt.digits), FormatMinimal(tt.minor, tt.digits)}
		if want := [3]string{tt.text, tt.number, tt.minimal}; got != want {
			t.Errorf("%d with %d digits prints %q, want %q", tt.minor, tt.digits, got, want)
		}
	}
}

func TestAmountPrintsItsCurrency(t *testing.T) {
	got := []string{New(10020, USD).String(), New(365, JPY).String(), New(1500, KWD).Number(), New(1500, KWD).Minimal(), New(1500, KWD).Text()}
	if want := []string{"100.20 USD", "365 JPY", "1.5", "1.5", "1.500"}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("printed %q, want %q", got, want)
	}
}

// Every form is the same number, and has the shape its name promises.
func TestFormsAreTheSameNumber(t *testing.T) {
	needless := regexp.MustCompile(`\.[0-9]*0$`)
	rapid.Check(t, func(t *rapid.T) {
		minor, digits := rapid.Int64().Draw(t, "minor"), rapid.IntRange(0, 8).Draw(t, "digits")
		text, number, minimal := Format(minor, digits), FormatNumber(minor, digits), FormatMinimal(minor, digits)
		for _, s := range []string{text, number, minimal} {
			if !sameNumber(s, minor, digits) {
				t.Fatalf("%d with %d digits printed as %s", minor, digits, s)
			}
		}
		if whole, ok := strings.CutSuffix(number, ".0"); ok {
			number = whole
		}
		if needless.MatchString(minimal) || minimal != number {
			t.Fatalf("minimal %s, number %s", minimal, number)
		}
	})
}

func TestParseReadsTextBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := Amount{rapid.Int64Range(0, 99_999_999_999_999).Draw(t, "minor"), drawCurrency(t, "currency")}
		a.Minor %= 1_000_000_000_000 // twelve digits, whatever the currency
		for _, s := range []string{a.Text(), a.Minimal()} {
			if got, err := Parse(s, a.Currency); err != nil || got != a {
				t.Fatalf("Parse(%q) = %v, %v; want %v", s, got, err, a)
			}
		}
	})
}

// FuzzParse holds that whatever parses prints back to the same amount, and that
// the reason of whatever does not can stand in a message for a shop.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"100.20", "0", "999999999999.99", "1e2", "-1", ".5", "5.", "1.2.3", "٣", "\x00", "0000000000001"} {
		f.Add(s, uint16(USD))
		f.Add(s, uint16(JPY))
		f.Add(s, uint16(CLF))
	}
	f.Fuzz(func(t *testing.T, s string, number uint16) {
		c := Currency(number)
		a, err := Parse(s, c)
		if err != nil {
			if reason := err.Error(); len(reason) > 60 || strings.ContainsAny(reason, "\"\n") {
				t.Fatalf("reason %q", reason)
			}
			return
		}
		if again, err := Parse(a.Text(), c); err != nil || again != a || a.IsNegative() {
			t.Fatalf("%q read as %v, then %v, %v", s, a, again, err)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		if _, err := Parse("12345.67", USD); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNumber(b *testing.B) {
	a := New(1234567, USD)
	for b.Loop() {
		_ = a.Number()
	}
}

// sameNumber compares by arithmetic that shares nothing with ours.
func sameNumber(text string, minor int64, digits int) bool {
	want, ok := new(big.Rat).SetString(text)
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
	return ok && want.Cmp(new(big.Rat).SetFrac(big.NewInt(minor), scale)) == 0
}

func drawCurrency(t *rapid.T, label string) Currency {
	return iso4217[rapid.IntRange(0, len(iso4217)-1).Draw(t, label)].number
}
