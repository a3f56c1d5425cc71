package invoice

import "github.com/brama-pay/brama/db"

// joinedText is the text that a store's create joined to and signed. Where the
// protocol puts no separator between fields, another order may join to the same
// text: it is refused (api/payparts.md §7).
type joinedText struct {
	Shop    int64
	Source  string
	Joined  string // a digest of the text
	Invoice int64
}

var joinedTexts = db.NewTable("joined_text", "shop_id, source, joined, invoice_id", "joined, shop_id, source", func(j *joinedText) []any {
	return []any{&j.Shop, &j.Source, &j.Joined, &j.Invoice}
})
