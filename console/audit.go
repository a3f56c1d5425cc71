package console

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/operator"
)

const auditPath = root + "audit"

func auditPages() []route {
	return []route{
		{pattern: "GET " + auditPath, title: "Audit", group: groupHouse, needs: operator.SeeAudit, serve: auditPage},
		{pattern: "GET " + auditPath + "/export.csv", title: "Audit", needs: operator.Export, serve: auditFile},
		{pattern: "POST " + auditPath + "/check", title: "Check a chain", needs: operator.SeeAudit, serve: checkChain},
	}
}

// auditList is a page of the log book and what was asked for.
type auditList struct {
	shop, actor, act, text string
	period                 period
	links                  []*audit.Link
	next                   audit.Mark
	full                   bool
}

// search reads what is asked for: shop "" is every chain, "0" the house's.
func (v *visit) auditSearch() (audit.Search, auditList, error) {
	l := auditList{shop: v.value("shop"), actor: v.value("actor"), act: v.value("act"), text: v.value("text"), period: v.period()}
	q := audit.Search{Shop: audit.Every, Actor: l.actor, Act: l.act, Text: l.text, Limit: bookPage}
	var err error
	if l.shop != "" {
		if q.Shop, err = strconv.ParseInt(l.shop, 10, 64); err != nil || q.Shop < 0 {
			return q, l, fault.Param("shop", "must be the number of a shop, or 0 for the house")
		}
	}
	if q.From, q.Until, err = l.period.times(); err != nil {
		return q, l, err
	}
	_, _ = fmt.Sscanf(v.value("after"), "%d-%d-%d", &q.Before.At, &q.Before.Shop, &q.Before.Seq)
	return q, l, nil
}

func auditPage(v *visit) error {
	q, l, err := v.auditSearch()
	if err != nil {
		return v.again(err, func(wrong problems) page { return page{title: "Audit", body: auditBody(v, l, wrong)} })
	}
	found, err := q.Find(v.ctx(), v.DB.Reader())
	if err != nil {
		return err
	}
	l.links, l.next, l.full = found.Links, found.Next, len(found.Links) == bookPage
	if v.r.Header.Get("HX-Request") != "" {
		return v.fragment(auditRows(v, l))
	}
	return v.page(page{title: "Audit", body: auditBody(v, l, nil)})
}

// address is that of a page of the list; the zero mark is its beginning.
func (l auditList) address(path string, before audit.Mark) string {
	values := url.Values{}
	for name, value := range map[string]string{"shop": l.shop, "actor": l.actor, "act": l.act, "text": l.text, "from": l.period.from, "until": l.period.until} {
		if value != "" {
			values.Set(name, value)
		}
	}
	if before != (audit.Mark{}) {
		values.Set("after", fmt.Sprintf("%d-%d-%d", before.At, before.Shop, before.Seq))
	}
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}

func (l auditList) older() string {
	if !l.full || l.next == (audit.Mark{}) {
		return ""
	}
	return l.address(auditPath, l.next)
}

// auditFile is the list as a file.
func auditFile(v *visit) error {
	q, l, err := v.auditSearch()
	if err != nil {
		return err
	}
	q.Limit = 1000
	e := v.newExport(db.House, "audit", "audit", "time", "shop", "number", "actor", "act", "subject", "detail", "hash")
	for {
		found, err := q.Find(v.ctx(), v.DB.Reader())
		if err != nil {
			return e.end(err)
		}
		for _, k := range found.Links {
			if err := e.row(iso(k.At), strconv.FormatInt(k.Shop, 10), strconv.FormatInt(k.Seq, 10), k.Actor, k.Act, k.Subject, k.Detail, k.Hash); err != nil {
				return err
			}
		}
		e.flush()
		if q.Before = found.Next; q.Before == (audit.Mark{}) {
			return e.end(nil)
		}
		l.next = q.Before
	}
}

func chainName(shopID int64) string {
	if shopID == 0 {
		return "the house"
	}
	return fmt.Sprintf("shop %d", shopID)
}

// subjectPath is the page of what an act was done to, "" when it has none.
func subjectPath(l *audit.Link) string {
	what, name, found := strings.Cut(l.Subject, " ")
	id, err := strconv.ParseInt(name, 10, 64)
	switch {
	case !found:
		return ""
	case what == "shop" && err == nil:
		return shopPath(id)
	case what == "payway":
		return paywayPath(name)
	case what == "store":
		return storePath(name)
	case what == "provider":
		return providerPath(name)
	case what == "rate":
		return ratesPath
	case what == "approval" && err == nil:
		return fmt.Sprintf("%s/%d/%d", approvalsPath, l.Shop, id)
	case err == nil:
		return findPath(id)
	}
	return ""
}

// doneTo is what was last done to a subject, for its page. The chain is searched
// in one bounded look.
func (v *visit) doneTo(shopID int64, subject string) ([]*audit.Link, error) {
	found, err := audit.Search{Shop: shopID, Subject: subject, Limit: 20}.Find(v.ctx(), v.DB.Reader())
	return found.Links, err
}

// since are the acts on a subject that are newer than a link of its chain.
func (v *visit) changesSince(shopID int64, subject, seen string) []*audit.Link {
	seq, err := strconv.ParseInt(seen, 10, 64)
	if err != nil {
		return nil
	}
	links, err := v.doneTo(shopID, subject)
	if err != nil {
		return nil // the refusal says enough
	}
	for i, l := range links {
		if l.Seq <= seq {
			return links[:i]
		}
	}
	return links
}
