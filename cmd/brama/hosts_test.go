package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

// A page of evil.example whose name is made to lead to us must not read the
// operators' pages: the browser holds it for ours.
func TestOperatorsPagesAnswerToTheirOwnNames(t *testing.T) {
	at := net.TCPAddrFromAddrPort(netip.MustParseAddrPort("192.0.2.7:8081"))
	known := newHosts("0.0.0.0:8081", "Admin.Example", "https://pay.example:8443/x", "[2001:db8::1]:8081", "203.0.113.9")
	h := known.guard(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "secret") }))
	for host, want := range map[string]bool{
		"localhost": true, "LocalHost:8081": true, "127.0.0.1:8081": true, "127.8.8.8": true, "[::1]:8081": true, "[::1]": true,
		"admin.example": true, "ADMIN.example.:8081": true, "pay.example:1": true, "[2001:db8::1]:9": true, "203.0.113.9": true,
		"192.0.2.7:8081":        true, // where it arrived, though all addresses are listened on
		"[::ffff:192.0.2.7]":    true,
		"0.0.0.0:8081":          false, // a browser's way to loopback that is nobody's address
		"[::]:8081":             false,
		"192.0.2.8":             false,
		"evil.example":          false,
		"evil.example:8081":     false,
		"admin.example.evil.ex": false,
		"xadmin.example":        false,
		"localhost.evil.ex":     false,
		"a.localhost":           false,
		"127.0.0.1.nip.io":      false,
		"2130706433":            false,
		"admin.example@evil":    false,
		"":                      false,
	} {
		r := httptest.NewRequest(http.MethodGet, "/console/", nil)
		r.Host = host
		r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, at))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Code == http.StatusOK; got != want {
			t.Errorf("%q: answered %d", host, w.Code)
		}
		if !want && (w.Code != http.StatusMisdirectedRequest || !strings.Contains(w.Body.String(), "--admin-host") || strings.Contains(w.Body.String(), "secret")) {
			t.Errorf("%q: %d %s", host, w.Code, w.Body)
		}
	}
}

// In a demo one server has the shops' doors, open to any name, and the operators' pages.
func TestGuardedPagesBesideOpenOnes(t *testing.T) {
	mux := http.NewServeMux()
	ok := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	mux.Handle("/gateway/", ok)
	guarded{mux, newHosts()}.Handle("/console/", ok)
	for path, want := range map[string]int{"/gateway/v1/": http.StatusOK, "/console/": http.StatusMisdirectedRequest} {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Host = "shop.example"
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// A name that no request can have opens nothing: it is refused at the start.
func TestNamesThatAreNoneAreRefused(t *testing.T) {
	for _, name := range []string{"*.foo.com", "admin.foo.com/console", "https://admin.foo.com", "admin foo", " admin.foo.com", "admin..foo", "-a.foo", "a@b", "адмін.укр", "a?b", ".foo.com", "10.0.0.0/8"} {
		c := serveCommand{Listen: "127.0.0.1:0", AdminHost: []string{"admin.example", name}}
		if err := c.check(); err == nil || !strings.Contains(err.Error(), "--admin-host: ") {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"admin.example", "ADMIN.example.", "admin", "admin.example:8443", "10.0.0.1", "[2001:db8::1]:8081", "2001:db8::1", "xn--80aaxitdbjk.example", "pod_1.svc", ""} {
		if err := checkHost(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}
