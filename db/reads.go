package db

// Reads collects the keys of the rows that a use case needs. The batch asks in
// rounds: what was loaded in one round may name the rows of the next, until
// nothing new is asked for.
type Reads struct {
	loaded     *sheet
	remembered *memory
	wanted     []lookup
	asked      map[lookup]bool
	missed     bool // something was asked for that is still to be loaded
}

// NewReads is a Reads without a database, for tests: it notes what is asked.
func NewReads() *Reads { return newReads(&sheet{slots: map[lookup]*slot{}}, &memory{}) }

func newReads(loaded *sheet, remembered *memory) *Reads {
	return &Reads{loaded: loaded, remembered: remembered, asked: map[lookup]bool{}}
}

// Read asks for the row with this key and gives a copy of it once it is loaded;
// nil before that, and when there is none.
func (x Index[T]) Read(r *Reads, key ...any) *T {
	held := r.ask(keyed(x.of.table, x.no, key))
	if held == nil {
		return nil
	}
	row := *held.(*T) // here, so that the copy that nobody looks at is not made
	return &row
}

// ask is the row if it is loaded or remembered, and otherwise notes that it is wanted.
func (r *Reads) ask(l lookup) any {
	held, ok := r.loaded.slots[l]
	if !ok {
		held, ok = r.remembered.recall(l, r.loaded)
	}
	if ok {
		return held.row
	}
	r.missed = true
	if !r.asked[l] {
		r.asked[l] = true
		r.wanted = append(r.wanted, l)
	}
	return nil
}

// take empties the list of what is still to be loaded.
func (r *Reads) take() []lookup {
	wanted := r.wanted
	r.wanted = nil
	return wanted
}
