package callback

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"code.dny.dev/ssrf"
)

// Guard says which addresses may be called beside public ones.
type Guard struct {
	Allow    []netip.Prefix // opened by --allow-callback-to; a demo opens loopback
	Resolver *net.Resolver  // nil is the system's
}

// Loopback are the prefixes that a demo opens.
func Loopback() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
}

// NewClient is an HTTP client for calling URLs that a shop chose. The address is
// checked when it is dialled, after every name was resolved, so that a name
// cannot lead to a private place. It follows no redirect, uses no proxy, keeps no
// cookie, and ends a request – the reading of its answer too – within the lease.
func NewClient(guard Guard) *http.Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second, Resolver: guard.Resolver, Control: guard.guardian().Safe}
	return &http.Client{
		Timeout: timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
		Transport: &http.Transport{
			Proxy:                  nil, // not even from the environment: it would dial for us
			DialContext:            dialer.DialContext,
			ForceAttemptHTTP2:      true,
			DisableCompression:     true, // what is read is what came
			TLSHandshakeTimeout:    5 * time.Second,
			MaxResponseHeaderBytes: 32 << 10,
			MaxConnsPerHost:        16,
			MaxIdleConnsPerHost:    4,
			MaxIdleConns:           128,
			IdleConnTimeout:        30 * time.Second,
		},
	}
}

// Forbids is the address to which a client of NewClient never goes for this URL, as
// far as the URL itself shows it: its host is an address, or localhost, and the guard
// does not let it through. Invalid when it does, and for a name: where that leads to is
// found out when it is dialled.
func (g Guard) Forbids(to string) netip.Addr {
	u, err := url.Parse(to)
	if err != nil {
		return netip.Addr{}
	}
	at, err := literal(u.Hostname())
	if err != nil || g.guardian().SafeAddr(at) == nil {
		return netip.Addr{}
	}
	return at
}

// literal is a host that is an address by itself.
func literal(host string) (netip.Addr, error) {
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		host = "127.0.0.1"
	}
	at, err := netip.ParseAddr(host)
	return at.Unmap().WithZone(""), err
}

func (g Guard) guardian() *ssrf.Guardian {
	var v4, v6 []netip.Prefix
	for _, prefix := range g.Allow {
		if prefix.Addr().Is4() {
			v4 = append(v4, prefix)
		} else {
			v6 = append(v6, prefix)
		}
	}
	return ssrf.New(ssrf.WithAnyPort(), ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...))
}
