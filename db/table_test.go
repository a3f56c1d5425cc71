package db

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A key is the same however it is given, and two are the same only if all their
// parts are: a collision would hand one shop another one's row.
func TestKeys(t *testing.T) {
	type id int64
	type name string
	type pair struct {
		A, B int64
		S, T string
	}
	pairs := NewTable("pair", "a, s, b, t", "a, s, b, t", func(p *pair) []any { return []any{&p.A, &p.S, &p.B, &p.T} })
	key := func(values ...any) lookup { return keyed(pairs.table, 0, values) }
	want := pairs.lookup(&pair{A: 5, S: "five", B: 6, T: "six"}, 0)
	for _, given := range [][]any{{int64(5), "five", int64(6), "six"}, {5, name("five"), id(6), "six"}, {uint8(5), "five", uint16(6), name("six")}} {
		if got := key(given...); got != want {
			t.Errorf("%#v gives %v", given, got)
		}
	}
	text := rapid.OneOf(rapid.StringMatching(`[12:,]{0,3}`), rapid.String())
	number := rapid.OneOf(rapid.SampledFrom([]int64{0, 1, 11, -1}), rapid.Int64())
	one := rapid.Custom(func(t *rapid.T) pair {
		return pair{number.Draw(t, "a"), number.Draw(t, "b"), text.Draw(t, "s"), text.Draw(t, "t")}
	})
	rapid.Check(t, func(t *rapid.T) {
		p, q := one.Draw(t, "p"), one.Draw(t, "q")
		if (pairs.lookup(&p, 0) == pairs.lookup(&q, 0)) != (p == q) {
			t.Fatalf("%v and %v", p, q)
		}
		if pairs.lookup(&p, 0) != key(p.A, p.S, p.B, p.T) {
			t.Fatalf("%v is not found", p)
		}
		var values []any
		pairs.lookup(&p, 0).parts(func(n int64) { values = append(values, n) }, func(s string) { values = append(values, s) })
		if !slices.Equal(values, []any{p.A, p.S, p.B, p.T}) {
			t.Fatalf("%v has the parts %v", p, values)
		}
	})
}

type row struct {
	ID, Version int64
	Name        string
}

func fieldsOf(r *row) []any { return []any{&r.ID, &r.Name, &r.Version} }

// A declaration or a use that contradicts the table is found by the first test
// that comes by, not in production by a wrong row.
func TestMistakesPanic(t *testing.T) {
	rows := NewTable("row", "id, name, version", "id", fieldsOf)
	byName := rows.Unique("name")
	notes := NewTable("note", "id, name", "id", func(r *row) []any { return []any{&r.ID, &r.Name} })
	state := func() *State {
		s := NewState(0, nil)
		rows.Put(s, &row{ID: 1, Name: "one", Version: 1})
		notes.Put(s, &row{ID: 1})
		return s
	}
	cases := map[string]func(){
		"fewer fields than columns":  func() { NewTable("x", "id, name, other, version", "id", fieldsOf) },
		"a key without a column":     func() { NewTable("x", "id, name, version", "number", fieldsOf) },
		"too few key values":         func() { rows.Read(NewReads()) },
		"a key of a strange type":    func() { rows.Find(state(), 1.5) },
		"a text for a number":        func() { rows.Find(state(), "1") },
		"a number for a text":        func() { byName.Find(state(), 1) },
		"a field outside of the row": func() { NewTable("x", "id", "id", func(*row) []any { return []any{new(int64)} }) },
		"a field of a strange type": func() {
			NewTable("x", "id, f", "id", func(r *struct {
				ID int64
				F  float64
			}) []any {
				return []any{&r.ID, &r.F}
			})
		},
		"inserting what is there":      func() { rows.Insert(state(), &row{ID: 1, Name: "other"}) },
		"inserting a unique key again": func() { rows.Insert(state(), &row{ID: 2, Name: "one"}) },
		"inserting twice": func() {
			s := state()
			rows.Insert(s, &row{ID: 3, Name: "three"})
			rows.Insert(s, &row{ID: 3, Name: "drei"})
		},
		"updating what is not there": func() { rows.Update(state(), &row{ID: 2}) },
		"updating a unique key": func() {
			s := state()
			found, _ := byName.Find(s, "one")
			found.Name = "uno"
			rows.Update(s, found)
		},
		"updating what only grows": func() { notes.Update(state(), &row{ID: 1}) },
	}
	for name, mistake := range cases {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			mistake()
		})
	}
}

// What a decision wrote is what its test sees: each row once, as it is in the end.
func TestWritten(t *testing.T) {
	rows := NewTable("row", "id, name, version", "id", fieldsOf)
	s := NewState(0, nil)
	rows.Put(s, &row{ID: 1, Name: "one", Version: 4})
	rows.Insert(s, &row{ID: 2, Name: "two"})
	for _, name := range []string{"uno", "eins"} {
		for id := range int64(3) {
			if found, ok := rows.Find(s, id); ok {
				found.Name = name
				rows.Update(s, found)
			}
		}
	}
	want := []row{{ID: 1, Name: "eins", Version: 6}, {ID: 2, Name: "eins", Version: 3}}
	var got []row
	for _, r := range rows.Written(s) {
		got = append(got, *r)
	}
	if !slices.Equal(got, want) {
		t.Errorf("written %+v, want %+v", got, want)
	}
}
