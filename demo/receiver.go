// Package demo is what only a demo database has: it stands in for a shop, so
// that a newcomer sees a callback arrive without writing a receiver.
//
// It must not know the gateway's rows: it checks what arrives with nothing but
// the keys that the shop itself has.
package demo

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Bounds of what the receiver keeps, in memory only.
const (
	keepCallbacks = 1000
	keepBody      = 64 << 10 // of one
	keepBytes     = 16 << 20 // of all
	keepPath      = 2 << 10
)

// Keys are what a shop or store has to check a callback with. While they are
// being rotated there are two of a kind.
type Keys struct {
	Secrets     []string // a shop's secrets, or a store's passwords
	WebhookKeys []string
}

// Receiver takes callbacks as a shop would and shows them (api/sandbox.md,
// "Demo data"). POST on any path below its own keeps one, and answers OK when its
// signatures verify and 403 when not; GET lists them, newest first.
type Receiver struct {
	Shop  func(ctx context.Context, id int64) (Keys, bool)       // by the shop_id of an Avanor callback
	Store func(ctx context.Context, storeID string) (Keys, bool) // by the storeId of a PayParts callback; may be nil
	// Shops are those that a callback may be of that names none; nil: the demo's own.
	Shops func(ctx context.Context) []int64
	Now   func() time.Time

	mu    sync.Mutex
	kept  []Callback // oldest first
	bytes int
}

// Callback is one that arrived.
type Callback struct {
	Path            string    `json:"path"` // with the query
	Body            string    `json:"body"` // as it came
	Verified        bool      `json:"verified"`
	WebhookVerified bool      `json:"webhook_verified"`
	At              time.Time `json:"at"`
}

// Callbacks are those that are kept, newest first.
func (v *Receiver) Callbacks() []Callback {
	v.mu.Lock()
	defer v.mu.Unlock()
	list := make([]Callback, 0, len(v.kept))
	for i := len(v.kept) - 1; i >= 0; i-- {
		list = append(list, v.kept[i])
	}
	return list
}

// ServeHTTP takes a callback, or shows those that came.
func (v *Receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	switch r.Method {
	case http.MethodPost:
		v.receive(w, r)
	case http.MethodGet, http.MethodHead:
		v.show(w, r)
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		http.Error(w, "Post a callback here, or open the page.", http.StatusMethodNotAllowed)
	}
}

func (v *Receiver) receive(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, keepBody))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		http.Error(w, "The callback is larger than 64 KiB.", http.StatusRequestEntityTooLarge)
		return
	}
	if err != nil {
		http.Error(w, "The callback broke off.", http.StatusBadRequest)
		return
	}
	c := Callback{Path: cutPath(r.URL.RequestURI()), Body: strings.ToValidUTF8(string(body), "\uFFFD"), At: v.Now().UTC()}
	c.Verified, c.WebhookVerified = v.check(r, body)
	v.keep(c)
	if !c.Verified || !c.WebhookVerified {
		http.Error(w, "The signature does not verify. The callback is shown, but not taken.", http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "OK")
}

func (v *Receiver) keep(c Callback) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.kept = append(v.kept, c)
	v.bytes += len(c.Body) + len(c.Path)
	for len(v.kept) > keepCallbacks || v.bytes > keepBytes {
		v.bytes -= len(v.kept[0].Body) + len(v.kept[0].Path)
		v.kept = v.kept[1:]
	}
}

func (v *Receiver) show(w http.ResponseWriter, r *http.Request) {
	list := v.Callbacks()
	if !strings.Contains(r.Header.Get("Accept"), "application/json") {
		writePage(w, list)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(list) // only a receiver that left can fail it
}

func cutPath(path string) string {
	if len(path) <= keepPath {
		return path
	}
	end := keepPath
	for !utf8.RuneStart(path[end]) {
		end--
	}
	return path[:end]
}
