package console

import (
	"fmt"
	"strconv"
	"time"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/fault"
)

// replayTime bounds one request of a long replay; the page goes on by itself.
const replayTime = 2 * time.Second

// replaying is a replay that is not through: what the next request goes on with.
type replaying struct {
	query  callbackQuery
	asked  int64
	behind int64
	done   int
}

// replayRange sends a shop's messages of a span again, a bounded number in one
// request. Its state is in its form: asked makes the same step twice one.
func replayRange(v *visit) error {
	q := v.queryOf()
	if len(q.wrong) > 0 || q.wanted.Shop == 0 {
		return fault.Param("shop", "choose a shop and a span of time first")
	}
	r := callback.Range{
		Shop: q.wanted.Shop, From: q.wanted.From, Until: q.wanted.Until, Host: q.host, Parked: q.status == callback.Parked,
		Asked: v.asked(), Actor: v.actor(),
	}
	going := replaying{query: q, asked: r.Asked, behind: v.count("behind"), done: int(v.count("done"))}
	for end := v.Now().Add(replayTime); ; {
		p, err := callback.ReplayRange(v.ctx(), v.DB, r, going.behind)
		if err != nil {
			return err
		}
		going.done, going.behind = going.done+p.Messages, p.Behind
		if !p.More {
			return v.see(q.address(callbacksPath, callback.Cursor{}), replayed(going.done))
		}
		if !v.Now().Before(end) {
			return v.page(page{title: "Sending again", crumbs: []crumb{{"Callbacks", callbacksPath}}, body: replayingBody(v, going)})
		}
	}
}

// replayed says how many are sent again.
func replayed(n int) string {
	switch n {
	case 0:
		return "Nothing was sent again: what is waiting, or was sent since you looked, is left alone."
	case 1:
		return "One callback is sent again."
	}
	return fmt.Sprintf("%d callbacks are sent again.", n)
}

// count is a number in a form, 0 when it is none.
func (v *visit) count(name string) int64 {
	n, err := strconv.ParseInt(v.value(name), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
