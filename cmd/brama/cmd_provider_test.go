package main

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
)

// An account that an older build let in is named where the gateway starts and where
// accounts are listed; one that is off does not trouble a start.
func TestAnAccountThatIsNotUsedIsNamed(t *testing.T) {
	e := newEstate(t).founded()
	e.must("provider", "create", "good", "privatbank", "base_url=https://bank.example", "--commit")
	e.must("provider", "create", "old", "privatbank", "base_url=https://bank.example", "--commit")
	told := func() string {
		t.Helper()
		g, err := openAlone(context.Background(), storage{Data: e.data})
		if err != nil {
			t.Fatal(err)
		}
		defer g.close()
		var log bytes.Buffer
		warnAccounts(context.Background(), g.db, slog.New(slog.NewTextHandler(&log, nil)))
		return log.String()
	}
	const listed = "no call is made through old: its setting base_url must begin with https://"
	if got := told(); got != "" || strings.Contains(e.must("provider", "list"), "no call") {
		t.Errorf("good ones are named: %s", got)
	}
	e.sql(`UPDATE provider_account SET settings = '{"base_url":"http://bank.example"}' WHERE name = 'old'`)
	if got := told(); strings.Count(got, "level=WARN") != 1 || !strings.Contains(got, "provider=old") || !strings.Contains(got, "base_url must begin with https://") {
		t.Errorf("the start says %q", got)
	}
	if list := e.must("provider", "list"); !strings.Contains(list, listed) || strings.Contains(list, "through good") {
		t.Error(list)
	}
	e.must("provider", "set", "old", "--deactivate", "--commit")
	if got := told(); got != "" {
		t.Errorf("one that is off: %q", got)
	}
}
