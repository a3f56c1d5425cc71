package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/shop"
)

// limits are above what the demo shop's payouts wait.
func (k *kit) limits(t testing.TB) string {
	t.Helper()
	row, err := shop.Load(t.Context(), k.house.DB.Reader(), 1520)
	if err != nil {
		t.Fatal(err)
	}
	settings, err := row.Settings()
	if err != nil {
		t.Fatal(err)
	}
	return settings.Text("confirm_above")
}

// What takes two people for each payout is not undone by one for all.
func TestOneAloneCannotUndoFourEyes(t *testing.T) {
	k := newKit(t)
	admin, finance := k.as(t, operator.Admin), k.as(t, operator.Finance)
	edit := func(limits string) got {
		form := hidden(admin.see(t, shopPath(1520)+"/edit"))
		form.Set("confirm_above", limits)
		form.Set("commit", "1")
		return admin.post(t, shopPath(1520)+"/edit", form)
	}
	if answered := edit("USD:100"); answered.status != http.StatusSeeOther || k.limits(t) != "USD:100.00" {
		t.Fatalf("a first limit: %d, %s", answered.status, k.limits(t))
	}
	for _, limits := range []string{"USD:100.01", "", "EUR:1.00"} {
		if answered := edit(limits); answered.status != http.StatusUnprocessableEntity || k.limits(t) != "USD:100.00" {
			t.Errorf("alone to %q: %d, %s", limits, answered.status, k.limits(t))
		}
	}
	form := func(limits string) url.Values { return url.Values{"shop": {"1520"}, "confirm_above": {limits}} }
	raised := finance.proposal(t, kindConfirm, form("USD:5000"))
	if !strings.Contains(finance.see(t, raised), "above USD:"+parted("5000.00")) {
		t.Error("the proposal does not say what it is")
	}
	removed := finance.proposal(t, kindConfirm, form(""))
	if answered := k.signIn(t, "finance@example.com").decide(t, raised, "approve"); answered.status != http.StatusForbidden || k.limits(t) != "USD:100.00" {
		t.Errorf("the proposer approves: %d", answered.status)
	}
	if answered := admin.decide(t, raised, "approve"); answered.status != http.StatusSeeOther || k.limits(t) != "USD:5000.00" {
		t.Errorf("approved: %d, %s", answered.status, k.limits(t))
	}
	// The other was proposed when the limit was 100: nobody agreed to it as it is now.
	if answered := admin.decide(t, removed, "approve"); answered.status != http.StatusConflict || k.limits(t) != "USD:5000.00" {
		t.Errorf("approved what was changed since: %d, %s", answered.status, k.limits(t))
	}
	if answered := edit("USD:50"); answered.status != http.StatusSeeOther || k.limits(t) != "USD:50.00" {
		t.Errorf("lowered alone: %d, %s", answered.status, k.limits(t))
	}
	if page := finance.see(t, shopPath(1520)); !strings.Contains(page, confirmKind().path()+"?confirm_above=USD%3A50.00&amp;shop=1520") {
		t.Error("the shop's page has no way to propose it")
	}
}
