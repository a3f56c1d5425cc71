package console

import (
	"encoding/base64"

	"rsc.io/qr"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/operator"
)

// mePages are an operator's own: second factor, password, sessions.
func mePages() []route {
	second := []operator.Stage{operator.Second}
	renewing := []operator.Stage{operator.Renewing, operator.Inside}
	enrolling := []operator.Stage{operator.Enrolls, operator.Inside}
	return []route{
		{pattern: "GET " + root + "second-factor", title: "Second factor", needs: operator.Own, stages: second, serve: secondPage},
		{pattern: "POST " + root + "second-factor", title: "Second factor", needs: operator.Own, stages: second, serve: giveSecond},
		{pattern: "GET " + root + "password", title: "Change the password", needs: operator.Own, stages: renewing, serve: passwordPage},
		{pattern: "POST " + root + "password", title: "Change the password", needs: operator.Own, stages: renewing, serve: changePassword},
		{pattern: "GET " + root + "enrol", title: "Enrol a second factor", needs: operator.Own, stages: enrolling, serve: enrolPage},
		{pattern: "POST " + root + "enrol/start", title: "Enrol a second factor", needs: operator.Own, stages: enrolling, serve: startEnrol},
		{pattern: "POST " + root + "enrol", title: "Enrol a second factor", needs: operator.Own, stages: enrolling, serve: enrol},
		{pattern: "GET " + mePath, title: "You", needs: operator.Own, serve: mePage},
		{pattern: "POST " + mePath + "/sessions/{session}/end", title: "End a session", needs: operator.Own, serve: endOwnSession},
		{pattern: "POST " + mePath + "/sessions/end", title: "End all sessions", needs: operator.Own, serve: endOwnSessions},
	}
}

const mePath = root + "me"

var crumbMe = crumb{"You", mePath}

// visitor is the visitor as the room knows one.
func (v *visit) visitor() *operator.Visitor {
	return &operator.Visitor{Operator: v.operator, Session: v.session, Stage: v.stage}
}

// onward is where the visitor's next step is, under the token of a new session.
func (v *visit) onward(token, done string) error {
	v.enter(token)
	return v.see(root, done)
}

func secondForm(v *visit) func(problems) page {
	return func(wrong problems) page { return page{title: "Second factor", body: secondBody(v, wrong)} }
}

func secondPage(v *visit) error { return v.page(secondForm(v)(nil)) }

func giveSecond(v *visit) error {
	token, err := v.Operators.Second(v.ctx(), v.visitor(), v.value("code"), v.from())
	if fault.Is(err, fault.Declined) || fault.Is(err, fault.Overloaded) {
		t := v.explain(err)
		return v.write(t.status, layout(v, secondForm(v)(problems{"code": t.title})))
	}
	if err != nil {
		return err
	}
	v.enter(token)
	return v.to(within(v.value("next")))
}

func passwordForm(v *visit) func(problems) page {
	return func(wrong problems) page {
		return page{title: "Change the password", crumbs: []crumb{crumbMe}, body: passwordBody(v, wrong)}
	}
}

func passwordPage(v *visit) error { return v.page(passwordForm(v)(nil)) }

func changePassword(v *visit) error {
	form := v.r.PostForm
	if form.Get("password") != form.Get("again") {
		return v.again(fault.Param("again", "is not the same"), passwordForm(v))
	}
	token, err := v.Operators.Change(v.ctx(), v.visitor(), form.Get("old"), form.Get("password"), v.from())
	if err != nil {
		return v.again(err, passwordForm(v))
	}
	return v.onward(token, "Your password is changed. Your other sessions have ended.")
}

func enrolForm(v *visit, pending *operator.Enrolling) func(problems) page {
	return func(wrong problems) page {
		return page{title: "Enrol a second factor", crumbs: []crumb{crumbMe}, body: enrolBody(v, pending, wrong)}
	}
}

func enrolPage(v *visit) error {
	pending, err := v.Operators.Pending(v.visitor())
	if err != nil {
		return err
	}
	return v.page(enrolForm(v, pending)(nil))
}

func startEnrol(v *visit) error {
	if err := v.Operators.StartEnrol(v.ctx(), v.visitor(), v.r.PostForm.Get("password")); err != nil {
		return v.again(err, enrolForm(v, nil))
	}
	return v.to(root + "enrol")
}

// enrol answers with the recovery codes, which are shown here and nowhere again.
func enrol(v *visit) error {
	token, recovery, err := v.Operators.Enrol(v.ctx(), v.visitor(), v.value("code"), v.from())
	if err != nil {
		pending, openErr := v.Operators.Pending(v.visitor())
		if openErr != nil {
			return openErr
		}
		return v.again(err, enrolForm(v, pending))
	}
	v.enter(token)
	return v.page(page{title: "Keep your recovery codes", crumbs: []crumb{crumbMe}, body: recoveryBody(recovery)})
}

// picture is a QR code as an address of an image.
func picture(text string) (string, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", err
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(code.PNG()), nil
}

func mePage(v *visit) error {
	sessions, err := v.Operators.Sessions(v.ctx(), v.operator)
	if err != nil {
		return err
	}
	return v.page(page{title: "You", body: meBody(v, sessions)})
}

func endOwnSession(v *visit) error {
	id, err := v.number("session")
	if err != nil {
		return err
	}
	if _, err := db.Do(v.ctx(), v.DB, db.House, operator.EndSession{Operator: v.operator.ID, Session: id, Actor: v.actor()}); err != nil {
		return err
	}
	if id == v.session.ID {
		v.leave()
		return v.to(root + "sign-in")
	}
	return v.see(mePath, "That session has ended.")
}

func endOwnSessions(v *visit) error {
	if _, err := db.Do(v.ctx(), v.DB, db.House, operator.EndAll{Operator: v.operator.ID, Actor: v.actor()}); err != nil {
		return err
	}
	v.leave()
	return v.to(root + "sign-in")
}
