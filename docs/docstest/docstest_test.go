package docstest_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v3"

	"github.com/brama-pay/brama/docs"
	"github.com/brama-pay/brama/docs/docstest"
)

// The file is what it says it is: OpenAPI 3.1, its examples as its schemas want.
func TestTheDescriptionIsOpenAPI(t *testing.T) {
	text, err := fs.ReadFile(docs.Files, "openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Validate(context.Background(), openapi3.EnableExamplesValidation()); err != nil {
		t.Error(err)
	}
	if !strings.HasPrefix(d.OpenAPI, "3.1.") {
		t.Errorf("it is OpenAPI %s", d.OpenAPI)
	}
}

const balance = `{"data":{"balances":[{"available":1.0,"currency":840,"frozen":0.0,"hold":0.0}],"shop_id":1520},"error_code":0,"message":"Ok","result":true}`

// An answer with a field too many, too few or of another type is found.
func TestWrongAnswersAreFound(t *testing.T) {
	const ok, path = "application/json", "/gateway/v1/shop_balance"
	tests := []struct {
		name, verb, path string
		status           int
		kind, body       string
		wrong            string
	}{
		{"right", "POST", path, 200, ok, balance, ""},
		{"without prefix, with a slash", "POST", "/shop_balance/", 200, ok, balance, ""},
		{"a refusal", "POST", path, 200, ok, `{"data":null,"error_code":9,"message":"no","result":false}`, ""},
		{"a field too many", "POST", path, 200, ok, strings.Replace(balance, `"hold"`, `"held":1,"hold"`, 1), "held"},
		{"beside data", "POST", path, 200, ok, strings.Replace(balance, `"result"`, `"more":1,"result"`, 1), "more"},
		{"a field too few", "POST", path, 200, ok, strings.Replace(balance, `"frozen":0.0,`, "", 1), "frozen"},
		{"a wrong type", "POST", path, 200, ok, strings.Replace(balance, "1.0", `"1.0"`, 1), "available"},
		{"a code of nobody", "POST", path, 200, ok, `{"data":null,"error_code":25,"message":"no","result":false}`, "error_code"},
		{"a refusal that says Ok", "POST", path, 200, ok, `{"data":null,"error_code":0,"message":"no","result":false}`, "error_code"},
		{"an unknown status", "POST", path, 302, ok, balance, "302"},
		{"another form", "POST", path, 200, "text/html", balance, "text/html"},
		{"no method", "POST", "/gateway/v1/none", 404, ok, `{"data":null,"error_code":10,"message":"no","result":false}`, ""},
		{"another verb", "PUT", path, 405, ok, `{"data":null,"error_code":10,"message":"no","result":false}`, ""},
		{"a decline", "POST", "/ipp/v2/payment/decline", 200, ok, `{"state":"SUCCESS","storeId":"S","orderId":"O","signature":"aaaaaaaaaaaaaaaaaaaaaaaaaaa="}`, ""},
		{"its FAIL", "POST", "/ipp/v2/payment/decline", 200, ok, `{"state":"FAIL","message":"no"}`, ""},
		{"its unknown outcome as 200", "POST", "/ipp/v2/payment/decline", 200, ok, `{"state":"UNKNOWN","message":"no"}`, "state"},
		{"a decline with a token", "POST", "/ipp/v2/payment/decline", 200, ok, `{"state":"SUCCESS","storeId":"S","orderId":"O","token":"T","signature":"aaaaaaaaaaaaaaaaaaaaaaaaaaa="}`, "token"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := docstest.Answer(test.verb, test.path, test.status, test.kind, []byte(test.body))
			switch {
			case test.wrong == "" && err != nil:
				t.Error(err)
			case test.wrong != "" && (err == nil || !strings.Contains(err.Error(), test.wrong)):
				t.Errorf("%v does not name %s", err, test.wrong)
			}
		})
	}
}

func TestWrongCallbacksAreFound(t *testing.T) {
	right := map[string]any{"storeId": "S", "orderId": "O", "paymentState": "SUCCESS", "message": "", "signature": strings.Repeat("a", 28)}
	for _, test := range []struct {
		name  string
		value any
	}{{"", nil}, {"state", "SUCCESS"}, {"paymentState", "CREATED"}, {"message", 1}} {
		body := map[string]any{}
		for name, value := range right {
			body[name] = value
		}
		if test.name != "" {
			body[test.name] = test.value
		}
		text, _ := json.Marshal(body)
		if err := docstest.Callback("payparts", text); (err == nil) != (test.name == "") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// In a mapping on one line a comma ends a text: what follows it would be a key of its
// own, which no reader of schemas minds.
func TestNoTextIsCutShort(t *testing.T) {
	text, err := fs.ReadFile(docs.Files, "openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var tree yaml.Node
	if err := yaml.Unmarshal(text, &tree); err != nil {
		t.Fatal(err)
	}
	var look func(n *yaml.Node)
	look = func(n *yaml.Node) {
		for i, inner := range n.Content {
			if n.Kind == yaml.MappingNode && i%2 == 0 && strings.Contains(inner.Value, " ") {
				t.Errorf("line %d: %q is a key", inner.Line, inner.Value)
			}
			look(inner)
		}
	}
	look(&tree)
}

func TestCodesOfOtherMethodsAreFound(t *testing.T) {
	for _, test := range []struct {
		path, code string
		named      bool
	}{{"/gateway/v1/withdraw/create", "9", true}, {"/withdraw/create/", "9", true}, {"/gateway/v1/shop_balance", "9", false}, {"/gateway/v1/shop_balance", "12", true}, {"/gateway/v1/none", "9", true}} {
		err := docstest.Refusal(test.path, []byte(`{"data":null,"error_code":`+test.code+`,"message":"no","result":false}`))
		if (err == nil) != test.named {
			t.Errorf("%s %s: %v", test.path, test.code, err)
		}
	}
}
