package incident_test

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/brama-pay/brama/api/incident"
)

func served(value any) (err error) {
	defer incident.Recovered(&err)
	if value != nil {
		panic(value)
	}
	return nil
}

func TestPanicIsAnErrorWithItsPlace(t *testing.T) {
	if err := served(nil); err != nil {
		t.Errorf("nothing panicked, and there is %v", err)
	}
	err := served("a nil map")
	attrs := incident.Attrs(err)
	if err == nil || err.Error() != "panic: a nil map" || len(attrs) != 2 || !strings.Contains(attrs[1].Value.String(), "incident_test.go") {
		t.Errorf("%v %v", err, attrs)
	}
	if attrs := incident.Attrs(errors.New("no rows")); len(attrs) != 1 || attrs[0].Value.String() != "no rows" {
		t.Errorf("an error without a panic is logged as %v", attrs)
	}
}

// net/http breaks the connection off by this panic: it must reach it.
func TestAbortedConnectionIsNoIncident(t *testing.T) {
	defer func() {
		if value := recover(); value != http.ErrAbortHandler {
			t.Errorf("the abort became %v", value)
		}
	}()
	err := served(http.ErrAbortHandler)
	t.Errorf("the abort became the error %v", err)
}

func TestIDIsFoundWithoutRandomness(t *testing.T) {
	now := func() time.Time { return time.Unix(0, 255) }
	if id := incident.ID(bytes.NewReader([]byte{1, 2, 3, 4, 5, 6, 7, 8}), now); id != "0102030405060708" {
		t.Errorf("id %s", id)
	}
	if id := incident.ID(iotest.ErrReader(errors.New("closed")), now); id != "ff" {
		t.Errorf("id %s without randomness", id)
	}
}
