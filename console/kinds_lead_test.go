package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/provider/privatbank"
)

var bankSettings = provider.Catalogue{"privatbank": {Settings: privatbank.Settings(), Currencies: privatbank.Currencies()}}

// bankAccount is a second provider account, with an address that calls go to.
func (k *kit) bankAccount(t testing.TB) {
	t.Helper()
	settings := map[string]string{"base_url": "https://bank.example/", "store_id": "S1"}
	u, err := provider.NewAccount(k.box, "bank", "privatbank", settings, map[string]string{"password": "sesame"}, "test")
	if err != nil {
		t.Fatal(err)
	}
	u.Known = bankSettings
	if _, err := db.Do(t.Context(), k.house.DB, db.House, u); err != nil {
		t.Fatal(err)
	}
}

func (k *kit) bank(t testing.TB) provider.Account {
	t.Helper()
	list, err := provider.ListAccounts(t.Context(), k.house.DB.Reader())
	for _, a := range list {
		if a.Name == "bank" {
			return a
		}
	}
	t.Fatal(list, err)
	return provider.Account{}
}

// leads is the form of the settings that take two, as it is shown now.
func (c *client) leads(t testing.TB, kind, field, name string, values ...string) url.Values {
	t.Helper()
	page := c.see(t, "/console/propose/"+kind+"?"+url.Values{field: {name}}.Encode())
	form := url.Values{field: {name}}
	for i := 0; i < len(values); i += 2 {
		at := strings.Index(page, `name="`+name+".")
		end := strings.Index(page[at:], "."+values[i]+`"`)
		if at < 0 || end < 0 {
			t.Fatalf("no field for %s of %s", values[i], name)
		}
		version, _, _ := strings.Cut(page[at+len(`name="`+name+"."):], ".")
		form.Set(name+"."+version+"."+values[i], values[i+1])
	}
	return form
}

// Where an account's calls go is changed by two, and by nobody else's leave.
func TestOneAloneCannotLeadAnAccountElsewhere(t *testing.T) {
	k := newKit(t)
	k.bankAccount(t)
	k.add(t, "second@example.com", operator.Admin)
	admin, second := k.as(t, operator.Admin), k.signIn(t, "second@example.com")
	form := admin.leads(t, "provider.set", "provider", "bank", "base_url", "https://b\u0430nk.example/")
	path := admin.proposal(t, "provider.set", form)
	for _, want := range []string{`https://b\u0430nk.example/`, "until now https://bank.example/", "Connector privatbank"} {
		if text := reads(second.see(t, path)); !strings.Contains(text, want) {
			t.Errorf("the proposal does not say %q:\n%s", want, text)
		}
	}
	if k.bank(t).Settings["base_url"] != "https://bank.example/" {
		t.Fatal("it was changed by one")
	}
	if answered := k.signIn(t, "admin@example.com").decide(t, path, "approve"); answered.status != http.StatusForbidden {
		t.Errorf("the proposer approves: %d", answered.status)
	}
	if text := k.as(t, operator.Finance).see(t, path); strings.Contains(text, "/approve") {
		t.Error("finance, who may not change accounts, may approve")
	}
	stale := admin.proposal(t, "provider.set", admin.leads(t, "provider.set", "provider", "bank", "store_id", "S2"))
	if answered := second.decide(t, path, "approve"); answered.status != http.StatusSeeOther || k.bank(t).Settings["base_url"] != "https://b\u0430nk.example/" {
		t.Errorf("approved: %d, %v", answered.status, k.bank(t).Settings)
	}
	if answered := second.decide(t, stale, "approve"); answered.status != http.StatusConflict || k.bank(t).Settings["store_id"] != "S1" {
		t.Errorf("approved what was changed since: %d, %v", answered.status, k.bank(t).Settings)
	}
	// The form that was opened before the change is of another version: it changes nothing.
	form.Set("form", "f2")
	form.Set("bank.1.store_id", "S9")
	form.Set("reason", "again")
	if answered := admin.post(t, "/console/propose/provider.set", form); answered.status != http.StatusUnprocessableEntity {
		t.Errorf("a form of another version: %d", answered.status)
	}
	links := auditOf(t, k, db.House, "provider.set")
	if len(links) != 1 || links[0].Actor != "operator:second@example.com, proposed by operator:admin@example.com" {
		t.Errorf("%+v", links)
	}
}

// Whoever looks at the accounts sees which of them a stored setting keeps from being
// used, and by which.
func TestAnAccountThatIsNotUsedIsNamed(t *testing.T) {
	k := newKit(t)
	k.bankAccount(t)
	viewer := k.as(t, operator.Viewer)
	const badge, alert = "not used", "No call is made through this account: its setting base_url must begin with https://"
	if strings.Contains(viewer.see(t, providersPath), badge) || strings.Contains(viewer.see(t, providerPath("bank")), alert) {
		t.Error("a good one is named")
	}
	older := provider.Catalogue{"privatbank": {Settings: []provider.Setting{{Name: "base_url", Check: provider.CheckText}}}}
	u := provider.SetAccount{Name: "bank", Values: map[string]string{"base_url": "http://bank.example/"}, Known: older, Actor: "test"}
	if _, err := db.Do(t.Context(), k.house.DB, db.House, u); err != nil {
		t.Fatal(err)
	}
	if list := viewer.see(t, providersPath); strings.Count(list, badge) != 1 {
		t.Error(reads(list))
	}
	if page := viewer.see(t, providerPath("bank")); !strings.Contains(page, alert) {
		t.Error(reads(page))
	}
}

// Off takes one, at once; on again takes two.
func TestSwitchingAnAccount(t *testing.T) {
	k := newKit(t)
	k.bankAccount(t)
	k.add(t, "second@example.com", operator.Admin)
	admin, second := k.as(t, operator.Admin), k.signIn(t, "second@example.com")
	if answered := k.as(t, operator.Finance).post(t, providerPath("bank")+"/off", url.Values{}); answered.status != http.StatusForbidden || !k.bank(t).Active {
		t.Errorf("finance: %d", answered.status)
	}
	if answered := admin.post(t, providerPath("bank")+"/off", url.Values{"active": {"false"}}); answered.status != http.StatusSeeOther || k.bank(t).Active {
		t.Errorf("off: %d", answered.status)
	}
	if page := admin.see(t, providerPath("bank")); strings.Contains(page, "/off") || !strings.Contains(page, "propose/provider.set?provider=bank") {
		t.Error("the page of an account that is off")
	}
	if answered := admin.post(t, providerPath("bank")+"/edit", url.Values{"active": {"true"}, "version": {"2"}, "commit": {"1"}}); answered.status != http.StatusNotFound {
		t.Errorf("there is a way to edit it alone: %d", answered.status)
	}
	path := admin.proposal(t, "provider.set", admin.leads(t, "provider.set", "provider", "bank", "active", "true"))
	if k.bank(t).Active {
		t.Fatal("one alone switched it on")
	}
	if answered := second.decide(t, path, "approve"); answered.status != http.StatusSeeOther || !k.bank(t).Active {
		t.Errorf("on: %d", answered.status)
	}
}

// Which account pays a payway's payouts is changed by two; its fees by one.
func TestOneAloneCannotLeadAPaywayElsewhere(t *testing.T) {
	const alias = "card_payway_uah"
	k := newKit(t)
	k.bankAccount(t)
	k.add(t, "second@example.com", operator.Admin)
	admin, second := k.as(t, operator.Admin), k.signIn(t, "second@example.com")
	stored := func() *payway.Payway {
		row, err := payway.Load(t.Context(), k.house.DB.Reader(), alias)
		if err != nil {
			t.Fatal(err)
		}
		return row
	}
	page := admin.see(t, paywayPath(alias)+"/edit")
	if strings.Contains(page, `name="provider"`) || strings.Contains(page, `name="settings"`) {
		t.Error("the form has what takes two")
	}
	for field, value := range map[string]string{"provider": "bank", "settings": `{"merchant_type":"PP"}`} {
		form := hidden(page)
		form.Set("percent", "9")
		form.Set(field, value)
		form.Set("commit", "1")
		if answered := admin.post(t, paywayPath(alias)+"/edit", form); answered.status != http.StatusUnprocessableEntity || stored().Version != 1 {
			t.Errorf("%s alone: %d", field, answered.status)
		}
	}
	path := admin.proposal(t, "payway.route", admin.leads(t, "payway.route", "payway", alias, "provider", "bank", "settings", `{"merchant_type":"PP"}`))
	text := reads(second.see(t, path))
	for _, want := range []string{"Provider account bank, until now sandbox", "Texts for the connector merchant_type: PP, until now (empty)", "out: payouts"} {
		if !strings.Contains(text, want) {
			t.Errorf("the proposal does not say %q:\n%s", want, text)
		}
	}
	late := admin.proposal(t, "payway.route", admin.leads(t, "payway.route", "payway", alias, "settings", `{"x":"y"}`))
	if stored().Provider != "sandbox" {
		t.Fatal("it was changed by one")
	}
	if answered := second.decide(t, path, "approve"); answered.status != http.StatusSeeOther || stored().Provider != "bank" || stored().StoredSettings != `{"merchant_type":"PP"}` {
		t.Errorf("approved: %d, %s", answered.status, stored().Provider)
	}
	if answered := second.decide(t, late, "approve"); answered.status != http.StatusConflict || stored().Version != 2 {
		t.Errorf("approved what was changed since: %d", answered.status)
	}
}

// One text of a connector must not look like two: whoever decides reads them.
func TestTextsForTheConnectorAreTold(t *testing.T) {
	for stored, want := range map[string]string{
		`{"merchant_type":"PP","a":"1"}`: "a: 1, merchant_type: PP", `{"a":"1, b: 2"}`: `a: "1, b: 2"`, `{"a":"x\""}`: `a: "x\""`, "": "",
	} {
		if got := pairsSaid(stored); got != want {
			t.Errorf("%s is told as %s", stored, got)
		}
	}
}

func TestLeadsThatAreRefused(t *testing.T) {
	k := newKit(t)
	k.bankAccount(t)
	admin := k.as(t, operator.Admin)
	const seen = "bank.1."
	for name, form := range map[string]url.Values{
		"nothing chosen":     {},
		"no such account":    {"provider": {"none"}},
		"nothing differs":    {"provider": {"bank"}, seen + "store_id": {"S1"}},
		"another's fields":   {"provider": {"sandbox"}, seen + "store_id": {"S2"}},
		"a hidden character": {"provider": {"bank"}, seen + "base_url": {"https://bank.example/\u202Egro"}},
		"an open address":    {"provider": {"bank"}, seen + "base_url": {"http://evil.example/"}},
		"a password":         {"provider": {"bank"}, seen + "base_url": {"https://user:pw@evil.example/"}},
		"no address":         {"provider": {"bank"}, seen + "base_url": {"file:///etc/passwd"}},
		"neither on nor off": {"provider": {"bank"}, seen + "active": {"no"}},
		"too long":           {"provider": {"bank"}, seen + "store_id": {strings.Repeat("x", 4000)}},
	} {
		form.Set("form", "f")
		form.Set("reason", "because")
		if answered := admin.post(t, "/console/propose/provider.set", form); answered.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", name, answered.status, answered.body)
		}
	}
	row, err := payway.Load(t.Context(), k.house.DB.Reader(), "card_payway_usd")
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"payway": {row.Alias}, "form": {"f"}, "reason": {"because"}, "card_payway_usd.1.provider": {"none"}}
	for _, alias := range []string{row.Alias, "none"} {
		form.Set("payway", alias)
		if answered := admin.post(t, "/console/propose/payway.route", form); answered.status != http.StatusUnprocessableEntity {
			t.Errorf("payway %s to an account that is not there: %d", alias, answered.status)
		}
	}
	form.Set("payway", row.Alias)
	form.Set("card_payway_usd.1.provider", "bank")
	if answered := admin.post(t, "/console/propose/payway.route", form); answered.status != http.StatusUnprocessableEntity ||
		!strings.Contains(answered.body, "connector privatbank serves UAH only, and the payway is in USD") {
		t.Errorf("to a connector of another currency: %d\n%s", answered.status, reads(answered.body))
	}
}
