package main

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/brama-pay/brama/callback"
)

// What is in every payer's link must be an address: it is found out at the start and
// not by a payer.
func TestPublicURLIsAnAddress(t *testing.T) {
	for address, good := range map[string]bool{
		"": true, "https://pay.example": true, "https://pay.example/": true, "http://127.0.0.1:8080": true, "https://pay.example:8443/gate": true, "http://[::1]:80": true,
		"pay.example": false, "pay.example:8080": false, "//pay.example": false, "https://": false, "https://:443": false, "ftp://pay.example": false,
		"https://pay.example/?a=1": false, "https://pay.example/#a": false, "https://ann:pw@pay.example": false, "https://pay example": false, "https:pay.example": false,
	} {
		err := (&serveCommand{Listen: "127.0.0.1:0", PublicURL: address}).check()
		if (err == nil) != good || err != nil && !strings.HasPrefix(err.Error(), "--public-url: ") {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// What is opened for a bank is opened for no shop, and the other way round.
func TestTheBanksLineIsNotTheShops(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	here := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	for _, c := range []serveCommand{{AllowCallbackTo: here}, {AllowProviderTo: here}} {
		w := c.wiring()
		for what, one := range map[string]struct {
			client *http.Client
			opened []netip.Prefix
		}{
			"callbacks": {callback.NewClient(callback.Guard{Allow: w.allow}), c.AllowCallbackTo},
			"providers": {providerClient(w.allowProviders), c.AllowProviderTo},
		} {
			answer, err := one.client.Get(server.URL)
			if err == nil {
				answer.Body.Close()
			}
			if reached := err == nil; reached != (len(one.opened) > 0) {
				t.Errorf("%s, opened to %v: %v", what, one.opened, err)
			}
		}
	}
}
