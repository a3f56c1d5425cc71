package demo

import (
	"context"
	"fmt"
	"strings"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/operator"
)

// The operators of a demo: two, so that one can decide what the other proposed.
const (
	Operator       = "operator@demo.local" // an admin
	SecondOperator = "second@demo.local"   // finance
)

// Login is an operator that was made now, and the password, which is told once.
type Login struct{ Email, Password string }

// SeedOperators makes what is missing of the demo's operators.
func SeedOperators(ctx context.Context, room *operator.Operators) ([]Login, error) {
	var made []Login
	for _, one := range []struct {
		email string
		role  operator.Role
	}{{Operator, operator.Admin}, {SecondOperator, operator.Finance}} {
		if _, err := room.Find(ctx, one.email); !fault.Is(err, fault.NotFound) {
			if err != nil {
				return nil, err
			}
			continue
		}
		add, password, err := room.NewAdd(ctx, one.email, one.role, actor)
		if err != nil {
			return nil, err
		}
		add.Keep = true
		if _, err := db.Do(ctx, room.DB, db.House, add); err != nil {
			return nil, err
		}
		made = append(made, Login{one.email, password})
	}
	return made, nil
}

// Logins is what the start that made the operators prints.
func Logins(url string, made []Login) string {
	if len(made) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Sign in at %s/console/ – these passwords are not printed again (brama operator password makes new ones):\n\n", url)
	for _, one := range made {
		fmt.Fprintf(&b, "  %-20s password %s\n", one.Email, one.Password)
	}
	b.WriteByte('\n')
	return b.String()
}
