package payparts_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/brama-pay/brama/client/payparts"
)

// TestHostileAnswers: whatever a liar changes in a signed answer, it passes neither
// for success nor for a definite refusal.
func TestHostileAnswers(t *testing.T) {
	twists := map[string]func(a answer){
		"wrong signature":    func(a answer) { a["signature"] = sig("other") },
		"no signature":       func(a answer) { delete(a, "signature") },
		"signature null":     func(a answer) { a["signature"] = nil },
		"signature in line":  func(a answer) { a["signature"] = a["signature"].(string) + "\n" },
		"listed signature":   func(a answer) { a["signature"] = []any{a["signature"]} },
		"other order":        func(a answer) { a["orderId"] = order + "1" },
		"other store":        func(a answer) { a["storeId"] = "X1114B6L" },
		"order of an object": func(a answer) { a["orderId"] = answer{} },
		"unsigned FAIL":      func(a answer) { a["state"], a["message"] = "FAIL", "no"; delete(a, "signature") },
		"FAIL of a success":  func(a answer) { a["state"], a["message"] = "FAIL", "no" },
		"small letters":      func(a answer) { a["state"] = strings.ToLower(a["state"].(string)) },
		"no state":           func(a answer) { delete(a, "state") },
		"state true":         func(a answer) { a["state"] = true },
		"another message":    func(a answer) { a["message"] = "else" },
		"request's own":      func(a answer) { a["signature"] = sig(store, order) },
		"unknown store, signed wrongly": func(a answer) {
			a["state"], a["message"], a["signature"] = "FAIL", "bad value: Unknown identifier. Store not found.", sig("x")
		},
	}
	methods := map[string]func(ctx context.Context, c *payparts.Client) error{
		"create": func(ctx context.Context, c *payparts.Client) error {
			_, err := c.Create(ctx, vectorRequest())
			return err
		},
		"state": func(ctx context.Context, c *payparts.Client) error {
			_, err := c.State(ctx, order, payparts.Show{})
			return err
		},
		"confirm": func(ctx context.Context, c *payparts.Client) error { _, err := c.Confirm(ctx, order); return err },
		"description": func(ctx context.Context, c *payparts.Client) error {
			_, err := c.Description(ctx, order, "x")
			return err
		},
		"decline": func(ctx context.Context, c *payparts.Client) error {
			_, err := c.Decline(ctx, payparts.DeclineRequest{OrderID: order, Amount: uah(300_00)})
			return err
		},
	}
	states := map[string]string{"state": "SUCCESS", "confirm": "LOCKED", "description": "SUCCESS", "decline": "SUCCESS"}
	for method, call := range methods {
		for what, twist := range twists {
			if method == "confirm" && what == "request's own" {
				continue // that is the setting docs; its cover is tested in TestLife
			}
			b, c := openBank(t)
			b.withState = true
			if state, there := states[method]; there {
				b.payments[order] = &payment{state: state, amount: "300.00"}
			}
			b.twist = func(_ string, a answer) { twist(a) }
			err := call(t.Context(), c)
			var failed *payparts.TransportError
			if !errors.As(err, &failed) || !errors.Is(err, payparts.ErrOutcomeUnknown) || errors.Is(err, payparts.ErrNotSent) {
				t.Errorf("%s, %s: %v", method, what, err)
			}
			if b.asked() != 1 {
				t.Errorf("%s, %s: sent %d times", method, what, b.asked())
			}
		}
	}
}

// TestSignedNonsense: a good signature makes no sense of an answer that has none, and
// the one refusal that may be unsigned is a refusal.
func TestSignedNonsense(t *testing.T) {
	ctx := t.Context()
	for what, err := range map[string]error{
		"another state": second(answering(200, body(answer{"state": "PARTLY", "signature": sig("PARTLY", store, "17")})).
			Decline(ctx, payparts.DeclineRequest{OrderID: "17", Amount: uah(1)})),
		"no state": second(answering(200, body(answer{"signature": sig(store, "17")})).Confirm(ctx, "17")),
		"no payment state": second(answering(200, body(answer{"state": "SUCCESS", "signature": sig("SUCCESS", store, "17")})).
			State(ctx, "17", payparts.Show{})),
		"unknown store, of a success": second(answering(200, body(answer{"state": "SUCCESS", "message": "bad value: Unknown identifier. Store not found."})).
			Decline(ctx, payparts.DeclineRequest{OrderID: "17", Amount: uah(1)})),
	} {
		var failed *payparts.TransportError
		if !errors.As(err, &failed) || !errors.Is(err, payparts.ErrOutcomeUnknown) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// TestStateSlides: the boundary of paymentState and message is not signed, so no
// move of it may turn a pending payment into a paid one.
func TestStateSlides(t *testing.T) {
	good := sig("SUCCESS", store, "17", "OTP_WAITING", "")
	for _, a := range []answer{
		{"paymentState": "", "message": "OTP_WAITING"}, {"message": "OTP_WAITING"},
		{"paymentState": "OTP", "message": "_WAITING"}, {"paymentState": "OTP_WAITIN", "message": "G"},
	} {
		a["state"], a["signature"] = "SUCCESS", good
		p, err := answering(200, body(a)).State(t.Context(), "17", payparts.Show{})
		if err == nil && !p.State.Pending() || err != nil && !errors.Is(err, payparts.ErrOutcomeUnknown) {
			t.Errorf("%v: %v, %v", a, p.State, err)
		}
	}
}

// TestUnusableAnswers: none may pass for success, none for a definite refusal.
func TestUnusableAnswers(t *testing.T) {
	good := string(body(answer{"state": "SUCCESS", "storeId": store, "orderId": order, "signature": sig("SUCCESS", store, order)}))
	refusal := strings.Replace(good, "SUCCESS", "FAIL", 1)
	for what, text := range map[string]string{
		"nothing": "", "a page": "<html>502 Bad Gateway</html>", "a list": "[" + good + "]", "truncated": good[:len(good)-2],
		"something after": good + good, "state twice": strings.Replace(good, "{", `{"state":"FAIL",`, 1),
		"state in capitals": strings.Replace(good, "{", `{"STATE":"FAIL",`, 1), "not UTF-8": strings.Replace(good, "{", "{\"message\":\"\xff\",", 1),
		"huge": good + strings.Repeat(" ", 1<<20), "deep": strings.Repeat(`{"state":`, 20000), "null": "null", "FAIL": refusal,
		"malformed request": `{"state":"FAIL","message":"not a JSON object"}`,
	} {
		for _, status := range []int{200, 400, 404, 500} {
			_, err := answering(status, []byte(text)).Decline(t.Context(), payparts.DeclineRequest{OrderID: order, Amount: uah(1)})
			var failed *payparts.TransportError
			if !errors.As(err, &failed) || failed.Status != status || !errors.Is(err, payparts.ErrOutcomeUnknown) {
				t.Errorf("%s with %d: %v", what, status, err)
			}
		}
	}
}

// TestCutLineAfterActing: the bank returned the money and the answer was lost. The
// client neither repeats nor says that it failed; state knows.
func TestCutLineAfterActing(t *testing.T) {
	b, c := openBank(t)
	b.payments[order] = &payment{state: "SUCCESS", amount: "300.00"}
	b.loseAnswers(true)
	_, err := c.Decline(t.Context(), payparts.DeclineRequest{OrderID: order, Amount: uah(300_00)})
	if !errors.Is(err, payparts.ErrOutcomeUnknown) || errors.Is(err, payparts.ErrNotSent) || b.asked() != 1 {
		t.Errorf("%v after %d calls", err, b.asked())
	}
	b.loseAnswers(false)
	if p, err := c.State(t.Context(), order, payparts.Show{Refund: true}); err != nil || len(p.Refunds) != 1 {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestNothingSentIsSaid(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + listener.Addr().String()
	_ = listener.Close()
	c, _ := payparts.New(address, store, password)
	if _, err := c.Confirm(t.Context(), order); !errors.Is(err, payparts.ErrNotSent) || errors.Is(err, payparts.ErrOutcomeUnknown) {
		t.Errorf("refused connection: %v", err)
	}
	b, c := openBank(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Confirm(ctx, order); !errors.Is(err, payparts.ErrNotSent) || !errors.Is(err, context.Canceled) || b.asked() != 0 {
		t.Errorf("canceled before: %v", err)
	}
}

// TestRedirectsAreNotFollowed: a signed request goes to one address.
func TestRedirectsAreNotFollowed(t *testing.T) {
	var reached atomic.Bool
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	defer other.Close()
	server := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	c, _ := payparts.New(server.URL, store, password, payparts.WithHTTPClient(&http.Client{}))
	if _, err := c.Confirm(t.Context(), order); !errors.Is(err, payparts.ErrOutcomeUnknown) || reached.Load() {
		t.Errorf("%v, followed %t", err, reached.Load())
	}
}

// TestEndlessAnswerIsCutOff: a hostile or broken bank cannot fill our memory.
func TestEndlessAnswerIsCutOff(t *testing.T) {
	var taken atomic.Int64
	h := &http.Client{Transport: trip(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Body: io.NopCloser(endless{&taken}), Request: r}, nil
	})}
	c, _ := payparts.New("https://bank.example", store, password, payparts.WithHTTPClient(h))
	if _, err := c.Confirm(t.Context(), order); !errors.Is(err, payparts.ErrOutcomeUnknown) || taken.Load() > 4<<20 {
		t.Errorf("%v after %d bytes", err, taken.Load())
	}
}

type endless struct{ taken *atomic.Int64 }

func (e endless) Read(p []byte) (int, error) {
	clear(p)
	e.taken.Add(int64(len(p)))
	return len(p), nil
}
