package main

import (
	"context"
	"net/http"
	"regexp"
	"time"

	"github.com/brama-pay/brama/api/body"
)

// requestTime is how long one request may take. A server's time to write is longer.
const requestTime = 50 * time.Second

var slashes = regexp.MustCompile(`//+`)

// hospitable is what every door has before it:
//
//   - A caller that closes its sending side, as HTTP allows, still waits for its
//     answer: its request is not given up, but ends by a time of ours.
//   - Bodies being read share a budget of memory.
//   - A doubled slash, as a base address that ends in one makes, is one slash.
func hospitable(next http.Handler, budget int64) http.Handler {
	bodies := body.NewBudget(budget)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), requestTime)
		defer cancel()
		r = r.WithContext(ctx)
		drawn := bodies.Draw(r.Body)
		defer drawn.Close()
		r.Body = drawn
		if slashes.MatchString(r.URL.Path) {
			address := *r.URL
			address.Path, address.RawPath = slashes.ReplaceAllString(r.URL.Path, "/"), ""
			r.URL = &address
		}
		next.ServeHTTP(w, r)
	})
}
