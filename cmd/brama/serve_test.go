package main

import (
	"strings"
	"testing"
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
