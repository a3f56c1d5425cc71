package console

import (
	"net/url"
	"strings"
	"testing"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/payway"
)

func TestAuditPage(t *testing.T) {
	k := newKit(t)
	u := payway.Set{Alias: "card_invoice_usd", Values: []string{"max=5"}, Actor: "operator:risk@example.com"}
	if _, err := db.Do(t.Context(), k.house.DB, db.House, u); err != nil {
		t.Fatal(err)
	}
	viewer := k.as(t, operator.Viewer)
	for query, want := range map[string]bool{
		"": true, "?actor=risk": true, "?act=payway.set": true, "?text=max": true, "?shop=0": true, "?from=2026-06-01": true,
		"?actor=nobody": false, "?act=shop": false, "?shop=1520": false, "?until=2026-05-31": false, "?text=percent%20of": false,
	} {
		body := viewer.see(t, auditPath+query)
		if strings.Contains(body, "operator:risk@example.com") != want {
			t.Errorf("%q finds it: %v", query, !want)
		}
		if want && !strings.Contains(body, `href="/console/payways/card_invoice_usd"`) {
			t.Errorf("%q: no way to what was changed", query)
		}
	}
	if answered := viewer.get(t, auditPath+"?from=yesterday"); answered.status != 422 || !strings.Contains(answered.body, "field-from-problem") {
		t.Errorf("%d", answered.status)
	}
	for _, id := range []string{"0", "1520"} {
		if body := viewer.post(t, auditPath+"/check", url.Values{"shop": {id}}).body; !strings.Contains(body, "whole") || strings.Contains(body, "BROKEN") {
			t.Errorf("chain %s: %s", id, body)
		}
	}
	if answered := k.as(t, operator.Support).get(t, auditPath+"/export.csv?act=payway.set"); strings.Count(answered.body, "\r\n") != 2 {
		t.Errorf("%q", answered.body)
	}
}

// One chain is checked at a time, however many ask; the others see how far it is.
func TestOneCheckAtATime(t *testing.T) {
	occupy := route{pattern: "GET /console/occupy", title: "Occupy", needs: operator.See, serve: func(v *visit) error {
		run := chainRun{shop: 1520, end: audit.Position{Seq: 90_000}, by: "operator:early@example.com", started: v.Now().UnixMilli()}
		if _, free := v.checks.begin(run); !free {
			t.Error("it is not free")
		}
		v.checks.come(4711)
		return v.to(root)
	}}
	vacate := route{pattern: "GET /console/vacate", title: "Vacate", needs: operator.See, serve: func(v *visit) error {
		v.checks.end()
		return v.to(root)
	}}
	k := kitOn(t, dbtest.SQLite(t), occupy, vacate)
	viewer := k.as(t, operator.Viewer)
	check := func() string { return viewer.post(t, auditPath+"/check", url.Values{"shop": {"0"}}).body }
	viewer.get(t, "/console/occupy")
	for range 3 {
		if body := check(); !strings.Contains(body, "link 4711 of 90000") || !strings.Contains(body, "operator:early@example.com") || strings.Contains(body, "whole") {
			t.Errorf("beside another: %s", body)
		}
	}
	viewer.get(t, "/console/vacate")
	for range 2 { // each leaves the room free for the next
		if body := check(); !strings.Contains(body, "whole") {
			t.Errorf("alone: %s", body)
		}
	}
}
