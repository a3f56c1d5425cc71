package callback

import (
	"strings"

	"github.com/brama-pay/brama/fault"
)

// TestPrefix begins the shop's own id in test messages (docs/callbacks.md). No
// operation may have such an id, so that no test is ever taken for money.
const TestPrefix = "brama-doctor-"

// CheckID refuses a shop's own id that is of the test messages; field is its name.
func CheckID(field, id string) error {
	if len(id) < len(TestPrefix) || !strings.EqualFold(id[:len(TestPrefix)], TestPrefix) {
		return nil
	}
	return fault.Param(field, "must not begin with "+TestPrefix+", as the ids in test messages do")
}
