package avanor

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/brama-pay/brama/docs/docstest"
)

// The door's table of methods and the description name the same methods, with the
// same fields, required and signed alike.
func TestTheDescriptionHasEveryMethod(t *testing.T) {
	described, err := docstest.Methods("avanor")
	if err != nil {
		t.Fatal(err)
	}
	delete(described, "/pay/{session}") // the payer's page, another door's
	for _, m := range append(slices.Clone(methods), payForm) {
		path := strings.TrimSuffix(prefix, "/") + "/" + m.name
		if m.name == payForm.name {
			path = "/{language}/pay"
		}
		found, ok := described[path]
		if !ok {
			t.Errorf("%s is not described", m.name)
			continue
		}
		delete(described, path)
		fields := map[string]bool{}
		for _, f := range m.fields {
			fields[f.name] = !f.optional
		}
		if !maps.Equal(fields, found.Fields) {
			t.Errorf("%s has the fields %v (true: required), described are %v", m.name, fields, found.Fields)
		}
		signed := slices.Sorted(slices.Values(signedFields[m.name]))
		if !slices.Equal(signed, slices.Sorted(slices.Values(found.Signed))) {
			t.Errorf("%s signs %v, described is %v", m.name, signed, found.Signed)
		}
	}
	for path := range described {
		t.Errorf("%s is described, and the door has no such method", path)
	}
}

// The examples of requests are signed as they stand: nothing is missing that the
// door asks for.
func TestTheDescriptionsExamplesAreSigned(t *testing.T) {
	examples, err := docstest.Requests("avanor")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range examples {
		if e.Kind != "application/json" {
			continue
		}
		h := newHouse(t)
		fields := []string{}
		for name, value := range e.Fields {
			fields = append(fields, name+":", raw(t, value))
		}
		method := strings.TrimPrefix(e.Path, prefix)
		if a := h.post(method, signedBody(method, fields...)); strings.Contains(a.message(), "sign=") || a.code() == codeParameter && !strings.Contains(a.message(), "invoice_id") {
			t.Errorf("%s: %s", e.Path, a.body)
		}
	}
}

func raw(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
