package money

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"testing"
)

// row is one currency of a list in testdata; digits is -1 where there is no minor unit.
type row struct {
	number int64
	digits int
}

func readList(t *testing.T, path string) map[string]row {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	list := map[string]row{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		fields := strings.Split(lines.Text(), "\t")
		number, err := strconv.ParseInt(fields[0], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		digits, err := strconv.Atoi(fields[2])
		if err != nil {
			digits = -1 // "N.A."
		}
		list[fields[1]] = row{number, digits}
	}
	return list
}

// The published list, and every amendment since by name: a row that is missing,
// invented or mistyped fails here.
func TestTableIsTheListAsAmended(t *testing.T) {
	want := readList(t, "testdata/iso4217-list-one.tsv")
	delete(want, "ANG")         // 2025: replaced by XCG
	want["XCG"] = row{532, 2}   // 2025
	want["XAD"] = row{396, 2}   // 2025
	delete(want, "BGN")         // 2026: Bulgaria has the euro
	for code, w := range want { // nothing to count in minor units
		if w.digits < 0 {
			delete(want, code)
		}
	}
	for _, r := range iso4217 {
		if got := (row{int64(r.number), r.digits}); got != want[r.code] {
			t.Errorf("%s: table has %v, list %v", r.code, got, want[r.code])
		}
		delete(want, r.code)
	}
	for code := range want {
		t.Errorf("%s is not in the table", code)
	}
}

// A second opinion, kept by other people: the JDK's own table.
func TestTableAgreesWithAnotherOne(t *testing.T) {
	theirs := readList(t, "testdata/openjdk17.tsv")
	unknownThere := map[string]bool{"UYW": true, "XAD": true}
	for _, r := range iso4217 {
		if unknownThere[r.code] {
			continue
		}
		if got := (row{int64(r.number), r.digits}); got != theirs[r.code] {
			t.Errorf("%s: table has %v, the other %v", r.code, got, theirs[r.code])
		}
	}
}

func TestCurrencyIsFoundBothWays(t *testing.T) {
	for _, r := range iso4217 {
		byNumber, ok := CurrencyByNumber(int64(r.number))
		if !ok || byNumber != r.number || byNumber.Number() != int64(r.number) {
			t.Errorf("CurrencyByNumber(%d) = %d, %v", r.number, byNumber, ok)
		}
		byCode, ok := CurrencyByCode(r.code)
		if !ok || byCode != r.number {
			t.Errorf("CurrencyByCode(%s) = %d, %v", r.code, byCode, ok)
		}
		if byCode.Code() != r.code || byCode.String() != r.code || byCode.Digits() != r.digits {
			t.Errorf("%s: code %q, string %q, digits %d", r.code, byCode.Code(), byCode, byCode.Digits())
		}
	}
}

func TestNamedCurrencies(t *testing.T) {
	named := map[string]Currency{
		"USD": USD, "EUR": EUR, "UAH": UAH, "RUB": RUB, "GBP": GBP,
		"PLN": PLN, "KZT": KZT, "JPY": JPY, "KWD": KWD, "CLF": CLF,
	}
	for code, c := range named {
		if got, ok := CurrencyByCode(code); !ok || got != c {
			t.Errorf("%s is %d, the table has %d", code, c, got)
		}
	}
}

func TestNoCurrency(t *testing.T) {
	// 65536 + 840 would be USD if the number were cut to 16 bits before the look-up.
	for _, n := range []int64{0, -840, 1, 999, 959, 1000, 65536 + 840, 1 << 62, -1 << 63} {
		if c, ok := CurrencyByNumber(n); ok || c != 0 {
			t.Errorf("CurrencyByNumber(%d) = %d, %v", n, c, ok)
		}
	}
	for _, code := range []string{"", "usd", "US", "USDT", "XXX", "XAU", "840"} {
		if c, ok := CurrencyByCode(code); ok || c != 0 {
			t.Errorf("CurrencyByCode(%q) = %d, %v", code, c, ok)
		}
	}
	for _, c := range []Currency{0, 1, 999, 1000, 65535} {
		if c.Code() != "" || c.Digits() != 0 {
			t.Errorf("%d has code %q and %d digits", uint16(c), c.Code(), c.Digits())
		}
	}
}
