package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
)

// schemaTables are the tables of the migrations, and what each is made of.
func schemaTables(t *testing.T) map[string]string {
	t.Helper()
	create := regexp.MustCompile(`(?s)CREATE TABLE (\w+) \((.*?)\n\);`)
	unique := regexp.MustCompile(`CREATE UNIQUE INDEX \w+ ON (\w+) (\([^)]*\))`)
	tables := map[string]string{}
	err := fs.WalkDir(db.Migrations(), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(db.Migrations(), path)
		for _, found := range create.FindAllStringSubmatch(string(text), -1) {
			tables[found[1]] = found[2]
		}
		for _, found := range unique.FindAllStringSubmatch(string(text), -1) {
			tables[found[1]] += "\n    UNIQUE " + found[2]
		}
		return err
	})
	if err != nil || len(tables) == 0 {
		t.Fatalf("%d tables in the migrations: %v", len(tables), err)
	}
	return tables
}

func TestEveryTableHasItsPlace(t *testing.T) {
	tables := schemaTables(t)
	key := regexp.MustCompile(`(?:PRIMARY KEY|UNIQUE) \(([^)]*)\)`)
	for name, body := range tables {
		sharded, referenced := slices.Contains(shardTables, name), slices.Contains(referenceTables, name)
		if sharded == referenced {
			t.Errorf("table %s is in %v lists: give it one place", name, map[bool]string{true: "both", false: "no"}[sharded])
		}
		if !sharded {
			continue
		}
		column := shardColumn(name)
		if !strings.Contains(body, "\n    "+column+" BIGINT") {
			t.Errorf("table %s has no column %s BIGINT: it cannot lie beside its shop", name, column)
		}
		for _, found := range key.FindAllStringSubmatch(body, -1) {
			if !slices.Contains(strings.Split(found[1], ", "), column) {
				t.Errorf("table %s is unique by (%s) without %s: a shard cannot hold that", name, found[1], column)
			}
		}
	}
	for _, name := range slices.Concat(shardTables, referenceTables) {
		if tables[name] == "" {
			t.Errorf("%s is no table of the migrations", name)
		}
	}
}

// stubCitus is what the statements meet of Citus, which notes what it is told. It
// shows that they are run, once, and not what Citus makes of them.
const stubCitus = `
	CREATE TABLE pg_dist_partition (logicalrelid REGCLASS, how TEXT);
	CREATE FUNCTION create_reference_table(t REGCLASS) RETURNS VOID LANGUAGE SQL AS
		$$ INSERT INTO pg_dist_partition VALUES (t, 'reference') $$;
	CREATE FUNCTION create_distributed_table(t REGCLASS, by TEXT, colocate_with TEXT) RETURNS VOID LANGUAGE SQL AS
		$$ INSERT INTO pg_dist_partition VALUES (t, by || ' with ' || colocate_with) $$`

func TestDistribute(t *testing.T) {
	ctx, h := context.Background(), dbtest.Postgres(t)
	address := h.Config.URL
	var out bytes.Buffer
	if err := distribute(ctx, address, &out); !errors.Is(err, errNoCitus) || out.Len() != 0 {
		t.Fatalf("without Citus: %v, %q", err, &out)
	}
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, stubCitus); err != nil {
		t.Fatal(err)
	}
	for round, want := range []int{len(shardTables) + len(referenceTables), 0} {
		out.Reset()
		if err := distribute(ctx, address, &out); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(out.String(), "SELECT create_"); got != want {
			t.Errorf("round %d: %d statements, want %d:\n%s", round+1, got, want, &out)
		}
	}
	var by string
	if err := conn.QueryRow(ctx, "SELECT how FROM pg_dist_partition WHERE logicalrelid = 'payout'::regclass").Scan(&by); err != nil || by != "shop_id with shop" {
		t.Errorf("payout lies by %q, %v", by, err)
	}
}

func TestDistributeRefuses(t *testing.T) {
	e := newEstate(t)
	if got := e.run("migrate", "--distribute", "citus"); got.status != 1 || !strings.Contains(got.stderr, "needs --database") {
		t.Errorf("on SQLite: %v", got)
	}
	if got := e.run("migrate", "--dry-run"); got.status != 1 || !strings.Contains(got.stderr, "--dry-run") {
		t.Errorf("nothing to print: %v", got)
	}
	got := e.run("migrate", "--distribute", "citus", "--dry-run")
	if got.status != 0 || !strings.Contains(got.stdout, "SELECT create_distributed_table('shop', 'id', colocate_with => 'none');\n") {
		t.Errorf("--dry-run: %v", got)
	}
}
