package demo

import (
	"strings"
	"testing"
)

// The command that a newcomer copies must reach the gateway that printed it.
func TestTheWelcomesCommandReachesTheGateway(t *testing.T) {
	for url, want := range map[string]string{
		"http://127.0.0.1:8080": "Try:  ./bin/brama call invoice/create shop_order_id=order-1 ",
		"http://127.0.0.1:8099": "Try:  ./bin/brama call --url http://127.0.0.1:8099 invoice/create shop_order_id=order-1 ",
	} {
		if text := Welcome(url, "./bin/brama"); !strings.Contains(text, want) || strings.Contains(text, "%!") {
			t.Errorf("%s: %s", url, text)
		}
	}
}
