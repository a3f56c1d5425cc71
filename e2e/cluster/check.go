package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/brama-pay/brama/client/avanor"
)

func isCode(err error, code avanor.Code) bool {
	var refused *avanor.Error
	return errors.As(err, &refused) && refused.Code == code
}

func isRefusal(err error) bool {
	var refused *avanor.Error
	return errors.As(err, &refused)
}

// check waits until nothing is in progress, and names what is not as promised.
func (c *cluster) check(ctx context.Context, l *load, r *receiver) []string {
	conn, err := pgx.Connect(ctx, c.database)
	if err != nil {
		return []string{err.Error()}
	}
	defer conn.Close(ctx)
	k := &checks{ctx: ctx, conn: conn}
	k.quiet()
	l.stored = k.number("SELECT COUNT(*) FROM payout WHERE shop_payment_id LIKE 'c-%'")
	k.payouts(l, r)
	k.sent(l.stored)
	if r.forged > 0 {
		k.wrong("%d callbacks do not verify", r.forged)
	}
	for _, err := range l.refused {
		k.wrong("a payout was refused: %v", err)
	}
	if said, err := c.command("verify"); err != nil {
		k.wrong("verify: %v\n%s", err, said)
	} else {
		fmt.Print(said[strings.LastIndex(strings.TrimSpace(said), "\n")+1:])
	}
	return k.found
}

type checks struct {
	ctx   context.Context
	conn  *pgx.Conn
	found []string
}

func (k *checks) wrong(format string, args ...any) {
	k.found = append(k.found, fmt.Sprintf(format, args...))
}

func (k *checks) number(text string) (n int) {
	if err := k.conn.QueryRow(k.ctx, text).Scan(&n); err != nil {
		k.wrong("%s: %v", text, err)
	}
	return n
}

// patience is how long the cluster may take to find out what became of the calls
// of the nodes that were killed.
const patience = 60 * time.Second

func (k *checks) quiet() {
	const open = `SELECT (SELECT COUNT(*) FROM payout WHERE status NOT IN (2, 5, 6)) + (SELECT COUNT(*) FROM callback WHERE status = 'waiting')`
	left := -1
	for until := time.Now().Add(patience); time.Now().Before(until); time.Sleep(100 * time.Millisecond) {
		if left = k.number(open); left == 0 || k.ctx.Err() != nil {
			return
		}
	}
	k.wrong("%d payouts and callbacks are still in progress after %s", left, patience)
}

// payouts: what was acknowledged is there under its id, completed, and told once.
func (k *checks) payouts(l *load, r *receiver) {
	rows, err := k.conn.Query(k.ctx, "SELECT shop_payment_id, id, status FROM payout WHERE shop_payment_id LIKE 'c-%'")
	if err != nil {
		k.wrong("%v", err)
		return
	}
	type payout struct {
		Payment    string
		ID, Status int64
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[payout])
	if err != nil {
		k.wrong("%v", err)
	}
	stored := map[string]payout{}
	for _, p := range list {
		stored[p.Payment] = p
		if _, asked := l.asked[p.Payment]; !asked {
			k.wrong("payout %s is stored and nobody asked for it", p.Payment)
		}
		if p.Status != int64(avanor.PayoutCompleted) {
			k.wrong("payout %s has status %d", p.Payment, p.Status)
		}
		if len(r.got[p.Payment]) != 1 || r.status[p.Payment] != fmt.Sprint(p.Status) {
			k.wrong("payout %s with status %d was told by the callbacks %v, the last with status %q", p.Payment, p.Status, r.got[p.Payment], r.status[p.Payment])
		}
	}
	for payment, id := range l.asked {
		if is := stored[payment].ID; id > 0 && is != id || id == isThere && is == 0 {
			k.wrong("payout %s was acknowledged as %d and is %d", payment, id, is)
		}
	}
}

// sent: the sandbox's own books know every payout, and each was brought once.
func (k *checks) sent(stored int) {
	if n := k.number("SELECT COUNT(*) FROM sandbox.act WHERE verb = 'payout' AND state = 'succeeded'"); n != stored {
		k.wrong("the provider paid %d payouts, %d are stored", n, stored)
	}
	if n := k.number("SELECT COUNT(*) FROM sandbox.act WHERE verb = 'payout' AND sends <> 1"); n != 0 {
		k.wrong("%d payouts were brought to the provider more than once", n)
	}
	if n := k.number("SELECT COUNT(*) FROM (SELECT 1 FROM sandbox.act GROUP BY shop_id, operation HAVING COUNT(*) > 1) twice"); n != 0 {
		k.wrong("%d payouts went to the provider under two references", n)
	}
}
