package console

import (
	"slices"

	"github.com/brama-pay/brama/operator"
)

// Address is a page or an act of the console, as it is seen from outside.
type Address struct {
	Pattern string // method and path, as net/http's mux reads them
	Needs   operator.Permission
	Outside bool // it answers whoever is not signed in
}

// Addresses lists all that the console serves but for its own script and style, so
// that whoever looks at the whole of it – tests that nothing stands open, or shows
// what it must not – looks at what is added later too.
func Addresses() []Address {
	var list []Address
	for _, at := range pages() {
		list = append(list, Address{at.pattern, at.needs, slices.Contains(at.stages, operator.Outside)})
	}
	return list
}
