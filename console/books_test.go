package console

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/shop"
)

// auditOf are the links of a chain with an act, newest first.
func auditOf(t testing.TB, k *kit, shopID int64, act string) []*audit.Link {
	t.Helper()
	found, err := audit.Search{Shop: shopID, Act: act, Limit: 100}.Find(t.Context(), k.house.DB.Reader())
	if err != nil {
		t.Fatal(err)
	}
	return found.Links
}

func (k *kit) balanceOf(t testing.TB, shopID int64, purpose ledger.Purpose) int64 {
	t.Helper()
	list, err := ledger.Balances(t.Context(), k.house.DB.Reader(), shopID)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		if a.Currency == money.USD && a.Purpose == purpose {
			return a.Balance
		}
	}
	return 0
}

func TestTrialBalance(t *testing.T) {
	k := newKit(t)
	viewer := k.as(t, operator.Viewer)
	for _, path := range []string{ledgerPath, booksPath(1520)} {
		body := viewer.see(t, path)
		for _, text := range []string{"100000.00 USD", "-100000.00 USD", "0.00 USD", "0.00 UAH", "balanced"} {
			if !strings.Contains(body, text) {
				t.Errorf("%s: no %q", path, text)
			}
		}
		if strings.Contains(body, "NOT BALANCED") {
			t.Errorf("%s is not balanced", path)
		}
	}
	if answered := viewer.get(t, ledgerPath+"?shop=1520"); answered.header.Get("Location") != booksPath(1520) {
		t.Errorf("%d %v", answered.status, answered.header)
	}
	if body := viewer.see(t, booksPath(1520)); !strings.Contains(body, `href="/console/ledger/1520/USD/available"`) {
		t.Error("no way from an account to its statement")
	}
}

func TestStatement(t *testing.T) {
	k := newKit(t)
	for i := range 60 {
		u := shop.Deposit{Shop: 1520, Amount: money.New(int64(i+1), money.USD), Note: fmt.Sprint("=no ", i), Actor: "test"}
		if _, err := db.Do(t.Context(), k.house.DB, 1520, u); err != nil {
			t.Fatal(err)
		}
	}
	finance := k.as(t, operator.Finance)
	path := booksPath(1520) + "/USD/available"
	row := regexp.MustCompile(`<td data-name="What">deposit</td>`)
	first := finance.see(t, path)
	next := regexp.MustCompile(`href="([^"]*after=\d+)" rel="next"`).FindStringSubmatch(first)
	if len(row.FindAllString(first, -1)) != bookPage || next == nil {
		t.Fatalf("%d rows, next %v", len(row.FindAllString(first, -1)), next)
	}
	second := finance.see(t, next[1])
	if n := len(row.FindAllString(second, -1)); n != 11 { // and the demo's own deposit
		t.Errorf("%d rows on the second page", n)
	}
	if !strings.Contains(second, "demo balance") || !strings.Contains(first, "100018.30 USD") {
		t.Error("the first entry or the last balance is not there")
	}
	rows, err := csv.NewReader(strings.NewReader(finance.see(t, path+"/export.csv"))).ReadAll()
	if err != nil || len(rows) != 62 || rows[1][4] != "0.60" || rows[1][5] != "100018.30" || rows[1][7] != "'=no 59" {
		t.Errorf("%d rows, %q, %v", len(rows), rows[1], err)
	}
	if links := auditOf(t, k, 1520, "export"); len(links) != 1 || links[0].Subject != "statement of available USD" {
		t.Errorf("%+v", links)
	}
	for query, want := range map[string]int{"?from=2026-06-01&until=2026-06-01": bookPage, "?from=2026-06-02": 0, "?until=2026-05-31": 0} {
		if n := len(row.FindAllString(finance.see(t, path+query), -1)); n != want {
			t.Errorf("%s: %d rows, want %d", query, n, want)
		}
	}
	for _, wrong := range []string{"/USD/pockets", "/XXZ/available", "/USD/clearing", "/USD/available?provider=x"} {
		if answered := finance.get(t, booksPath(1520)+wrong); answered.status != http.StatusNotFound {
			t.Errorf("%s: %d", wrong, answered.status)
		}
	}
}

// Money is moved by hand by one person's word and another's, once, however often
// either form is sent.
func TestTransferByHand(t *testing.T) {
	k := newKit(t)
	finance, admin := k.as(t, operator.Finance), k.as(t, operator.Admin)
	form := regexp.MustCompile(`name="form" value="([^"]*)"`).FindStringSubmatch(finance.see(t, root+"propose/"+kindTransfer+"?shop=1520"))
	if form == nil {
		t.Fatal("no form")
	}
	values := url.Values{
		"form": {form[1]}, "shop": {"1520"}, "from": {"available"}, "to": {"suspense"}, "amount": {"15.00"}, "currency": {"usd"}, "reason": {"paid twice"},
	}
	var approval string
	for range 2 {
		answered := finance.post(t, root+"propose/"+kindTransfer, values)
		if answered.status != http.StatusSeeOther {
			t.Fatalf("%d %s", answered.status, answered.body)
		}
		if at := answered.header.Get("Location"); approval != "" && at != approval {
			t.Error("sent twice, it is two proposals")
		} else {
			approval = at
		}
	}
	if k.balanceOf(t, 1520, ledger.Suspense) != 0 {
		t.Fatal("it was moved before anybody approved")
	}
	if answered := finance.post(t, approval+"/approve", url.Values{"seen": {seenOf(t, finance, approval)}}); answered.status == http.StatusSeeOther {
		t.Error("the proposer approved")
	}
	seen := seenOf(t, admin, approval)
	for range 2 {
		admin.post(t, approval+"/approve", url.Values{"seen": {seen}})
	}
	if a, s := k.balanceOf(t, 1520, ledger.Available), k.balanceOf(t, 1520, ledger.Suspense); a != 9_998_500 || s != 1500 {
		t.Errorf("available %d, suspense %d", a, s)
	}
	links := auditOf(t, k, 1520, "ledger.transfer")
	if len(links) != 1 || !strings.Contains(links[0].Actor, "admin@") || !strings.Contains(links[0].Actor, "finance@") || !strings.Contains(links[0].Detail, "paid twice") {
		t.Fatalf("%+v", links)
	}
	id := regexp.MustCompile(`transfer (\d+)`).FindStringSubmatch(links[0].Detail)[1]
	page := admin.see(t, ledgerPath+"/transfers/1520/"+id)
	for _, text := range []string{"available USD", "suspense USD", "100000.00 USD", "99985.00 USD", "-15.00 USD", "paid twice", "manual"} {
		if !strings.Contains(page, text) {
			t.Errorf("the transfer's page has no %q", text)
		}
	}
	for field, value := range map[string]string{"from": "frozen", "to": "available", "amount": "0", "currency": "XXZ"} {
		wrong := url.Values{}
		for name, v := range values {
			wrong[name] = v
		}
		wrong.Set("form", "another"+field)
		wrong.Set(field, value)
		if answered := finance.post(t, root+"propose/"+kindTransfer, wrong); answered.status != http.StatusUnprocessableEntity || !strings.Contains(answered.body, "field-"+field+"-problem") {
			t.Errorf("%s=%s: %d", field, value, answered.status)
		}
	}
}

// seenOf is what an approval's page says that was seen.
func seenOf(t testing.TB, c *client, path string) string {
	t.Helper()
	if found := regexp.MustCompile(`name="seen" value="([^"]*)"`).FindStringSubmatch(c.see(t, path)); found != nil {
		return found[1]
	}
	return ""
}
