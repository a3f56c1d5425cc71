package avanor_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/brama-pay/brama/client/avanor"
)

func payClient(t *testing.T, options ...avanor.Option) *avanor.Client {
	t.Helper()
	c, err := avanor.New("https://core.example/", 5, "SecretKey01", options...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestPayFormPublishedVector: the form's signature is the one the family's docs print.
func TestPayFormPublishedVector(t *testing.T) {
	const published = "e4580435a252d61ef91b71cb23ed7bee4d77de94ced36411526d2ce3b66ada8f"
	request := avanor.PayFormRequest{ShopOrderID: "101", Amount: "10.00", Currency: 643, Description: "Заказ & 101",
		Extra: map[string]string{"payway": "card_rub"}}
	form, err := payClient(t).PayForm("ru", request)
	if err != nil {
		t.Fatal(err)
	}
	if form.Fields["sign"] != published || form.Action != "https://core.example/ru/pay" || form.Method != "POST" {
		t.Errorf("form %+v", form)
	}
	link, err := url.Parse(form.URL())
	if err != nil {
		t.Fatal(err)
	}
	query := link.Query()
	for name, value := range form.Fields {
		if query.Get(name) != value {
			t.Errorf("%s is %q in the link, want %q", name, query.Get(name), value)
		}
	}
	if len(query) != 7 || query.Has("now") {
		t.Errorf("link %s", link)
	}
}

func TestPayFormAddress(t *testing.T) {
	form, err := payClient(t, avanor.WithPayURL("https://pay.example"), avanor.WithPrefix("/")).PayForm("uk", avanor.PayFormRequest{})
	if err != nil || form.Action != "https://pay.example/uk/pay" {
		t.Errorf("%+v, %v", form, err)
	}
	for _, lang := range []string{"", "EN", "../x", "eng"} {
		if _, err := payClient(t).PayForm(lang, avanor.PayFormRequest{}); err == nil {
			t.Errorf("language %q was accepted", lang)
		}
	}
	if _, err := payClient(t).PayForm("en", avanor.PayFormRequest{Extra: map[string]string{"amount": "1"}}); err == nil {
		t.Error("the amount was replaced")
	}
}

func TestFormHTMLIsEscaped(t *testing.T) {
	var page strings.Builder
	form := avanor.Form{Method: "POST", Action: "javascript:alert(1)", Fields: map[string]string{"a": `"><script>alert(2)</script>`}}
	if err := form.WriteHTML(&page, "<Pay>"); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<script>", "javascript:", "<Pay>"} {
		if strings.Contains(page.String(), bad) {
			t.Errorf("%s is in %s", bad, page.String())
		}
	}
}

func TestFormURLKeepsAQuery(t *testing.T) {
	form := avanor.Form{Action: "https://a.example/p?x=1", Fields: map[string]string{"y": "2"}}
	if got := form.URL(); got != "https://a.example/p?x=1&y=2" {
		t.Error(got)
	}
	if got := (avanor.Form{Action: "https://a.example/p"}).URL(); got != "https://a.example/p" {
		t.Error(got)
	}
}
