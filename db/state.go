package db

import "fmt"

// State is what a decision sees: the rows its Reads named, as they are after
// the decisions before it, the time, and new ids. What it inserts and updates
// counts only if it returns without an error.
type State struct {
	now    int64
	newID  func() int64
	shared *sheet
	own    sheet
	strict bool // a row that no Reads named is a mistake, not absent
}

// sheet holds rows by every one of their unique keys.
type sheet struct {
	slots map[lookup]*slot
	order []*slot // those written, in the order of their first write
}

// slot is one row, or the knowledge that there is none.
type slot struct {
	table *table
	row   any // nil: there is no such row
	base  int64
	isNew bool
	dirty bool
	known bool // from the writer's memory, and not changed since
}

// NewState is a state without a database, for tests of decisions: rows are put
// into it with Table.Put, and every other row is absent.
func NewState(now int64, newID func() int64) *State {
	return &State{now: now, newID: newID, shared: &sheet{slots: map[lookup]*slot{}}, own: sheet{slots: map[lookup]*slot{}}}
}

// Now is the time of the batch in Unix milliseconds.
func (s *State) Now() int64 { return s.now }

// NewID draws an id. One that is not used is lost, which does no harm.
func (s *State) NewID() int64 { return s.newID() }

func (s *State) find(l lookup) *slot {
	if found, ok := s.own.slots[l]; ok {
		return found
	}
	if found, ok := s.shared.slots[l]; ok {
		return found
	}
	if s.strict {
		panic(missing{l})
	}
	return nil
}

// missing is the panic of a decision that looked for a row its Reads did not
// name. The batch runs it once more by itself, where rows that an earlier
// decision of the batch had inserted can be loaded.
type missing struct{ lookup }

func (m missing) Error() string {
	return fmt.Sprintf("db: a decision looked for a row of %s that its Reads did not name", m.table.name)
}

// Find is a copy of the row with this key, false when there is none. Values are
// in the order of the key's columns.
func (x Index[T]) Find(s *State, key ...any) (*T, bool) {
	found := s.find(keyed(x.of.table, x.no, key))
	if found == nil || found.row == nil {
		return nil, false
	}
	row := *found.row.(*T)
	return &row, true
}

// Insert adds a row. One with a version starts at version 1. A row under the
// same key that the decision could have seen is a mistake and panics.
func (t *Table[T]) Insert(s *State, row *T) {
	if t.version >= 0 {
		*t.versionOf(row) = 1
	}
	added := &slot{table: t.table, row: t.copy(row), isNew: true, dirty: true}
	for no := range t.keys {
		l := t.lookup(row, no)
		if old, ok := s.own.slots[l]; ok && old.row != nil {
			panic(fmt.Sprintf("db: inserting into %s what is there", t.name))
		}
		if old, ok := s.shared.slots[l]; ok && old.row != nil {
			panic(fmt.Sprintf("db: inserting into %s what is there", t.name))
		}
		s.own.slots[l] = added
	}
	s.own.order = append(s.own.order, added)
}

// Update replaces a row that was found. Its unique keys must not change. A row
// that was changed since it was found panics: the change would be lost.
func (t *Table[T]) Update(s *State, row *T) {
	if t.version < 0 {
		panic("db: " + t.name + " is append-only")
	}
	old := s.find(t.lookup(row, 0))
	if old == nil || old.row == nil {
		panic("db: updating a row of " + t.name + " that is not there")
	}
	version := t.versionOf(row)
	if *version != *t.versionOf(old.row) {
		panic("db: updating a row of " + t.name + " from a stale copy")
	}
	*version++
	changed := &slot{table: t.table, row: t.copy(row), base: old.base, isNew: old.isNew, dirty: true}
	for no := range t.keys {
		l := t.lookup(row, no)
		if l != t.lookup(old.row, no) {
			panic("db: a unique key of " + t.name + " must not change")
		}
		s.own.slots[l] = changed
	}
	s.own.order = append(s.own.order, changed)
}

// Put places a row that is already stored into a state made by NewState.
func (t *Table[T]) Put(s *State, row *T) {
	s.shared.hold(t.table, t.copy(row))
}

// Written are copies of the rows of this table that the decision inserted or
// changed, each as it is in the end. For tests of decisions.
func (t *Table[T]) Written(s *State) []*T {
	var rows []*T
	for _, written := range s.own.order {
		if written.table == t.table && s.own.slots[t.lookup(written.row, 0)] == written {
			row := *written.row.(*T)
			rows = append(rows, &row)
		}
	}
	return rows
}

// hold registers a loaded row under all its keys, unless it is there already.
func (sh *sheet) hold(t *table, row any) *slot {
	held := &slot{table: t, row: row}
	if t.version >= 0 {
		held.base = *t.versionOf(row)
	}
	for no := range t.keys {
		if old, ok := sh.slots[t.lookup(row, no)]; ok && old.row != nil {
			return old
		}
	}
	for no := range t.keys {
		sh.slots[t.lookup(row, no)] = held
	}
	return held
}

// merge takes over what a decision wrote, in the order it wrote. A row that was
// written before keeps its place, so that each row is written once.
func (sh *sheet) merge(own *sheet) {
	for _, s := range own.order {
		first := s.table.lookup(s.row, 0)
		if own.slots[first] != s {
			continue // written again later in the same decision
		}
		if old, ok := sh.slots[first]; ok && old.dirty {
			old.row = s.row
			continue
		}
		sh.slots[first] = s
		for no := 1; no < len(s.table.keys); no++ {
			sh.slots[s.table.lookup(s.row, no)] = s
		}
		sh.order = append(sh.order, s)
	}
}
