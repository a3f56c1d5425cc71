package avanor

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/brama-pay/brama/docs/docstest"
	"github.com/brama-pay/brama/signature"
)

// answer is what the wire sees.
type answer struct {
	status int
	header http.Header
	body   string
}

func (h *house) send(verb, path, contentType, body string) answer {
	return h.from("192.0.2.1:1234", verb, path, contentType, body)
}

func (h *house) from(peer, verb, path, contentType, body string, forwarded ...string) answer {
	h.t.Helper()
	r := httptest.NewRequest(verb, path, strings.NewReader(body))
	r.RemoteAddr = peer
	r.Header.Set("Content-Type", contentType)
	for _, hop := range forwarded {
		r.Header.Add("X-Forwarded-For", hop)
	}
	w := httptest.NewRecorder()
	h.door.ServeHTTP(w, r)
	if err := docstest.Answer(verb, r.URL.Path, w.Code, w.Header().Get("Content-Type"), w.Body.Bytes()); err != nil {
		h.t.Error(err)
	}
	return answer{w.Code, w.Header(), w.Body.String()}
}

// post sends a body to a method as it is.
func (h *house) post(method, body string) answer {
	h.t.Helper()
	return h.send(http.MethodPost, "/gateway/v1/"+method, "application/json", body)
}

// call signs fields and sends them.
func (h *house) call(method string, pairs ...string) answer {
	h.t.Helper()
	return h.post(method, signedBody(method, pairs...))
}

// signedBody is the fields name, value, name, value … of shop 1520 with their
// sign. Names that end in # are sent as JSON numbers, in : as raw JSON.
func signedBody(method string, pairs ...string) string {
	all := map[string]string{}
	body := []string{}
	pairs = append([]string{"shop_id#", "1520"}, pairs...)
	for i := 0; i < len(pairs); i += 2 {
		name, value := pairs[i], pairs[i+1]
		plain := strings.TrimRight(name, "#:")
		if plain == name {
			quoted, _ := json.Marshal(value)
			all[plain] = string(quoted)
		} else {
			all[plain] = value
		}
	}
	signed := map[string]string{}
	names, _ := signature.SignedFields(method)
	for _, name := range names {
		text := all[name]
		if strings.HasPrefix(text, `"`) {
			_ = json.Unmarshal([]byte(text), &text)
		}
		signed[name] = text
	}
	if all["sign"] == "" {
		all["sign"] = `"` + signature.Sign(signed, secret) + `"`
	}
	for name, raw := range all {
		body = append(body, `"`+name+`":`+raw)
	}
	return "{" + strings.Join(body, ",") + "}"
}

// code is the error_code of an envelope, -1 when it is none.
func (a answer) code() int {
	var envelope struct {
		Code    *int            `json:"error_code"`
		Data    json.RawMessage `json:"data"`
		Message *string         `json:"message"`
		Result  *bool           `json:"result"`
	}
	d := json.NewDecoder(strings.NewReader(a.body))
	d.DisallowUnknownFields()
	if err := d.Decode(&envelope); err != nil || envelope.Code == nil || envelope.Message == nil || envelope.Result == nil {
		return -1
	}
	if *envelope.Result != (*envelope.Code == 0) || !*envelope.Result && string(envelope.Data) != "null" {
		return -1
	}
	return *envelope.Code
}

func (a answer) message() string {
	var envelope struct{ Message string }
	_ = json.Unmarshal([]byte(a.body), &envelope)
	return envelope.Message
}
