package checkout

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/brama-pay/brama/signature"
)

// FuzzForm reads whatever is posted to the payer's page. A card without a problem is
// one that a provider can be given; what was typed is printed nowhere.
func FuzzForm(f *testing.F) {
	for _, body := range []string{
		"card=4242424242424242&expiry=12/30&cvv=123", "card=4242+4242+4242+4242&expiry=2030-01&cvv=1234&cancel=", "code=1234", "code=%00",
		"card=0000000000000000001&expiry=01/20&cvv=000", "card=%D9%A4%D9%A2&expiry=1/99&cvv=12", "a=1;b=2", "%", "card=4242424242424242&card=5&expiry=13/30&cvv=12a",
	} {
		f.Add(body)
	}
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest(http.MethodPost, "/pay/x?card=4111111111111111", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		read, refused := readForm(r)
		if values, err := url.ParseQuery(body); (refused == 0) != (err == nil && len(body) <= maxBody) {
			t.Fatalf("refused with %d; %v, %v", refused, values, err)
		}
		if refused != 0 {
			return
		}
		card, problems := read.card(now)
		if printed := fmt.Sprintf("%v %+v", read, card); card.Number != "" && strings.Contains(printed, card.Number) {
			t.Errorf("the number is printed: %s", printed)
		}
		for _, p := range problems {
			if phrases[p.Text].en == "" || p.Field != fieldCard && p.Field != fieldExpiry && p.Field != fieldCVV {
				t.Errorf("a problem that nobody can read: %+v", p)
			}
		}
		if len(problems) == 0 {
			mustBeACard(t, card.Number, card.Expiry, card.CVV, now)
		}
		if code, wrong := read.code(); len(wrong) == 0 && (!codePattern.MatchString(code) || !utf8.ValidString(code)) {
			t.Errorf("code %q", code)
		}
	})
}

func mustBeACard(t *testing.T, number, expiry, cvv string, now time.Time) {
	t.Helper()
	if !numberPattern.MatchString(number) || !cvvPattern.MatchString(cvv) || !judgedElsewhere(number) && !signature.Luhn(number) {
		t.Errorf("a card %q, cvv %q", number, cvv)
	}
	month, err := time.Parse("01/06", expiry)
	if err != nil || !judgedElsewhere(number) && !now.Before(month.AddDate(0, 1, 0)) {
		t.Errorf("expiry %q: %v", expiry, err)
	}
}
