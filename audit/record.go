package audit

import "github.com/brama-pay/brama/db"

// Record is an act that changes nothing else and is to be kept all the same: who
// took a list away, who looked through the books. It runs under the shop's lock.
type Record struct {
	Shop    int64 // 0: the house
	Actor   string
	Act     string
	Subject string
	Detail  string // never a secret
}

// Reads names the end of the shop's chain.
func (u Record) Reads(r *db.Reads) { Read(r, u.Shop) }

// Decide appends the link.
func (u Record) Decide(s *db.State) (struct{}, error) {
	Append(s, u.Shop, u.Actor, u.Act, u.Subject, u.Detail)
	return struct{}{}, nil
}
