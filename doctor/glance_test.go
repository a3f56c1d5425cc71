package doctor_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/doctor"
)

// What can be seen of an address is said, and nothing of a good one.
func TestGlance(t *testing.T) {
	const never, plain = "no callback goes to ", "http:// is not encrypted"
	ours := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("127.0.0.0/8")}
	for _, test := range []struct {
		address string
		allow   []netip.Prefix
		want    []string
	}{
		{"https://shop.example/cb", nil, nil},
		{"", nil, nil},
		{"http://shop.example/cb", nil, []string{plain}},
		{"http://127.0.0.1:19050/x", nil, []string{never + "127.0.0.1, which is no public address, unless brama serve has --allow-callback-to 127.0.0.1/32"}},
		{"https://[fd00::1]/x", nil, []string{never + "fd00::1, which is no public address, unless brama serve has --allow-callback-to fd00::1/128"}},
		{"http://10.0.0.7/x", nil, []string{never, plain}},
		{"http://10.0.0.7/x", ours, []string{plain}},
		{"https://10.0.0.7/x", ours, nil},
		{"http://127.0.0.1:8080/demo", ours, nil},
	} {
		d := &doctor.Doctor{Guard: callback.Guard{Allow: test.allow}}
		got := d.Glance(test.address)
		same := len(got) == len(test.want)
		for i := range got {
			same = same && strings.HasPrefix(got[i], test.want[i])
		}
		if !same {
			t.Errorf("%s with %v opened: %q, want %q", test.address, test.allow, got, test.want)
		}
	}
}
