package privatbank

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/brama-pay/brama/provider"
)

// Notices verifies a callback of the bank and says which payment it is about. What
// it claims is not believed: the gateway asks for the state. A genuine one about an
// order that is not ours says nothing to us: others may use the same store.
func (b *Bank) Notices(account provider.Account, _ http.Header, body []byte) ([]provider.Notice, error) {
	client, err := b.client(account)
	if err != nil {
		return nil, err
	}
	heard, err := client.ParseCallback(body)
	if err != nil {
		return nil, err
	}
	shop, operation, first, ok := parse(heard.OrderID)
	if !ok || provider.VerbOf(heard.OrderID) != provider.Authorize {
		return nil, nil
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q", heard.StoreID, heard.OrderID, heard.State, heard.Message))
	return []provider.Notice{{
		Reference: heard.OrderID, Shop: shop, Operation: operation, N: first, Verb: provider.Authorize, Fingerprint: hex.EncodeToString(sum[:16]),
	}}, nil
}

// parse takes a reference apart; see provider.Reference.
func parse(reference string) (shop, operation, first int64, ok bool) {
	parts := strings.Split(reference, "-")
	if len(parts) == 3 {
		parts = append(parts, "1")
	}
	if len(parts) != 4 {
		return 0, 0, 0, false
	}
	var n [3]int64
	for i, text := range parts[1:] {
		var err error
		if n[i], err = strconv.ParseInt(text, 10, 64); err != nil || n[i] < 1 {
			return 0, 0, 0, false
		}
	}
	verb := provider.VerbOf(reference)
	return n[0], n[1], n[2], verb != "" && provider.Reference(verb, n[0], n[1], n[2]) == reference
}
