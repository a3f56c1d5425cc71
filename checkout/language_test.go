package checkout

import (
	"io/fs"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/money"
)

func TestAccepted(t *testing.T) {
	tests := []struct {
		header string
		want   language
	}{
		{"", english},
		{"uk", ukrainian},
		{"uk-UA,uk;q=0.9,en;q=0.8", ukrainian},
		{"RU-ru", russian},
		{"en;q=0.5, ru;q=0.9", russian},
		{"en;q=0.5,ru;q=0.9,uk;q=1.000", ukrainian},
		{"uk;q=0.8, ru;q=0.8", ukrainian},
		{"de, fr;q=0.9, uk;q=0.1", ukrainian},
		{"de, fr", english},
		{"*", english},
		{"uk;q=0", english},
		{"uk;q=0.000, ru;q=0.001", russian},
		{"uk ; q = 0.2 , ru ; Q=0.3", russian},
		{"uk;q=2, ru;q=0.1", russian},
		{"uk;q=x, ru;q=-1", english},
		{"uk;q=0.12345, ru;q=0.1", russian},
		{"ukr, rus", english},
		{"uk;level=1;q=0.4,ru;q=0.3", ukrainian},
		{strings.Repeat(",", 5000) + "ru", russian},
		{";;;=,,,q=;uk;q", english},
	}
	for _, test := range tests {
		if got := accepted(test.header); got != test.want {
			t.Errorf("%.60q: %s, want %s", test.header, got, test.want)
		}
	}
}

func TestChosenLanguageIsKept(t *testing.T) {
	tests := []struct{ query, header, lang, self string }{
		{"", "uk", "uk", page},
		{"?lang=ru", "uk", "ru", page + "?lang=ru"},
		{"?lang=en", "uk", "en", page + "?lang=en"},
		{"?lang=UK-ua", "ru", "uk", page + "?lang=uk"},
		{"?lang=xx", "uk", "uk", page},
	}
	for _, test := range tests {
		c := newCounter()
		w := c.visit(page+test.query, "Accept-Language", test.header)
		wantText(t, w, `<html lang="`+test.lang+`">`, `action="`+test.self+`"`, `<span lang="`+test.lang+`" aria-current="true">`)
		if got := w.Header().Get("Content-Language"); got != test.lang {
			t.Errorf("%+v: Content-Language %q", test, got)
		}
		w = c.send(page+test.query, cardForm(typedCard, "08/30", "123"), "Accept-Language", test.header)
		wantStatus(t, w, http.StatusSeeOther)
		if got := w.Header().Get("Location"); got != test.self {
			t.Errorf("%+v: Location %q", test, got)
		}
	}
}

// Every phrase is there in every language, and is another text in each script.
func TestPhrasesAreComplete(t *testing.T) {
	cyrillic, latin := regexp.MustCompile(`\p{Cyrillic}`), regexp.MustCompile(`^[\x20-\x7e’–]+$`)
	for name, p := range phrases {
		for _, l := range languages {
			text := p.in(l.Tag)
			if strings.TrimSpace(text) != text || text == "" {
				t.Errorf("%s in %s: %q", name, l.Tag, text)
			}
			if name != "cvv.label" && cyrillic.MatchString(text) == (l.Tag == english) {
				t.Errorf("%s in %s: %q is of another language", name, l.Tag, text)
			}
		}
		if !latin.MatchString(p.en) {
			t.Errorf("%s: %q", name, p.en)
		}
		if name != "cvv.label" && strings.ContainsAny(p.uk, "ыэъёЫЭЪЁ") || strings.ContainsAny(p.ru, "іїєґІЇЄҐ’") {
			t.Errorf("%s: Ukrainian and Russian are swapped: %q, %q", name, p.uk, p.ru)
		}
	}
}

// No phrase is left over: each is named by a template, by code, or by a state.
func TestPhrasesAreUsed(t *testing.T) {
	used := map[string]bool{}
	err := fs.WalkDir(templateFiles, "templates", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := templateFiles.ReadFile(path)
		for _, m := range regexp.MustCompile(`\.T "([a-z.]+)"`).FindAllStringSubmatch(string(text), -1) {
			used[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, state := range states {
		used[string(state)+".title"] = true
		used[string(state)+".text"] = true
	}
	for _, why := range []sorry{sorryMissing, sorryBusy, sorryBroken, sorryForm} {
		used["sorry."+string(why)] = true
		used["sorry."+string(why)+".text"] = true
	}
	for _, field := range []string{fieldCard, fieldExpiry, fieldCVV, fieldCode} {
		for _, part := range []string{".label", ".help", ".empty", ".wrong", ".length", ".slip", ".format", ".past"} {
			used[field+part] = true
		}
	}
	for _, text := range reasons {
		used[text] = true
	}
	for _, hint := range hints {
		used[hint.Text] = true
	}
	for name := range phrases {
		if !used[name] {
			t.Errorf("nobody uses %q", name)
		}
	}
}

// Every page renders in every language: a missing phrase would be a 500.
func TestEveryPageInEveryLanguage(t *testing.T) {
	failures := []invoice.Failure{"", invoice.Declined, invoice.Unavailable, invoice.Unheld, invoice.Expired, "new"}
	for _, l := range languages {
		for _, state := range states {
			for _, failure := range failures {
				c := newCounter()
				c.Demo, c.page.State = true, state
				in := c.page.Invoice
				in.Failure, in.Hold, in.Surcharge, in.Currency = failure, true, 5, money.EUR
				query := "?lang=" + string(l.Tag)
				wantStatus(t, c.visit(page+query), http.StatusOK)
				if state == invoice.AskCard || state == invoice.AskCode {
					wantStatus(t, c.send(page+query, ""), http.StatusOK)
				}
			}
		}
	}
}

func TestAmountsForPeople(t *testing.T) {
	tests := []struct {
		amount money.Amount
		en, uk string
	}{
		{money.New(5, money.USD), "0.05 USD", "0,05 USD"},
		{money.New(99999, money.USD), "999.99 USD", "999,99 USD"},
		{money.New(100000, money.UAH), "1,000.00 UAH", "1 000,00 UAH"},
		{money.New(30000000, money.UAH), "300,000.00 UAH", "300 000,00 UAH"},
		{money.New(123456789012, money.EUR), "1,234,567,890.12 EUR", "1 234 567 890,12 EUR"},
		{money.New(1234, money.JPY), "1,234 JPY", "1 234 JPY"},
		{money.New(1234567, money.KWD), "1,234.567 KWD", "1 234,567 KWD"},
	}
	for _, test := range tests {
		for l, want := range map[language]string{english: test.en, ukrainian: test.uk, russian: test.uk} {
			if got := l.write(test.amount); strings.ReplaceAll(got, noBreak, " ") != want || strings.Contains(got, " ") {
				t.Errorf("%s: %q, want %q", l, got, want)
			}
		}
	}
}
