package callback_test

import (
	"testing"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/fault"
)

func TestCheckID(t *testing.T) {
	for id, reserved := range map[string]bool{
		"order-1": false, "brama-doctor": false, "": false, "my-brama-doctor-1": false, "brama-doctor-": true, "Brama-Doctor-x-1": true,
	} {
		if err := callback.CheckID("shop_order_id", id); fault.Is(err, fault.Invalid) != reserved {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestShownURL(t *testing.T) {
	for address, want := range map[string]string{
		"https://shop.example/hook?token=t0p&type=invoice": "https://shop.example/hook?token=…&type=invoice",
		"https://ann:pw@shop.example/hook":                 "https://shop.example/hook",
		"https://shop.example/?t0p":                        "https://shop.example/?…",
		"http://[::1":                                      "(not a URL)",
	} {
		if got := callback.ShownURL(address); got != want {
			t.Errorf("%s shows as %s", address, got)
		}
	}
}
