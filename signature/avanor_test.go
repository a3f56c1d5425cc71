package signature

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

type vectors struct {
	Avanor []struct {
		What, Secret, Sign string
		Fields             map[string]string
	}
	PayParts []struct {
		What, Signature string
		Parts           []string
	}
}

func readVectors(t *testing.T) vectors {
	t.Helper()
	data, err := os.ReadFile("testdata/signatures.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Avanor) == 0 || len(v.PayParts) == 0 {
		t.Fatal("no vectors")
	}
	return v
}

func TestAvanorVectors(t *testing.T) {
	for _, v := range readVectors(t).Avanor {
		t.Run(v.What, func(t *testing.T) {
			if got := Sign(v.Fields, v.Secret); got != v.Sign {
				t.Errorf("Sign = %s, want %s", got, v.Sign)
			}
			if !Verify(v.Fields, v.Sign, v.Secret) || !Verify(v.Fields, strings.ToUpper(v.Sign), v.Secret) {
				t.Error("Verify refuses the published signature")
			}
		})
	}
}

func TestVerify(t *testing.T) {
	fields := map[string]string{"now": "2026-05-24T16:35:42", "shop_id": "5"}
	good := Sign(fields, "new")
	byNothing := Sign(fields, "")
	tests := []struct {
		name    string
		sign    string
		secrets []string
		want    bool
	}{
		{"first secret", good, []string{"new", "old"}, true},
		{"second secret", good, []string{"old", "new"}, true},
		{"the same secret twice", good, []string{"new", "new"}, true},
		{"another secret", good, []string{"old"}, false},
		{"no secret", good, nil, false},
		{"an empty secret opens nothing", byNothing, []string{"", "new"}, false},
		{"empty", "", []string{"new"}, false},
		{"63 digits", good[:63], []string{"new"}, false},
		{"65 digits", good + "0", []string{"new"}, false},
		{"not hex", strings.Repeat("g", 64), []string{"new"}, false},
		{"a space at the end", good[:63] + " ", []string{"new"}, false},
		{"zeros", strings.Repeat("0", 64), []string{"new"}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Verify(fields, test.sign, test.secrets...); got != test.want {
				t.Errorf("Verify = %v, want %v", got, test.want)
			}
		})
	}
}

func TestCanonicalSortsByName(t *testing.T) {
	got := Canonical(map[string]string{"shop_order_id": "a:b", "amount": "100.50", "shop_id": "5", "currency": ""})
	if want := "100.50::5:a:b"; got != want {
		t.Errorf("Canonical = %q, want %q", got, want)
	}
	if got := Canonical(nil); got != "" {
		t.Errorf("Canonical of nothing = %q", got)
	}
}

func TestCallbackLeavesOutEmptyAndSign(t *testing.T) {
	fields := map[string]string{
		"sign": "whatever", "processed": "", "error_code": "0", "shop_amount": "365", "description": "обід",
	}
	sign := SignCallback(fields, "s")
	if want := Sign(map[string]string{"error_code": "0", "shop_amount": "365", "description": "обід"}, "s"); sign != want {
		t.Errorf("SignCallback = %s, want %s", sign, want)
	}
	if !VerifyCallback(fields, sign, "other", "s") || VerifyCallback(fields, sign, "other") {
		t.Error("VerifyCallback does not follow SignCallback")
	}
	if _, kept := fields["sign"]; !kept {
		t.Error("the caller's map was changed")
	}
}

func TestMethodsAreWhole(t *testing.T) {
	for _, method := range Methods() {
		fields, ok := SignedFields(method)
		if !ok || len(fields) == 0 || !slices.IsSorted(fields) || !slices.Contains(fields, "shop_id") {
			t.Errorf("%s: %v, %v", method, fields, ok)
		}
		for _, name := range fields {
			if _, known := grammars[name]; !known {
				t.Errorf("%s: field %s has no grammar", method, name)
			}
		}
		fields[0] = "changed"
		if again, _ := SignedFields(method); again[0] == "changed" {
			t.Errorf("%s: the table can be changed from outside", method)
		}
	}
	if len(Methods()) != 19 {
		t.Errorf("%d methods, the page has 19", len(Methods()))
	}
	if _, ok := SignedFields("invoice/nothing"); ok {
		t.Error("an unknown method has signed fields")
	}
	for _, method := range moving {
		if _, ok := signed[method]; !ok {
			t.Errorf("%s moves money and is not in the table", method)
		}
	}
}
