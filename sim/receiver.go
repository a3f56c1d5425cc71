package sim

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/brama-pay/brama/signature"
)

// receivers are the shops' ends of their callbacks. What they got is kept, to be
// held against what was owed.
type receivers struct {
	world *World
	got   []receipt
	taken map[int64]bool // messages that a receiver answered 200, the gateway hearing it or not
}

// receipt is one message that reached its shop.
type receipt struct{ message, at int64 }

func newReceivers(w *World) *receivers { return &receivers{world: w, taken: map[int64]bool{}} }

var errNobody = errors.New("nobody answers")

// Do is the network between the gateway and a shop.
func (r *receivers) Do(request *http.Request) (*http.Response, error) {
	w := r.world
	text, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	id, _ := strconv.ParseInt(strings.TrimPrefix(request.Header.Get("Webhook-Id"), "msg_"), 10, 64)
	if !signature.VerifyWebhook(request.Header.Get("Webhook-Id"), request.Header.Get("Webhook-Timestamp"), request.Header.Get("Webhook-Signature"), text, webhookKey) {
		w.fail("a callback is signed", "message "+strconv.FormatInt(id, 10))
	}
	w.tracef("callback %d to %s: %s", id, request.URL, text)
	p := 0
	if !w.calm && !w.Without.Receivers {
		p = w.dice.IntN(100)
	}
	status, wait := http.StatusOK, w.between(0, 80)
	switch {
	case p >= 97:
		w.sleep(w.between(1_000, 8_000))
		w.counts.FailedDeliveries++
		return nil, errNobody
	case p >= 90:
		status = http.StatusInternalServerError
	case p >= 88:
		status = http.StatusFound
	case p >= 85 && w.dice.IntN(15) == 0:
		status = http.StatusGone
		w.counts.Gone++
	case p >= 85:
		wait = w.between(1_000, 8_000)
	}
	w.mirror.hear(id)
	w.counts.Deliveries++
	r.got = append(r.got, receipt{id, w.now})
	if status == http.StatusOK {
		r.taken[id] = true
	} else {
		w.counts.FailedDeliveries++
	}
	w.sleep(wait)
	if p >= 80 && p < 85 {
		w.counts.FailedDeliveries++
		return nil, errNobody // it was taken; only the answer is lost
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("OK"))}, nil
}
