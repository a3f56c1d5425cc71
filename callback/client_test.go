package callback

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"code.dny.dev/ssrf"
)

func TestWhichAddressesMayBeCalled(t *testing.T) {
	opened := []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd00::/64")}
	tests := []struct {
		what, address string
		plain, opened bool
	}{
		{"public", "93.184.215.14:443", true, true},
		{"public, another port", "93.184.215.14:8443", true, true},
		{"public IPv6", "[2606:4700::1111]:443", true, true},
		{"loopback", "127.0.0.1:80", false, false},
		{"all of loopback", "127.8.9.1:80", false, false},
		{"IPv6 loopback", "[::1]:80", false, false},
		{"unspecified", "0.0.0.0:80", false, false},
		{"IPv6 unspecified", "[::]:80", false, false},
		{"private, opened", "10.1.2.3:80", false, true},
		{"private, not opened", "10.2.2.3:80", false, false},
		{"private 172", "172.16.0.1:80", false, false},
		{"private 192", "192.168.1.1:80", false, false},
		{"carrier-grade NAT", "100.64.0.1:80", false, false},
		{"link-local, the clouds' metadata", "169.254.169.254:80", false, false},
		{"IPv6 link-local", "[fe80::1]:80", false, false},
		{"IPv6 local, opened", "[fd00::1]:80", false, true},
		{"IPv6 local, not opened", "[fd01::1]:80", false, false},
		{"multicast", "224.0.0.1:80", false, false},
		{"IPv6 multicast", "[ff02::1]:80", false, false},
		{"broadcast", "255.255.255.255:80", false, false},
		{"benchmarking", "198.18.0.1:80", false, false},
		{"documentation", "203.0.113.7:80", false, false},
		{"IPv4 in IPv6", "[::ffff:127.0.0.1]:80", false, false},
		{"NAT64 to loopback", "[64:ff9b::7f00:1]:80", false, false},
		{"6to4 of a private address", "[2002:0a00:0001::1]:80", false, false},
		{"Teredo", "[2001::1]:80", false, false},
	}
	for _, test := range tests {
		t.Run(test.what, func(t *testing.T) {
			for _, guard := range []struct {
				Guard
				want bool
			}{{Guard{}, test.plain}, {Guard{Allow: opened}, test.opened}} {
				network := "tcp4"
				if strings.HasPrefix(test.address, "[") {
					network = "tcp6"
				}
				err := guard.guardian().Safe(network, test.address, nil)
				if (err == nil) != guard.want {
					t.Errorf("with %v: %v", guard.Allow, err)
				}
			}
		})
	}
}

// TestANameThatLeadsInside: the check is on the address that is dialled, so it
// makes no difference what the name looked like or resolved to before.
// What a URL shows by itself is what its dialling would find, and nothing is dialled.
func TestWhatAURLShows(t *testing.T) {
	opened := []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("::1/128")}
	for _, test := range []struct{ url, plain, opened string }{
		{"http://127.0.0.1:19050/x", "127.0.0.1", "127.0.0.1"},
		{"https://localhost/x", "127.0.0.1", "127.0.0.1"},
		{"https://LOCALHOST./x", "127.0.0.1", "127.0.0.1"},
		{"https://[::ffff:127.0.0.1]/x", "127.0.0.1", "127.0.0.1"},
		{"https://[::1]:8443/x", "::1", ""},
		{"https://10.1.2.3/x", "10.1.2.3", ""},
		{"https://10.2.2.3/x", "10.2.2.3", "10.2.2.3"},
		{"https://169.254.169.254/x", "169.254.169.254", "169.254.169.254"},
		{"https://[fe80::1%25eth0]/x", "fe80::1", "fe80::1"},
		{"https://93.184.215.14/x", "", ""},
		{"https://[2606:4700::1111]/x", "", ""},
		{"https://shop.example/x", "", ""},
		{"https://127.0.0.1.shop.example/x", "", ""},
		{"no url%", "", ""},
	} {
		for _, guard := range []struct {
			Guard
			want string
		}{{Guard{}, test.plain}, {Guard{Allow: opened}, test.opened}} {
			got := ""
			if at := guard.Forbids(test.url); at.IsValid() {
				got = at.String()
			}
			if got != guard.want {
				t.Errorf("%s with %v opened: %q, want %q", test.url, guard.Allow, got, guard.want)
			}
		}
	}
}

func TestANameThatLeadsInside(t *testing.T) {
	reached := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer server.Close()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	resolver := resolverTo(t, [4]byte{127, 0, 0, 1})
	for _, host := range []string{"shop.example.com", "localhost", "127.0.0.1", "127.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]"} {
		_, err := post(NewClient(Guard{Resolver: resolver}), "http://"+host+":"+port)
		if err == nil || reached {
			t.Errorf("%s was called", host)
		}
		if host == "shop.example.com" && !errors.Is(err, ssrf.ErrProhibitedIP) {
			t.Errorf("%s: %v", host, err)
		}
	}
	if _, err := post(NewClient(Guard{Resolver: resolver, Allow: Loopback()}), "http://shop.example.com:"+port); err != nil || !reached {
		t.Errorf("loopback was opened and is not called: %v", err)
	}
	if failure := unanswered(t.Context(), wrapped(NewClient(Guard{}), "http://127.0.0.1/?token=t0p")); !strings.Contains(failure.text, "--allow-callback-to") || strings.Contains(failure.text, "t0p") {
		t.Errorf("failure %q", failure.text)
	}
}

func wrapped(client *http.Client, url string) error { _, err := post(client, url); return err }

func post(client *http.Client, url string) (int, error) {
	answer, err := client.Post(url, "text/plain", strings.NewReader("x"))
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	return answer.StatusCode, nil
}

// resolverTo answers every question for an IPv4 address with one address.
func resolverTo(t *testing.T, ip [4]byte) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			_, _ = conn.WriteTo(dnsAnswer(buffer[:n], ip), from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp4", conn.LocalAddr().String())
	}}
}

// dnsAnswer repeats the question and answers it, when it asks for an A record.
func dnsAnswer(query []byte, ip [4]byte) []byte {
	end := 12
	for query[end] != 0 {
		end += int(query[end]) + 1
	}
	end += 5
	answer := append([]byte{}, query[:end]...)
	answer[2], answer[3] = 0x81, 0x80
	isA := binary.BigEndian.Uint16(query[end-4:]) == 1
	binary.BigEndian.PutUint16(answer[6:], 0)
	binary.BigEndian.PutUint32(answer[8:], 0)
	if isA {
		binary.BigEndian.PutUint16(answer[6:], 1)
		answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
		answer = append(answer, ip[:]...)
	}
	return answer
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }))
	defer inside.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		outside := httptest.NewServer(http.RedirectHandler(inside.URL, status))
		got, err := post(NewClient(Guard{Allow: Loopback()}), outside.URL)
		if err != nil || got != status {
			t.Errorf("%d: %d, %v", status, got, err)
		}
		outside.Close()
	}
}

// An answer of a gigabyte is read as far as its limit and not further.
func TestAHugeAnswerIsCut(t *testing.T) {
	written := make(chan int, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		total, block := 0, make([]byte, 1<<16)
		for total < 1<<30 {
			n, err := w.Write(block)
			total += n
			if err != nil {
				break
			}
		}
		written <- total
	}))
	defer server.Close()
	answer, err := NewClient(Guard{Allow: Loopback()}).Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	status, failure := judge(t.Context(), answer, true)
	answer.Body.Close()
	if failure == nil || status != 0 {
		t.Errorf("%d, %v", status, failure)
	}
	if total := <-written; total > 64<<20 {
		t.Errorf("%d bytes were taken", total)
	}
}

func TestHugeHeadersAreRefused(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Long", strings.Repeat("x", 1<<20))
	}))
	defer server.Close()
	if _, err := post(NewClient(Guard{Allow: Loopback()}), server.URL); err == nil {
		t.Error("a megabyte of headers was taken")
	}
}

// A receiver that is slow, before its answer or within its body, is cut.
func TestASlowAnswerIsCut(t *testing.T) {
	for _, headers := range []bool{false, true} {
		stop := make(chan struct{})
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if headers {
				_, _ = io.WriteString(w, "O")
				w.(http.Flusher).Flush()
			}
			<-stop
		}))
		client := NewClient(Guard{Allow: Loopback()})
		client.Timeout = 100 * time.Millisecond // the real one is held by TestATryEndsWithinItsLease
		answer, err := client.Get(server.URL)
		failure := &refusal{}
		if headers && err == nil {
			_, failure = judge(t.Context(), answer, true)
			answer.Body.Close()
		} else {
			failure = unanswered(t.Context(), err)
		}
		if failure == nil || failure.text != "no answer in time" || failure.verdict != failed {
			t.Errorf("headers %v: %+v", headers, failure)
		}
		close(stop)
		server.Close()
	}
}

func TestNoProxyIsAsked(t *testing.T) {
	asked := false
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer proxy.Close()
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("http_proxy", proxy.URL)
	_, _ = post(NewClient(Guard{Allow: Loopback(), Resolver: resolverTo(t, [4]byte{127, 0, 0, 1})}), "http://shop.example.com:1")
	if asked {
		t.Error("the proxy of the environment was asked")
	}
}
