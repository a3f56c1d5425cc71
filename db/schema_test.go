package db_test

import (
	"context"
	"slices"
	"testing"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
)

// list asks for one column of text.
func list(t *testing.T, h *dbtest.House, text string, args ...any) []string {
	t.Helper()
	var found []string
	err := db.Query(context.Background(), h.DB.Reader(), func(scan func(...any) error) error {
		var s string
		defer func() { found = append(found, s) }()
		return scan(&s)
	}, text, args...)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return found
}

// The schema as a distributed PostgreSQL needs it: the shop is part of every
// unique key of a table that a shop owns.
func TestEveryUniqueKeyOfAShopsTableHasTheShop(t *testing.T) {
	h := dbtest.SQLite(t)
	owned := 0
	for _, table := range list(t, h, "SELECT name FROM sqlite_master WHERE type = 'table'") {
		// A store's id arrives without its shop: the table belongs to the catalogue.
		if table == "store" || !slices.Contains(list(t, h, "SELECT name FROM pragma_table_info($1)", table), "shop_id") {
			continue
		}
		owned++
		for _, index := range list(t, h, `SELECT name FROM pragma_index_list($1) WHERE "unique" = 1`, table) {
			if columns := list(t, h, "SELECT name FROM pragma_index_info($1)", index); !slices.Contains(columns, "shop_id") {
				t.Errorf("%s: the unique key %v lacks shop_id", table, columns)
			}
		}
	}
	if owned < 5 {
		t.Errorf("only %d tables belong to shops: the test looks at the wrong database", owned)
	}
}

// One SQL text for both databases, and no column that may be unknown.
func TestColumnsAreOfTheFourTypesAndNeverNull(t *testing.T) {
	h := dbtest.SQLite(t)
	strange := list(t, h, `SELECT m.name || '.' || c.name || ' ' || c.type FROM sqlite_master m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'goose%' AND m.name NOT LIKE 'sqlite%'
		AND (c.type NOT IN ('BIGINT', 'TEXT', 'BOOLEAN', 'BYTEA') OR c."notnull" = 0 AND c.pk = 0)`)
	if len(strange) > 0 {
		t.Errorf("columns %v", strange)
	}
}
