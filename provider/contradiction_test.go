package provider

import (
	"math"
	"slices"
	"testing"

	"github.com/brama-pay/brama/db"
)

// What an operator must look at is named once, is not hidden by what another shop has
// under the same id, nor by any number of newer ones that the list does not seek.
func TestAddByKey(t *testing.T) {
	shop := func(shop int64, ids ...int64) (keys []db.Key) {
		for _, id := range ids {
			keys = append(keys, db.Key{Shop: shop, ID: id})
		}
		return keys
	}
	known := shop(1, 7, 5)
	tests := map[string]struct {
		named []db.Key // newest first
		limit int
		from  int64
		want  []db.Key
		loads int
	}{
		"once each":           {append(append(shop(1, 9, 8), shop(2, 7)...), shop(1, 8, 5)...), 10, 0, append(append(shop(1, 8, 7), shop(2, 7)...), shop(1, 5)...), 3},
		"behind a whole page": {append(shop(1, 99, 59, 49, 39, 29, 19), shop(1, 8, 6)...), 2, 0, shop(1, 8, 7, 6, 5), 8},
		"a whole page":        {shop(1, 12, 11, 10, 8, 6), 2, 0, shop(1, 12, 11, 10, 7, 5), 3},
		"not before From":     {shop(1, 39, 29, 19, 9, 8), 2, 19, shop(1, 7, 5), 3},
		"none":                {nil, 2, 0, known, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			walk := func(before int64, limit int) (page []db.Key, err error) {
				for _, k := range test.named {
					if k.ID < before && len(page) < limit {
						page = append(page, k)
					}
				}
				return page, nil
			}
			loads := 0
			load := func(k db.Key) (*db.Key, error) {
				if loads++; k.ID%10 == 9 {
					return nil, nil // the list does not seek it
				}
				return &k, nil
			}
			rows, err := AddByKey([]*db.Key{{Shop: 1, ID: 7}, {Shop: 1, ID: 5}}, db.Seek{Before: math.MaxInt64, From: test.from, Limit: test.limit}, walk, func(k *db.Key) db.Key { return *k }, load)
			var got []db.Key
			for _, k := range rows {
				got = append(got, *k)
			}
			if err != nil || !slices.Equal(got, test.want) || loads != test.loads {
				t.Errorf("%v after %d loads, %v; want %v after %d", got, loads, err, test.want, test.loads)
			}
		})
	}
}
