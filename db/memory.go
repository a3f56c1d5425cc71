package db

// memory is the rows of the last transactions of a writer that is alone with its
// database, as they were committed: a payout that is accepted now is looked at
// again in a moment, and its shop's accounts with each of its payouts. It holds
// rows that there are and the knowledge that there are none, of tables whose rows
// change: what is only appended is hardly read again.
//
// It is worth something only while nobody else writes, so the engine says at each
// begin whether anybody did; and whatever error a transaction ends with, all is
// forgotten.
type memory struct{ young, old map[lookup]any } // the row, nil: there is none

// keptRows bounds each of the two generations.
const keptRows = 8192

// recall puts what is remembered of a row into the sheet; false when that is nothing.
func (m *memory) recall(l lookup, into *sheet) (*slot, bool) {
	row, ok := m.young[l]
	if !ok {
		if row, ok = m.old[l]; !ok {
			return nil, false
		}
		m.put(l, row)
	}
	if row == nil {
		into.slots[l] = &slot{table: l.table, known: true}
	} else {
		into.hold(l.table, row).known = true
	}
	return into.slots[l], true
}

// keep remembers the rows of a sheet that was committed.
func (m *memory) keep(sh *sheet) {
	for l, s := range sh.slots {
		if l.table.version >= 0 && !s.known {
			m.put(l, s.row)
		}
	}
}

func (m *memory) put(l lookup, row any) {
	if len(m.young) >= keptRows {
		m.young, m.old = nil, m.young
	}
	if m.young == nil {
		m.young = make(map[lookup]any, keptRows)
	}
	m.young[l] = row
}
