package console

import (
	"errors"
	"net/http"

	"github.com/brama-pay/brama/api/incident"
	"github.com/brama-pay/brama/fault"
)

// trouble is an error of the console itself: what is wrong, and what to do next.
type trouble struct {
	status      int
	title, next string
}

// Error is the title.
func (t *trouble) Error() string { return t.title }

var (
	errNoPage  = &trouble{http.StatusNotFound, "There is nothing at this address", "Check the address, or begin at the overview."}
	errVerb    = &trouble{http.StatusMethodNotAllowed, "This address is used in another way", "Go back and use the page's own buttons."}
	errRole    = &trouble{http.StatusForbidden, "Your role does not allow this", "Ask an admin to do it, or to give you another role."}
	errForeign = &trouble{http.StatusForbidden, "This request came from another site", "Nothing was done. If you meant it, do it in the console itself."}
	errToken   = &trouble{http.StatusForbidden, "This form is not of your session", "Nothing was done. Go back, reload the page and try again."}
	errForm    = &trouble{http.StatusBadRequest, "This form could not be read", "Nothing was done. It may be too long: at most 64 KiB."}
	errText    = &trouble{http.StatusBadRequest, "This address or form holds what is no text", "Nothing was done. Go back and type it anew."}
	errOutside = &trouble{http.StatusUnauthorized, "You are signed out", "Nothing was done. Sign in, go back and try again."}
)

// faults are the statuses of the gateway's errors, and what to do next.
var faults = map[fault.Kind]struct {
	status int
	next   string
}{
	fault.Invalid:     {http.StatusUnprocessableEntity, "Nothing was done. Go back and correct it."},
	fault.NotFound:    {http.StatusNotFound, "Check the number. Another shop's object has another address."},
	fault.NotUnique:   {http.StatusConflict, "Nothing was done: it is there already."},
	fault.Busy:        {http.StatusConflict, "Nothing was done. Look at it again: it has changed, or is being processed."},
	fault.Balance:     {http.StatusConflict, "Nothing was done: the balance does not suffice."},
	fault.Declined:    {http.StatusForbidden, "Nothing was done."},
	fault.Unavailable: {http.StatusServiceUnavailable, "Nothing was done. Try again in a moment."},
	fault.Overloaded:  {http.StatusTooManyRequests, "Nothing was done. Wait a little, then try again."},
	fault.Unknown:     {http.StatusServiceUnavailable, "It may have been done: look at the object before you repeat it."},

	fault.ShopNotFound:   {http.StatusNotFound, "Check the shop's number."},
	fault.PaywayNotFound: {http.StatusNotFound, "Check the payway's name."},
}

// explain is the page of an error. What is inside a defect is never shown.
func (v *visit) explain(err error) trouble {
	var t *trouble
	if errors.As(err, &t) {
		return *t
	}
	var f *fault.Error
	if errors.As(err, &f) && f.Kind != fault.Internal {
		known, ok := faults[f.Kind]
		if !ok {
			known.status, known.next = http.StatusConflict, "Nothing was done."
		}
		return trouble{known.status, f.Message, known.next}
	}
	return trouble{http.StatusInternalServerError, "Something is wrong on our side", "Tell whoever runs the server the incident " + v.incident() + " and the time."}
}

// incident is a name under which the log has what went wrong.
func (v *visit) incident() string {
	id := incident.ID(v.Random, v.Now)
	v.Log.ErrorContext(v.ctx(), "console: incident", "incident", id, "page", v.at.pattern)
	return id
}

// fail answers with an error, unless something was answered already.
func (v *visit) fail(err error) {
	if v.w.status != 0 {
		return
	}
	t := v.explain(err)
	if t.status == http.StatusTooManyRequests || t.status == http.StatusServiceUnavailable {
		v.w.Header().Set("Retry-After", "5")
	}
	body := layout(v, page{title: t.title, body: troubleBody(t, stagePages[v.stage])})
	if err := v.write(t.status, body); err != nil {
		http.Error(v.w, t.title, t.status)
	}
}

// problems are what is wrong with a form, by field; "" is about the whole.
type problems map[string]string

func problemsOf(err error) problems {
	var f *fault.Error
	if !errors.As(err, &f) {
		return nil
	}
	if len(f.Params) == 0 {
		return problems{"": f.Message}
	}
	return problems(f.Params)
}
