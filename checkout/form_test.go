package checkout

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/brama-pay/brama/invoice"
)

func TestReadNumber(t *testing.T) {
	tests := []struct{ typed, number, why string }{
		{"4242424242424242", "4242424242424242", ""},
		{" 4242-4242–4242 4242\t", "4242424242424242", ""},
		{"4242\u00a04242\u20094242\u20114242", "4242424242424242", ""},
		{"378282246310005", "378282246310005", ""},
		{"4222222222222", "4222222222222", ""},
		{"6304000000000000000", "6304000000000000000", ""},
		{"4242424242424243", "", "card.slip"},
		{"2424242424242424", "", "card.slip"},
		{"0000 1111 2222 3333", "0000111122223333", ""}, // PayParts' own test cards
		{"0000 1111 2222 4444", "0000111122224444", ""},
		{"", "", "card.empty"},
		{" - ", "", "card.empty"},
		{"422222222222", "", "card.length"},
		{"42424242424242424242", "", "card.length"},
		{"٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢", "", "card.length"},
		{"４２４２４２４２４２４２４２４２", "", "card.length"},
		{"4242424242424242x", "", "card.length"},
		{"4242424242424242\x00", "", "card.length"},
		{"4242+4242+4242+4242", "", "card.length"},
	}
	for _, test := range tests {
		if number, why := readNumber(test.typed); number != test.number || why != test.why {
			t.Errorf("readNumber(%q) = %q, %q", test.typed, number, why)
		}
	}
}

// Every documented card passes the page: its outcome is the sandbox's to give.
func TestHintedCardsPass(t *testing.T) {
	for _, hint := range hints {
		if _, why := readNumber(hint.Number); why != "" {
			t.Errorf("%s: %s", hint.Number, why)
		}
	}
}

func TestReadExpiry(t *testing.T) {
	tests := []struct{ typed, expiry, why string }{
		{"08/30", "08/30", ""},
		{"0830", "08/30", ""},
		{"8/30", "08/30", ""},
		{"08 / 2030", "08/30", ""},
		{"08/2030", "08/30", ""},
		{"082030", "08/30", ""},
		{"08-30", "08/30", ""},
		{"08.30", "08/30", ""},
		{"2030-08", "08/30", ""},
		{"12/99", "12/99", ""},
		{"01/20", "", "expiry.past"},
		{"1220", "", "expiry.past"},
		{"10/26", "10/26", ""}, // this month
		{"09/26", "", "expiry.past"},
		{"", "", "expiry.empty"},
		{"13/30", "", "expiry.format"},
		{"00/30", "", "expiry.format"},
		{"08/1930", "", "expiry.format"},
		{"08/3", "", "expiry.format"},
		{"08//30", "", "expiry.format"},
		{"+8/30", "", "expiry.format"},
		{"٠٨/٣٠", "", "expiry.format"},
		{goodCard, "", "expiry.format"},
	}
	for _, test := range tests {
		if expiry, why := readExpiry(test.typed, clock, false); expiry != test.expiry || why != test.why {
			t.Errorf("readExpiry(%q) = %q, %q", test.typed, expiry, why)
		}
	}
}

func TestCardIsGoodToTheEndOfItsMonth(t *testing.T) {
	end := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	for now, want := range map[time.Time]string{end.Add(-time.Nanosecond): "", end: "expiry.past"} {
		if _, why := readExpiry("12/26", now, false); why != want {
			t.Errorf("at %s: %q", now, why)
		}
	}
}

// The bank's public test data expired in 2020 (api/payparts.md §9).
func TestPayPartsTestCardsNeedNoFuture(t *testing.T) {
	read := func(card, expiry string) []problem {
		_, problems := form{url.Values{fieldCard: {card}, fieldExpiry: {expiry}, fieldCVV: {"123"}}}.card(clock)
		return problems
	}
	if problems := read("0000111122223333", "10/20"); len(problems) != 0 {
		t.Errorf("%v", problems)
	}
	if problems := read(goodCard, "10/20"); len(problems) != 1 {
		t.Errorf("an expired card: %v", problems)
	}
}

func TestProblemsStandBesideTheirFields(t *testing.T) {
	tests := []struct {
		name, card, expiry, cvv string
		wrong                   []string
	}{
		{"nothing", "", "", "", []string{"card", "expiry", "cvv"}},
		{"number", "1234", "08/30", "123", []string{"card"}},
		{"date", typedCard, "09/26", "123", []string{"expiry"}},
		{"short cvv", typedCard, "08/30", "12", []string{"cvv"}},
		{"long cvv", typedCard, "08/30", "12345", []string{"cvv"}},
		{"letters", typedCard, "08/30", "abc", []string{"cvv"}},
		{"card as date", typedCard, goodCard, "123", []string{"expiry"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newCounter()
			w := c.send(page, cardForm(test.card, test.expiry, test.cvv))
			wantStatus(t, w, http.StatusOK)
			body := w.Body.String()
			if got := strings.Count(body, `aria-invalid="true"`); got != len(test.wrong) {
				t.Errorf("%d fields marked, want %d", got, len(test.wrong))
			}
			for _, field := range test.wrong {
				wantText(t, w, `id="`+field+`-error"`, `aria-describedby="`+field+`-error`, `role="alert">`+"\n<p>Please check")
			}
			if strings.Count(body, " autofocus") != 1 || !strings.Contains(body, "<title>Error:") || len(c.cards) != 0 {
				t.Errorf("cards %d\n%s", len(c.cards), body)
			}
		})
	}
}

// Of what was typed only a good date comes back.
func TestNothingTypedComesBack(t *testing.T) {
	c := newCounter()
	w := c.send(page, cardForm(typedCard, "8 / 2030", "1"))
	wantText(t, w, `value="08/30"`)
	if strings.Count(w.Body.String(), " value=") != 1 {
		t.Errorf("%s", w.Body)
	}
	c.page.State = invoice.AskCode
	w = c.send(page, "code=98765432109876")
	wantText(t, w, "at most 12")
	if strings.Contains(w.Body.String(), "9876543") {
		t.Errorf("%s", w.Body)
	}
}

func TestBodiesThatAreNoForm(t *testing.T) {
	form := "application/x-www-form-urlencoded"
	good := cardForm(typedCard, "08/30", "123")
	tests := []struct {
		name, kind, body string
		status           int
	}{
		{"multipart", "multipart/form-data; boundary=x", good, 415},
		{"json", "application/json", `{"card":"4242424242424242"}`, 415},
		{"plain", "text/plain", good, 415},
		{"no type", "", good, 415},
		{"bad type", ";;", good, 415},
		{"charset", form + "; charset=UTF-8", good, 303},
		{"capitals", "Application/X-WWW-Form-URLEncoded", good, 303},
		{"at the limit", form, good + "&x=" + strings.Repeat("x", maxBody-len(good)-3), 303},
		{"over the limit", form, good + "&x=" + strings.Repeat("x", maxBody-len(good)-2), 413},
		{"bad escape", form, "card=%zz", 400},
		{"semicolons", form, "card=1;cvv=2", 400},
		{"no utf-8", form, "card=%ff%fe&expiry=%ff&cvv=%ff", 200},
		{"empty", form, "", 200},
		{"twice", form, "card=1&" + good, 200}, // the first counts
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newCounter()
			w := c.serve(request(http.MethodPost, page, test.body, "Content-Type", test.kind))
			wantStatus(t, w, test.status)
			if paid := len(c.cards) == 1; paid != (test.status == 303) {
				t.Errorf("paid: %v", paid)
			}
		})
	}
}

// A card in the address would be in every log on the way: it is not taken.
func TestAddressIsNoForm(t *testing.T) {
	c := newCounter()
	w := c.send(page+"?"+cardForm(typedCard, "08/30", "123"), "")
	wantStatus(t, w, http.StatusOK)
	if len(c.cards) != 0 || strings.Contains(w.Body.String(), "5555") || strings.Contains(c.log.String(), "5555") {
		t.Errorf("%d cards\n%s\n%s", len(c.cards), w.Body, &c.log)
	}
}
