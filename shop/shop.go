// Package shop is the room of the shops: who they are, their secrets, addresses,
// URLs and settings, and the look-up that the doors use.
//
// It must not know a wire protocol, nor what an invoice or a payout is: other
// rooms read a shop's row and settings in their own decisions.
package shop

import (
	"context"
	"database/sql"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
)

// MaxID is the greatest number of a shop: pay sessions carry it in 48 bits.
const MaxID int64 = 1<<48 - 1

// Shop is a shop's row. Its row is also the lock under which everything of the
// shop is decided.
type Shop struct {
	ID            int64
	Name          string
	Active        bool
	Secret        string // sealed; the one that counts, the new one while rotating
	OldSecret     string // sealed; valid beside it until the rotation is finished, else ""
	WebhookKey    string // sealed, likewise
	OldWebhookKey string
	Stored        string // the settings as they are kept; see Settings
	CreatedAt     int64  // Unix milliseconds
	UpdatedAt     int64
	Version       int64
}

const columns = "id, name, active, secret, old_secret, webhook_key, old_webhook_key, settings, created_at, updated_at, version"

var shops = db.NewTable("shop", columns, "id", func(p *Shop) []any {
	return []any{&p.ID, &p.Name, &p.Active, &p.Secret, &p.OldSecret, &p.WebhookKey, &p.OldWebhookKey, &p.Stored, &p.CreatedAt, &p.UpdatedAt, &p.Version}
})

// Read names a shop's row. It gives the row once it is loaded, as db's Read does.
func Read(r *db.Reads, id int64) *Shop { return shops.Read(r, id) }

// Find is a shop's row in a decision whose Reads named it; fault.ShopNotFound
// when there is none. The house (0) is no shop.
func Find(s *db.State, id int64) (*Shop, error) {
	if id <= 0 {
		return nil, NotFound(id)
	}
	found, ok := shops.Find(s, id)
	if !ok {
		return nil, NotFound(id)
	}
	return found, nil
}

// Put places a shop's row into a state made by db.NewState, for tests of other rooms.
func Put(s *db.State, row Shop) { shops.Put(s, &row) }

// NotFound is the fault of an unknown shop, in the recorded words (api/avanor.md §2).
func NotFound(id int64) error {
	return fault.New(fault.ShopNotFound, "Shop (id = %d) is not found", id)
}

// Open is fault.ShopOff unless the shop is active.
func (p *Shop) Open() error {
	if !p.Active {
		return fault.New(fault.ShopOff, "Shop (id = %d) is not active", p.ID)
	}
	return nil
}

// Settings are the row's settings, defaults filled in.
func (p *Shop) Settings() (Settings, error) { return parseSettings(p.Stored) }

// Rotating reports whether an old secret or webhook key is still valid.
func (p *Shop) Rotating() bool { return p.OldSecret != "" || p.OldWebhookKey != "" }

// Load is a shop's row outside of a decision; fault.ShopNotFound when there is none.
func Load(ctx context.Context, from *sql.DB, id int64) (*Shop, error) {
	if id <= 0 || id > MaxID {
		return nil, NotFound(id)
	}
	row, err := shops.First(ctx, from, "id = $1", id)
	if err != nil {
		return nil, err
	}
	if row == nil {
		return nil, NotFound(id)
	}
	return row, nil
}

// List are up to limit shops behind the number after, by number. The house is not among them.
func List(ctx context.Context, from *sql.DB, after int64, limit int) ([]*Shop, error) {
	return shops.Select(ctx, from, "id > $1 ORDER BY id LIMIT $2", max(after, 0), limit)
}
