package provider

import (
	"slices"
	"testing"

	"github.com/brama-pay/brama/db"
)

// What an operator must look at is named once, and is not hidden by what another
// shop has under the same id.
func TestAddByKey(t *testing.T) {
	key := func(k *db.Key) db.Key { return *k }
	load := func(k db.Key) (*db.Key, error) {
		if k.ID == 9 {
			return nil, nil // the list does not seek it
		}
		return &k, nil
	}
	rows, err := AddByKey([]*db.Key{{Shop: 1, ID: 7}, {Shop: 1, ID: 5}}, []db.Key{{Shop: 1, ID: 9}, {Shop: 1, ID: 8}, {Shop: 2, ID: 7}, {Shop: 1, ID: 8}, {Shop: 1, ID: 5}}, key, load)
	var got []db.Key
	for _, k := range rows {
		got = append(got, *k)
	}
	if want := []db.Key{{Shop: 1, ID: 8}, {Shop: 1, ID: 7}, {Shop: 2, ID: 7}, {Shop: 1, ID: 5}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
}
