package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/shop"
)

// table prints rows in columns.
type table struct{ *tabwriter.Writer }

func newTable(out io.Writer) table { return table{tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)} }

func (t table) row(cells ...any) {
	texts := make([]string, len(cells))
	for i, cell := range cells {
		texts[i] = oneLine(fmt.Sprint(cell))
	}
	fmt.Fprintln(t, strings.TrimRight(strings.Join(texts, "\t"), "\t "))
}

func (t table) flush() { _ = t.Flush() }

// oneLine keeps what shops and providers wrote from moving the cursor of whoever
// reads it.
func oneLine(text string) string {
	quoted := strconv.Quote(text)
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}

func shownText(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// moment prints Unix milliseconds, "-" for "not yet".
func moment(ms int64) string {
	if ms == 0 {
		return "-"
	}
	return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04:05Z")
}

// change is one thing that an act changes.
type change struct{ Key, From, To string }

// changes prints what an act changes, before and after, and whether it did.
func (o *desk) changes(d deed, subject string, list []change) {
	if len(list) == 0 {
		o.printf("%s: it is so already, there is nothing to change\n", subject)
		return
	}
	fmt.Fprintln(o.out, subject)
	t := newTable(o.out)
	for _, c := range list {
		t.row("  "+c.Key, shownText(c.From), "→", shownText(c.To))
	}
	t.flush()
	o.end(d, "done")
}

// namesShown is how many names an error lists.
const namesShown = 20

// explain adds to "there is no such" what there is.
func (o *desk) explain(ctx context.Context, err error) error {
	var names []string
	switch {
	case fault.Is(err, fault.ShopNotFound):
		rows, _ := shop.List(ctx, o.db.Reader(), 0, namesShown+1)
		for _, row := range rows {
			names = append(names, strconv.FormatInt(row.ID, 10))
		}
	case fault.Is(err, fault.PaywayNotFound):
		for _, direction := range []payway.Direction{payway.In, payway.Out} {
			rows, _ := payway.List(ctx, o.db.Reader(), direction, 0)
			for _, row := range rows {
				names = append(names, row.Alias)
			}
		}
	default:
		return err
	}
	return noSuch(err.Error(), names)
}

// noSuch is an error that names what there is instead.
func noSuch(text string, names []string) error {
	switch {
	case len(names) == 0:
		return errors.New(text + "; there is none yet")
	case len(names) > namesShown:
		names = append(names[:namesShown:namesShown], "…")
	}
	return errors.New(text + "; there are " + strings.Join(names, ", "))
}
