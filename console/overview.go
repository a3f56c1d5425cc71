package console

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/turnover"
)

const overviewPath = root + "overview"

func overviewPages() []route {
	return []route{
		{pattern: "GET " + root + "{$}", title: "Overview", group: groupNow, needs: operator.See, serve: overview},
		{pattern: "GET " + overviewPath + "/figures.json", title: "Figures", needs: operator.See, serve: figures},
	}
}

// reach is how far back the figures are shown, and in which steps.
type reach struct {
	name, title string
	hours, step int64
}

var reaches = []reach{{"24h", "24 hours", 24, 1}, {"7d", "7 days", 7 * 24, 1}, {"30d", "30 days", 30 * 24, 24}}

func (v *visit) reach() reach {
	for _, r := range reaches {
		if r.name == v.value("range") {
			return r
		}
	}
	return reaches[0]
}

// spans are the figures of a reach: up to the end of the hour, or the day, that is.
func (v *visit) spans(r reach) []turnover.Span {
	step := time.Duration(r.step) * time.Hour
	until := v.Now().UTC().Truncate(step).Add(step)
	return v.Figures.Spans(until.Add(-time.Duration(r.hours)*time.Hour).UnixMilli(), until.UnixMilli(), r.step)
}

// overviewView is what the first page shows.
type overviewView struct {
	reach     reach
	now       turnover.Now
	at        int64
	proposals int
	totals    []currencyTotal
	balances  []shopsBalance
	since     int64 // the figures are complete from then on; 0: in all of the reach
	rows      []figureRow
}

// currencyTotal is what a currency's flows came to in a reach.
type currencyTotal struct {
	currency      money.Currency
	in, out, back turnover.Sum
}

// shopsBalance is what the shops have together in a currency.
type shopsBalance struct{ available, frozen, held money.Amount }

// figureRow is a line of the table under the drawings.
type figureRow struct {
	from int64
	currencyTotal
}

// overview is the first page; a part of it refreshes itself.
func overview(v *visit) error {
	w, err := v.overview()
	if err != nil {
		return err
	}
	if v.r.Header.Get("HX-Request") != "" {
		return v.fragment(overviewRefreshed(w))
	}
	return v.page(page{title: "Overview", charts: true, body: overviewBody(v, w)})
}

func (v *visit) overview() (w overviewView, err error) {
	w.reach, w.at = v.reach(), v.Now().UnixMilli()
	if w.now, err = turnover.Open(v.ctx(), v.DB.Reader(), w.at); err != nil {
		return w, err
	}
	open, err := v.Operators.OpenApprovals(v.ctx(), 100)
	if err != nil {
		return w, err
	}
	w.proposals = len(open)
	totals, err := ledger.Totals(v.ctx(), v.DB.Reader())
	if err != nil {
		return w, err
	}
	w.balances = shopsBalances(totals)
	spans := v.spans(w.reach)
	w.totals = totalsOf(turnover.Total(spans))
	for _, span := range slices.Backward(spans) {
		for _, total := range totalsOf(span.Sums) {
			w.rows = append(w.rows, figureRow{span.From, total})
		}
	}
	if since := v.Figures.Since(); since > spans[0].From {
		w.since = since
	}
	return w, nil
}

func shopsBalances(totals []ledger.Total) []shopsBalance {
	var list []shopsBalance
	for _, t := range totals { // by currency
		if len(list) == 0 || list[len(list)-1].available.Currency != t.Currency {
			none := money.New(0, t.Currency)
			list = append(list, shopsBalance{none, none, none})
		}
		last := &list[len(list)-1]
		switch t.Purpose {
		case ledger.Available:
			last.available.Minor = t.Sum
		case ledger.Frozen:
			last.frozen.Minor = t.Sum
		case ledger.Held:
			last.held.Minor = t.Sum
		}
	}
	return list
}

// totalsOf groups sums by currency, in the order of its code.
func totalsOf(sums map[turnover.Key]turnover.Sum) []currencyTotal {
	var list []currencyTotal
	for key, sum := range sums {
		at := slices.IndexFunc(list, func(t currencyTotal) bool { return t.currency == key.Currency })
		if at < 0 {
			at = len(list)
			list = append(list, currencyTotal{currency: key.Currency})
		}
		switch key.Flow {
		case turnover.In:
			list[at].in = sum
		case turnover.Out:
			list[at].out = sum
		case turnover.Back:
			list[at].back = sum
		}
	}
	slices.SortFunc(list, func(a, b currencyTotal) int { return int(a.currency) - int(b.currency) })
	return list
}

func (t currencyTotal) amount(s turnover.Sum) money.Amount { return money.New(s.Volume, t.currency) }

// rate is how many of those that ended succeeded, in per cent with one decimal,
// rounded down; "–" when none has ended.
func rate(s turnover.Sum) string {
	ended := s.Done + s.Failed
	if ended == 0 {
		return "–"
	}
	mille := s.Done * 1000 / ended
	return fmt.Sprintf("%d.%d %%", mille/10, mille%10)
}

// counted is a number that is counted up to a bound only.
func counted(n, most int64) string {
	if n >= most {
		return strconv.FormatInt(most, 10) + " or more"
	}
	return strconv.FormatInt(n, 10)
}

// lasting is a length of time in words.
func lasting(millis int64) string {
	d := time.Duration(millis) * time.Millisecond
	switch {
	case d < time.Minute:
		return strconv.FormatInt(int64(d/time.Second), 10) + " s"
	case d < time.Hour:
		return strconv.FormatInt(int64(d/time.Minute), 10) + " min"
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute)
	}
	return strconv.FormatInt(int64(d/(24*time.Hour)), 10) + " days"
}

// tile is one figure of now: what it is, where more of it is, and whether somebody
// should look.
type tile struct {
	name, value, more, path string
	alarm                   bool
}

func (w overviewView) tiles() []tile {
	unknown := tile{name: "Unknown outcomes", value: strconv.FormatInt(w.now.Unknown, 10), path: root + "payouts?attention=1", alarm: w.now.Unknown > 0}
	if w.now.UnknownSince > 0 {
		unknown.more = "the oldest for " + lasting(w.at-w.now.UnknownSince)
	}
	return []tile{
		{name: "Payouts in progress", value: counted(w.now.Payouts, turnover.Most), path: root + "payouts"},
		{name: "Payouts to confirm", value: counted(w.now.Confirming, turnover.Most), path: root + "payouts?status=2", alarm: w.now.Confirming > 0},
		unknown,
		{name: "Open proposals", value: counted(int64(w.proposals), 100), path: approvalsPath, alarm: w.proposals > 0},
		{name: "Callbacks late by", value: lasting(w.now.Lag), path: root + "callbacks", alarm: w.now.Lag > time.Minute.Milliseconds()},
		{name: "Callbacks given up", value: strconv.FormatInt(w.now.Parked, 10), path: root + "callbacks?status=parked", alarm: w.now.Parked > 0},
		{name: "Contradictions", value: strconv.FormatInt(w.now.Contradictions, 10), path: root + "payouts?attention=1", alarm: w.now.Contradictions > 0},
	}
}

// drawing is what one chart shows, for the script of the page: minor units, which
// it draws as whole ones.
type drawing struct {
	Title  string  `json:"title"`
	Digits int     `json:"digits"`
	Times  []int64 `json:"times"` // seconds
	Lines  []line  `json:"lines"`
}

type line struct {
	Name   string  `json:"name"`
	Values []int64 `json:"values"`
}

// maxDrawings bounds the charts: of the currencies in which most was done.
const maxDrawings = 4

func drawings(spans []turnover.Span) []drawing {
	totals := totalsOf(turnover.Total(spans))
	slices.SortStableFunc(totals, func(a, b currencyTotal) int { return int(b.in.Made() + b.out.Made() - a.in.Made() - a.out.Made()) })
	list := []drawing{}
	for _, total := range totals[:min(len(totals), maxDrawings)] {
		d := drawing{Title: total.currency.Code(), Digits: total.currency.Digits()}
		for _, span := range spans {
			d.Times = append(d.Times, span.From/1000)
		}
		for _, flow := range []struct {
			name string
			flow turnover.Flow
		}{{"in", turnover.In}, {"out", turnover.Out}, {"refunded", turnover.Back}} {
			l := line{Name: flow.name}
			for _, span := range spans {
				l.Values = append(l.Values, span.Sums[turnover.Key{Flow: flow.flow, Currency: total.currency}].Volume)
			}
			d.Lines = append(d.Lines, l)
		}
		list = append(list, d)
	}
	return list
}

// figures are the drawings as JSON.
func figures(v *visit) error {
	body, err := json.Marshal(drawings(v.spans(v.reach())))
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "application/json")
	_, _ = v.w.Write(body) // only a reader that left can fail it
	return nil
}
