package console

import (
	"context"
	"database/sql"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/demo"
	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/payout"
	"github.com/brama-pay/brama/provider"
)

// Any id leads to its object, and what several objects have to all of them.
func TestFind(t *testing.T) {
	w := newWorld(t)
	p := w.pays("p1", "card_payway_usd", "10.00", false)
	i := w.paid("order-1", "card_invoice_usd", "20.00", false)
	f := w.refunds("back-1", i, "5.00")
	twin := w.pays("order-1", "card_payway_usd", "11.00", false)
	w.work(2 * time.Second)
	messages, err := callback.Of(context.Background(), w.house.DB.Reader(), demo.Shop, i.ID)
	if err != nil || len(messages) == 0 {
		t.Fatal(messages, err)
	}
	c := w.as(t, operator.Viewer)
	for sought, want := range map[string]string{
		number(p.ID): payoutPath(demo.Shop, p.ID), "p1": payoutPath(demo.Shop, p.ID), number(p.Reserve): ledgerTransferPath(demo.Shop, p.Reserve),
		number(i.ID): invoicePath(demo.Shop, i.ID), i.Session: invoicePath(demo.Shop, i.ID), number(f.ID): refundPath(demo.Shop, f.ID), "back-1": refundPath(demo.Shop, f.ID),
		provider.Reference(provider.Refund, demo.Shop, f.ID, 1): refundPath(demo.Shop, f.ID), " p1 ": payoutPath(demo.Shop, p.ID),
		"https://pay.example/pay/" + i.Session + "?lang=uk": invoicePath(demo.Shop, i.ID),
		number(messages[0].ID):                              "", number(demo.Shop): "",
	} {
		answered := c.get(t, "/console/find?q="+url.QueryEscape(sought))
		to := answered.header.Get("Location")
		if answered.status != http.StatusSeeOther || want != "" && to != want {
			t.Errorf("%q leads to %d %s, want %s", sought, answered.status, to, want)
		} else if there := c.get(t, to); there.status != http.StatusOK {
			t.Errorf("%q leads to %s, which is %d", sought, to, there.status)
		}
	}
	for _, sought := range []string{"", "none", "p-1520-1", "p-1521-" + number(p.ID), "-5", "99999999999999999999", "<b>", "https://pay.example", "https://pay.example/pay/none"} {
		if body := c.see(t, "/console/find?q="+url.QueryEscape(sought)); !strings.Contains(body, "It finds, of any shop") || strings.Contains(body, "<b>") {
			t.Errorf("%q is found", sought)
		}
	}
	both := c.see(t, "/console/find?q=order-1")
	for _, path := range []string{invoicePath(demo.Shop, i.ID), payoutPath(demo.Shop, twin.ID)} {
		if !strings.Contains(both, path) {
			t.Errorf("%s is not among what was found", path)
		}
	}
}

// What only a provider knows an operation by is found by a look back, which says how
// far it came; an id of ours that is one of a provider's too leads to ours, and the
// look may begin in the past.
func TestFindProvidersIDs(t *testing.T) {
	w := newWorld(t)
	w.bank.say(provider.Outcome{Result: provider.Succeeded, ProviderID: "GB-1", RRN: "R-1"})
	p := w.pays("p1", "card_payway_usd", "10.00", false)
	w.work(2 * time.Second)
	w.bank.say(provider.Outcome{Result: provider.Succeeded, ProviderID: "p1"})
	i := w.paid("order-1", "card_invoice_usd", "20.00", false)
	w.work(2 * time.Second)
	c := w.as(t, operator.Viewer)
	for sought, want := range map[string]string{"GB-1": payoutPath(demo.Shop, p.ID), "R-1": payoutPath(demo.Shop, p.ID), "p1": payoutPath(demo.Shop, p.ID), "p1&among=1": invoicePath(demo.Shop, i.ID)} {
		if answered := c.get(t, "/console/find?q="+sought); answered.header.Get("Location") != want {
			t.Errorf("%s leads to %d %q, want %s", sought, answered.status, answered.header.Get("Location"), want)
		}
	}
	for query, want := range map[string]string{
		"q=GB-2": "All calls and payouts back to the first were looked through", "q=GB-1&until=2026-05-31": "newer ones were not", "q=GB-1&until=x": "must be a day",
	} {
		if text := reads(c.see(t, "/console/find?"+query)); !strings.Contains(text, want) || strings.Contains(text, "payout "+number(p.ID)) {
			t.Errorf("%s: %s", query, text)
		}
	}
	rest := c.do(t, http.MethodGet, "/console/find?q=GB-1&after="+number(i.ID), nil, http.Header{"Hx-Request": {"true"}})
	if strings.Contains(rest.body, "<html") || !strings.Contains(rest.body, payoutPath(demo.Shop, p.ID)) {
		t.Error(rest.body)
	}
}

// A search that did not come to the end says so, and never that there is nothing.
func TestFindSaysHowFar(t *testing.T) {
	var page strings.Builder
	f := found{sought: "GB-1", looked: true, next: db.FirstID(dbtest.Start.UnixMilli()), wrong: problems{}}
	v := &visit{r: httptest.NewRequest(http.MethodGet, "/console/find?q=GB-1", nil)}
	if err := calledRows(v, f).Render(context.Background(), &page); err != nil {
		t.Fatal(err)
	}
	if text := page.String(); !strings.Contains(text, "older ones were not looked at") || !strings.Contains(text, "2026-06-01") || strings.Contains(text, "back to the first") {
		t.Error(text)
	}
}

// A filter that is wrong says so beside its field and shows nothing.
func TestWrongFilters(t *testing.T) {
	k := newKit(t)
	c := k.as(t, operator.Support)
	for query, want := range map[string]string{
		"shop=x": "must be a shop&#39;s number", "shop=-1": "must be a shop&#39;s number", "status=77": "is none of the statuses", "currency=XXX": "must be a currency&#39;s code",
		"least=5": "needs a currency", "currency=USD&most=1.234": "more than 2 decimals", "since=yesterday": "must be a date",
	} {
		for _, list := range []string{payoutsPath, invoicesPath, refundsPath} {
			if body := c.see(t, list+"?"+query); !strings.Contains(body, want) || strings.Contains(body, "<thead>") {
				t.Errorf("%s?%s does not say %q", list, query, want)
			}
			if answered := c.get(t, list+".csv?"+query); answered.status != http.StatusUnprocessableEntity {
				t.Errorf("%s.csv?%s: %d", list, query, answered.status)
			}
		}
	}
}

// A list goes on page by page without a row twice or missing, its rows alone when
// the page itself asks; the file has them all, and a formula does no harm in it.
func TestListsPageAndExport(t *testing.T) {
	w := newWorld(t)
	for n := range pageRows + 5 {
		w.pays(fmt.Sprintf("=p%d", n), "card_payway_usd", "1.00", false)
		w.house.Clock.Add(time.Second)
	}
	c := w.as(t, operator.Support)
	first := c.see(t, payoutsPath)
	_, next, found := strings.Cut(first, `rel="next" href="`)
	next, _, _ = strings.Cut(next, `"`)
	if !found || strings.Count(first, payoutsPath+"/1520/") != pageRows {
		t.Fatalf("%d rows, next %q", strings.Count(first, payoutsPath+"/1520/"), next)
	}
	if second := c.see(t, next); strings.Count(second, payoutsPath+"/1520/") != 5 || !strings.Contains(second, "=p0<") {
		t.Error(second)
	}
	part := c.do(t, http.MethodGet, next, nil, http.Header{"Hx-Request": {"true"}})
	if strings.Contains(part.body, "<html") || strings.Count(part.body, "<tr") != 5 {
		t.Error(part.body)
	}
	answered := c.get(t, payoutsPath+".csv?shop=1520")
	rows, err := csv.NewReader(strings.NewReader(answered.body)).ReadAll()
	if err != nil || len(rows) != pageRows+6 || rows[1][3] != fmt.Sprintf("'=p%d", pageRows+4) || rows[1][6] != "1.02" || rows[1][7] != "USD" {
		t.Errorf("%d rows, %v: %v", len(rows), rows[1], err)
	}
	if refused := w.as(t, operator.Viewer).get(t, payoutsPath+".csv"); refused.status != http.StatusForbidden {
		t.Errorf("a viewer exports: %d", refused.status)
	}
}

// Sending a callback again twice by a double click sends it once, and the page says so.
func TestReplayOnThePage(t *testing.T) {
	w := newWorld(t)
	p := w.pays("p1", "card_payway_usd", "1.00", false)
	w.work(2 * time.Second)
	c := w.as(t, operator.Support)
	path := payoutPath(demo.Shop, p.ID)
	body := c.see(t, path)
	_, form, _ := strings.Cut(body, `action="/console/replay/`)
	action, form, _ := strings.Cut(form, `"`)
	_, asked, _ := strings.Cut(form, `name="asked" value="`)
	asked, _, _ = strings.Cut(asked, `"`)
	if strings.Contains(w.as(t, operator.Viewer).see(t, path), "/console/replay/") {
		t.Error("a viewer is offered to send again")
	}
	send := func() {
		if got := c.post(t, "/console/replay/"+action, url.Values{"asked": {asked}, "back": {path}}); got.status != http.StatusSeeOther || got.header.Get("Location") != path {
			t.Fatalf("%d %s", got.status, got.header.Get("Location"))
		}
	}
	send()
	send()
	w.work(2 * time.Second)
	send() // a page that was open all the time
	w.work(2 * time.Second)
	text := w.page(operator.Viewer, path)
	if n := strings.Count(text, "callback.replay by operator:support@example.com"); n != 1 {
		t.Errorf("%d replays:\n%s", n, text)
	}
	if !strings.Contains(text, "Callback 1, try 2: taken") || strings.Contains(text, "try 3") {
		t.Error(text)
	}
}

// Confirming goes by four eyes: from the payout's page one proposes, another decides.
func TestPayoutActs(t *testing.T) {
	w := newWorld(t)
	w.set("confirm_above=USD:1.00")
	p := w.pays("p1", "card_payway_usd", "5.00", false)
	path := payoutPath(demo.Shop, p.ID)
	for role, offered := range map[operator.Role]bool{operator.Viewer: false, operator.Support: false, operator.Finance: true, operator.Admin: true} {
		body := w.as(t, role).see(t, path)
		for _, kind := range []string{"payout.confirm", "payout.reject"} {
			if strings.Contains(body, "/console/propose/"+kind+"?") != offered {
				t.Errorf("%s is offered %s: %v", role, kind, !offered)
			}
		}
		if strings.Contains(body, "payout.resolve") {
			t.Errorf("%s is offered to end a known outcome", role)
		}
	}
	got := w.as(t, operator.Finance).post(t, "/console/propose/payout.confirm", url.Values{
		"shop": {number(demo.Shop)}, "id": {number(p.ID)}, "reason": {"known to us"}, "form": {"0123456789abcdef0123456789abcdef"},
	})
	if got.status != http.StatusSeeOther {
		t.Fatalf("%d %s", got.status, reads(got.body))
	}
	if text := w.page(operator.Viewer, path); !strings.Contains(text, "Confirm a payout: proposed by finance@example.com") {
		t.Error(text)
	}
}

// A payout that an operator ended says who did, and that it was no answer of the bank.
func TestResolvedPayout(t *testing.T) {
	w := newWorld(t)
	w.bank.silent = true
	p := w.pays("p1", "card_payway_usd", "5.00", false)
	w.work(4 * time.Second)
	path := payoutPath(demo.Shop, p.ID)
	if body := w.as(t, operator.Finance).see(t, path); !strings.Contains(body, "/console/propose/payout.resolve?") || strings.Contains(body, "payout.confirm?") {
		t.Error(body)
	}
	w.house.Clock.Add(3 * time.Minute)
	if _, err := db.Do(context.Background(), w.house.DB, demo.Shop, payout.Resolve{Shop: demo.Shop, ID: p.ID, Paid: true, Actor: "operator:bob@example.com", Reason: "statement of 1 June"}); err != nil {
		t.Fatal(err)
	}
	text := w.page(operator.Viewer, path)
	for _, want := range []string{"ended by an operator 9 network error → 5 completed by operator:bob@example.com statement of 1 June", "payout.resolve.paid by operator:bob@example.com", "booked as paid once"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q:\n%s", want, text)
		}
	}
	if strings.Count(text, "→ 5 completed") != 1 {
		t.Errorf("it is completed more than once:\n%s", text)
	}
}

// Two people end a payout of unknown outcome as what the first has said, which the
// second has read.
func TestTwoPeopleResolveAPayout(t *testing.T) {
	for outcome, want := range map[string]payout.Status{"paid": payout.Completed, "failed": payout.Rejected} {
		t.Run(outcome, func(t *testing.T) {
			w := newWorld(t)
			w.bank.silent = true
			p := w.pays("p1", "card_payway_usd", "5.00", false)
			w.work(4 * time.Second)
			finance, admin := w.as(t, operator.Finance), w.as(t, operator.Admin)
			w.house.Clock.Add(6 * time.Minute)
			path := finance.proposal(t, "payout.resolve", url.Values{"shop": {fmt.Sprint(demo.Shop)}, "id": {fmt.Sprint(p.ID)}, "outcome": {outcome}})
			if text := reads(admin.see(t, path)); !strings.Contains(text, ", as "+outcome) {
				t.Errorf("the approver does not read that it %s:\n%s", outcome, text)
			}
			admin.decide(t, path, "approve")
			if found, err := w.payouts.Find(context.Background(), demo.Shop, p.ID); err != nil || found.Status != want {
				t.Errorf("it is %s, %v; want %s", found.Status, err, want)
			}
		})
	}
}

// What a shop typed is text on every page.
func TestShopsTextIsText(t *testing.T) {
	w := newWorld(t)
	evil := `<script>alert(1)</script>"'><img src=x onerror=alert(1)>`
	p := w.pays(evil, "card_payway_usd", "1.00", false)
	i := w.paid(evil, "card_invoice_usd", "2.00", false)
	f := w.refunds(evil, i, "1.00")
	c := w.as(t, operator.Admin)
	for _, path := range []string{payoutPath(demo.Shop, p.ID), invoicePath(demo.Shop, i.ID), refundPath(demo.Shop, f.ID), payoutsPath, invoicesPath, refundsPath, "/console/find?q=" + url.QueryEscape(evil)} {
		if body := c.see(t, path); strings.Contains(body, "<script>alert") || strings.Contains(body, "<img src=x") || !strings.Contains(body, "&lt;script&gt;") {
			t.Errorf("%s", path)
		}
	}
}

// With BRAMA_CONSOLE_ROWS=1000000 the lists are measured over so many payouts.
func TestListsOfAMillion(t *testing.T) {
	rows, _ := strconv.ParseInt(os.Getenv("BRAMA_CONSOLE_ROWS"), 10, 64)
	if rows == 0 {
		t.Skip("BRAMA_CONSOLE_ROWS is not set")
	}
	h := dbtest.SQLite(t)
	k := kitOn(t, h)
	fillPayouts(t, h, rows)
	c := k.as(t, operator.Admin)
	last := db.FirstID(dbtest.Start.UnixMilli())
	deep := last - (last-db.FirstID(dbtest.Start.Add(-time.Duration(rows)*time.Second).UnixMilli()))/2
	day := dbtest.Start.Add(-time.Duration(rows/2) * time.Second).Format("2006-01-02")
	for _, look := range []struct{ what, path string }{
		{"first page", payoutsPath},
		{"of one shop in a hundred", payoutsPath + "?shop=1007"},
		{"of a shop that has none", payoutsPath + "?shop=9"},
		{"rare status 9", payoutsPath + "?status=9"},
		{"needs attention", payoutsPath + "?attention=1"},
		{"status 6, which no index knows", payoutsPath + "?status=6"},
		{"nothing fits", payoutsPath + "?currency=EUR&least=5"},
		{"one day in the middle", payoutsPath + "?since=" + day + "&until=" + day},
		{"one shop on a day in the middle", payoutsPath + "?shop=1007&since=" + day + "&until=" + day},
		{"deep page", payoutsPath + "?after=" + number(deep)},
		{"search by the shop's own id", "/console/find?q=own-" + number(rows/3)},
	} {
		var took []time.Duration
		for range 21 {
			began := time.Now()
			c.get(t, look.path)
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		t.Logf("%-34s median %6.1f ms, slowest %6.1f ms", look.what, took[10].Seconds()*1000, took[20].Seconds()*1000)
		if took[10] > 100*time.Millisecond {
			t.Errorf("%s takes %s", look.what, took[10])
		}
	}
}

// fillPayouts writes completed payouts of a hundred shops, one each second up to
// the start of the test's clock; each thousandth was rejected, and a few are of unknown outcome.
func fillPayouts(t *testing.T, h *dbtest.House, rows int64) {
	t.Helper()
	first := db.FirstID(dbtest.Start.UnixMilli()) - rows*1000<<12
	text := `WITH RECURSIVE k(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM k WHERE i < ` + number(rows-1) + `)
		INSERT INTO payout (shop_id, id, source, shop_payment_id, payway, provider, currency, write_off, receive_currency, receive, fee, rounding, rate, rate_inverse,
			status, failure, account, account_mask, account_print, details, description, rrn, bank_transaction,
			attempts, refusals, refused_at, losses, reserve, callbacks, due_at, created_at, updated_at, processed_at, version)
		SELECT 1000 + i % 100, ` + number(first) + ` + i * 4096000, '', 'own-' || i, 'card_payway_usd', 'sandbox', 840, 102, 840, 100, 2, 0, 10000000000, FALSE,
			CASE WHEN i % 100003 = 7 THEN 9 WHEN i % 1000 = 5 THEN 6 ELSE 5 END, '', 'sealedsealedsealedsealedsealedsealedsealedsealedsealedsealed', 'XXXXXXXX0097',
			'0123456789abcdef0123456789abcdef', '', '', 'R' || i, 'B' || i, 1, 0, 0, 0, 1, 1, 0, 1780000000000, 1780000000000, 1780000000000, 2 FROM k`
	fill, err := sql.Open("sqlite", "file:"+h.Config.Path+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer fill.Close()
	if _, err := fill.Exec(text); err != nil {
		t.Fatal(err)
	}
}
