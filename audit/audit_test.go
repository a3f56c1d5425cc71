package audit_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
)

// note is a use case that appends links and does nothing else.
type note struct {
	shop  int64
	acts  int
	fails bool
}

func (n note) Reads(r *db.Reads) { audit.Read(r, n.shop) }

func (n note) Decide(s *db.State) (struct{}, error) {
	for i := range n.acts {
		audit.Append(s, n.shop, "operator:ann", "shop.set", fmt.Sprint("shop ", n.shop), fmt.Sprint("name: ", i))
	}
	if n.fails {
		return struct{}{}, fmt.Errorf("refused")
	}
	return struct{}{}, nil
}

func write(t testing.TB, h *dbtest.House, shop int64, acts int) {
	t.Helper()
	// Under the house's lock, since the test has no shops.
	if _, err := db.Do(context.Background(), h.DB, db.House, note{shop: shop, acts: acts}); err != nil {
		t.Fatal(err)
	}
}

// damage is what Verify reports, one line for each finding.
func damage(t testing.TB, h *dbtest.House, shop int64) []string {
	t.Helper()
	var found []string
	report := func(what, subject, detail string) { found = append(found, what+": "+subject+": "+detail) }
	if err := audit.Verify(context.Background(), h.DB.Reader(), shop, report); err != nil {
		t.Fatal(err)
	}
	return found
}

// raw is a connection that may do what the gateway never does.
func raw(t testing.TB, h *dbtest.House) *sql.DB {
	t.Helper()
	driver, source := "sqlite", "file:"+h.Config.Path+"?_pragma=busy_timeout(5000)"
	if h.Config.URL != "" {
		driver, source = "pgx", h.Config.URL
	}
	open, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = open.Close() })
	return open
}

func TestChain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		ctx := context.Background()
		write(t, h, 7, 2)
		write(t, h, 7, 1)
		write(t, h, 8, 1)
		if _, err := db.Do(ctx, h.DB, db.House, note{shop: 7, acts: 1, fails: true}); err == nil {
			t.Fatal("the refused use case passed")
		}
		links, err := audit.List(ctx, h.DB.Reader(), 7, 0, 10)
		if err != nil || len(links) != 3 {
			t.Fatalf("%d links, %v", len(links), err)
		}
		previous := ""
		for i, link := range links {
			if link.Seq != int64(i+1) || link.Previous != previous || len(link.Hash) != 64 || link.At != h.Clock.Now() || link.Shop != 7 {
				t.Errorf("link %d: %+v", i+1, link)
			}
			previous = link.Hash
		}
		if page, err := audit.List(ctx, h.DB.Reader(), 7, 1, 1); err != nil || len(page) != 1 || page[0].Seq != 2 {
			t.Errorf("the page behind 1: %v, %v", page, err)
		}
		if page, err := audit.Newest(ctx, h.DB.Reader(), 7, 3, 1); err != nil || len(page) != 1 || page[0].Seq != 2 {
			t.Errorf("the page before 3: %v, %v", page, err)
		}
		if end, err := audit.Head(ctx, h.DB.Reader(), 7); err != nil || end.Seq != 3 || end.Hash != previous {
			t.Errorf("%+v, %v", end, err)
		}
		if shops, err := audit.Shops(ctx, h.DB.Reader()); err != nil || !slices.Equal(shops, []int64{7, 8}) {
			t.Errorf("%v, %v", shops, err)
		}
		for _, shop := range []int64{7, 8, 9} {
			if found := damage(t, h, shop); len(found) > 0 {
				t.Errorf("shop %d is whole, but: %v", shop, found)
			}
		}
	})
}

// Each kind of tampering is reported, and names the link.
func TestVerifyFindsTampering(t *testing.T) {
	const links = 1203 // more than two pages
	tampering := []struct{ what, statement, finds, subject string }{
		{"another time", "UPDATE audit SET at = at + 1 WHERE shop_id = 7 AND seq = 2", "audit link changed", "audit 2 "},
		{"another actor", "UPDATE audit SET actor = 'operator:bob' WHERE shop_id = 7 AND seq = 2", "audit link changed", "audit 2 "},
		{"another act", "UPDATE audit SET act = 'shop.get' WHERE shop_id = 7 AND seq = 501", "audit link changed", "audit 501 "},
		{"another subject", "UPDATE audit SET subject = 'shop 8' WHERE shop_id = 7 AND seq = 1203", "audit link changed", "audit 1203 "},
		{"another detail", "UPDATE audit SET detail = '' WHERE shop_id = 7 AND seq = 1", "audit link changed", "audit 1 "},
		{"text moved between fields", "UPDATE audit SET act = act || substr(subject, 1, 1), subject = substr(subject, 2) WHERE shop_id = 7 AND seq = 2", "audit link changed", "audit 2 "},
		{"another hash", "UPDATE audit SET hash = 'f' || substr(hash, 2) || 'x' WHERE shop_id = 7 AND seq = 500", "audit chain broken", "audit 501 "},
		{"another previous", "UPDATE audit SET previous = '' WHERE shop_id = 7 AND seq = 2", "audit chain broken", "audit 2 "},
		{"first removed", "DELETE FROM audit WHERE shop_id = 7 AND seq = 1", "audit link missing", "audit 2 "},
		{"one removed", "DELETE FROM audit WHERE shop_id = 7 AND seq = 500", "audit link missing", "audit 501 "},
		{"last removed", "DELETE FROM audit WHERE shop_id = 7 AND seq = 1203", "audit link missing", "audit 1203 "},
		{"all removed", "DELETE FROM audit WHERE shop_id = 7", "audit link missing", "audit 1203 "},
		{"head back", "UPDATE audit_head SET seq = 1202 WHERE shop_id = 7", "audit head differs", "audit 1203 "},
		{"head ahead", "UPDATE audit_head SET seq = 1204 WHERE shop_id = 7", "audit link missing", "audit 1204 "},
		{"head of another hash", "UPDATE audit_head SET hash = '' WHERE shop_id = 7", "audit head differs", "audit 1203 "},
		{"head removed", "DELETE FROM audit_head WHERE shop_id = 7", "audit head differs", "audit 1203 "},
		{"one added", "INSERT INTO audit SELECT shop_id, seq + 1, at, actor, act, subject, detail, hash, hash FROM audit WHERE shop_id = 7 AND seq = 1203", "audit link changed", "audit 1204 "},
		{"from another shop", "UPDATE audit SET shop_id = 7, seq = 1204 WHERE shop_id = 8 AND seq = 1", "audit head differs", "audit 1204 "},
	}
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		write(t, h, 7, links)
		write(t, h, 8, 1)
		open := raw(t, h)
		for _, table := range []string{"audit", "audit_head"} {
			execute(t, open, "CREATE TABLE kept_"+table+" AS SELECT * FROM "+table)
		}
		for _, c := range tampering {
			execute(t, open, c.statement)
			found := damage(t, h, 7)
			if !slices.ContainsFunc(found, func(line string) bool { return strings.HasPrefix(line, c.finds+": "+c.subject) }) {
				t.Errorf("%s: reported %v", c.what, found)
			}
			for _, table := range []string{"audit", "audit_head"} {
				execute(t, open, "DELETE FROM "+table)
				execute(t, open, "INSERT INTO "+table+" SELECT * FROM kept_"+table)
			}
			if found := damage(t, h, 7); len(found) > 0 {
				t.Fatalf("after %s was undone: %v", c.what, found)
			}
		}
	})
}

func execute(t testing.TB, open *sql.DB, statement string) {
	t.Helper()
	if _, err := open.Exec(statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// A chain that grows while it is checked is not damage.
func TestVerifyBesideWriters(t *testing.T) {
	h := dbtest.SQLite(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 50 {
			_, _ = db.Do(context.Background(), h.DB, db.House, note{shop: 7, acts: 20})
		}
	}()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		if found := damage(t, h, 7); len(found) > 0 {
			t.Fatal(found)
		}
	}
	<-done
}

func TestAnActNeedsAnActor(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("an act without an actor was written")
		}
	}()
	audit.Append(db.NewState(1, nil), 7, "", "shop.set", "", "")
}
