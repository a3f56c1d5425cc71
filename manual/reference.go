package manual

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/brama-pay/brama/docs"
)

// apiRoot is where the pages of the doors are.
const apiRoot = Root + "/api"

// callbacks is the tag of what the gateway sends by itself.
const callbacks = "callbacks"

// method is one method or callback as its page shows it.
type method struct {
	ID       string
	Title    string // "": the id is one
	Path     string // of its page
	Verb     string
	Address  string // the path; "" of a callback
	Callback bool
	Summary  string
	About    string
	Signing  signing
	Text     string // how what is signed reads
	Answered string // the same of a PayParts answer
	Params   []field
	Fields   []field
	Request  string // an example
	Form     bool   // the request is a form
	Answers  []answered
	Refusals []code
	Programs []program
}

// field is one field of a request or an answer.
type field struct {
	Name   string
	Types  string
	Needed string // whether a request must have it, and signs it
	About  string
	Limits []string
	Values []code
}

// code is one value of many, and what it means.
type code struct {
	Value, Title, About string
}

// answered is one answer: its HTTP status, fields and an example.
type answered struct {
	Status  string
	About   string
	In      string // data or list, where the fields are in an envelope
	Fields  []field
	Example string
}

// program is an example that can be copied and run.
type program struct {
	Title, Language, Text string
}

// door is a protocol's first page.
type door struct {
	About   string
	Methods []method
}

// addReference makes the pages of the doors and callbacks from the description.
func (s *site) addReference(d *description, url string) error {
	groups := map[string][]method{}
	for _, of := range []struct {
		paths    named[*pathItem]
		callback bool
	}{{d.Paths, false}, {d.Webhooks, true}} {
		for _, at := range of.paths {
			o, verb := at.Value.Post, "POST"
			if o == nil {
				o, verb = at.Value.Get, "GET"
			}
			if o == nil || len(o.Tags) == 0 {
				return fmt.Errorf("%s has no method with a tag", at.Name)
			}
			m := d.method(o, verb, at.Name, of.callback)
			m.Programs = programs(o.ID, url)
			groups[o.Tags[0]] = append(groups[o.Tags[0]], m)
		}
	}
	for _, t := range d.Tags {
		if t.Name == callbacks {
			s.addCallbacks(t, groups[t.Name])
		} else {
			s.addDoor(t, groups[t.Name])
		}
	}
	codes := d.values(d.Components.Schemas.find("ErrorCode"))
	s.add(&page{Path: apiRoot + "/errors", Title: "Error codes", Kind: "errors", Content: codes})
	end := &s.nav[len(s.nav)-1]
	end.Links = append(end.Links, link{apiRoot + "/errors", "Error codes"})
	return nil
}

func (s *site) addDoor(t tag, methods []method) {
	first := &page{Path: apiRoot + "/" + t.Name, Title: t.Title, Kind: "door", Content: door{t.Description, methods}}
	s.add(first)
	list := section{Title: t.Title, Links: []link{{first.Path, "How a call looks"}}}
	for i := range methods {
		name := strings.TrimPrefix(methods[i].ID, t.Name+"/")
		methods[i].Path = first.Path + "/" + name
		title := cmp.Or(methods[i].Title, name)
		s.add(&page{Path: methods[i].Path, Title: title, Kind: "method", Content: methods[i]})
		list.Links = append(list.Links, link{methods[i].Path, title})
	}
	s.nav = append(s.nav, list)
}

func (s *site) addCallbacks(t tag, methods []method) {
	list := section{Title: t.Title}
	for _, m := range methods {
		p := &page{Path: apiRoot + "/" + m.ID, Title: "Callback: " + last(m.ID), Kind: "method", Content: m}
		s.add(p)
		list.Links = append(list.Links, link{p.Path, p.Title})
	}
	s.nav = append(s.nav, list)
}

func (d *description) method(o *operation, verb, address string, callback bool) method {
	m := method{
		ID: o.ID, Title: o.Title, Verb: verb, Address: address, Callback: callback, Summary: o.Summary, About: o.Description,
		Signing: o.Signature, Text: signedText(o.Signature), Answered: strings.Join(o.Answer, " "),
	}
	if callback {
		m.Address = ""
	}
	for _, p := range o.Parameters {
		f := d.field(p.Name, p.Schema)
		f.About, f.Types = p.Description, p.In+", "+f.Types
		if !callback {
			f.Needed = needed(p.Required)
		}
		m.Params = append(m.Params, f)
	}
	if b := d.body(o.Body); b != nil && len(b.Content) > 0 {
		content := b.Content[0]
		m.Form = content.Name != "application/json"
		m.Fields = d.fields(content.Value.Schema)
		if !callback {
			d.mark(m.Fields, content.Value.Schema, o.Signature)
		}
		if m.Request = example(content.Value); m.Form {
			m.Request = formExample(&content.Value.Example)
		}
	}
	for _, r := range o.Responses {
		m.Answers = append(m.Answers, d.answer(r.Name, d.response(r.Value)))
	}
	all := d.values(d.Components.Schemas.find("ErrorCode"))
	for _, c := range all {
		if slices.Contains(o.Refusals, c.Value) {
			m.Refusals = append(m.Refusals, c)
		}
	}
	return m
}

// signedText is how the signed text reads, with the values' names in their places.
func signedText(s signing) string {
	switch {
	case len(s.Parts) == 0:
		return ""
	case s.Field == "signature":
		return strings.Join(s.Parts, " ")
	case strings.Contains(s.Parts[0], " "): // told in words
		return s.Parts[0] + ", sorted by name, with : between"
	}
	parts := slices.Clone(s.Parts)
	slices.Sort(parts)
	return strings.Join(parts, ":")
}

// answer is one answer. Of one that may be this or that, the first is shown: the
// other is a refusal, which has the same few fields everywhere.
func (d *description) answer(status string, r *response) answered {
	a := answered{Status: status, About: r.Description}
	if len(r.Content) == 0 || r.Content[0].Value.Schema == nil {
		return a
	}
	content := r.Content[0].Value
	a.Example = example(content)
	s := d.schema(content.Schema)
	if len(s.OneOf) > 0 {
		s = d.schema(s.OneOf[0])
	}
	if len(s.AllOf) > 1 { // an envelope, and what is in it
		s, a.In = d.schema(s.AllOf[1].Properties.find("data")), "data"
		if s.Items != nil {
			s, a.In = d.schema(s.Items), "list"
		}
	}
	a.Fields = d.fields(s)
	return a
}

// mark says of each field of a request whether it is required and signed.
func (d *description) mark(fields []field, s *schema, signed signing) {
	s = d.schema(s)
	for i := range fields {
		name := fields[i].Name
		if strings.ContainsAny(name, ".[") {
			continue // of an object inside
		}
		fields[i].Needed = needed(slices.Contains(s.Required, name))
		if slices.Contains(signed.Parts, name) {
			fields[i].Needed += ", signed"
		}
	}
}

func needed(required bool) string {
	if required {
		return "required"
	}
	return "optional"
}

func (d *description) fields(s *schema) []field {
	s = d.schema(s)
	if s == nil {
		return nil
	}
	var list []field
	for _, p := range s.Properties {
		list = append(list, d.field(p.Name, p.Value))
		list = append(list, d.inner(p.Name, d.schema(p.Value))...)
	}
	return list
}

// inner are the fields of an object, or of the objects of a list, inside a field.
func (d *description) inner(name string, s *schema) []field {
	if s.Items != nil {
		s, name = d.schema(s.Items), name+"[]"
	}
	list := d.fields(s)
	for i := range list {
		list[i].Name = name + "." + list[i].Name
	}
	return list
}

func (d *description) field(name string, s *schema) field {
	s = d.schema(s)
	return field{Name: name, Types: d.types(s), About: s.Description, Limits: limits(s), Values: d.values(s)}
}

// types says in words what a value is.
func (d *description) types(s *schema) string {
	var all []string
	for _, t := range s.Type {
		if t == "array" && s.Items != nil {
			t = "list of " + d.types(d.schema(s.Items)) + "s"
		}
		all = append(all, t)
	}
	switch {
	case len(all) > 0:
		return strings.Join(all, " or ")
	case s.Const.Value != "":
		return literal(&s.Const)
	case len(s.Enum) > 0:
		return strings.Join(s.Enum, ", ")
	case len(s.OneOf) > 0 && s.OneOf[0].Const.Value == "":
		for _, one := range s.OneOf {
			all = append(all, d.types(d.schema(one)))
		}
		return strings.Join(all, " or ")
	}
	if len(s.OneOf) > 0 && s.OneOf[0].Const.Tag == "!!int" {
		return "integer"
	}
	return "string"
}

// limits are what a value must keep to.
func limits(s *schema) []string {
	var list []string
	span := func(least, most, what string) {
		switch {
		case least != "" && most != "":
			list = append(list, least+"–"+most+what)
		case least != "":
			list = append(list, "at least "+least+what)
		case most != "":
			list = append(list, "at most "+most+what)
		}
	}
	if s.MinLength != "" && s.MinLength == s.MaxLength {
		list = append(list, s.MinLength+" characters")
	} else {
		span(s.MinLength, s.MaxLength, " characters")
	}
	span(s.Minimum, s.Maximum, "")
	if s.MinItems != s.MaxItems {
		span(s.MinItems, s.MaxItems, " items")
	}
	if s.Pattern != "" {
		list = append(list, "`"+s.Pattern+"`")
	}
	return list
}

// values are the constants that a value is one of.
func (d *description) values(s *schema) []code {
	var list []code
	for _, one := range s.OneOf {
		if one = d.schema(one); one.Const.Value != "" {
			list = append(list, code{one.Const.Value, one.Title, one.Description})
		}
	}
	return list
}

// example is a body as people read it.
func example(m *media) string {
	if m.Example.IsZero() {
		return ""
	}
	var b bytes.Buffer
	if json.Indent(&b, []byte(literal(&m.Example)), "", "  ") != nil {
		return literal(&m.Example)
	}
	return b.String()
}

// formExample is the same for a form: a line for each field.
func formExample(n *yaml.Node) string {
	var lines []string
	for i := 0; i+1 < len(n.Content); i += 2 {
		lines = append(lines, n.Content[i].Value+"="+n.Content[i+1].Value)
	}
	return strings.Join(lines, "\n")
}

func quoted(text string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a string always encodes
	return strings.TrimSuffix(b.String(), "\n")
}

// kinds are the examples that a method may have, by the end of their files' names.
var kinds = []program{
	{"Shell, with nothing but curl", "sh", ".curl.sh"},
	{"Shell, with brama call", "sh", ".call.sh"},
	{"Go", "go", ".go"},
}

// ignored is what keeps many programs in one folder; a reader needs none of it.
const ignored = "//go:build ignore\n\n"

// programs are the examples of a method, as they lie in the folder.
func programs(id, url string) []program {
	var list []program
	for _, kind := range kinds {
		text, err := fs.ReadFile(docs.Files, "examples/"+strings.ReplaceAll(id, "/", "-")+kind.Text)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		p := program{kind.Title, kind.Language, strings.TrimPrefix(string(text), ignored)}
		if kind.Text == ".call.sh" && url != "" && url != exampleURL {
			p.Text = "export BRAMA_URL=" + exampleURL + "\n" + p.Text
		}
		list = append(list, p)
	}
	return list
}
