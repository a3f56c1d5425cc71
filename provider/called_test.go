package provider

import (
	"context"
	"slices"
	"testing"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
)

// calls is a use case that stores calls as they are.
type calls []Attempt

func (calls) Reads(*db.Reads) {}

func (c calls) Decide(s *db.State) (struct{}, error) {
	for i := range c {
		Attempts.Insert(s, &c[i])
	}
	return struct{}{}, nil
}

// What a provider calls a call is found however old it is, by going on from look to
// look; each look says how far it came, and the last that there is nothing older. One
// shop's looks are as short as all shops': they do not go on until enough are its own.
func TestCalled(t *testing.T) {
	defer func(n int) { calledRows = n }(calledRows)
	calledRows = 4
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		ctx := context.Background()
		of := map[int64]calls{}
		for i := range int64(20) {
			shop := 1 + i%2
			a := Attempt{Shop: shop, Operation: i + 1, N: 1, Verb: Payout, Provider: "bank", Reference: Reference(Payout, shop, i+1, 1), Outcome: Succeeded, ProviderID: "B"}
			if i != 2 && i != 17 {
				a.ProviderID = ""
			}
			of[shop] = append(of[shop], a)
		}
		for shop, list := range of {
			if _, err := db.Do(ctx, h.DB, shop, list); err != nil {
				t.Fatal(err)
			}
		}
		for name, test := range map[string]struct {
			shop  int64
			name  string
			want  []int64
			looks int
		}{
			"everywhere": {0, "B", []int64{18, 3}, 6}, "a shop's": {1, "B", []int64{3}, 6}, "a rare shop's": {3, "B", nil, 6}, "a reference": {0, "p-2-2", []int64{2}, 6}, "none": {0, "C", nil, 6},
		} {
			var got []int64
			looks := 0
			for before := int64(0); ; looks++ {
				found, next, err := Called(ctx, h.DB.Reader(), test.shop, test.name, before)
				if err != nil || looks > 20 {
					t.Fatal(looks, err)
				}
				for _, a := range found {
					got = append(got, a.Operation)
				}
				if before = next; next == 0 {
					break
				}
			}
			if !slices.Equal(got, test.want) || looks+1 != test.looks {
				t.Errorf("%s: %v in %d looks, want %v in %d", name, got, looks+1, test.want, test.looks)
			}
		}
	})
}
