package console

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/operator"
)

const approvalsPath = root + "approvals"

// approvalPages are the proposals, and for each kind the page where it is proposed.
func approvalPages() []route {
	list := []route{
		{pattern: "GET " + approvalsPath, title: "Approvals", group: groupHouse, needs: operator.See, serve: approvalList},
		{pattern: "GET " + approvalsPath + "/{shop}/{id}", title: "Approval", needs: operator.See, serve: approvalPage},
		{pattern: "POST " + approvalsPath + "/{shop}/{id}/approve", title: "Approve", needs: operator.Decide, serve: approve},
		{pattern: "POST " + approvalsPath + "/{shop}/{id}/dismiss", title: "Dismiss", needs: operator.Decide, serve: dismiss},
	}
	for _, k := range kinds() {
		list = append(list,
			route{pattern: "GET " + k.path(), title: k.title, needs: k.needs, serve: func(v *visit) error { return v.page(proposing(v, k, nil)) }},
			route{pattern: "POST " + k.path(), title: k.title, needs: k.needs, serve: func(v *visit) error { return propose(v, k) }})
	}
	return list
}

// path is where a kind is proposed.
func (k kind) path() string { return root + "propose/" + k.name }

// with is that page with values filled in: for a link on the object's page.
func (k kind) with(values url.Values) string { return k.path() + "?" + values.Encode() }

var crumbApprovals = crumb{"Approvals", approvalsPath}

// proposing is the page where a kind is proposed.
func proposing(v *visit, k kind, wrong problems) page {
	return page{title: k.title, crumbs: []crumb{crumbApprovals}, body: proposingBody(v, k, wrong)}
}

// form names the form that is being shown, so that one sent twice is one proposal.
func (v *visit) form() string {
	if sent := v.r.PostForm.Get("form"); sent != "" {
		return sent
	}
	var b [16]byte
	if _, err := io.ReadFull(v.Random, b[:]); err != nil {
		return "" // the proposal is refused
	}
	return hex.EncodeToString(b[:])
}

// propose stores a proposal. Without four eyes it is done at once.
func propose(v *visit, k kind) error {
	o, err := k.read(v)
	if err != nil {
		return v.again(err, func(wrong problems) page { return proposing(v, k, wrong) })
	}
	o.reason = v.value("reason")
	p, err := k.plan(v, o, v.actor())
	if err != nil {
		return err
	}
	four, err := v.Operators.FourEyes(v.ctx())
	if err != nil {
		return err
	}
	if four { // what would be refused when it is approved is refused now
		if _, err := db.Rehearse(v.ctx(), v.DB, o.shop, p.act); err != nil {
			return v.again(err, func(wrong problems) page { return proposing(v, k, wrong) })
		}
	}
	done, err := db.Do(v.ctx(), v.DB, o.shop, operator.Propose[string]{
		Shop: o.shop, Form: v.value("form"), Kind: k.name, Subject: o.subject, Arguments: string(o.arguments), Reason: o.reason,
		Permission: k.needs, Proposer: v.operator.ID, Act: p.act,
	})
	if err != nil {
		return v.again(err, func(wrong problems) page { return proposing(v, k, wrong) })
	}
	if done.Executed {
		return v.executed(done.Approval, done.Answer, p.secret)
	}
	return v.see(approvalPath(done.Approval), "Proposed. Another operator must approve it within a day.")
}

func approvalPath(a *operator.Approval) string {
	return fmt.Sprintf("%s/%d/%d", approvalsPath, a.Shop, a.ID)
}

// executed says what was done. A new secret is shown here and nowhere again.
func (v *visit) executed(a *operator.Approval, done, secret string) error {
	if secret == "" {
		return v.see(approvalPath(a), "Done: "+done+".")
	}
	return v.page(page{title: "Done", crumbs: []crumb{crumbApprovals}, body: secretBody(done, secret, approvalPath(a))})
}

// approval is the one that the address names.
func (v *visit) approval() (*operator.Approval, error) {
	shop, err := v.number("shop")
	if err != nil {
		return nil, err
	}
	id, err := v.number("id")
	if err != nil {
		return nil, err
	}
	return v.Operators.FindApproval(v.ctx(), shop, id)
}

func approvalPage(v *visit) error {
	a, err := v.approval()
	if err != nil {
		return err
	}
	return v.page(page{title: fmt.Sprintf("Approval %d", a.ID), crumbs: []crumb{crumbApprovals}, body: approvalBody(v, a)})
}

// errSeen is a decision on what is not there any more as it was shown.
var errSeen = &trouble{http.StatusConflict, "This is not what you saw", "Nothing was done. Look at the proposal again."}

// decided is the approval that a form is about, as its page showed it, and its kind.
func (v *visit) decided() (*operator.Approval, kind, error) {
	a, err := v.approval()
	if err != nil {
		return nil, kind{}, err
	}
	if a.Digest() != v.value("seen") {
		return nil, kind{}, errSeen
	}
	k, known := kindOf(a.Kind)
	if !known {
		return nil, kind{}, fault.New(fault.Invalid, "this version does not know %q", a.Kind)
	}
	if !v.may(k.needs) {
		return nil, kind{}, errRole
	}
	return a, k, nil
}

func approve(v *visit) error {
	a, k, err := v.decided()
	if err != nil {
		return err
	}
	o := order{shop: a.Shop, subject: a.Subject, arguments: json.RawMessage(a.Arguments), reason: a.Reason}
	p, err := k.plan(v, o, v.actor()+", proposed by operator:"+a.ProposerEmail)
	if err != nil {
		return err
	}
	done, err := db.Do(v.ctx(), v.DB, a.Shop, operator.Approve[string]{
		Seen: *a, Approver: v.operator.ID, Permission: k.needs, Note: v.value("note"), Act: p.act,
	})
	if err != nil {
		return err
	}
	return v.executed(done.Approval, done.Answer, p.secret)
}

func dismiss(v *visit) error {
	a, k, err := v.decided()
	if err != nil {
		return err
	}
	ended, err := db.Do(v.ctx(), v.DB, a.Shop, operator.Dismiss{Seen: *a, By: v.operator.ID, Permission: k.needs, Note: v.value("note")})
	if err != nil {
		return err
	}
	return v.see(approvalPath(ended), "This proposal was "+string(ended.Status)+".")
}

// approvalsShown is how many a list shows.
const approvalsShown = 50

func approvalList(v *visit) error {
	open, err := v.Operators.OpenApprovals(v.ctx(), approvalsShown)
	if err != nil {
		return err
	}
	past, err := v.Operators.PastApprovals(v.ctx(), v.after(), approvalsShown)
	if err != nil {
		return err
	}
	first, older := "", ""
	if v.after() > 0 {
		first = approvalsPath
	}
	if len(past) == approvalsShown {
		older = fmt.Sprintf("%s?after=%d", approvalsPath, past[len(past)-1].ID)
	}
	return v.page(page{title: "Approvals", body: approvalListBody(v, open, past, first, older)})
}

// stands is an approval's status in a word.
func (v *visit) stands(a *operator.Approval) (string, tone) {
	switch {
	case a.Expired(v.Now().UnixMilli()):
		return "expired", tonePlain
	case a.Status == operator.Open:
		return "open", toneWait
	case a.Status == operator.Executed:
		return "executed", toneGood
	}
	return string(a.Status), toneBad
}

// title is a kind's in words.
func kindTitle(name string) string {
	if k, known := kindOf(name); known {
		return k.title
	}
	return name
}
