package db

// Reads collects the keys of the rows that a use case needs. The batch asks in
// rounds: what was loaded in one round may name the rows of the next, until
// nothing new is asked for.
type Reads struct {
	loaded *sheet
	wanted []want
	asked  map[lookup]bool
}

type want struct {
	lookup
	values []any
}

// NewReads is a Reads without a database, for tests: it notes what is asked.
func NewReads() *Reads { return newReads(&sheet{slots: map[lookup]*slot{}}) }

func newReads(loaded *sheet) *Reads { return &Reads{loaded: loaded, asked: map[lookup]bool{}} }

// Read asks for the row with this key and gives a copy of it once it is loaded;
// nil before that, and when there is none.
func (x Index[T]) Read(r *Reads, key ...any) *T {
	l := keyed(x.of.table, x.no, key)
	if held, ok := r.loaded.slots[l]; ok {
		if held.row == nil {
			return nil
		}
		row := *held.row.(*T)
		return &row
	}
	if !r.asked[l] {
		r.asked[l] = true
		r.wanted = append(r.wanted, want{l, key})
	}
	return nil
}

// take empties the list of what is still to be loaded.
func (r *Reads) take() []want {
	wanted := r.wanted
	r.wanted = nil
	return wanted
}
