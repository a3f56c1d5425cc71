package audit_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
)

// Whatever is sought, pages of any size together give what going through
// everything gives, newest first.
func TestSearch(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		ctx := context.Background()
		var all []*audit.Link
		begun := h.Clock.Now()
		for i := range 60 {
			u := audit.Record{
				Shop: int64(i % 2 * 7), Actor: []string{"operator:ann", "operator:Bob", "command:root"}[i%3],
				Act: []string{"payway.set", "payway.create", "shop.set"}[i/3%3], Subject: fmt.Sprint("payway ", i%4), Detail: fmt.Sprint("percent ", i),
			}
			if _, err := db.Do(ctx, h.DB, db.House, u); err != nil { // under the house's lock, since the test has no shops
				t.Fatal(err)
			}
			h.Clock.Add(time.Second)
		}
		for _, shop := range []int64{0, 7} {
			chain, err := audit.List(ctx, h.DB.Reader(), shop, 0, 100)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, chain...)
		}
		slices.SortFunc(all, func(a, b *audit.Link) int { return int(b.At - a.At) })
		for name, test := range map[string]struct {
			q    audit.Search
			fits func(*audit.Link) bool
		}{
			"everything": {audit.Search{Shop: audit.Every}, func(*audit.Link) bool { return true }},
			"the house":  {audit.Search{Shop: 0}, func(l *audit.Link) bool { return l.Shop == 0 }},
			"a shop":     {audit.Search{Shop: 7}, func(l *audit.Link) bool { return l.Shop == 7 }},
			"an actor":   {audit.Search{Shop: audit.Every, Actor: "bob"}, func(l *audit.Link) bool { return l.Actor == "operator:Bob" }},
			"an act":     {audit.Search{Shop: audit.Every, Act: "payway"}, func(l *audit.Link) bool { return strings.HasPrefix(l.Act, "payway") }},
			"a subject":  {audit.Search{Shop: 7, Subject: "payway 3"}, func(l *audit.Link) bool { return l.Shop == 7 && l.Subject == "payway 3" }},
			"a text":     {audit.Search{Shop: audit.Every, Text: "PERCENT 4"}, func(l *audit.Link) bool { return strings.Contains(l.Detail, "percent 4") }},
			"a time": {audit.Search{Shop: audit.Every, From: begun + 10_000, Until: begun + 20_000}, func(l *audit.Link) bool {
				return l.At >= begun+10_000 && l.At < begun+20_000
			}},
			"a time of a shop": {audit.Search{Shop: 7, From: begun + 10_000, Until: begun + 20_000}, func(l *audit.Link) bool {
				return l.Shop == 7 && l.At >= begun+10_000 && l.At < begun+20_000
			}},
		} {
			var want []string
			for _, l := range all {
				if test.fits(l) {
					want = append(want, l.Hash)
				}
			}
			for _, limit := range []int{1, 3, 100} {
				var got []string
				q := test.q
				for q.Limit = limit; ; {
					found, err := q.Find(ctx, h.DB.Reader())
					if err != nil || len(found.Links) > limit || len(got) > len(all) {
						t.Fatal(name, err, len(got))
					}
					for _, l := range found.Links {
						got = append(got, l.Hash)
					}
					if q.Before = found.Next; q.Before == (audit.Mark{}) {
						break
					}
				}
				if !slices.Equal(got, want) || len(want) == 0 {
					t.Errorf("%s, %d at a time: %d links, want %d", name, limit, len(got), len(want))
				}
			}
		}
	})
}
