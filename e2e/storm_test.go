package e2e

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	_ "modernc.org/sqlite" // the driver
)

// storms make PostgreSQL itself refuse statements and commits, every tenth,
// with a serialization failure or a deadlock.
var storms = []string{
	`CREATE FUNCTION storm() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		IF random() < 0.1 THEN
			RAISE EXCEPTION 'storm' USING ERRCODE = (ARRAY['40001', '40P01'])[1 + floor(random() * 2)::int];
		END IF;
		RETURN NULL;
	END $$`,
	`CREATE TRIGGER storm AFTER INSERT OR UPDATE ON payout FOR EACH STATEMENT EXECUTE FUNCTION storm()`,
	`CREATE TRIGGER storm AFTER INSERT OR UPDATE ON invoice FOR EACH STATEMENT EXECUTE FUNCTION storm()`,
	`CREATE TRIGGER storm AFTER INSERT OR UPDATE ON callback FOR EACH STATEMENT EXECUTE FUNCTION storm()`,
	`CREATE CONSTRAINT TRIGGER storm_at_commit AFTER INSERT ON transfer DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION storm()`,
	`CREATE CONSTRAINT TRIGGER storm_at_commit AFTER INSERT OR UPDATE ON attempt DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION storm()`,
}

// storm makes the database say "not now" again and again, until the function it
// gives is called: PostgreSQL by triggers, SQLite by another one that writes.
func (g *gateway) storm(seed uint64) (end func()) {
	g.t.Helper()
	if g.engine == "postgres" {
		return g.stormPostgres()
	}
	other, err := sql.Open("sqlite", "file:"+filepath.Join(g.data(), "brama.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		g.t.Fatal(err)
	}
	other.SetMaxOpenConns(1)
	chance := rand.New(rand.NewPCG(seed, 0))
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		defer other.Close()
		for {
			if _, err := other.Exec("BEGIN IMMEDIATE"); err == nil {
				time.Sleep(time.Duration(50+chance.IntN(400)) * time.Millisecond)
				_, _ = other.Exec("ROLLBACK")
			}
			select {
			case <-stop:
				return
			case <-time.After(time.Duration(chance.IntN(30)) * time.Millisecond):
			}
		}
	}()
	return sync.OnceFunc(func() { close(stop); <-stopped })
}

func (g *gateway) stormPostgres() (end func()) {
	conn, err := pgx.Connect(context.Background(), g.store)
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { _ = conn.Close(context.Background()) })
	execute := func(text string) {
		if _, err := conn.Exec(context.Background(), text); err != nil {
			g.t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range storms {
		execute(text)
	}
	return func() { execute("DROP FUNCTION storm CASCADE") }
}

// The database says "not now" again and again, for seconds: what it takes is
// done once, what it does not is refused with nothing stored, and it all ends well.
func TestSerializationStorm(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			g := newGateway(t, engine)
			g.start()
			l := newLoad(g, newReceiver(t))
			l.doubtful = true
			seed := uint64(time.Now().UnixNano())
			t.Logf("seed %d", seed)
			chance := rand.New(rand.NewPCG(seed, 1))
			for range 3 {
				end := g.storm(seed)
				l.until(chance, func() { time.Sleep(time.Second) })
				end()
			}
			l.accepted()
			g.quiet()
			t.Logf("%d calls were put off", l.put)
			l.kept(t, l.receiver)
			g.balanced()
		})
	}
}
