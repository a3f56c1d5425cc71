package inbox

import (
	"errors"
	"io"
	"net/http"
)

// ServeHTTP is POST /notify/{account}: 200 stored, 400 not verified, 413 too
// large, 503 try again. The answers say nothing else to whoever is there.
func (b *Inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody+1)) // Receive counts the one too many
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		b.Stats.Received.Add(1)
		b.Stats.TooLarge.Add(1)
		err = ErrTooLarge
	case err != nil:
		err = ErrUnverified
	default:
		err = b.Receive(r.Context(), r.PathValue("account"), r.Header, body)
	}
	w.WriteHeader(statusOf(err))
}

func statusOf(err error) int {
	switch {
	case err == nil:
		return http.StatusOK
	case errors.Is(err, ErrTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, ErrUnverified):
		return http.StatusBadRequest
	}
	return http.StatusServiceUnavailable
}
