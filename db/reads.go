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
	guessing   bool // what is remembered may be old: all that is asked for is wanted
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
	if !ok || r.guessing {
		r.want(l)
	}
	if ok {
		return held.row
	}
	r.missed = true
	return nil
}

func (r *Reads) want(l lookup) {
	if !r.asked[l] {
		r.asked[l] = true
		r.wanted = append(r.wanted, l)
	}
}

// guess wants all that the members would ask for if the rows were still as they are
// remembered. Right or wrong it is only a first list: what is asked for in truth,
// and was not on it, is loaded in the rounds that follow.
func (r *Reads) guess(members []*member, old *memory) {
	guess := newReads(&sheet{slots: map[lookup]*slot{}}, old)
	guess.guessing = true
	for _, m := range members {
		m.read(guess)
	}
	r.wanted, r.asked = guess.wanted, guess.asked
}

// take empties the list of what is still to be loaded.
func (r *Reads) take() []lookup {
	wanted := r.wanted
	r.wanted = nil
	return wanted
}
