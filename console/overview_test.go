package console

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/turnover"
)

func TestOverview(t *testing.T) {
	k := newKit(t)
	viewer := k.as(t, operator.Viewer)
	body := viewer.see(t, root)
	for _, text := range []string{
		"Payouts in progress", "Payouts to confirm", "Unknown outcomes", "Open proposals", "Callbacks late by", "Contradictions",
		"100000.00 USD", "50000.00 EUR", `hx-trigger="every 10s"`, "still being counted", assetPath("uPlot.iife.min.js"),
	} {
		if !strings.Contains(body, text) {
			t.Errorf("no %q", text)
		}
	}
	part := viewer.do(t, "GET", root+"?range=30d", nil, http.Header{"Hx-Request": {"true"}}).body
	if strings.Contains(part, "<html") || !strings.Contains(part, "30 days") || !strings.Contains(part, `id="figures" hx-swap-oob`) {
		t.Error("the part that refreshes is not a part, or of another reach")
	}
}

func TestFigures(t *testing.T) {
	w := newWorld(t)
	w.pays("p1", "card_payway_usd", "10.00", false)
	w.paid("order-1", "card_invoice_usd", "20.00", false)
	w.work(2 * time.Second)
	board := turnover.New(w.house.DB.Reader(), w.house.Clock.Time)
	for worked := true; worked; {
		var err error
		if worked, err = board.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	v := &visit{door: &door{Config: Config{Figures: board, Now: w.house.Clock.Time}}}
	for _, r := range reaches {
		list := drawings(v.spans(r))
		if len(list) != 1 || list[0].Title != "USD" || len(list[0].Times) != int(r.hours/r.step) {
			t.Fatalf("%s: %+v", r.name, list)
		}
		for i, want := range []int64{2000, 1020, 0} {
			var sum int64
			for _, value := range list[0].Lines[i].Values {
				sum += value
			}
			if sum != want {
				t.Errorf("%s: %s comes to %d, want %d", r.name, list[0].Lines[i].Name, sum, want)
			}
		}
	}
	answered := w.as(t, operator.Viewer).get(t, overviewPath+"/figures.json?range=7d")
	var list []drawing
	if err := json.Unmarshal([]byte(answered.body), &list); err != nil || answered.status != http.StatusOK {
		t.Errorf("%d %v", answered.status, err)
	}
}

func TestSuccessRate(t *testing.T) {
	for _, test := range []struct {
		sum  turnover.Sum
		want string
	}{
		{turnover.Sum{Left: 3, Open: 1}, "–"}, {turnover.Sum{Done: 2, Failed: 1, Left: 9}, "66.6 %"}, {turnover.Sum{Done: 5}, "100.0 %"},
		{turnover.Sum{Failed: 5}, "0.0 %"}, {turnover.Sum{Done: 1999, Failed: 1}, "99.9 %"},
	} {
		if got := rate(test.sum); got != test.want {
			t.Errorf("%+v: %s, want %s", test.sum, got, test.want)
		}
	}
}
