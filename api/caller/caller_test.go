package caller_test

import (
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/brama-pay/brama/api/caller"
)

func TestAddressBelievesOnlyTrustedProxies(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for _, c := range []struct {
		peer string
		hops []string
		want string
	}{
		{"192.0.2.1:5", nil, "192.0.2.1"},
		{"192.0.2.1:5", []string{"198.51.100.7"}, "192.0.2.1"}, // a stranger's word
		{"10.1.1.1:5", []string{"198.51.100.7"}, "198.51.100.7"},
		{"10.1.1.1:5", []string{"203.0.113.9, 198.51.100.7", "10.2.2.2"}, "198.51.100.7"}, // what the client wrote stands before
		{"10.1.1.1:5", []string{"198.51.100.7, unknown"}, ""},
		{"10.1.1.1:5", []string{"", " , "}, "10.1.1.1"},
		{"[::ffff:10.1.1.1]:5", []string{"::ffff:198.51.100.7"}, "198.51.100.7"},
		{"10.1.1.1:5", []string{"203.0.113.7:443"}, "203.0.113.7"},
		{"10.1.1.1:5", []string{"198.51.100.7, 10.2.2.2:9090"}, "198.51.100.7"}, // the port hides no proxy
		{"10.1.1.1:5", []string{"[::1]:443"}, "::1"},
		{"10.1.1.1:5", []string{"[2001:db8::7]"}, "2001:db8::7"},
		{"10.1.1.1:5", []string{"2001:db8::7"}, "2001:db8::7"},
		{"10.1.1.1:5", []string{"203.0.113.7:port"}, ""},
		{"10.1.1.1:5", []string{"[203.0.113.7]"}, ""},
		{"nonsense", []string{"198.51.100.7"}, ""},
	} {
		r := httptest.NewRequest("POST", "/", nil)
		r.RemoteAddr = c.peer
		for _, hop := range c.hops {
			r.Header.Add("X-Forwarded-For", hop)
		}
		got := ""
		if at := caller.Address(r, trusted); at.IsValid() {
			got = at.String()
		}
		if got != c.want {
			t.Errorf("%s %q: %q, want %q", c.peer, c.hops, got, c.want)
		}
	}
}
