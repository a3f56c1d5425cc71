package operator_test

import (
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/seal"
)

// code is the present code of a secret as it was shown.
func (w *world) code(t testing.TB, secret string) string {
	t.Helper()
	raw, err := operator.DecodeSecret(secret)
	if err != nil {
		t.Fatal(err)
	}
	return operator.TOTP(raw, w.Now().Unix()/30, 6)
}

// enrolled makes an operator with a second factor.
func (w *world) enrolled(t testing.TB, email string) (secret string, recovery []string, token string) {
	t.Helper()
	w.add(t, email, operator.Admin)
	old, v := w.signIn(t, email)
	if err := w.StartEnrol(ctx, v, ""); err != nil {
		t.Fatal(err)
	}
	v = w.visitor(t, old)
	pending, err := w.Pending(v)
	if err != nil || pending == nil {
		t.Fatalf("%v, %v", pending, err)
	}
	if _, _, err := w.Enrol(ctx, v, "000000", here); !fault.Is(err, fault.Invalid) {
		t.Fatalf("a wrong code enrols: %v", err)
	}
	token, recovery, err = w.Enrol(ctx, v, w.code(t, pending.Secret), here)
	if err != nil || w.visitor(t, old) != nil || w.visitor(t, token).Stage != operator.Inside {
		t.Fatalf("after it was enrolled: %v", err)
	}
	return pending.Secret, recovery, token
}

func TestSecondFactor(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h)
		secret, recovery, _ := w.enrolled(t, "ann@example.com")
		if len(recovery) != 10 {
			t.Fatalf("%d recovery codes", len(recovery))
		}
		h.Clock.Add(time.Minute)
		half, v := w.signIn(t, "ann@example.com")
		if v.Stage != operator.Second {
			t.Fatalf("stage %q", v.Stage)
		}
		used := w.code(t, secret)
		full, err := w.Second(ctx, v, used[:3]+" "+used[3:], here)
		if err != nil || full == half || w.visitor(t, full).Stage != operator.Inside {
			t.Fatalf("%v", err)
		}
		if w.visitor(t, half) != nil {
			t.Error("the token from before the second factor is still good")
		}
		_, v = w.signIn(t, "ann@example.com")
		if _, err := w.Second(ctx, v, used, here); !fault.Is(err, fault.Declined) {
			t.Errorf("a used code is taken again: %v", err)
		}
		code := strings.ToLower(recovery[3])
		if _, err := w.Second(ctx, v, code, here); err != nil {
			t.Errorf("a recovery code: %v", err)
		}
		_, v = w.signIn(t, "ann@example.com")
		if _, err := w.Second(ctx, v, code, here); !fault.Is(err, fault.Declined) || v.Operator.RecoveryLeft() != 9 {
			t.Errorf("a used recovery code: %v, %d left", err, v.Operator.RecoveryLeft())
		}
	})
}

// Who knows the password may not try codes without end by signing in again.
func TestCodesAreGuessedSlowly(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	w.enrolled(t, "ann@example.com")
	looked := 0
	for i := range 1000 {
		from := operator.From{Address: fmt.Sprint("192.0.2.", i)}
		token, err := w.SignIn(ctx, "ann@example.com", password, from)
		if err == nil {
			if _, err = w.Second(ctx, w.visitor(t, token), "123456", from); fault.Is(err, fault.Declined) {
				looked++
			}
		}
		w.house.Clock.Add(time.Second)
	}
	if looked > 20 {
		t.Errorf("%d of 1000 guesses were looked at", looked)
	}
}

func TestWithoutAFactorOnlyEnrolWhereItIsAMust(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	w.Factor = true
	w.add(t, "ann@example.com", operator.Admin)
	if _, v := w.signIn(t, "ann@example.com"); v.Stage != operator.Enrolls {
		t.Errorf("stage %q", v.Stage)
	}
}

func TestReplacingTheFactorNeedsThePassword(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	secret, _, token := w.enrolled(t, "ann@example.com")
	v := w.visitor(t, token)
	if err := w.StartEnrol(ctx, v, "wrong"); !fault.Is(err, fault.Invalid) {
		t.Errorf("%v", err)
	}
	if err := w.StartEnrol(ctx, v, password); err != nil {
		t.Fatal(err)
	}
	w.house.Clock.Add(time.Minute)
	_, v = w.signIn(t, "ann@example.com")
	if _, err := w.Second(ctx, v, w.code(t, secret), here); err != nil {
		t.Errorf("the old factor must count until the new one is confirmed: %v", err)
	}
	do(t, w, db.House, operator.ResetFactor{Operator: v.Operator.ID, Actor: "test"})
	if _, v := w.signIn(t, "ann@example.com"); v.Stage != operator.Inside {
		t.Errorf("after the reset: %q", v.Stage)
	}
}

// A second factor that was begun and left is nobody's after a while, and never
// another session's: its secret is shown without the password.
func TestABegunFactorDoesNotStayOpen(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h)
		_, _, token := w.enrolled(t, "ann@example.com")
		begin := func() string {
			if err := w.StartEnrol(ctx, w.visitor(t, token), password); err != nil {
				t.Fatal(err)
			}
			pending, err := w.Pending(w.visitor(t, token))
			if err != nil || pending == nil {
				t.Fatalf("%v, %v", pending, err)
			}
			return pending.Secret
		}
		refused := func(what, token, secret string) {
			t.Helper()
			v := w.visitor(t, token)
			if pending, err := w.Pending(v); err != nil || pending != nil {
				t.Errorf("%s is shown the secret, %v", what, err)
			}
			if _, _, err := w.Enrol(ctx, v, w.code(t, secret), here); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s enrols: %v", what, err)
			}
		}
		secret := begin()
		h.Clock.Add(15 * time.Minute)
		refused("a late visitor", token, secret)
		secret = begin()
		other, err := w.SignIn(ctx, "ann@example.com", password, here)
		if err != nil {
			t.Fatal(err)
		}
		refused("another session", other, secret)
		w.house.Clock.Add(15*time.Minute - time.Millisecond)
		if _, _, err := w.Enrol(ctx, w.visitor(t, token), w.code(t, secret), here); err != nil {
			t.Errorf("in the last moment: %v", err)
		}
	})
}

// A new master key leaves no second factor behind.
func TestReseal(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h)
		secret, _, _ := w.enrolled(t, "ann@example.com")
		key, err := seal.NewKey(rand.Reader, "k2")
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Box.Lead(key); err != nil {
			t.Fatal(err)
		}
		list, err := operator.NewReseals(ctx, h.DB.Reader(), w.Box)
		if err != nil || len(list) != 1 {
			t.Fatalf("%v, %v", list, err)
		}
		do(t, w, db.House, list[0])
		if o, err := w.Find(ctx, "ann@example.com"); err != nil || seal.KeyID(o.Factor) != "k2" {
			t.Errorf("%v", err)
		}
		if list, err := operator.NewReseals(ctx, h.DB.Reader(), w.Box); err != nil || len(list) != 0 {
			t.Errorf("%v, %v", list, err)
		}
		h.Clock.Add(time.Minute)
		_, v := w.signIn(t, "ann@example.com")
		if _, err := w.Second(ctx, v, w.code(t, secret), here); err != nil {
			t.Error(err)
		}
	})
}

// No password, code, token or secret is in the audit, or in clear in a row.
func TestNothingSecretIsKept(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	secret, recovery, token := w.enrolled(t, "ann@example.com")
	var kept strings.Builder
	links, err := audit.List(ctx, w.DB.Reader(), db.House, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range links {
		fmt.Fprintf(&kept, "%+v\n", *l)
	}
	o, err := w.Find(ctx, "ann@example.com")
	if err != nil {
		t.Fatal(err)
	}
	sessions, err := w.Sessions(ctx, o)
	if err != nil || len(sessions) == 0 {
		t.Fatal(err)
	}
	fmt.Fprintf(&kept, "%+v %+v", *o, *sessions[0])
	for _, hidden := range []string{password, secret, token, recovery[0], strings.ReplaceAll(recovery[0], "-", "")} {
		if strings.Contains(kept.String(), hidden) {
			t.Errorf("%q is kept", hidden)
		}
	}
}
