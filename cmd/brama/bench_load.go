package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/brama-pay/brama/signature"
)

// load is a number of connections that send signed payouts for a time. Each is a
// shop's program: one request at a time, over HTTP/1.1 with keep-alive, the next
// when the answer is there.
type load struct {
	address     string
	path        string
	shops       []int64
	secret      string
	name        string // begins the payments' ids, so that no two loads share one
	connections int
	rate        float64       // requests per second over all connections; 0: as fast as they go
	warm        time.Duration // answers of the beginning are not counted
	duration    time.Duration // those of this time are
	prepared    int           // requests built and signed before the clock starts, for each connection
}

// tally is what a load came to.
type tally struct {
	Sent      int64           // requests that were answered, the beginning included
	Counted   int64           // answers within the duration
	Elapsed   time.Duration   // of all
	Latencies []time.Duration // of the counted ones, sorted
	Began     time.Time
	duration  time.Duration
}

// perSecond is the rate of the counted answers.
func (t tally) perSecond() float64 { return float64(t.Counted) / t.duration.Seconds() }

// quantile is a latency: 0.5 is the median.
func (t tally) quantile(q float64) time.Duration {
	if len(t.Latencies) == 0 {
		return 0
	}
	return t.Latencies[min(len(t.Latencies)-1, int(q*float64(len(t.Latencies))))]
}

// run sends until the time is over. An answer that is not a success is an error:
// a rate of refusals would say nothing.
func (l load) run(ctx context.Context) (tally, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	workers := make([]*sender, l.connections)
	var ready, done sync.WaitGroup
	start := make(chan time.Time)
	for i := range workers {
		workers[i] = &sender{load: l, no: i}
		ready.Add(1)
		done.Go(func() {
			err := workers[i].prepare()
			ready.Done()
			began := <-start
			if err == nil {
				err = workers[i].work(ctx, began)
			}
			if err != nil {
				cancel(err)
			}
		})
	}
	ready.Wait()
	t := tally{Began: time.Now(), duration: l.duration}
	for range workers {
		start <- t.Began
	}
	done.Wait()
	t.Elapsed = time.Since(t.Began)
	for _, w := range workers {
		t.Sent += w.sent
		t.Counted += int64(len(w.took))
		t.Latencies = append(t.Latencies, w.took...)
	}
	slices.Sort(t.Latencies)
	return t, context.Cause(ctx)
}

// sender is one connection of a load.
type sender struct {
	load
	no      int
	conn    net.Conn
	arena   []byte // requests, one behind the other
	ends    []int  // where each ends
	sent    int64
	took    []time.Duration
	scratch [4096]byte
}

func (s *sender) prepare() (err error) {
	if s.conn, err = net.Dial("tcp", s.address); err != nil {
		return err
	}
	s.took = make([]time.Duration, 0, s.prepared)
	for i := range s.prepared {
		s.arena = s.request(s.arena, int64(i))
		s.ends = append(s.ends, len(s.arena))
	}
	return nil
}

// next is the request no. i of this connection.
func (s *sender) next(i int64) []byte {
	if i >= int64(len(s.ends)) {
		s.arena = s.request(s.arena[:0], i)
		s.ends = s.ends[:0]
		return s.arena
	}
	from := 0
	if i > 0 {
		from = s.ends[i-1]
	}
	return s.arena[from:s.ends[i]]
}

// The payout that is asked for: a little more than 1.00 each, to an account that
// the sandbox pays to at once.
const (
	benchPayway  = "card_payway_usd"
	benchAccount = "150010000097"
)

// request appends a signed payout, head and body.
func (s *sender) request(to []byte, i int64) []byte {
	shop := strconv.FormatInt(s.shops[(int64(s.no)+i*int64(s.connections))%int64(len(s.shops))], 10)
	payment := s.name + "-" + strconv.Itoa(s.no) + "-" + strconv.FormatInt(i, 10)
	amount := "1." + strconv.FormatInt(100+i%100, 10)[1:]
	sign := signature.Sign(map[string]string{
		"account": benchAccount, "amount": amount, "amount_type": "ps_amount", "payway": benchPayway,
		"shop_currency": "840", "shop_id": shop, "shop_payment_id": payment,
	}, s.secret)
	body := `{"account":"` + benchAccount + `","amount":"` + amount + `","amount_type":"ps_amount","payway":"` + benchPayway +
		`","shop_currency":840,"shop_id":` + shop + `,"shop_payment_id":"` + payment + `","sign":"` + sign + `"}`
	to = append(to, "POST "+s.path+" HTTP/1.1\r\nHost: brama\r\nContent-Type: application/json\r\nContent-Length: "...)
	to = strconv.AppendInt(to, int64(len(body)), 10)
	return append(append(to, "\r\n\r\n"...), body...)
}

// work sends one request after the other. At a rate each has its moment, and its
// latency counts from there: a server that stalls is not spared the requests
// that should have come meanwhile.
func (s *sender) work(ctx context.Context, began time.Time) error {
	defer s.conn.Close()
	counted, end := began.Add(s.warm), began.Add(s.warm+s.duration)
	_ = s.conn.SetDeadline(end.Add(time.Minute))
	at := began
	for i := int64(0); ctx.Err() == nil; i++ {
		if s.rate > 0 {
			at = began.Add(time.Duration(float64(int64(s.no)+i*int64(s.connections)) / s.rate * float64(time.Second)))
			time.Sleep(time.Until(at))
		}
		if at.After(end) {
			return nil
		}
		if err := s.call(s.next(i)); err != nil {
			return err
		}
		now := time.Now()
		s.sent++
		if now.After(counted) && !now.After(end) {
			s.took = append(s.took, now.Sub(at))
		}
		if s.rate == 0 {
			at = now
		}
	}
	return nil
}

var (
	headEnd  = []byte("\r\n\r\n")
	lengthIs = []byte("Content-Length: ")
	success  = []byte(`"result":true`)
)

// call sends a request and reads its answer, which must be a success.
func (s *sender) call(request []byte) error {
	if _, err := s.conn.Write(request); err != nil {
		return err
	}
	n, want := 0, -1
	for want < 0 || n < want {
		if n == len(s.scratch) {
			return errors.New("an answer is too long")
		}
		more, err := s.conn.Read(s.scratch[n:])
		if n += more; err != nil {
			return fmt.Errorf("an answer broke off: %w", errors.Join(err, io.ErrUnexpectedEOF))
		}
		if want < 0 {
			want = answerLength(s.scratch[:n])
		}
	}
	if !bytes.Contains(s.scratch[:n], success) {
		return fmt.Errorf("not a success: %s", s.scratch[:n])
	}
	return nil
}

// answerLength is the length of an answer, head and body; −1 when its head has
// not all come.
func answerLength(text []byte) int {
	end := bytes.Index(text, headEnd)
	if end < 0 {
		return -1
	}
	_, rest, _ := bytes.Cut(text[:end], lengthIs)
	digits, _, _ := bytes.Cut(rest, []byte("\r"))
	length, _ := strconv.Atoi(string(digits)) // none: the answer says so itself
	return end + len(headEnd) + length
}
