package db

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Two keys look alike only if they are the same, whatever their texts hold: a
// collision would hand one shop another one's row.
func TestKeysNeverCollide(t *testing.T) {
	text := rapid.OneOf(rapid.StringMatching(`[12:,\-]{0,4}`), rapid.String())
	number := rapid.OneOf(rapid.SampledFrom([]int64{0, 1, 11, 111, -1}), rapid.Int64())
	rapid.Check(t, func(t *rapid.T) {
		var a, b []any
		for range rapid.IntRange(1, 4).Draw(t, "columns") {
			if rapid.Bool().Draw(t, "text") {
				a, b = append(a, text.Draw(t, "a")), append(b, text.Draw(t, "b"))
			} else {
				a, b = append(a, number.Draw(t, "a")), append(b, number.Draw(t, "b"))
			}
		}
		if (encode(a) == encode(b)) != slices.Equal(a, b) {
			t.Fatalf("%q for %v, %q for %v", encode(a), a, encode(b), b)
		}
	})
}

func TestKeysThatNearlyCollide(t *testing.T) {
	for _, pair := range [][2][]any{
		{{1, 11}, {11, 1}},
		{{1, -1}, {0, 11}},
		{{"a", "b"}, {"ab", ""}},
		{{"", "a"}, {"a", ""}},
		{{"1:a", ""}, {"", "1:a"}},
		{{"a,", "b"}, {"a", ",b"}},
		{{1, "1"}, {11, ""}},
		{{"1", 1}, {"11", 1}},
	} {
		if encode(pair[0]) == encode(pair[1]) {
			t.Errorf("%v and %v are both %q", pair[0], pair[1], encode(pair[0]))
		}
	}
}

func FuzzKeys(f *testing.F) {
	f.Add("a", int64(1), "b", "a1", int64(1), "b")
	f.Add("1:", int64(1), "", "1", int64(11), ":")
	f.Fuzz(func(t *testing.T, a string, b int64, c string, x string, y int64, z string) {
		if (encode([]any{a, b, c}) == encode([]any{x, y, z})) != (a == x && b == y && c == z) {
			t.Errorf("%q %d %q and %q %d %q", a, b, c, x, y, z)
		}
	})
}

func TestAKeyIsTheSameHoweverItIsGiven(t *testing.T) {
	type id int64
	type name string
	n, s := int64(5), "five"
	want := encode([]any{n, s})
	for _, given := range [][]any{{5, s}, {&n, &s}, {id(5), name("five")}, {uint8(5), s}} {
		if got := encode(given); got != want {
			t.Errorf("%#v gives %q, want %q", given, got, want)
		}
	}
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
		"fewer fields than columns":    func() { NewTable("x", "id, name, other, version", "id", fieldsOf) },
		"a key without a column":       func() { NewTable("x", "id, name, version", "number", fieldsOf) },
		"too few key values":           func() { rows.Read(NewReads()) },
		"a key of a strange type":      func() { rows.Find(state(), 1.5) },
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
