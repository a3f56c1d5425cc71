package doctor

import (
	"context"
	"fmt"
	"time"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
)

// How often one shop may be examined. The audit counts, on whichever node.
const (
	often      = 6
	oftenSpan  = 10 * time.Minute
	auditAct   = "callback.doctor"
	auditDepth = 200 // links of the chain that are looked at
)

// note writes into the shop's audit that an examination begins, unless there were
// too many lately.
func (d *Doctor) note(ctx context.Context, p *patient) error {
	links, err := audit.Newest(ctx, d.DB.Reader(), p.order.Shop, 0, auditDepth)
	if err != nil {
		return err
	}
	since, n := p.startedAt.Add(-oftenSpan).UnixMilli(), 0
	for _, l := range links {
		if l.Act == auditAct && l.At > since {
			n++
		}
	}
	if n >= often {
		return fault.New(fault.Overloaded, "shop %d was examined %d times within %d minutes", p.order.Shop, n, int(oftenSpan.Minutes()))
	}
	_, err = db.Do(ctx, d.DB, p.order.Shop, audit.Record{
		Shop: p.order.Shop, Actor: p.order.Actor, Act: auditAct, Subject: callback.ShownURL(p.order.URL), Detail: fmt.Sprintf("about %s, test %s", p.order.About, p.order.Name),
	})
	return err
}
