package shop

import (
	"slices"
	"strconv"

	"github.com/brama-pay/brama/db"
)

// maxDisabled bounds the list of URLs that answered 410; the oldest leave first.
const maxDisabled = 32

// DisableURL stops callbacks to a URL whose receiver answered 410 (api/avanor.md
// §8), until an operator sets it again. The URL stays in the settings, so that
// it can be seen what was there.
type DisableURL struct {
	Shop  int64
	URL   string
	Actor string // "callback", when the sender found out
}

// Reads names the shop's row and the end of its audit chain.
func (u DisableURL) Reads(r *db.Reads) { readForChange(r, u.Shop) }

// Decide answers whether the URL was enabled before.
func (u DisableURL) Decide(s *db.State) (bool, error) {
	row, err := Find(s, u.Shop)
	if err != nil {
		return false, err
	}
	settings, err := row.Settings()
	if err != nil || !settings.Enabled(u.URL) {
		return false, err
	}
	list := append(slices.Clone(settings.Disabled), u.URL)
	settings.Disabled = list[max(0, len(list)-maxDisabled):]
	row.Stored = settings.text()
	save(s, row, u.Actor, "shop.callback.disable", "410 from "+strconv.Quote(u.URL))
	return true, nil
}
