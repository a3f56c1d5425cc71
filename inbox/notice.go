package inbox

import (
	"context"
	"database/sql"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/provider"
)

// Notice is what is kept of a verified notice: of whom it speaks, never its text.
type Notice struct {
	Shop        int64
	ID          int64
	Provider    string // the provider account's name
	Fingerprint string
	Operation   int64
	N           int64
	Received    int64 // how often
	At          int64 // first, Unix ms
	Version     int64
}

var notices = db.NewTable("notice", "shop_id, id, provider, fingerprint, operation, n, received, at, version", "id, shop_id",
	func(n *Notice) []any {
		return []any{&n.Shop, &n.ID, &n.Provider, &n.Fingerprint, &n.Operation, &n.N, &n.Received, &n.At, &n.Version}
	})

var byFingerprint = notices.Unique("fingerprint, provider, shop_id")

// keep is the use case that stores a notice, or counts its repeat.
type keep struct {
	account string
	notice  provider.Notice
}

func (k keep) Reads(r *db.Reads) {
	byFingerprint.Read(r, k.notice.Fingerprint, k.account, k.notice.Shop)
}

func (k keep) Decide(s *db.State) (struct{}, error) {
	if known, ok := byFingerprint.Find(s, k.notice.Fingerprint, k.account, k.notice.Shop); ok {
		known.Received++
		notices.Update(s, known)
		return struct{}{}, nil
	}
	notices.Insert(s, &Notice{
		Shop: k.notice.Shop, ID: s.NewID(), Provider: k.account, Fingerprint: k.notice.Fingerprint,
		Operation: k.notice.Operation, N: k.notice.N, Received: 1, At: s.Now(),
	})
	return struct{}{}, nil
}

// find reports whether a notice was stored before. Being wrong about it does no
// harm: a notice applied twice asks twice.
func find(ctx context.Context, d *db.DB, account string, n provider.Notice) (bool, error) {
	known, err := notices.First(ctx, d.Reader(), "fingerprint = $1 AND provider = $2 AND shop_id = $3", n.Fingerprint, account, n.Shop)
	return known != nil, err
}

// List are the notices about an operation, oldest first. For the console.
func List(ctx context.Context, from *sql.DB, shop, operation int64) ([]*Notice, error) {
	return notices.Select(ctx, from, "shop_id = $1 AND operation = $2 ORDER BY id LIMIT 1000", shop, operation)
}
