package main

import (
	"context"
	"fmt"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/seal"
)

// fact is what is true of a whole database: whether it is a demo, its key's canary.
type fact struct {
	Name    string
	Value   string
	Version int64
}

var facts = db.NewTable("house", "name, value, version", "name", func(f *fact) []any { return []any{&f.Name, &f.Value, &f.Version} })

// The facts.
const (
	factKind   = "kind" // kindDemo or kindReal: a database is born one or the other
	factCanary = "canary"

	kindDemo = "demo"
	kindReal = "real"
)

// found writes the facts of a new database, and refuses to serve one of the
// other kind.
type found struct{ kind, canary string }

type foundation struct {
	canary string
	fresh  bool // this start founded it
}

func (f found) Reads(r *db.Reads) {
	facts.Read(r, factKind)
	facts.Read(r, factCanary)
}

func (f found) Decide(s *db.State) (foundation, error) {
	kind, known := facts.Find(s, factKind)
	if !known {
		facts.Insert(s, &fact{Name: factKind, Value: f.kind})
		facts.Insert(s, &fact{Name: factCanary, Value: f.canary})
		return foundation{canary: f.canary, fresh: true}, nil
	}
	if kind.Value != f.kind {
		return foundation{}, fault.New(fault.Invalid, "%s", wrongKind(kind.Value))
	}
	canary, _ := facts.Find(s, factCanary)
	return foundation{canary: canary.Value}, nil
}

// kindOf is the kind of a database, "" when it is new.
func kindOf(ctx context.Context, d *db.DB) (string, error) {
	kind, err := facts.First(ctx, d.Reader(), "name = $1", factKind)
	if err != nil || kind == nil {
		return "", err
	}
	return kind.Value, nil
}

func wrongKind(kind string) string {
	if kind == kindDemo {
		return "--demo: this database is a demo; serve it with --demo, or choose another --data or --database"
	}
	return "--demo: this database is a real one; serve it without --demo, or choose another --data or --database"
}

// layFoundation founds a new database or checks that this key file and this kind
// of start belong to it. It tells whether the database is new.
func layFoundation(ctx context.Context, d *db.DB, box *seal.Box, demo bool) (fresh bool, err error) {
	kind := kindReal
	if demo {
		kind = kindDemo
	}
	canary, err := box.Canary()
	if err != nil {
		return false, err
	}
	laid, err := db.Do(ctx, d, db.House, found{kind, canary})
	if err != nil {
		return false, err
	}
	if err := box.Check(laid.canary); err != nil {
		return false, fmt.Errorf("--key-file: it is not the key file of this database: %w", err)
	}
	return laid.fresh, nil
}
