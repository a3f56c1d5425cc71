package operator

import (
	"context"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
)

// setting is a fact of the whole installation.
type setting struct {
	Name    string
	Value   string
	Version int64
}

var settings = db.NewTable("house", "name, value, version", "name", func(x *setting) []any { return []any{&x.Name, &x.Value, &x.Version} })

// fourEyes is the setting; it is on unless it says off.
const (
	fourEyes = "four_eyes"
	on       = "on"
	off      = "off"
)

func isFourEyes(s *db.State) bool {
	found, ok := settings.Find(s, fourEyes)
	return !ok || found.Value != off
}

// FourEyes reports whether what one operator proposes waits for another.
func (p *Operators) FourEyes(ctx context.Context) (bool, error) {
	found, err := settings.First(ctx, p.DB.Reader(), "name = $1", fourEyes)
	return found == nil || found.Value != off, err
}

// SetFourEyes turns it on or off: a company of one person has nobody else to
// decide. It is for the command line alone, so that nobody turns it off in the
// console to approve the own act.
type SetFourEyes struct {
	On    bool
	Actor string
}

// Reads names the setting and the house's audit.
func (u SetFourEyes) Reads(r *db.Reads) {
	settings.Read(r, fourEyes)
	audit.Read(r, db.House)
}

// Decide answers whether anything changed.
func (u SetFourEyes) Decide(s *db.State) (bool, error) {
	if isFourEyes(s) == u.On {
		return false, nil
	}
	value := off
	if u.On {
		value = on
	}
	if row, found := settings.Find(s, fourEyes); found {
		row.Value = value
		settings.Update(s, row)
	} else {
		settings.Insert(s, &setting{Name: fourEyes, Value: value})
	}
	audit.Append(s, db.House, u.Actor, "house.four-eyes", "the house", value)
	return true, nil
}
