package console

import (
	"net/url"
	"strings"
	"testing"

	"github.com/brama-pay/brama/db"
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
