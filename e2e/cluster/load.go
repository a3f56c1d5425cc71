package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/money"
)

// load is what the shop asked for and what it was told.
type load struct {
	to string

	mu       sync.Mutex
	asked    map[string]int64 // payouts by the shop's id: the gateway's id, or one of the two below
	refused  []error
	lost     int // answers that did not come
	conflict int // repetitions that met what the first try had stored
	stored   int // at the end
	took     time.Duration
}

// What is known of a payout whose answer was lost.
const (
	inDoubt = 0  // it may be stored
	isThere = -1 // its repetition was refused: it is stored
)

// during sends as long as act runs.
func (l *load) during(ctx context.Context, senders int, act func() int) int {
	ctx, cancel := context.WithCancel(ctx)
	began := time.Now()
	var running sync.WaitGroup
	for i := range senders {
		running.Go(func() { l.send(ctx, i) })
	}
	kills := act()
	cancel()
	running.Wait()
	l.took = time.Since(began)
	return kills
}

func (l *load) client() *avanor.Client {
	c, err := avanor.New(l.to, shopID, secret)
	if err != nil {
		panic(err)
	}
	return c
}

// send creates one payout after the other. One without an answer is asked for
// again with the same id, as a shop would do it: it must not become two.
func (l *load) send(ctx context.Context, sender int) {
	shop := l.client()
	for n := 0; ctx.Err() == nil; n++ {
		id := fmt.Sprintf("c-%d-%d", sender, n)
		for try := 0; try < 20 && !l.create(shop, id); try++ {
			time.Sleep(50 * time.Millisecond)
		}
	}
}

// create tries a payout and reports whether its shop knows enough.
func (l *load) create(shop *avanor.Client, id string) bool {
	made, err := shop.CreatePayout(context.Background(), avanor.PayoutRequest{
		ShopPaymentID: id, Payway: "card_payway_usd", Account: "150010000097", Amount: "1.00", AmountType: avanor.PsAmount, ShopCurrency: money.USD,
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err == nil:
		l.asked[id] = made.ID
		return true
	case isCode(err, avanor.ErrNotUnique):
		l.conflict++
		l.asked[id] = isThere
		return true
	case isCode(err, avanor.ErrUnavailable) || isCode(err, avanor.ErrOverloaded) || !isRefusal(err):
		l.lost++
		l.asked[id] = inDoubt
		return false
	}
	l.refused = append(l.refused, err)
	return true
}

// receiver takes callbacks and counts them by the payment and the message's id.
type receiver struct {
	mu     sync.Mutex
	forged int
	got    map[string]map[string]int
	status map[string]string
}

func newReceiver() *receiver {
	return &receiver{got: map[string]map[string]int{}, status: map[string]string{}}
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, _ := io.ReadAll(request.Body)
	parsed, err := avanor.ParseCallback(request.Header.Get("Content-Type"), body, secret)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.forged++
		return
	}
	payment := parsed.Fields["shop_payment_id"]
	if r.got[payment] == nil {
		r.got[payment] = map[string]int{}
	}
	r.got[payment][request.Header.Get("Webhook-Id")]++
	r.status[payment] = parsed.Fields["status"]
	_, _ = io.WriteString(w, "OK")
}

// repeated is how many messages came more than once, with the same id.
func (r *receiver) repeated() (n int) {
	for _, ids := range r.got {
		for _, times := range ids {
			n += times - 1
		}
	}
	return n
}

func (l *load) report(r *receiver, kills int, under time.Duration) {
	acknowledged := 0
	for _, id := range l.asked {
		if id != inDoubt {
			acknowledged++
		}
	}
	fmt.Printf("%d nodes on one PostgreSQL, %d killed in turn within %s\n", nodes, kills, under)
	fmt.Printf("%d payouts asked for, %d acknowledged (%.0f a second), %d answers lost, %d repetitions met the payout of the first try\n",
		len(l.asked), acknowledged, float64(acknowledged)/l.took.Seconds(), l.lost, l.conflict)
	fmt.Printf("%d payouts are stored, each was sent to the provider once; %d callbacks, %d of them came again with the same id\n",
		l.stored, len(r.got), r.repeated())
}
