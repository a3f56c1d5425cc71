package console

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/a-h/templ"

	"github.com/brama-pay/brama/api/caller"
	"github.com/brama-pay/brama/api/incident"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/operator"
)

// visit is one request of somebody who may do what it asks for.
type visit struct {
	*door
	w        *answer
	r        *http.Request
	at       *route
	token    string             // of the session; never shown
	operator *operator.Operator // nil outside
	session  *operator.Session
	stage    operator.Stage
}

// page is what a handler answers.
type page struct {
	title  string
	crumbs []crumb // the pages above, from the left; the page itself is not among them
	charts bool    // the page draws: it loads uPlot
	body   templ.Component
}

// crumb is a link to a page above.
type crumb struct{ title, path string }

// maxForm bounds the body of a POST.
const maxForm = 64 << 10

// visit answers a request, or makes a page of the error.
func (d *door) visit(w http.ResponseWriter, r *http.Request, at *route) {
	started := d.Now()
	v := &visit{door: d, w: &answer{ResponseWriter: w}, r: r, at: at}
	v.headers()
	err := v.run()
	if err != nil {
		v.fail(err)
	}
	v.record(err, d.Now().Sub(started))
}

// run lets in, checks, and serves.
func (v *visit) run() (err error) {
	defer incident.Recovered(&err)
	if !isText(v.r.URL.Path) || !areTexts(v.r.URL.Query()) {
		return errText
	}
	if v.r.Method != http.MethodGet && v.r.Method != http.MethodHead {
		if err := v.foreign.Check(v.r); err != nil {
			return errForeign
		}
		v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxForm)
		if err := v.r.ParseForm(); err != nil {
			return errForm
		}
		if !areTexts(v.r.PostForm) {
			return errText
		}
	}
	if err := v.resume(); err != nil {
		return err
	}
	if admitted, err := v.admit(); err != nil || !admitted {
		return err
	}
	if v.at.needs == operator.Export {
		return v.serveFile()
	}
	return v.at.serve(v)
}

// isText is what a database takes for a text: SQLite takes anything, PostgreSQL
// breaks off on bytes that are no UTF-8 and on the zero byte.
func isText(given string) bool { return utf8.ValidString(given) && !strings.Contains(given, "\x00") }

func areTexts(given url.Values) bool {
	for name, values := range given {
		if !isText(name) || !isText(strings.Join(values, "")) {
			return false
		}
	}
	return true
}

// resume finds out who it is.
func (v *visit) resume() error {
	token := v.sessionToken()
	who, err := v.Operators.Resume(v.r.Context(), token)
	if err != nil || who == nil {
		return err
	}
	v.token, v.operator, v.session, v.stage = token, who.Operator, who.Session, who.Stage
	return nil
}

// stagePages are where somebody goes who is not all the way in.
var stagePages = map[operator.Stage]string{
	operator.Outside: root + "sign-in", operator.Second: root + "second-factor", operator.Renewing: root + "password",
	operator.Enrolls: root + "enrol", operator.Inside: root,
}

// admit checks stage, permission and token, in this order, and sends somebody who
// is not far enough in to where that is mended.
func (v *visit) admit() (bool, error) {
	stages := v.at.stages
	if stages == nil {
		stages = []operator.Stage{operator.Inside}
	}
	if !slices.Contains(stages, v.stage) {
		return false, v.turnBack()
	}
	if v.at.needs != operator.Anyone && (v.operator == nil || !v.operator.Role.May(v.at.needs)) {
		return false, errRole
	}
	if v.r.Method == http.MethodPost && v.operator != nil && !v.hasToken() {
		return false, errToken
	}
	return true, nil
}

// turnBack sends to the page of the visitor's stage. A form is not lost silently.
func (v *visit) turnBack() error {
	to := stagePages[v.stage]
	if v.stage == operator.Outside && v.r.Method == http.MethodGet {
		if next := v.r.URL.RequestURI(); next != root {
			to += "?next=" + url.QueryEscape(next)
		}
	}
	switch {
	case v.r.Header.Get("HX-Request") != "":
		v.w.Header().Set("HX-Redirect", to)
		v.w.WriteHeader(http.StatusNoContent)
		return nil
	case v.r.Method == http.MethodPost && v.stage == operator.Outside:
		return errOutside
	}
	return v.to(to)
}

// mac binds a text to the session; what says what the text is for.
func (v *visit) mac(what, text string) string {
	m := hmac.New(sha256.New, []byte(v.token))
	m.Write([]byte(what + "\x00" + text))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// csrfToken is what a form of this session carries.
func (v *visit) csrfToken() string {
	if v.token == "" {
		return ""
	}
	return v.mac("csrf", "")
}

func (v *visit) hasToken() bool {
	given := v.r.PostForm.Get("csrf")
	if given == "" {
		given = v.r.Header.Get("X-Csrf-Token")
	}
	return subtle.ConstantTimeCompare([]byte(given), []byte(v.csrfToken())) == 1
}

// may reports whether the visitor's role has a permission: for buttons. The
// route of the act is checked by itself.
func (v *visit) may(p operator.Permission) bool {
	return v.operator != nil && v.stage == operator.Inside && v.operator.Role.May(p)
}

// actor is the visitor's name in the audit.
func (v *visit) actor() string { return v.operator.Actor() }

// ctx is the request's context.
func (v *visit) ctx() context.Context { return v.r.Context() }

// value is a field of the form or of the address, without space around it.
func (v *visit) value(name string) string { return strings.TrimSpace(v.r.FormValue(name)) }

// number is a number in the address's path.
func (v *visit) number(name string) (int64, error) {
	n, err := strconv.ParseInt(v.r.PathValue(name), 10, 64)
	if err != nil || n < 0 {
		return 0, errNoPage
	}
	return n, nil
}

// after is the key behind which a list goes on, 0 at its beginning.
func (v *visit) after() int64 {
	n, err := strconv.ParseInt(v.r.URL.Query().Get("after"), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// address is where the request comes from.
func (v *visit) address() netip.Addr { return caller.Address(v.r, v.TrustedProxies) }

func (v *visit) from() operator.From {
	return operator.From{Address: v.address().String(), Agent: v.r.UserAgent()}
}

// page answers with a whole page.
func (v *visit) page(p page) error { return v.write(http.StatusOK, layout(v, p)) }

// fragment answers a part of a page, for htmx.
func (v *visit) fragment(body templ.Component) error { return v.write(http.StatusOK, body) }

// again answers a form with what is wrong beside its fields; false when the error
// is about something else.
func (v *visit) again(err error, form func(problems) page) error {
	if !fault.Is(err, fault.Invalid) {
		return err
	}
	return v.write(http.StatusUnprocessableEntity, layout(v, form(problemsOf(err))))
}

// see answers a POST that was done: it goes to a page, which says what was done.
func (v *visit) see(path, done string) error {
	if done != "" {
		v.setFlash(done)
	}
	return v.to(path)
}

func (v *visit) to(path string) error {
	http.Redirect(v.w, v.r, path, http.StatusSeeOther)
	return nil
}
