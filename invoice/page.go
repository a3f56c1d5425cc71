package invoice

import (
	"context"
	"encoding/json"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/instalment"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/shop"
)

// PageState is what the payer's page shows.
type PageState string

// The states of the page.
const (
	AskCard      PageState = "card"
	AskCode      PageState = "challenge"
	ShowWaiting  PageState = "waiting"
	ShowPaid     PageState = "paid"
	ShowHeld     PageState = "held"
	ShowRejected PageState = "rejected"
	ShowExpired  PageState = "expired"
	ShowLeft     PageState = "canceled"
	AskStart     PageState = "start"    // no card is asked for: the payer pays at the provider's page
	ShowContinue PageState = "continue" // the payer goes on at Page.Continue
)

// Page is what the payer's page needs to know.
type Page struct {
	Invoice  *Invoice
	ShopName string
	State    PageState
	Continue string // with ShowContinue: the provider's page
	// Parts is what a payer who pays in parts will pay and when: the first one at
	// once, the others a month apart. With AskCard and AskCode, and only when it can
	// be reckoned.
	Parts []money.Amount
	// Products is what is paid in parts; none of another payment.
	Products []instalment.Product
}

// act is something the payer does at the page: opens it, sends a card, answers
// a challenge. The attempt in the answer, when there is one, is to be sent.
type act struct {
	shop    int64
	session string
	kind    actKind
	follow  func(acted, error)
}

type actKind string

const (
	opens   actKind = "opens"
	pays    actKind = "pays"
	answers actKind = "answers"
	leaves  actKind = "leaves"
)

type acted struct {
	page    Page
	attempt *provider.Attempt
}

func (a act) Reads(r *db.Reads) {
	shop.Read(r, a.shop)
	if v := bySession.Read(r, a.session, a.shop); v != nil && v.Attempts > 0 {
		provider.Attempts.Read(r, v.ID, v.Attempts, v.Shop)
	}
}

// Decide: an invoice has at most one open attempt, so a second click changes
// nothing and shows the page as it is.
func (a act) Decide(s *db.State) (acted, error) {
	v, ok := bySession.Find(s, a.session, a.shop)
	if !ok {
		return acted{}, noSession()
	}
	owner, err := shop.Find(s, a.shop)
	if err != nil {
		return acted{}, err
	}
	var attempt *provider.Attempt
	if v.Attempts > 0 {
		attempt, _ = provider.Attempts.Find(s, v.ID, v.Attempts, v.Shop)
	}
	done := acted{page: Page{Invoice: v, ShopName: owner.Name, State: stateOf(v, attempt, s.Now())}}
	switch {
	case a.kind == opens && v.Status == Created && done.page.State == AskCard:
		err = v.move(s, Awaiting)
		invoices.Update(s, v)
	case a.kind == pays && done.page.State == AskCard:
		done.attempt = v.attempt(s, provider.Authorize)
		v.Authorization = done.attempt.N
		err = v.move(s, Awaiting)
		invoices.Update(s, v)
		done.page.State = ShowWaiting
	case a.kind == answers && done.page.State == AskCode:
		// From here a second answer finds an attempt that waits, not a question. The
		// provider had accepted it: that it knows nothing of it is not believed later.
		attempt.Outcome, attempt.AnsweredAt, attempt.SentAt = provider.Pending, 0, s.Now()
		v.DueAt = s.Now() + provider.Lease
		provider.Attempts.Update(s, attempt)
		err = v.move(s, Awaiting)
		invoices.Update(s, v)
		done.attempt = attempt
		done.page.State = ShowWaiting
	case a.kind == leaves && (done.page.State == AskCard || done.page.State == AskCode):
		err = leave(s, v, attempt)
		done.page.State = ShowLeft
	}
	return done, err
}

// leave ends an invoice whose payer does not want to go on. A question of the
// provider that only the page could have answered moves nothing any more.
func leave(s *db.State, v *Invoice, attempt *provider.Attempt) error {
	if attempt != nil {
		attempt.Outcome = provider.Lost
		provider.Attempts.Update(s, attempt)
	}
	if err := reject(s, v, Canceled); err != nil {
		return err
	}
	invoices.Update(s, v)
	return nil
}

// Followed sends what was announced, or gives the dispatcher's place back.
func (a act) Followed(done acted, err error) {
	if a.follow != nil {
		a.follow(done, err)
	}
}

// stateOf is what the page shows of an invoice and its latest attempt.
func stateOf(v *Invoice, latest *provider.Attempt, now int64) PageState {
	switch v.Status {
	case Succeeded:
		return ShowPaid
	case Held, Charging, Unholding:
		return ShowHeld
	case Rejected:
		switch v.Failure {
		case Expired:
			return ShowExpired
		case Canceled:
			return ShowLeft
		}
		return ShowRejected
	case Unknown:
		return ShowWaiting
	}
	switch {
	case latest == nil && now >= v.ExpiresAt:
		return ShowExpired
	case latest == nil:
		return AskCard
	case latest.Outcome == provider.Challenge && now >= v.ExpiresAt:
		return ShowExpired
	case latest.Outcome == provider.Challenge:
		return AskCode
	case latest.Outcome == provider.Pending && latest.Continue != "":
		return ShowContinue
	}
	return ShowWaiting
}

// Open shows the page. The first opening moves a created invoice to awaiting;
// later ones change nothing.
func (v *Invoices) Open(ctx context.Context, session string) (*Page, error) {
	page, err := v.look(ctx, session)
	if err != nil || page.Invoice.Status != Created || page.State != AskCard && page.State != AskStart {
		return page, err
	}
	if _, err := db.Do(ctx, v.DB, page.Invoice.Shop, act{shop: page.Invoice.Shop, session: session, kind: opens}); err != nil {
		return nil, err
	}
	return v.look(ctx, session)
}

// Leave ends an invoice whose payer does not want to pay. When money may be on
// its way nothing changes.
func (v *Invoices) Leave(ctx context.Context, session string) (*Page, error) {
	shopID, err := shopOf(session)
	if err != nil {
		return nil, err
	}
	if _, err := db.Do(ctx, v.DB, shopID, act{shop: shopID, session: session, kind: leaves}); err != nil {
		return nil, err
	}
	return v.look(ctx, session)
}

// look reads the page outside of any decision.
func (v *Invoices) look(ctx context.Context, session string) (*Page, error) {
	shopID, err := shopOf(session)
	if err != nil {
		return nil, err
	}
	row, err := invoices.First(ctx, v.DB.Reader(), "session = $1 AND shop_id = $2", session, shopID)
	if err != nil {
		return nil, err
	}
	if row == nil {
		return nil, noSession()
	}
	owner, err := shop.Load(ctx, v.DB.Reader(), shopID)
	if err != nil {
		return nil, err
	}
	latest, err := provider.Attempts.First(ctx, v.DB.Reader(), "operation = $1 AND n = $2 AND shop_id = $3", row.ID, row.Attempts, shopID)
	if err != nil {
		return nil, err
	}
	page := &Page{Invoice: row, ShopName: owner.Name, State: stateOf(row, latest, v.Now().UnixMilli())}
	if plan := row.extra().Plan; plan != nil {
		page.Products = plan.Products
	}
	switch {
	case page.State == AskCard && v.Gate.Redirects(ctx, row.Provider):
		page.State = AskStart
	case page.State == ShowContinue:
		page.Continue = latest.Continue
	}
	if page.State == AskCard || page.State == AskCode {
		page.Parts, err = v.parts(ctx, row)
	}
	return page, err
}

// Pay sends the payer's card, once, and waits a little for what comes of it. The
// card is never stored: it lives in the call.
func (v *Invoices) Pay(ctx context.Context, session string, card provider.Card) (*Page, error) {
	return v.act(ctx, session, pays, func(row *Invoice, a *provider.Attempt) provider.Task {
		return provider.Task{Attempt: *a, Call: v.authorization(row, a, card)}
	})
}

// Answer sends the payer's answer to a challenge, and waits a little.
func (v *Invoices) Answer(ctx context.Context, session, code string) (*Page, error) {
	return v.act(ctx, session, answers, func(row *Invoice, a *provider.Attempt) provider.Task {
		return provider.Task{Attempt: *a, Call: v.authorization(row, a, provider.Card{}), Code: code}
	})
}

func (v *Invoices) act(ctx context.Context, session string, kind actKind, task func(*Invoice, *provider.Attempt) provider.Task) (*Page, error) {
	shopID, err := shopOf(session)
	if err != nil {
		return nil, err
	}
	if !v.Dispatch.Reserve() {
		return nil, fault.New(fault.Overloaded, "too many requests; nothing was stored, try again")
	}
	settled := make(chan struct{})
	a := act{shop: shopID, session: session, kind: kind}
	a.follow = func(done acted, err error) {
		if err != nil || done.attempt == nil {
			v.Dispatch.Free()
			close(settled)
			return
		}
		row, attempt := *done.page.Invoice, *done.attempt
		v.Dispatch.Go(func(ctx context.Context) {
			defer close(settled)
			_, _ = v.perform(ctx, task(&row, &attempt))
		})
	}
	if _, err := db.Do(ctx, v.DB, shopID, a); err != nil {
		return nil, err
	}
	v.wait(ctx, settled)
	return v.look(ctx, session)
}

// wait waits for the provider, at most as long as a payer likes to look at a
// page that does not move.
func (v *Invoices) wait(ctx context.Context, settled <-chan struct{}) {
	if v.Await != nil {
		v.Await(ctx, func() bool { return isClosed(settled) })
		return
	}
	ctx, cancel := context.WithTimeout(ctx, v.Patience)
	defer cancel()
	select {
	case <-settled:
	case <-ctx.Done():
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func (v *Invoices) authorization(row *Invoice, a *provider.Attempt, card provider.Card) *provider.Call {
	return &provider.Call{
		Verb: provider.Authorize, Reference: a.Reference, Shop: row.Shop, Operation: row.ID, N: a.N, Amount: row.PriceAmount(),
		Hold: row.Hold, Plan: row.extra().Plan, Return: v.PublicURL + "/pay/" + row.Session, Card: card, OriginalID: a.ProviderID, Description: row.Description,
	}
}

func (v *Invoice) extra() (e Extra) {
	_ = json.Unmarshal([]byte(v.Extra), &e) // written by us; a broken one is an empty one
	return e
}
