package fault

import (
	"errors"
	"fmt"
	"testing"
)

func TestParamsAreNamedInOrder(t *testing.T) {
	err := Params(map[string]string{"sign": "field required", "amount": `not "1e2"`})
	want := `Incorrect values for parameters: amount="not "1e2"", sign="field required"`
	if err.Message != want {
		t.Errorf("%s\nwant\n%s", err.Message, want)
	}
}

// What is shown is the message; what went wrong inside is for logs only.
func TestTheCauseIsNotShown(t *testing.T) {
	cause := errors.New("password of the database")
	err := fmt.Errorf("while it was done: %w", Wrap(Unavailable, cause, "try again"))
	var known *Error
	if !errors.As(err, &known) || known.Message != "try again" || !errors.Is(err, cause) {
		t.Errorf("%v", err)
	}
	if !Is(err, Unavailable) || Is(err, Declined) || Is(nil, Internal) || KindOf(cause) != Internal {
		t.Error("the kind is not the fault's")
	}
}
