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

// postgresStorm makes PostgreSQL itself refuse statements and commits, every tenth,
// with a serialization failure or a deadlock, while the one row of storm says so.
// It is a row and no trigger that comes and goes: a trigger goes only under locks
// of several tables, for which the gateway's transactions may well be the other
// half of a real deadlock.
var postgresStorm = []string{
	`CREATE TABLE storm (blows BOOLEAN NOT NULL)`,
	`INSERT INTO storm VALUES (false)`,
	`CREATE SEQUENCE stormed`, // what is rolled back stays counted
	`CREATE FUNCTION storm() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		IF random() < 0.1 AND (SELECT blows FROM storm) THEN
			PERFORM nextval('stormed');
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

// storm says "not now" again and again, between begin and end.
type storm struct {
	begin func() (end func())
	blown func() int // how often it said so
}

// storm is made of triggers in PostgreSQL, and of another one that writes in
// SQLite.
func (g *gateway) storm(seed uint64) storm {
	g.t.Helper()
	if g.engine == "postgres" {
		return g.stormPostgres()
	}
	return g.stormSQLite(seed)
}

func (g *gateway) stormSQLite(seed uint64) storm {
	g.t.Helper()
	other, err := sql.Open("sqlite", "file:"+filepath.Join(g.data(), "brama.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		g.t.Fatal(err)
	}
	other.SetMaxOpenConns(1)
	g.t.Cleanup(func() { _ = other.Close() })
	chance := rand.New(rand.NewPCG(seed, 0))
	blown := 0
	blow := func(stop chan struct{}) {
		for {
			if _, err := other.Exec("BEGIN IMMEDIATE"); err == nil {
				blown++
				time.Sleep(time.Duration(50+chance.IntN(400)) * time.Millisecond)
				_, _ = other.Exec("ROLLBACK")
			}
			select {
			case <-stop:
				return
			case <-time.After(time.Duration(chance.IntN(30)) * time.Millisecond):
			}
		}
	}
	return storm{
		begin: func() (end func()) {
			stop := make(chan struct{})
			var blowing sync.WaitGroup
			blowing.Go(func() { blow(stop) })
			return func() { close(stop); blowing.Wait() }
		},
		blown: func() int { return blown },
	}
}

func (g *gateway) stormPostgres() storm {
	g.t.Helper()
	conn, err := pgx.Connect(context.Background(), g.store)
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { _ = conn.Close(context.Background()) })
	execute := func(text string) {
		g.t.Helper()
		if _, err := conn.Exec(context.Background(), text); err != nil {
			g.t.Fatalf("%s: %v", text, err)
		}
	}
	for _, text := range postgresStorm {
		execute(text)
	}
	return storm{
		begin: func() (end func()) {
			execute("UPDATE storm SET blows = true")
			return func() { execute("UPDATE storm SET blows = false") }
		},
		blown: func() (n int) {
			if err := conn.QueryRow(context.Background(), "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM stormed").Scan(&n); err != nil {
				g.t.Fatal(err)
			}
			return n
		},
	}
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
			storm := g.storm(seed)
			for range 3 {
				end := storm.begin()
				l.until(chance, func() { time.Sleep(time.Second) })
				end()
			}
			l.accepted()
			g.quiet()
			blown := storm.blown()
			t.Logf("the database said \"not now\" %d times; %d calls were put off", blown, l.put)
			if blown < 3 {
				t.Errorf("the storm blew %d times; this proves nothing", blown)
			}
			l.kept(t, l.receiver)
			g.balanced()
		})
	}
}
