package console

import (
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/operator"
)

func signInPages() []route {
	return []route{
		{pattern: "GET " + root + "sign-in", title: "Sign in", needs: operator.Anyone, stages: everyStage, serve: signInPage},
		{pattern: "POST " + root + "sign-in", title: "Sign in", needs: operator.Anyone, stages: everyStage, serve: signIn},
		{pattern: "POST " + root + "sign-out", title: "Sign out", needs: operator.Anyone, stages: everyStage, serve: signOut},
		{pattern: "POST " + root + "theme", title: "Theme", needs: operator.Anyone, stages: everyStage, serve: setTheme},
	}
}

func signInPage(v *visit) error {
	if v.stage != operator.Outside {
		return v.to(stagePages[v.stage])
	}
	return v.page(signInForm(v)(nil))
}

func signInForm(v *visit) func(problems) page {
	return func(wrong problems) page { return page{title: "Sign in", body: signInBody(v, wrong)} }
}

// signIn opens a session under a new token, whatever cookie the browser had.
func signIn(v *visit) error {
	token, err := v.Operators.SignIn(v.ctx(), v.value("email"), v.r.PostForm.Get("password"), v.from())
	if fault.Is(err, fault.Declined) || fault.Is(err, fault.Overloaded) {
		t := v.explain(err)
		return v.write(t.status, layout(v, signInForm(v)(problems{"": t.title})))
	}
	if err != nil {
		return err
	}
	if v.session != nil { // the browser was somebody before
		if err := v.Operators.End(v.ctx(), v.visitor()); err != nil {
			return err
		}
	}
	v.enter(token)
	return v.to(within(v.value("next")))
}

func signOut(v *visit) error {
	if v.session != nil {
		if err := v.Operators.End(v.ctx(), v.visitor()); err != nil {
			return err
		}
	}
	v.leave()
	return v.to(root + "sign-in")
}
