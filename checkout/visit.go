package checkout

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/provider"
)

// visit is one request for the page of one session.
type visit struct {
	*Door
	r       *http.Request
	session string
	lang    language
	page    *invoice.Page // as far as it is known
}

// answer is what a visit comes to: a page, or the way to it.
type answer struct {
	status   int
	view     view
	location string // of a redirect
	err      error  // for the log
	stack    string // of a panic, for the log
}

// retrySeconds is when a payer may come back to a page that could not be served.
const retrySeconds = "5"

// answer never panics: a defect is a page of its own.
func (v *visit) answer() (a answer) {
	defer func() {
		if defect := recover(); defect != nil {
			// The value may hold anything, a card too; its type and the stack tell enough.
			a = v.sorry(http.StatusInternalServerError, sorryBroken, fmt.Errorf("panic of type %T", defect))
			a.stack = string(debug.Stack())
		}
	}()
	if !isSession(v.session) {
		return v.sorry(http.StatusNotFound, sorryMissing, nil)
	}
	switch v.r.Method {
	case http.MethodGet:
		return v.show(v.Invoices.Open)
	case http.MethodHead: // who only asks whether there is a page, as previews of links do, is no payer
		return v.show(v.Invoices.Look)
	case http.MethodPost:
		return v.post()
	}
	return v.sorry(http.StatusMethodNotAllowed, sorryForm, nil)
}

// shopDigits is how many digits of a session are the shop's number; the rest is random.
const shopDigits = 12

// isSession reports whether s can be a session at all: 32 hexadecimal digits.
func isSession(s string) bool {
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return len(s) == 32
}

// show is the page as the payment stands.
func (v *visit) show(find func(context.Context, string) (*invoice.Page, error)) answer {
	var err error
	if v.page, err = find(v.r.Context(), v.session); err != nil {
		return v.failed(err)
	}
	return answer{status: http.StatusOK, view: v.present()}
}

func (v *visit) open() (err error) {
	v.page, err = v.Invoices.Open(v.r.Context(), v.session)
	return err
}

// post takes the form of the page that is due. A form of another page comes from
// a second click or the back button: it changes nothing and leads to where the
// payment stands.
func (v *visit) post() answer {
	f, refused := readForm(v.r)
	if refused != 0 {
		return v.sorry(refused, sorryForm, nil)
	}
	if err := v.open(); err != nil {
		return v.failed(err)
	}
	asks := v.page.State == invoice.AskCard || v.page.State == invoice.AskCode || v.page.State == invoice.AskStart
	switch {
	case asks && f.Has(fieldCancel):
		_, err := v.Invoices.Leave(v.r.Context(), v.session)
		return v.acted(err)
	case v.page.State == invoice.AskStart && !f.Has(fieldCard) && !f.Has(fieldCode):
		_, err := v.Invoices.Pay(v.r.Context(), v.session, provider.Card{})
		return v.acted(err)
	case v.page.State == invoice.AskCard && !f.Has(fieldCode):
		return v.pay(f)
	case v.page.State == invoice.AskCode && !f.Has(fieldCard):
		return v.confirm(f)
	}
	return v.onward()
}

func (v *visit) pay(f form) answer {
	card, problems := f.card(v.Now())
	if len(problems) > 0 {
		view := v.present()
		view.Problems = problems
		view.Expiry = card.Expiry // printed anew, so it is a good date or nothing
		return answer{status: http.StatusOK, view: view}
	}
	_, err := v.Invoices.Pay(v.r.Context(), v.session, card)
	return v.acted(err)
}

func (v *visit) confirm(f form) answer {
	code, problems := f.code()
	if len(problems) > 0 {
		view := v.present()
		view.Problems = problems
		return answer{status: http.StatusOK, view: view}
	}
	_, err := v.Invoices.Answer(v.r.Context(), v.session, code)
	return v.acted(err)
}

// acted leads to the page that says what came of it. When we do not know, or
// another click is on its way, that page is the one to tell.
func (v *visit) acted(err error) answer {
	if err == nil || fault.Is(err, fault.Unknown) || fault.Is(err, fault.Busy) || fault.Is(err, fault.Declined) {
		a := v.onward()
		a.err = err
		return a
	}
	return v.failed(err)
}

// onward is a redirect to the same page, so that a reload sends nothing twice.
func (v *visit) onward() answer {
	return answer{status: http.StatusSeeOther, location: v.self(), view: v.present()}
}

// failed is the page for an error. It never says that nothing was paid: after a
// card was sent nobody here knows.
func (v *visit) failed(err error) answer {
	switch fault.KindOf(err) {
	case fault.NotFound, fault.ShopNotFound:
		return v.sorry(http.StatusNotFound, sorryMissing, nil)
	case fault.Overloaded, fault.Unavailable, fault.Unknown, fault.Busy:
		return v.sorry(http.StatusServiceUnavailable, sorryBusy, err)
	}
	return v.sorry(http.StatusInternalServerError, sorryBroken, err)
}

func (v *visit) sorry(status int, why sorry, err error) answer {
	return answer{status: status, err: err, view: v.blank(string(why))}
}
