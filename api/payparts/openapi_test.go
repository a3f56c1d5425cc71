package payparts_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/brama-pay/brama/api/payparts"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/docs/docstest"
)

// The door and the description have the same methods, and the description's required
// fields are those without which the door refuses.
func TestTheDescriptionHasEveryMethod(t *testing.T) {
	described, err := docstest.Methods("payparts")
	if err != nil {
		t.Fatal(err)
	}
	shown, err := docstest.Requests("payparts")
	if err != nil {
		t.Fatal(err)
	}
	delete(described, payparts.PagePath) // the client's page, a form
	names := payparts.MethodNames()
	for _, name := range names {
		if _, ok := described[payparts.PagePath+"/"+name]; !ok {
			t.Errorf("%s is not described", name)
		}
	}
	if len(described) != len(names) {
		t.Errorf("described are %v, the door has %v", slices.Sorted(maps.Keys(described)), names)
	}
	h := newHouse(t, dbtest.SQLite(t))
	for _, e := range shown {
		method, ok := strings.CutPrefix(e.Path, payparts.PagePath+"/")
		if !ok {
			continue
		}
		for field, required := range described[e.Path].Fields {
			without := maps.Clone(e.Fields)
			delete(without, field)
			body, err := json.Marshal(without)
			if err != nil {
				t.Fatal(err)
			}
			message := h.post(method, string(body)).text("message")
			missed := strings.Contains(message, field+" is required") || field == "signature" && strings.Contains(message, "Wrong signature")
			if missed != required {
				t.Errorf("%s without %s: %q; described as required: %t", method, field, message, required)
			}
		}
	}
}
