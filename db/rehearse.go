package db

import (
	"context"
	"errors"
)

// rehearsal decides a use case on the rows as they are, and then refuses, so that
// nothing is written.
type rehearsal[A any] struct {
	act    UseCase[A]
	answer A
}

// errRehearsed ends a decision that would have been made.
var errRehearsed = errors.New("only rehearsed")

// Reads names what the act needs.
func (r *rehearsal[A]) Reads(reads *Reads) { r.act.Reads(reads) }

// Decide never lets the act's effects be written.
func (r *rehearsal[A]) Decide(s *State) (A, error) {
	var err error
	if r.answer, err = r.act.Decide(s); err == nil {
		err = errRehearsed
	}
	return r.answer, err
}

// Rehearse answers what a use case would answer now, and writes nothing.
func Rehearse[A any](ctx context.Context, d *DB, shop int64, act UseCase[A]) (A, error) {
	r := &rehearsal[A]{act: act}
	_, err := Do[A](ctx, d, shop, r)
	if errors.Is(err, errRehearsed) {
		err = nil
	}
	return r.answer, err
}
