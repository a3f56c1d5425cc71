package operator_test

import (
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/operator"
)

func TestSignIn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h)
		w.add(t, "ann@example.com", operator.Admin)
		token, v := w.signIn(t, " Ann@Example.com ")
		if v == nil || v.Operator.Email != "ann@example.com" || v.Stage != operator.Inside {
			t.Fatalf("%+v", v)
		}
		if w.visitor(t, token[:42]+"x") != nil || w.visitor(t, v.Session.Hash) != nil || w.visitor(t, "") != nil {
			t.Error("a token that is none lets in")
		}
		rows, err := db.Keys(ctx, h.DB.Reader(), "SELECT 0, id FROM operator_session WHERE hash = $1", token)
		if err != nil || len(rows) > 0 {
			t.Error("the token itself is stored")
		}
	})
}

// Whoever is not let in hears one thing, whatever the reason.
func TestOneRefusalForAll(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	ann := w.add(t, "ann@example.com", operator.Admin)
	bob := w.add(t, "bob@example.com", operator.Viewer)
	do(t, w, db.House, operator.SetActive{Operator: bob.ID, Actor: "test"})
	heard := map[string]bool{}
	for _, one := range [][2]string{
		{ann.Email, "wrong password 1"}, {"nobody@example.com", password}, {bob.Email, password}, {"no email", password}, {"", ""},
	} {
		_, err := w.SignIn(ctx, one[0], one[1], here)
		if !fault.Is(err, fault.Declined) {
			t.Errorf("%v: %v", one, err)
		}
		heard[fmt.Sprint(err)] = true
	}
	if len(heard) != 1 {
		t.Errorf("they hear different things: %v", heard)
	}
}

// Guessing gets slower and slower, for accounts that are there and that are not
// alike, is never locked out for good, and does not fill the audit.
func TestBruteForce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h)
		ann := w.add(t, "ann@example.com", operator.Admin)
		for _, email := range []string{ann.Email, "nobody@example.com"} {
			looked, waited := 0, 0
			began := h.Clock.Time()
			for i := range 2000 { // a guess each second, each from another address
				_, err := w.SignIn(ctx, email, "wrong password", operator.From{Address: fmt.Sprint("192.0.2.", i)})
				switch {
				case fault.Is(err, fault.Declined):
					looked++
				case fault.Is(err, fault.Overloaded):
					waited++
				default:
					t.Fatal(err)
				}
				h.Clock.Add(time.Second)
			}
			if looked < 10 || looked > 25 {
				t.Errorf("%s: %d of %d guesses were looked at in %s", email, looked, looked+waited, h.Clock.Time().Sub(began))
			}
		}
		links, err := audit.List(ctx, h.DB.Reader(), db.House, 0, 1000)
		if err != nil || len(links) > 10 {
			t.Errorf("%d links in the audit, %v", len(links), err)
		}
		h.Clock.Add(5 * time.Minute)
		w.signIn(t, ann.Email)
		if links, _ := audit.Newest(ctx, h.DB.Reader(), db.House, 0, 1); links[0].Act != "operator.sign-in" || !strings.Contains(links[0].Detail, "failures") {
			t.Errorf("%+v", links[0])
		}
	})
}

// Guesses that come all at once are no way around the pauses, for accounts that
// are there and that are not alike; in the pause the
// right password is not heard either.
func TestBruteForceAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h)
		w.Cost = operator.Cost{Passes: 1, Memory: 4 << 10} // so that all are under way at once
		ann := w.add(t, "ann@example.com", operator.Admin)
		for _, email := range []string{ann.Email, "nobody@example.com"} {
			for range 4 {
				if _, err := w.SignIn(ctx, email, "wrong password", operator.From{Address: "192.0.2.9"}); !fault.Is(err, fault.Declined) {
					t.Fatal(err)
				}
			}
			h.Clock.Add(2 * time.Second)
			var looked atomic.Int64
			var all sync.WaitGroup
			for i := range 60 {
				all.Go(func() {
					_, err := w.SignIn(ctx, email, "wrong password", operator.From{Address: fmt.Sprint("192.0.2.", 10+i)})
					switch {
					case fault.Is(err, fault.Declined):
						looked.Add(1)
					case !fault.Is(err, fault.Overloaded):
						t.Error(err)
					}
				})
			}
			all.Wait()
			if looked.Load() != 1 {
				t.Errorf("%s: %d of 60 guesses were looked at", email, looked.Load())
			}
			if _, err := w.SignIn(ctx, email, password, here); !fault.Is(err, fault.Overloaded) {
				t.Errorf("%s: the right password in the pause: %v", email, err)
			}
		}
	})
}

// A stranger who fails on purpose, without end, does not keep an operator out of
// the places from which that one signs in; nor is such a place a way to guess.
func TestStrangersLockNobodyOut(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h)
		ann := w.add(t, "ann@example.com", operator.Admin)
		w.signIn(t, ann.Email)
		stranger, home := operator.From{Address: "198.51.100.7"}, operator.From{Address: "2001:db8:1:2::3"}
		for range 900 {
			_, _ = w.SignIn(ctx, ann.Email, "wrong password", stranger)
			h.Clock.Add(time.Second)
		}
		_, _ = w.SignIn(ctx, ann.Email, "wrong password", stranger)
		if _, err := w.SignIn(ctx, ann.Email, password, home); !fault.Is(err, fault.Overloaded) {
			t.Fatalf("the account does not rest: %v", err)
		}
		w.signIn(t, ann.Email)
		looked := 0
		for range 2000 {
			_, _ = w.SignIn(ctx, ann.Email, "wrong password", stranger)
			if _, err := w.SignIn(ctx, ann.Email, "wrong password", here); fault.Is(err, fault.Declined) {
				looked++
			}
			h.Clock.Add(time.Second)
		}
		if looked > 40 {
			t.Errorf("%d guesses from the operator's own place were looked at", looked)
		}
	})
}

// The network of an IPv6 address is one place.
func TestOneNetworkIsOnePlace(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	looked := 0
	for i := range 200 {
		from := operator.From{Address: fmt.Sprintf("2001:db8::%x", i+1)}
		if _, err := w.SignIn(ctx, fmt.Sprintf("user%d@example.com", i), password, from); fault.Is(err, fault.Declined) {
			looked++
		}
	}
	if looked > 20 {
		t.Errorf("%d of 200 were looked at", looked)
	}
}

// A browser that was left open does not let anybody try passwords without end.
func TestPasswordsAreNotTriedInside(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	w.add(t, "ann@example.com", operator.Admin)
	_, v := w.signIn(t, "ann@example.com")
	looked := 0
	for range 300 {
		if _, err := w.Change(ctx, v, "wrong password", "a good new password", here); fault.Is(err, fault.Invalid) {
			looked++
		}
		w.house.Clock.Add(time.Second)
	}
	if looked > 15 {
		t.Errorf("%d of 300 were looked at", looked)
	}
	w.house.Clock.Add(5 * time.Minute)
	if _, err := w.Change(ctx, v, password, "a good new password", here); err != nil {
		t.Error(err)
	}
}

// One address that tries many accounts is slowed down too.
func TestBruteForceOverAccounts(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	looked := 0
	for i := range 500 {
		if _, err := w.SignIn(ctx, fmt.Sprintf("user%d@example.com", i), password, here); fault.Is(err, fault.Declined) {
			looked++
		}
		w.house.Clock.Add(time.Second)
	}
	if looked > 40 {
		t.Errorf("%d of 500 were looked at", looked)
	}
}

func TestSessionsEnd(t *testing.T) {
	changes := map[string]func(*world, *operator.Operator, *operator.Visitor) error{
		"role": func(w *world, o *operator.Operator, _ *operator.Visitor) error {
			_, err := db.Do(ctx, w.DB, db.House, operator.SetRole{Operator: o.ID, Role: operator.Viewer, Actor: "test"})
			return err
		},
		"disabled": func(w *world, o *operator.Operator, _ *operator.Visitor) error {
			_, err := db.Do(ctx, w.DB, db.House, operator.SetActive{Operator: o.ID, Actor: "test"})
			return err
		},
		"password": func(w *world, _ *operator.Operator, v *operator.Visitor) error {
			_, err := w.Change(ctx, v, password, "another horse 4711", here)
			return err
		},
		"password reset": func(w *world, o *operator.Operator, _ *operator.Visitor) error {
			u, _, err := w.NewPassword(ctx, o.ID, "test")
			if err == nil {
				_, err = db.Do(ctx, w.DB, db.House, u)
			}
			return err
		},
		"all": func(w *world, o *operator.Operator, _ *operator.Visitor) error {
			_, err := db.Do(ctx, w.DB, db.House, operator.EndAll{Operator: o.ID, Actor: "test"})
			return err
		},
		"this one": func(w *world, _ *operator.Operator, v *operator.Visitor) error { return w.End(ctx, v) },
		"half an hour idle": func(w *world, _ *operator.Operator, _ *operator.Visitor) error {
			w.house.Clock.Add(operator.Idle)
			return nil
		},
	}
	for what, change := range changes {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t, dbtest.SQLite(t))
			o := w.add(t, "ann@example.com", operator.Admin)
			token, v := w.signIn(t, o.Email)
			if err := change(w, o, v); err != nil {
				t.Fatal(err)
			}
			if w.visitor(t, token) != nil {
				t.Error("the session goes on")
			}
		})
	}
	t.Run("half a day", func(t *testing.T) {
		w := newWorld(t, dbtest.SQLite(t))
		w.add(t, "ann@example.com", operator.Admin)
		token, _ := w.signIn(t, "ann@example.com")
		for range 71 {
			w.house.Clock.Add(10 * time.Minute)
			if w.visitor(t, token) == nil {
				t.Fatal("a session in use ended early")
			}
		}
		w.house.Clock.Add(10 * time.Minute)
		if w.visitor(t, token) != nil {
			t.Error("the session goes on for more than half a day")
		}
	})
}

// A session's last use is written at most once a minute.
func TestUseIsNotedOnceAMinute(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	w.add(t, "ann@example.com", operator.Admin)
	token, _ := w.signIn(t, "ann@example.com")
	before := w.DB.Stats.Rows.Load()
	for range 59 {
		w.house.Clock.Add(time.Second)
		w.visitor(t, token)
	}
	if wrote := w.DB.Stats.Rows.Load() - before; wrote != 0 {
		t.Errorf("%d rows within a minute", wrote)
	}
	w.house.Clock.Add(time.Second)
	w.visitor(t, token)
	if wrote := w.DB.Stats.Rows.Load() - before; wrote != 1 {
		t.Errorf("%d rows after a minute", wrote)
	}
}

func TestSomebodyElsesSessionIsNotFound(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	w.add(t, "ann@example.com", operator.Admin)
	bob := w.add(t, "bob@example.com", operator.Viewer)
	token, v := w.signIn(t, "ann@example.com")
	_, err := db.Do(ctx, w.DB, db.House, operator.EndSession{Operator: bob.ID, Session: v.Session.ID, Actor: bob.Actor()})
	if !fault.Is(err, fault.NotFound) || w.visitor(t, token) == nil {
		t.Errorf("%v", err)
	}
}

func TestPasswords(t *testing.T) {
	for word, fits := range map[string]bool{
		"elevenchars": false, "twelve chars": true, "password1234": false, "PassWord1234": false, "ann@example.com": false,
		"aaaaaaaaaaaaaaaa": false, "щось інше, довге": true, strings.Repeat("long ", 41): false, "qwertyuiop123": false, "x\xff234567890123": false,
	} {
		if err := operator.CheckPassword("ann@example.com", word); (err == nil) != fits {
			t.Errorf("%q: %v", word, err)
		}
	}
}

func TestAGivenPasswordMustBeChanged(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	add, given, err := w.NewAdd(ctx, "ann@example.com", operator.Admin, "test")
	if err != nil {
		t.Fatal(err)
	}
	do(t, w, db.House, add)
	token, err := w.SignIn(ctx, "ann@example.com", given, here)
	if err != nil {
		t.Fatal(err)
	}
	v := w.visitor(t, token)
	if v.Stage != operator.Renewing {
		t.Fatalf("stage %q", v.Stage)
	}
	for _, bad := range [][2]string{{"wrong", "a good new password"}, {given, "short"}, {given, given}} {
		if _, err := w.Change(ctx, v, bad[0], bad[1], here); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", bad[1], err)
		}
	}
	next, err := w.Change(ctx, v, given, "a good new password", here)
	if err != nil {
		t.Fatal(err)
	}
	if w.visitor(t, token) != nil || w.visitor(t, next).Stage != operator.Inside {
		t.Error("the session did not go on under a new token")
	}
}

// A password is compared as long for nobody as for somebody: an answer that comes
// at once would tell that there is no such account.
func TestNobodyTakesAsLong(t *testing.T) {
	cost := operator.Cost{Passes: 2, Memory: 19 << 10}
	hash, err := operator.HashPassword(rand.Reader, cost, password)
	if err != nil {
		t.Fatal(err)
	}
	took := func(hash string) time.Duration {
		least := time.Hour
		for range 3 {
			began := time.Now()
			if operator.VerifyPassword(hash, "a wrong password", cost) {
				t.Error("a wrong password is right")
			}
			least = min(least, time.Since(began))
		}
		return least
	}
	if somebody, nobody := took(hash), took(""); nobody < somebody/4 {
		t.Errorf("somebody takes %s, nobody %s", somebody, nobody)
	}
	if operator.VerifyPassword("", "", cost) || !operator.VerifyPassword(hash, password, cost) {
		t.Error("what is right is not right")
	}
}
