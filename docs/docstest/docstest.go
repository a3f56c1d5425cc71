// Package docstest holds what the program says to what openapi.yaml says that it
// says. It is for tests.
//
// It knows the description only: a test gives it every answer and callback it meets.
package docstest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/brama-pay/brama/docs"
)

const file = "openapi.json"

// description is openapi.yaml, and the schemas of it that were asked for.
type description struct {
	root     map[string]any
	compiler *jsonschema.Compiler

	mu      sync.Mutex
	schemas map[string]*jsonschema.Schema
}

var load = sync.OnceValues(func() (*description, error) {
	text, err := fs.ReadFile(docs.Files, "openapi.yaml")
	if err != nil {
		return nil, err
	}
	var tree any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return nil, err
	}
	asJSON, err := json.Marshal(tree)
	if err != nil {
		return nil, err
	}
	root, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		return nil, err
	}
	d := &description{compiler: jsonschema.NewCompiler(), schemas: map[string]*jsonschema.Schema{}}
	d.root, _ = root.(map[string]any)
	d.compiler.DefaultDraft(jsonschema.Draft2020)
	d.compiler.AssertFormat()
	return d, d.compiler.AddResource(file, root)
})

// Answer is an error when an answer to a request of one of the API's doors is not as
// described: an unknown HTTP status, a field too many, one that lacks, a wrong type.
// Pages are not looked into.
func Answer(verb, path string, status int, contentType string, body []byte) error {
	d, err := load()
	if err != nil {
		return err
	}
	at, err := d.answer(strings.ToLower(verb), strings.TrimSuffix(path, "/"), strconv.Itoa(status))
	if err != nil {
		return err
	}
	content := d.at(at + "/content")
	if content == nil {
		if len(body) > 0 {
			return fmt.Errorf("%s %s: HTTP %d has a body, and none is described", verb, path, status)
		}
		return nil
	}
	kind, _, _ := strings.Cut(contentType, ";")
	if _, found := content[kind]; !found {
		return fmt.Errorf("%s %s: HTTP %d is %q, which is not described", verb, path, status, kind)
	}
	if kind != "application/json" {
		return nil
	}
	if err := d.check(at+"/content/application~1json/schema", body); err != nil {
		return fmt.Errorf("%s %s, HTTP %d: %s\nis not as described: %w", verb, path, status, body, err)
	}
	return nil
}

// common are the error codes that every method may answer.
var common = []string{"10", "11", "12", "15", "23", "24", "99"}

// Refusal is an error when a method of the merchant API answers an error code that is
// not described as one of its own nor as everybody's.
func Refusal(path string, body []byte) error {
	d, err := load()
	if err != nil {
		return err
	}
	method := d.at("/paths/" + escaped(described(strings.TrimSuffix(path, "/"))) + "/post")
	var envelope struct {
		Code json.Number `json:"error_code"`
	}
	if method["x-refusals"] == nil || json.Unmarshal(body, &envelope) != nil || envelope.Code == "0" || envelope.Code == "" {
		return nil
	}
	if code := envelope.Code.String(); !slices.Contains(slices.Concat(common, texts(method["x-refusals"])), code) {
		return fmt.Errorf("%s answers code %s, which its description does not name: %s", path, code, body)
	}
	return nil
}

// Callback is an error when the body of a callback is not as described. The kind is
// the name of the webhook: invoice, refund, withdraw or payparts.
func Callback(kind string, body []byte) error { return against("/webhooks/"+kind, body) }

// Request is an error when the body of a request is not as described.
func Request(path string, body []byte) error { return against("/paths/"+escaped(path), body) }

func against(item string, body []byte) error {
	d, err := load()
	if err != nil {
		return err
	}
	at := d.follow(item + "/post/requestBody")
	if d.at(at) == nil {
		return fmt.Errorf("%s is not described", item)
	}
	if err := d.check(at+"/content/application~1json/schema", body); err != nil {
		return fmt.Errorf("%s: %s\nis not as described: %w", item, body, err)
	}
	return nil
}

// answer is where the answer of a status is described.
func (d *description) answer(verb, path, status string) (string, error) {
	parts := strings.HasPrefix(path+"/", "/ipp/")
	item := "/paths/" + escaped(described(path))
	switch known := d.at(item); {
	case parts && known[verb] == nil:
		if item == "/paths/~1ipp~1qr~1generate" {
			return "/components/responses/NoPicture", nil
		}
		return "/components/responses/PartsRefused", nil
	case known == nil:
		return "/components/responses/NotTaken", nil
	case known[verb] == nil && known["post"] != nil:
		verb = "post" // 405 is among its answers
	}
	at := item + "/" + verb + "/responses"
	for _, code := range []string{status, status[:1] + "XX"} {
		if d.at(at+"/"+code) != nil {
			return d.follow(at + "/" + code), nil
		}
	}
	return "", fmt.Errorf("%s: HTTP %s is not described", path, status)
}

// described is the path under which a method is described.
func described(path string) string {
	switch {
	case strings.HasPrefix(path, "/ipp/"), strings.HasPrefix(path, "/gateway/v1/"):
		return path
	case strings.HasPrefix(path, "/pay/"):
		return "/pay/{session}"
	case path == "/en/pay", path == "/uk/pay", path == "/ru/pay":
		return "/{language}/pay"
	}
	return "/gateway/v1" + path
}

// at is an object of the description; nil when there is none.
func (d *description) at(pointer string) map[string]any {
	here := d.root
	for _, name := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		here, _ = here[strings.NewReplacer("~1", "/", "~0", "~").Replace(name)].(map[string]any)
	}
	return here
}

// follow is where a reference leads, or the pointer itself.
func (d *description) follow(pointer string) string {
	if ref, ok := d.at(pointer)["$ref"].(string); ok {
		return strings.TrimPrefix(ref, "#")
	}
	return pointer
}

func escaped(name string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(name) }

func (d *description) check(pointer string, body []byte) error {
	s, err := d.schema(pointer)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	return s.Validate(value)
}

func (d *description) schema(pointer string) (*jsonschema.Schema, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.schemas[pointer]; s != nil {
		return s, nil
	}
	s, err := d.compiler.Compile(file + "#" + strings.NewReplacer("{", "%7B", "}", "%7D").Replace(pointer))
	if err == nil {
		d.schemas[pointer] = s
	}
	return s, err
}

// Method is what is described of a method's request.
type Method struct {
	Signed   []string        // the parts of its signature
	Fields   map[string]bool // its fields; true: required
	Refusals []int           // error codes of its own
}

// Methods are the methods of a tag by path, those that are a POST.
func Methods(tag string) (map[string]Method, error) {
	d, err := load()
	if err != nil {
		return nil, err
	}
	all := map[string]Method{}
	for path := range d.at("/paths") {
		at := "/paths/" + escaped(path) + "/post"
		operation := d.at(at)
		tags, _ := operation["tags"].([]any)
		if len(tags) == 0 || tags[0] != tag {
			continue
		}
		m := Method{Fields: map[string]bool{}, Signed: texts(d.at(at + "/x-signature")["parts"])}
		for _, code := range texts(operation["x-refusals"]) {
			n, _ := strconv.Atoi(code)
			m.Refusals = append(m.Refusals, n)
		}
		s := d.follow(d.body(at) + "/schema")
		for name := range d.at(s + "/properties") {
			m.Fields[name] = false
		}
		for _, name := range texts(d.at(s)["required"]) {
			m.Fields[name] = true
		}
		all[path] = m
	}
	return all, nil
}

// body is the content of a method's request.
func (d *description) body(method string) string {
	at := d.follow(method+"/requestBody") + "/content"
	for kind := range d.at(at) {
		return at + "/" + escaped(kind)
	}
	return at
}

// texts are the items of a list as texts.
func texts(list any) []string {
	items, _ := list.([]any)
	all := make([]string, len(items))
	for i, item := range items {
		all[i] = fmt.Sprint(item)
	}
	return all
}

// Example is a request as openapi.yaml shows it, and the method it is of.
type Example struct {
	Path, Kind string
	Fields     map[string]any
}

// Requests are the examples of all requests of a tag.
func Requests(tag string) ([]Example, error) {
	methods, err := Methods(tag)
	if err != nil {
		return nil, err
	}
	d, _ := load()
	var all []Example
	for path := range methods {
		at := d.body("/paths/" + escaped(path) + "/post")
		kind := at[strings.LastIndexByte(at, '/')+1:]
		if fields := d.at(at + "/example"); fields != nil {
			all = append(all, Example{path, strings.ReplaceAll(kind, "~1", "/"), fields})
		}
	}
	return all, nil
}
