package console

import (
	"context"
	"crypto/rand"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/demo"
	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/payout"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/shop"
)

var (
	spoke  = regexp.MustCompile(`<span class="only-read">[^<]*</span>`)
	tags   = regexp.MustCompile(`<[^>]*>`)
	spaces = regexp.MustCompile(`\s+`)
)

// reads is what a person reads on a page: its text, without the navigation, its
// digits in one piece.
func reads(body string) string {
	if _, main, found := strings.Cut(body, "<main"); found {
		body = "<main" + main
	}
	body = strings.ReplaceAll(spoke.ReplaceAllString(body, ""), thin, "")
	return spaces.ReplaceAllString(html.UnescapeString(tags.ReplaceAllString(body, " ")), " ")
}

// question is one of thirty: where it is asked, and what the
// page answers.
type question struct {
	asked string
	page  string
	says  []string
}

// Twenty questions of a support person, each answered by one page. What the page
// must say is written out, so that an answer that is missing, or wrong by a cent,
// fails here.
func TestTwentyQuestions(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	path := func(kind string, id int64) string { return objectPath(kind, demo.Shop, id) }

	p1 := w.pays("p1", "card_payway_usd", "100.23", false)
	w.work(2 * time.Second)

	w.server.statuses = []int{500}
	p2 := w.pays("p2", "card_payway_uah", "1000.00", false)
	w.work(3 * time.Second)
	w.bank.silent = true
	p3 := w.pays("p3", "card_payway_usd", "50.00", true)
	w.work(5 * time.Second)
	w.bank.silent = false

	w.set("confirm_above=USD:500.00")
	p4 := w.pays("p4", "card_payway_usd", "900.00", false)
	if _, err := db.Do(ctx, w.house.DB, demo.Shop, payout.Confirm{Shop: demo.Shop, ID: p4.ID, Actor: "operator:bob@example.com, proposed by operator:ann@example.com"}); err != nil {
		t.Fatal(err)
	}
	w.bank.say(provider.Outcome{Result: provider.Declined, Reason: "account closed"})
	w.house.Clock.Add(time.Second)
	_, _ = w.payouts.Step(ctx)
	p5 := w.pays("p5", "card_payway_usd", "700.00", false)

	i1 := w.paid("order-1", "card_invoice_usd", "299.45", false)
	f1 := w.refunds("back-1", i1, "100.00")
	w.work(3 * time.Second)
	w.bank.say(provider.Outcome{Result: provider.Declined, Reason: "insufficient funds"})
	i2 := w.paid("order-2", "card_invoice_usd", "10.00", false)
	i3 := w.paid("order-3", "card_invoice_usd", "20.00", true)
	i4 := w.paid("order-4", "card_invoice_uah", "10.00", false)
	i5 := w.asks("order-5", "card_invoice_usd", "15.00", false)
	held, err := w.invoices.Find(ctx, demo.Shop, i3.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Do(ctx, w.house.DB, demo.Shop, shop.Deposit{Shop: demo.Shop, Amount: i1.GrossAmount(), Note: "x", Actor: "operator:ann@example.com"}); err != nil {
		t.Fatal(err)
	}
	stuck, err := w.payouts.Find(ctx, demo.Shop, p3.ID)
	if err != nil || stuck.Status != payout.NetworkError {
		t.Fatalf("p3 is %v, %v", stuck.Status, err)
	}

	questions := []question{
		{"the shop says payout p1 never arrived: was it paid, and what does the bank call it?", path("payouts", p1.ID),
			[]string{"5 completed", "was paid once", "RRN-8", "BANK-77", "100.23 USD"}},
		{"why did the shop get 284.48 of 299.45?", path("invoices", i1.ID),
			[]string{"The payer pays 299.45 USD", "− 14.97 USD", "5 % of 299.45 = 14.9725, rounded half away from zero", "The shop gets = 284.48 USD"}},
		{"which rate was used for p2, and how is 24.61 made of it?", path("payouts", p2.ID),
			[]string{"1 USD = 41.25 UAH", "1015.00 UAH ÷ 41.25 ≈ 24.606060606061 USD, rounded up", "Written off the shop's balance = 24.61 USD"}},
		{"was the callback of p2 delivered, and what did the shop answer?", path("payouts", p2.ID),
			[]string{"Callback 1, try 1: not taken, the shop answered HTTP 500", "Callback 1, try 2: taken, the shop answered HTTP 200"}},
		{"was the callback of p1 delivered, when, and how fast?", path("payouts", p1.ID),
			[]string{"Callback 1, try 1: taken, the shop answered HTTP 200", "delivered at 2026-06-01 00:00:0", "took 0 ms"}},
		{"why is p3 in status 9, and what happens next?", path("payouts", p3.ID),
			[]string{"9 outcome unknown", "no answer within 5 s", "The provider is asked at 2026-06-01", "nothing is sent meanwhile, and 50.00 USD stays frozen"}},
		{"did we pay p1 twice?", path("payouts", p1.ID),
			[]string{"booked as paid once; once sent under one reference"}},
		{"who confirmed p4?", path("payouts", p4.ID),
			[]string{"Confirmed 2 confirming → 1 created by operator:bob@example.com, proposed by operator:ann@example.com"}},
		{"why was p4 rejected, and where is its money?", path("payouts", p4.ID),
			[]string{"6 rejected", "reason: account closed", "918.00 USD went back to the shop's balance"}},
		{"what does p5 wait for?", path("payouts", p5.ID),
			[]string{"2 waits for confirmation", "waits until an operator confirms or rejects it; 714.00 USD stays frozen"}},
		{"which payouts need somebody now?", payoutsPath + "?attention=1",
			[]string{"p3 9 outcome unknown", "p5 2 waits for confirmation"}},
		{"why was the card of order-2 refused?", path("invoices", i2.ID),
			[]string{"6 rejected", "declined by the provider", "Provider's reason insufficient funds"}},
		{"how much of order-1 is refunded, and what is still refundable?", path("invoices", i1.ID),
			[]string{"Refunded: 100.00 USD of 299.45 USD; still refundable: 199.45 USD", "back-1 done"}},
		{"did the payer get refund back-1, and of which invoice is it?", path("refunds", f1.ID),
			[]string{"done", "The payer got 100.00 USD back", fmt.Sprint("Of invoice ", i1.ID)}},
		{"when does the hold of order-3 end, and what then?", path("invoices", i3.ID),
			[]string{"8 held", "it ends at " + clock(held.HoldUntil) + " UTC. After that nothing happens by itself"}},
		{"until when can order-5 be paid?", path("invoices", i5.ID),
			[]string{"1 created", "not paid by " + clock(i5.ExpiresAt) + " UTC, it is rejected as expired"}},
		{"at which rate was order-4 converted?", path("invoices", i4.ID),
			[]string{"1 USD = 41.25 UAH", "10.00 USD × 41.25 = 412.5 UAH, rounded up", "The payer pays 412.50 UAH", "− 0.15 USD", "The shop gets = 9.85 USD"}},
		{"what did p1 do to the shop's balance, before and after?", path("payouts", p1.ID),
			[]string{"payout.reserve", "available 100000.00 USD -102.23 USD 99897.77 USD", "payout.complete", "fee 0.00 USD 2.00 USD 2.00 USD"}},
		{"which payouts did the shop make on a day?", payoutsPath + "?shop=1520&since=2026-06-01&until=2026-06-01",
			[]string{"p1", "p2", "p3", "p4", "p5"}},
		{"which operation is the provider's reference p-1520-… ?", "/console/find?q=" + provider.Reference(provider.Payout, demo.Shop, p2.ID, 1),
			[]string{fmt.Sprint("Payout ", p2.ID), "p2"}},
	}
	if len(questions) != 20 {
		t.Fatalf("%d questions", len(questions))
	}
	w.asked(t, questions)
}

// Ten more, of risk and finance: about shops, limits, rates, the ledger and callbacks.
func TestTenMoreQuestions(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	const risk = "operator:risk@example.com"
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	way := func(values ...string) {
		t.Helper()
		_, err := db.Do(ctx, w.house.DB, db.House, payway.Set{Alias: "card_payway_usd", Values: values, Actor: risk})
		do(err)
	}
	way("max=500.00")
	w.house.Clock.Add(time.Minute)
	way("max=2500.00")
	w.set("payout_callback_url=https://new.example/cb", "confirm_above=USD:1500.00")
	_, err := db.Do(ctx, w.house.DB, demo.Shop, shop.Deactivate(demo.Shop, risk))
	do(err)
	_, err = db.Do(ctx, w.house.DB, demo.Shop, shop.Activate(demo.Shop, "operator:boss@example.com"))
	do(err)
	rotation, _, err := shop.NewRotation(w.box, rand.Reader, demo.Shop, shop.API, false, risk)
	do(err)
	_, err = db.Do(ctx, w.house.DB, demo.Shop, rotation)
	do(err)
	rotated := w.house.Clock.Now()
	rate, err := payway.ParseRate("USD/UAH", "41.30", "operator:finance@example.com")
	do(err)
	_, err = db.Do(ctx, w.house.DB, db.House, rate)
	do(err)
	rated := w.house.Clock.Now()
	w.house.Clock.Add(3 * time.Second)
	p1 := w.pays("p1", "card_payway_uah", "1000.00", false)
	w.work(3 * time.Second)
	rate, err = payway.ParseRate("USD/UAH", "50", "operator:late@example.com")
	do(err)
	_, err = db.Do(ctx, w.house.DB, db.House, rate)
	do(err)
	told, err := callback.Of(ctx, w.house.DB.Reader(), demo.Shop, p1.ID)
	do(err)
	w.server.statuses = slices.Repeat([]int{500}, 60)
	p2 := w.pays("p2", "card_payway_usd", "10.00", false)
	w.work(2 * time.Second)
	for range 60 {
		w.house.Clock.Add(12 * time.Hour)
		for range 5 {
			_, _ = w.sender.Step(ctx)
		}
	}
	lost, err := callback.Of(ctx, w.house.DB.Reader(), demo.Shop, p2.ID)
	do(err)
	if len(told) != 1 || len(lost) != 1 || lost[0].Status != callback.Parked {
		t.Fatalf("%v %+v", told, lost[0])
	}
	w.asked(t, []question{
		{"who raised the limit of card_payway_usd, and what was it before?", paywayPath("card_payway_usd"), []string{"Greatest amount max 2500.00", risk, `max: "500.00" to "2500.00"`}},
		{"who changed the address of the payouts' callbacks, and what was it before?", shopPath(demo.Shop),
			[]string{"Callbacks of payouts payout_callback_url https://new.example/cb", risk, `payout_callback_url: "https://shop.example/cb" to "https://new.example/cb"`}},
		{"why is the clearing of UAH at the sandbox what it is: which transfers?", booksPath(demo.Shop) + "/UAH/clearing?provider=sandbox",
			[]string{"Balance now 1000.00 UAH", fmt.Sprint("payout.complete ", p1.ID)}},
		{"which shops have callbacks that were given up, and since when?", callbacksPath, []string{"Given up, by shop", "shop 1520 : 1 given up, the oldest of " + clock(lost[0].CreatedAt)}},
		{"when did this shop's secret last change, and by whom?", shopPath(demo.Shop), []string{"Secret last changed " + clock(rotated) + " UTC, shop.secret.rotate by " + risk, "Webhook key last changed never since the shop was made"}},
		{"which rate applied to p1, and who set it?", payoutPath(demo.Shop, p1.ID), []string{"Rate 1 USD = 41.3 UAH; set " + clock(rated) + " UTC, rate.set by operator:finance@example.com"}},
		{"did the shop answer 200 to this callback?", callbackPath(told[0]), []string{"delivered", "200", "taken", "not its body"}},
		{"was this shop switched off, when and by whom, and is it on now?", shopPath(demo.Shop), []string{"State active", "shop.deactivate", risk, "shop.activate", "operator:boss@example.com"}},
		{"from which amount do this shop's payouts wait for us?", shopPath(demo.Shop), []string{"Payouts to confirm above confirm_above 1500.00 USD payouts that write off more wait for an operator"}},
		{"what would a payout of 3 000 USD cost, and would it be taken?", paywayPath("card_payway_usd") + "?amount=3+000.00", []string{"3000.00 USD + 60.00 USD = 3060.00 USD", "It would be refused: Payee receive amount is too large"}},
	})
}

// asked looks each answer up.
func (w *world) asked(t *testing.T, questions []question) {
	for _, q := range questions {
		t.Run(q.asked, func(t *testing.T) {
			text := w.answer(t, q.page)
			for _, want := range q.says {
				if !strings.Contains(text, want) {
					t.Errorf("%s does not say %q:\n%s", q.page, want, text)
				}
			}
		})
	}
}

// answer is the text of the page to which an address leads, for a viewer.
func (w *world) answer(t *testing.T, path string) string {
	t.Helper()
	c := w.as(t, operator.Viewer)
	answered := c.get(t, path)
	if answered.status == 303 {
		answered = c.get(t, answered.header.Get("Location"))
	}
	if answered.status != 200 {
		t.Fatalf("%s: %d\n%s", path, answered.status, reads(answered.body))
	}
	return reads(answered.body)
}
