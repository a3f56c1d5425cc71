package main

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// hosts are the names that the operators' pages answer to. A page of a stranger
// whose name is made to lead to our address (DNS rebinding) is at home here for the
// browser: neither the origin nor a cookie tells it from ours, its name does.
type hosts struct {
	names     []string // in lower case, without a port
	addresses []netip.Addr
}

// newHosts are the names and addresses that were given: hosts, host:port or URLs.
func newHosts(given ...string) *hosts {
	h := &hosts{}
	for _, one := range given {
		if at, err := url.Parse(one); err == nil && at.Host != "" {
			one = at.Host
		}
		one = hostOf(one)
		if address, err := netip.ParseAddr(one); err == nil && !address.IsUnspecified() {
			h.addresses = append(h.addresses, address.WithZone("").Unmap())
		} else if one != "" {
			h.names = append(h.names, one)
		}
	}
	return h
}

// hostOf is a host as it is compared: without its port, the brackets of IPv6, the
// dot at the end of a full name, in lower case.
func hostOf(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// aHost is a name as a browser sends it. One that is not in ASCII comes as xn--….
var aHost = regexp.MustCompile(`^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$`)

// checkHost refuses a further name that no request could have: it would open nothing,
// and whoever set it believed that it does.
func checkHost(given string) error {
	host := hostOf(given)
	_, port, _ := net.SplitHostPort(given)
	_, err := netip.ParseAddr(host)
	if given == "" || (err == nil || aHost.MatchString(host)) && strings.Trim(port, "0123456789") == "" {
		return nil
	}
	return fmt.Errorf("--admin-host: %q is not a name such as admin.example; write each whole, without *, scheme, path or space, with commas between", given)
}

// knows reports whether a request is for one of them: this machine's own name, the
// address at which it arrived, or one that was given.
func (h *hosts) knows(r *http.Request) bool {
	host := hostOf(r.Host)
	address, err := netip.ParseAddr(host)
	if err != nil {
		return host == "localhost" || slices.Contains(h.names, host)
	}
	address = address.WithZone("").Unmap()
	return address.IsLoopback() || address == arrival(r) || slices.Contains(h.addresses, address)
}

// arrival is the address of ours at which a request arrived.
func arrival(r *http.Request) netip.Addr {
	at, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if at == nil {
		return netip.Addr{}
	}
	parsed, err := netip.ParseAddrPort(at.String())
	if err != nil {
		return netip.Addr{}
	}
	return parsed.Addr().WithZone("").Unmap()
}

// guard answers nothing to whoever comes for another name, and says which setting
// gives the server one more.
func (h *hosts) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.knows(r) {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusMisdirectedRequest)
		fmt.Fprintf(w, "This server does not go by the name %q. If it should: serve with --admin-host NAME, or BRAMA_ADMIN_HOST.\n", cut(r.Host, 100))
	})
}

func cut(text string, most int) string {
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}

// pages takes what a server serves.
type pages interface {
	Handle(pattern string, next http.Handler)
}

// guarded are pages on a server that shops use too, under whatever name: these
// answer to its own names alone.
type guarded struct {
	pages
	hosts *hosts
}

// Handle puts a page there.
func (g guarded) Handle(pattern string, next http.Handler) {
	g.pages.Handle(pattern, g.hosts.guard(next))
}
