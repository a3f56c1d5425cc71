package avanor_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/brama-pay/brama/client/avanor"
)

// TestRefusalsByCode: every code of api/avanor.md §9 is matched by its own
// name, and only 23 and 99 leave the outcome open.
func TestRefusalsByCode(t *testing.T) {
	codes := map[int]avanor.Code{
		1: avanor.ErrPaywayNotFound, 2: avanor.ErrPaywayOff, 3: avanor.ErrPaywayClosed, 4: avanor.ErrTooSmall,
		5: avanor.ErrTooLarge, 6: avanor.ErrNotUnique, 7: avanor.ErrNotFound, 8: avanor.ErrBusy, 9: avanor.ErrBalance,
		10: avanor.ErrParameter, 11: avanor.ErrShopNotFound, 12: avanor.ErrShopOff, 13: avanor.ErrAccountNotFound,
		14: avanor.ErrAccountStatus, 15: avanor.ErrAddressDenied, 16: avanor.ErrNoRate, 17: avanor.ErrNoContract,
		18: avanor.ErrAccountType, 19: avanor.ErrAggregator, 20: avanor.ErrProjectInvalid, 21: avanor.ErrProjectOff,
		22: avanor.ErrDeclined, 23: avanor.ErrUnavailable, 24: avanor.ErrOverloaded, 99: avanor.ErrInternal,
	}
	for number, code := range codes {
		g := newGateway(t, fmt.Sprintf(`{"data":null,"error_code":%d,"message":"why","result":false}`+"\n", number))
		env, err := g.client(t).Call(t.Context(), "shop_balance", nil)
		var refused *avanor.Error
		if !errors.As(err, &refused) || refused.Code != code || refused.Message != "why" || !errors.Is(err, code) {
			t.Errorf("code %d: %v", number, err)
		}
		for _, other := range codes {
			if errors.Is(err, other) != (other == code) {
				t.Errorf("code %d and %v are confused", number, other)
			}
		}
		if unknown := number == 23 || number == 99; errors.Is(err, avanor.ErrOutcomeUnknown) != unknown {
			t.Errorf("code %d: outcome unknown must be %t", number, unknown)
		}
		if env.Code != code || env.Result || string(env.Data) != "null" || string(env.Raw) != g.answer {
			t.Errorf("code %d: envelope %+v", number, env)
		}
		if strings.HasPrefix(code.Error(), "error code") {
			t.Errorf("code %d has no text", number)
		}
	}
}

// TestRecordedRefusals: the messages that servers of the family send, raw
// quotes inside and all.
func TestRecordedRefusals(t *testing.T) {
	tests := []struct {
		answer string
		code   avanor.Code
		text   string
	}{
		{`{"data":null,"error_code":10,"message":"Incorrect values for parameters: sign=\"Invalid sign, string to sign: \"2023-07-18T13:23:41:357\"\"","result":false}`,
			avanor.ErrParameter, `Incorrect values for parameters: sign="Invalid sign, string to sign: "2023-07-18T13:23:41:357""`},
		{`{"data":null,"error_code":11,"message":"Shop (id = 22222222222) is not found","result":false}`,
			avanor.ErrShopNotFound, "Shop (id = 22222222222) is not found"},
		{`{"data":null,"error_code":6,"message":"Shop_payment_id '1' is not unique for shop(id=17)","result":false}`,
			avanor.ErrNotUnique, "Shop_payment_id '1' is not unique for shop(id=17)"},
		{`{"data":null,"error_code":9,"message":"Insufficient balance(currency=840): shop_write_off=500.0, balance=0.0","result":false}`,
			avanor.ErrBalance, "Insufficient balance(currency=840): shop_write_off=500.0, balance=0.0"},
	}
	for _, test := range tests {
		_, err := newGateway(t, test.answer+"\n").client(t).Balances(t.Context())
		var refused *avanor.Error
		if !errors.As(err, &refused) || refused.Code != test.code || refused.Message != test.text {
			t.Errorf("%v", err)
		}
	}
}

// TestRefusalWithAnotherStatus: 503 while draining carries the envelope too.
func TestRefusalWithAnotherStatus(t *testing.T) {
	g := newGateway(t, `{"data":null,"error_code":23,"message":"Draining","result":false}`)
	g.status = http.StatusServiceUnavailable
	env, err := g.client(t).Call(t.Context(), "shop_balance", nil)
	if !errors.Is(err, avanor.ErrUnavailable) || env.Status != http.StatusServiceUnavailable {
		t.Errorf("%v, status %d", err, env.Status)
	}
}

// TestUnusableAnswers: none may pass for success, none for a definite refusal.
func TestUnusableAnswers(t *testing.T) {
	ok := `"error_code":0,"message":"Ok","result":true`
	answers := map[string]string{
		"nothing":            "",
		"a page":             "<html>502 Bad Gateway</html>",
		"a list":             "[]",
		"half an envelope":   `{"data":{},"error_code":0`,
		"no result":          `{"data":{},"error_code":0,"message":"Ok"}`,
		"no code":            `{"data":{},"message":"Ok","result":true}`,
		"true with a code":   `{"data":{},"error_code":6,"message":"","result":true}`,
		"false without code": `{"data":null,"error_code":0,"message":"","result":false}`,
		"code twice":         `{"data":{},"error_code":6,` + ok + `}`,
		"code in capitals":   `{"data":{},"ERROR_CODE":6,` + ok + `}`,
		"something after":    `{"data":{"id":1,"status":3},` + ok + `}{}`,
		"no id":              `{"data":{"status":3},` + ok + `}`,
		"null id":            `{"data":{"id":null,"status":3},` + ok + `}`,
		"broken id":          `{"data":{"id":1.5,"status":3},` + ok + `}`,
		"id of 2^64":         `{"data":{"id":18446744073709551616,"status":3},` + ok + `}`,
		"data null":          `{"data":null,` + ok + `}`,
		"not UTF-8":          `{"data":{"id":1,"status":3,"rrn":"` + "\xff" + `"},` + ok + `}`,
		"endless":            strings.Repeat(" ", 5<<20),
		"deep":               strings.Repeat(`{"data":`, 20000),
	}
	for what, answer := range answers {
		_, err := newGateway(t, answer).client(t).CreatePayout(t.Context(), avanor.PayoutRequest{})
		var failed *avanor.TransportError
		if !errors.As(err, &failed) || !errors.Is(err, avanor.ErrOutcomeUnknown) || errors.Is(err, avanor.ErrNotSent) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestCutConnectionIsUnknown: closed politely or reset, the request had arrived.
func TestCutConnectionIsUnknown(t *testing.T) {
	for _, reset := range []bool{false, true} {
		var calls atomic.Int32
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			calls.Add(1)
			_, _ = io.Copy(io.Discard, r.Body)
			conn, _, _ := w.(http.Hijacker).Hijack()
			if reset {
				_ = conn.(*net.TCPConn).SetLinger(0)
			}
			_ = conn.Close()
		}))
		c, _ := avanor.New(server.URL, 1, secret)
		_, err := c.CreatePayout(t.Context(), avanor.PayoutRequest{})
		server.Close()
		if !errors.Is(err, avanor.ErrOutcomeUnknown) || errors.Is(err, avanor.ErrNotSent) {
			t.Errorf("reset %t: %v", reset, err)
		}
		if n := calls.Load(); n != 1 {
			t.Errorf("sent %d times", n)
		}
	}
}

// TestEndlessAnswerIsCutOff: a hostile or broken gateway cannot fill our memory.
func TestEndlessAnswerIsCutOff(t *testing.T) {
	var written atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		block := make([]byte, 64<<10)
		for {
			n, err := w.Write(block)
			if written.Add(int64(n)); err != nil {
				return
			}
		}
	}))
	defer server.Close()
	c, _ := avanor.New(server.URL, 1, secret)
	if _, err := c.Balances(t.Context()); !errors.Is(err, avanor.ErrOutcomeUnknown) {
		t.Errorf("error is %v", err)
	}
	server.CloseClientConnections()
	// The sockets' own buffers may hold some megabytes more than was read.
	if n := written.Load(); n > 24<<20 {
		t.Errorf("%d bytes were taken", n)
	}
}

func TestRefusedConnectionSentNothing(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + listener.Addr().String()
	_ = listener.Close()
	c, _ := avanor.New(address, 1, secret)
	_, err = c.CreatePayout(t.Context(), avanor.PayoutRequest{})
	if !errors.Is(err, avanor.ErrNotSent) || errors.Is(err, avanor.ErrOutcomeUnknown) {
		t.Errorf("error is %v", err)
	}
}

// TestCutAnswerIsUnknown: success that breaks off half way is not success.
func TestCutAnswerIsUnknown(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, envelope(`{"id":1,"status":3}`))
	}))
	defer server.Close()
	c, _ := avanor.New(server.URL, 1, secret)
	_, err := c.CreatePayout(t.Context(), avanor.PayoutRequest{})
	if !errors.Is(err, avanor.ErrOutcomeUnknown) || !strings.Contains(err.Error(), "(HTTP 200)") ||
		!strings.Contains(err.Error(), "ask by your own id") {
		t.Errorf("error is %v", err)
	}
}

func TestClientPrintsNoSecret(t *testing.T) {
	c, err := avanor.New("https://api.example", 1, "not-to-be-seen")
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%v %+v %#v", c, *c, *c); strings.Contains(text, "not-to-be-seen") {
		t.Error(text)
	}
}

// TestFailedHandshakeSentNothing: neither a stranger's certificate, nor a server that
// speaks no TLS, nor one that hangs up, has seen any of the request.
func TestFailedHandshakeSentNothing(t *testing.T) {
	strange := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it arrived") }))
	strange.Config.ErrorLog = log.New(io.Discard, "", 0)
	defer strange.Close()
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it arrived") }))
	defer plain.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_ = conn.Close()
		}
	}()
	for _, address := range []string{strange.Listener.Addr().String(), plain.Listener.Addr().String(), listener.Addr().String()} {
		c, _ := avanor.New("https://"+address, 1, secret)
		_, err := c.CreatePayout(t.Context(), avanor.PayoutRequest{})
		if !errors.Is(err, avanor.ErrNotSent) || errors.Is(err, avanor.ErrOutcomeUnknown) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// TestCutAfterAHandshakeIsUnknown: once there was a connection, anything may have left.
func TestCutAfterAHandshakeIsUnknown(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer server.Close()
	c, _ := avanor.New(server.URL, 1, secret, avanor.WithHTTPClient(server.Client()))
	if _, err := c.CreatePayout(t.Context(), avanor.PayoutRequest{}); !errors.Is(err, avanor.ErrOutcomeUnknown) || errors.Is(err, avanor.ErrNotSent) {
		t.Error(err)
	}
}
