// Package caller says from which address a request came: the peer's, or what
// proxies of ours say of it. Doors use it; it knows HTTP and nothing else.
package caller

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Address is the peer's, or, when that is one of the trusted proxies, the last hop
// of X-Forwarded-For that is not. An unreadable hop is no address, which is on
// nobody's list.
func Address(r *http.Request, trusted []netip.Prefix) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	at := peer.Addr().Unmap().WithZone("")
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && ours(at, trusted); i-- {
		hop := strings.TrimSpace(hops[i])
		if hop == "" {
			continue
		}
		next := hopAddress(hop)
		if !next.IsValid() {
			return netip.Addr{}
		}
		at = next.Unmap().WithZone("")
	}
	return at
}

// hopAddress reads a hop as proxies write it: an address, an address with its
// port, or an IPv6 address in brackets.
func hopAddress(hop string) netip.Addr {
	if with, err := netip.ParseAddrPort(hop); err == nil {
		return with.Addr()
	}
	if inner, ok := strings.CutPrefix(hop, "["); ok {
		if inner, ok = strings.CutSuffix(inner, "]"); ok && strings.Contains(inner, ":") {
			hop = inner
		}
	}
	at, _ := netip.ParseAddr(hop)
	return at
}

func ours(at netip.Addr, trusted []netip.Prefix) bool {
	return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(at) })
}
