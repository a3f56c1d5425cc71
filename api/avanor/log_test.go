package avanor

import (
	"strings"
	"testing"
)

// An id of ours is found in the log as it is, though it pass for a card; a card
// in the place of any id is masked.
func TestIDsInTheLog(t *testing.T) {
	const passes, card = "4242424242424242", "6200000000000000000" // both pass Luhn; the second is no id of ours
	for _, test := range []struct{ name, id, want string }{
		{"invoice_id", passes, passes},
		{"withdraw_id", passes, passes},
		{"invoice_id", card, "620000XXXXXXXXX0000"},
		{"invoice_id", "-" + passes, "-424242XXXXXX4242"},
		{"shop_order_id", passes, "424242XXXXXX4242"},
		{"shop_payment_id", "a " + passes, "a 424242XXXXXX4242"},
	} {
		q := &request{fields: map[string]string{test.name: test.id}}
		if text := q.LogValue().String(); !strings.Contains(text, test.name+"="+test.want) {
			t.Errorf("%s %s: %s", test.name, test.id, text)
		}
	}
}
