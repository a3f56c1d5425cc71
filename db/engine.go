package db

import (
	"context"
	"fmt"
)

// engine is what differs between SQLite and PostgreSQL in a write transaction.
// A writer owns one and uses it for one transaction at a time.
type engine interface {
	// begin opens a transaction. alone reports whether nobody else has committed
	// since this engine's last commit: then what the writer remembers is still so.
	begin(ctx context.Context) (alone bool, err error)
	// load locks the shops against other writers, when they are named and there can
	// be any, and puts those of the wanted rows that there are into the sheet.
	load(ctx context.Context, shops []int64, wanted []lookup, into *sheet) error
	// write inserts and updates the rows. It fails when a row to be inserted is
	// there, and when one to be updated is no longer at the version that was read.
	write(ctx context.Context, written []*slot) error
	commit(ctx context.Context) error
	// rollback ends the transaction whatever became of it, and never fails.
	rollback()
	close()
}

// unexpected is a statement that affected other rows than it had to: a second
// belt held where the first should have. The batch is undone.
type unexpected struct {
	note      string
	got, want int64
}

func (u unexpected) Error() string {
	return fmt.Sprintf("db: %s: %d rows affected, %d expected", u.note, u.got, u.want)
}

// What it means when a write affects other rows than it had to.
func (t *table) wasThere() string   { return "inserting into " + t.name + " met a row that is there" }
func (t *table) wasChanged() string { return "a row of " + t.name + " was changed by another" }

// stamp gives the written rows the versions that they will have.
func stamp(written []*slot) {
	for _, s := range written {
		if s.table.version >= 0 {
			*s.table.versionOf(s.row) = s.base + 1
		}
	}
}

// byTable are the rows to be inserted, or those to be updated, table by table in
// the order in which the tables were first met: rows of one table lie beside each
// other on the disk.
func byTable(written []*slot, inserts bool) (tables []*table, rows map[*table][]*slot) {
	rows = map[*table][]*slot{}
	for _, s := range written {
		if s.isNew != inserts {
			continue
		}
		if rows[s.table] == nil {
			tables = append(tables, s.table)
		}
		rows[s.table] = append(rows[s.table], s)
	}
	return tables, rows
}
