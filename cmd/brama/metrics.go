package main

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/brama-pay/brama/api/payparts"
	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/provider"
)

// metrics are the counters of this process and, at each scrape, what the
// database says of work that is open.
type metrics struct {
	registry  *prometheus.Registry
	requests  *prometheus.CounterVec
	latency   *prometheus.HistogramVec
	pages     *prometheus.CounterVec
	calls     *prometheus.CounterVec
	callTime  *prometheus.HistogramVec
	delivered *prometheus.CounterVec
}

func newMetrics() *metrics {
	m := &metrics{registry: prometheus.NewRegistry()}
	buckets := prometheus.ExponentialBuckets(0.0005, 2, 16)
	m.requests = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "brama_requests_total", Help: "Requests by method and error code."}, []string{"method", "code"})
	m.latency = prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "brama_request_seconds", Help: "Time to answer.", Buckets: buckets}, []string{"method"})
	m.pages = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "brama_pages_total", Help: "Payer's pages by kind and HTTP status."}, []string{"page", "status"})
	m.calls = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "brama_provider_calls_total", Help: "Calls to providers by verb and result."}, []string{"provider", "verb", "result"})
	m.callTime = prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "brama_provider_call_seconds", Help: "Time of a call to a provider.", Buckets: buckets}, []string{"provider", "verb"})
	m.delivered = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "brama_callback_tries_total", Help: "Finished tries of callbacks by what became of the message."}, []string{"status"})
	m.registry.MustRegister(m.requests, m.latency, m.pages, m.calls, m.callTime, m.delivered,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) request(method string, code int, took time.Duration) {
	m.requests.WithLabelValues(method, strconv.Itoa(code)).Inc()
	m.latency.WithLabelValues(method).Observe(took.Seconds())
}

// payParts counts requests of the other door under the codes of this one.
func (m *metrics) payParts(method, state string, took time.Duration) {
	m.request("payparts/"+method, map[string]int{payparts.Fail: 10, payparts.Unknown: 23}[state], took)
}

func (m *metrics) page(page string, status int, _ time.Duration) {
	m.pages.WithLabelValues(page, strconv.Itoa(status)).Inc()
}

func (m *metrics) provider(verb provider.Verb, account string, result provider.Result, took time.Duration) {
	m.calls.WithLabelValues(account, string(verb), string(result)).Inc()
	m.callTime.WithLabelValues(account, string(verb)).Observe(took.Seconds())
}

func (m *metrics) callback(status callback.Status, _ *callback.Message) {
	m.delivered.WithLabelValues(string(status)).Inc()
}

// watch adds what is read from the database and the queues at each scrape.
func (m *metrics) watch(g *gateway) {
	gauge := func(name, help string, read func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read))
	}
	gauge("brama_outbox_lag_seconds", "Age of the oldest callback that is due and not delivered.", func() float64 {
		oldest, err := callback.Lag(context.Background(), g.db.Reader(), unixNow())
		return seconds(oldest, err)
	})
	gauge("brama_callbacks_parked", "Callbacks given up, waiting for an operator.", func() float64 {
		n, err := callback.CountParked(context.Background(), g.db.Reader())
		return number(n, err)
	})
	gauge("brama_unknown_outcomes", "Calls to providers whose outcome nobody knows.", func() float64 { return g.count(unknownCount) })
	gauge("brama_unknown_oldest_seconds", "Age of the oldest of them.", func() float64 {
		sent := int64(g.count(unknownOldest))
		if sent == 0 {
			return 0
		}
		return seconds(unixNow()-sent, nil)
	})
	gauge("brama_contradictions", "What providers said against a final status.", func() float64 { return g.count(contradictionCount) })
	gauge("brama_writer_queue", "Use cases waiting for a writer.", func() float64 { return float64(g.db.Queued()) })
	gauge("brama_dispatcher_busy", "Provider calls waiting or running.", func() float64 { return float64(g.dispatch.Busy()) })
	gauge("brama_notices_unverified", "Notices that their connector did not vouch for.", func() float64 { return float64(g.inbox.Stats.Unverified.Load()) })
	gauge("brama_batches", "Transactions of the writers.", func() float64 { return float64(g.db.Stats.Batches.Load()) })
	gauge("brama_use_cases", "Use cases run in them.", func() float64 { return float64(g.db.Stats.UseCases.Load()) })
	gauge("brama_rows_written", "Rows written by them.", func() float64 { return float64(g.db.Stats.Rows.Load()) })
}

// What operators must see, over all shops; read at a scrape, on no request's path.
const (
	unknownCount       = "SELECT COUNT(*) FROM attempt WHERE outcome = 'unknown'"
	unknownOldest      = "SELECT COALESCE(MIN(sent_at), 0) FROM attempt WHERE outcome = 'unknown'"
	contradictionCount = "SELECT COUNT(*) FROM contradiction"
)

func (g *gateway) count(text string) float64 {
	var n int64
	err := db.Query(context.Background(), g.db.Reader(), func(scan func(...any) error) error { return scan(&n) }, text)
	return number(n, err)
}

// number is -1 when the database did not answer: a gap would look like a zero.
func number(n int64, err error) float64 {
	if err != nil {
		return -1
	}
	return float64(n)
}

func seconds(milliseconds int64, err error) float64 {
	if err != nil {
		return -1
	}
	return float64(milliseconds) / 1000
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
