package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/brama-pay/brama/docs/docstest"
	"github.com/brama-pay/brama/signature"
)

// describedAs is what an answer of the API's doors has that docs/openapi.yaml does
// not know of. Everything else that the program serves is not described there.
func describedAs(r *http.Request, answer *http.Response, body []byte) error {
	path := r.URL.Path
	if r.Method != http.MethodPost && !strings.HasPrefix(path, "/ipp/") && !strings.HasPrefix(path, "/gateway/") {
		return nil
	}
	if odd := strings.Contains(path, "..") || strings.Contains(path, "//"); odd && answer.StatusCode/100 == 3 {
		return nil // the server's own: such a path is led to what it means
	}
	if path == "/" || strings.HasPrefix(path, "/demo/") || strings.HasPrefix(path, "/notify/") || strings.HasPrefix(path, "/console") {
		return nil
	}
	if err := docstest.Refusal(path, body); err != nil {
		return err
	}
	return docstest.Answer(r.Method, path, answer.StatusCode, answer.Header.Get("Content-Type"), body)
}

// callsBackAsDescribed looks at the callbacks that the demo's receiver took.
func (g *gateway) callsBackAsDescribed() {
	g.t.Helper()
	for _, a := range g.arrived() {
		if err := docstest.Callback(kindOf(a.Path), []byte(a.Body)); err != nil {
			g.t.Error(err)
		}
	}
}

// arrived is what the demo's receiver lists; nothing when the gateway does not run.
func (g *gateway) arrived() (list []arrived) {
	g.t.Helper()
	request, err := http.NewRequest(http.MethodGet, g.url+"/demo/callbacks", nil)
	if err != nil {
		g.t.Fatal(err)
	}
	request.Header.Set("Accept", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&list); err != nil {
		g.t.Fatalf("/demo/callbacks: %v", err)
	}
	return list
}

func kindOf(path string) string {
	if _, kind, found := strings.Cut(path, "?type="); found {
		return kind
	}
	return "payparts"
}

// The requests that docs/openapi.yaml shows are taken by the program as they stand,
// but for the ids that it draws itself.
func TestDescribedRequestsAreTaken(t *testing.T) {
	t.Parallel()
	g := newGateway(t, "sqlite")
	g.start()
	shown := examples(t, "avanor")
	send := func(method string, ids map[string]int64) map[string]any {
		t.Helper()
		fields := shown["/gateway/v1/"+method]
		if len(ids) > 0 {
			fields = g.resigned(method, fields, ids)
		}
		return g.sends("/gateway/v1/"+method, fields, `"error_code":0,`)
	}
	send("invoice/try", nil)
	sold := send("invoice/create", nil)
	g.pays(fmt.Sprint(sold["url"]), cardForm(cardGood))
	invoice := map[string]int64{"invoice_id": number(t, sold["id"])}
	send("invoice/check", nil)
	send("invoice/create-refund", invoice)
	send("invoice/get-refunds", invoice)
	held := send("invoice/hold", nil)
	g.pays(fmt.Sprint(held["url"]), cardForm(cardGood))
	send("invoice/charge", map[string]int64{"invoice_id": number(t, held["id"])})
	g.drawn = 1000 // the examples have the first ids
	other, _ := g.held("10.00")
	send("invoice/unhold", map[string]int64{"invoice_id": other})
	for _, method := range []string{"shop_input_config/shop", "shop_output_config/shop", "withdraw/try", "check_account"} {
		send(method, nil)
	}
	made := send("withdraw/create", nil)
	send("withdraw/status", map[string]int64{"withdraw_id": number(t, made["id"])})
	send("withdraw/shop_payment_status", nil)
	send("shop_balance", nil)
	form := url.Values{}
	for name, value := range shown["/{language}/pay"] {
		form.Set(name, fmt.Sprint(value))
	}
	g.pays(g.url+"/en/pay", form)
	if len(shown) != 16+2 { // and the payer's page, above
		t.Errorf("%d requests are shown, and this test sends 18", len(shown))
	}
}

// The same of PayParts. All its examples are of one order, so each life of it has a
// gateway of its own.
func TestDescribedPartsAreTaken(t *testing.T) {
	t.Parallel()
	shown := examples(t, "payparts")
	sent := map[string]bool{"/ipp/v2/payment": true}
	for _, life := range [][]string{{"create", "state", "description", "decline"}, {"hold", "confirm"}, {"hold", "cancel"}} {
		t.Run(strings.Join(life, " "), func(t *testing.T) {
			g := newGateway(t, "sqlite")
			g.start()
			for i, method := range life {
				path := "/ipp/v2/payment/" + method
				sent[path] = true
				made := g.sends(path, shown[path], `"state":"SUCCESS",`)
				if i > 0 {
					continue
				}
				page := g.url + "/ipp/v2/payment?token=" + fmt.Sprint(made["token"])
				g.pays(page, url.Values{"card": {cardParts}, "expiry": {"10/30"}, "cvv": {"123"}})
				g.pays(page, url.Values{"code": {"1111"}})
			}
		})
	}
	for path := range shown {
		if !sent[path] {
			t.Errorf("the request of %s was not tried", path)
		}
	}
}

func examples(t *testing.T, tag string) map[string]map[string]any {
	t.Helper()
	list, err := docstest.Requests(tag)
	if err != nil || len(list) == 0 {
		t.Fatalf("%d requests of %s: %v", len(list), tag, err)
	}
	shown := map[string]map[string]any{}
	for _, e := range list {
		shown[e.Path] = e.Fields
	}
	return shown
}

// sends posts a request and gives its data, or the whole answer where it has none.
func (g *gateway) sends(path string, fields map[string]any, want string) map[string]any {
	g.t.Helper()
	body, err := json.Marshal(fields)
	if err != nil {
		g.t.Fatal(err)
	}
	if err := docstest.Request(path, body); err != nil {
		g.t.Error(err)
	}
	_, _, answer := g.post(path, body)
	if !strings.Contains(string(answer), want) {
		g.t.Fatalf("%s %s\nanswered %s", path, body, answer)
	}
	whole := map[string]any{}
	d := json.NewDecoder(bytes.NewReader(answer))
	d.UseNumber()
	if err := d.Decode(&whole); err != nil {
		g.t.Fatal(err)
	}
	if data, ok := whole["data"].(map[string]any); ok {
		return data
	}
	return whole
}

// resigned are fields with other ids, and the sign that they have then.
func (g *gateway) resigned(method string, fields map[string]any, ids map[string]int64) map[string]any {
	g.t.Helper()
	changed, texts := map[string]any{}, map[string]string{}
	for name, value := range fields {
		changed[name] = value
		if id, drawn := ids[name]; drawn {
			changed[name] = id
		}
	}
	names, _ := signature.SignedFields(method)
	for _, name := range names {
		texts[name] = fmt.Sprint(changed[name])
	}
	changed["sign"] = signature.Sign(texts, demoSecret)
	return changed
}

// pays posts a form that must be taken, as a browser does.
func (g *gateway) pays(page string, form url.Values) {
	g.t.Helper()
	response, err := g.http.PostForm(page, form)
	if err != nil {
		g.t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusSeeOther {
		g.t.Fatalf("%s answered HTTP %d", page, response.StatusCode)
	}
}

func number(t *testing.T, value any) int64 {
	t.Helper()
	id, err := json.Number(fmt.Sprint(value)).Int64()
	if err != nil {
		t.Fatal(err)
	}
	return id
}
