package operator_test

import (
	"context"
	"crypto/rand"
	"testing"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/seal"
)

var ctx = context.Background()

const password = "correct horse 4711"

var here = operator.From{Address: "192.0.2.1", Agent: "test"}

// world is the room over a fresh database.
type world struct {
	*operator.Operators
	house *dbtest.House
}

func newWorld(t testing.TB, h *dbtest.House) *world {
	t.Helper()
	key, err := seal.NewKey(rand.Reader, "k1")
	if err != nil {
		t.Fatal(err)
	}
	box, err := seal.New(rand.Reader, seal.Keys{key})
	if err != nil {
		t.Fatal(err)
	}
	return &world{&operator.Operators{DB: h.DB, Box: box, Random: rand.Reader, Now: h.Clock.Time, Cost: operator.Cost{Passes: 1, Memory: 64}}, h}
}

// add makes an operator with the tests' password.
func (w *world) add(t testing.TB, email string, role operator.Role) *operator.Operator {
	t.Helper()
	hash, err := w.Hash(ctx, email, password)
	if err != nil {
		t.Fatal(err)
	}
	return do(t, w, db.House, operator.Add{Email: email, Role: role, Hash: hash, Keep: true, Actor: "test"})
}

// signIn is a visitor who has given the password.
func (w *world) signIn(t testing.TB, email string) (string, *operator.Visitor) {
	t.Helper()
	token, err := w.SignIn(ctx, email, password, here)
	if err != nil {
		t.Fatal(err)
	}
	return token, w.visitor(t, token)
}

// visitor is whose a token is; nil for nobody's.
func (w *world) visitor(t testing.TB, token string) *operator.Visitor {
	t.Helper()
	v, err := w.Resume(ctx, token)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func do[A any](t testing.TB, w *world, shop int64, u db.UseCase[A]) A {
	t.Helper()
	answer, err := db.Do(ctx, w.DB, shop, u)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}
