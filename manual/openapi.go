package manual

import (
	"fmt"
	"io/fs"
	"strings"

	"go.yaml.in/yaml/v3"
)

// description is what is read of openapi.yaml: as much as the pages show. Everything
// named keeps the order of the file.
type description struct {
	Tags       []tag            `yaml:"tags"`
	Paths      named[*pathItem] `yaml:"paths"`
	Webhooks   named[*pathItem] `yaml:"webhooks"`
	Components components       `yaml:"components"`
}

type tag struct {
	Name        string `yaml:"name"`
	Title       string `yaml:"x-displayName"`
	Description string `yaml:"description"`
}

type components struct {
	Schemas   named[*schema]   `yaml:"schemas"`
	Bodies    named[*body]     `yaml:"requestBodies"`
	Responses named[*response] `yaml:"responses"`
}

type pathItem struct {
	Get  *operation `yaml:"get"`
	Post *operation `yaml:"post"`
}

// operation is one method of a door, or one callback.
type operation struct {
	ID          string           `yaml:"operationId"`
	Tags        []string         `yaml:"tags"`
	Title       string           `yaml:"x-displayName"` // for people, where the id says little
	Summary     string           `yaml:"summary"`
	Description string           `yaml:"description"`
	Signature   signing          `yaml:"x-signature"`
	Answer      []string         `yaml:"x-answer-signature"` // the parts of a PayParts answer's signature
	Refusals    []string         `yaml:"x-refusals"`         // error codes of its own
	Parameters  []parameter      `yaml:"parameters"`
	Body        *body            `yaml:"requestBody"`
	Responses   named[*response] `yaml:"responses"`
}

// signing is which field bears the signature and what it is made of.
type signing struct {
	Field string   `yaml:"field"`
	Parts []string `yaml:"parts"`
}

type parameter struct {
	Name        string    `yaml:"name"`
	In          string    `yaml:"in"`
	Required    bool      `yaml:"required"`
	Description string    `yaml:"description"`
	Schema      *schema   `yaml:"schema"`
	Example     yaml.Node `yaml:"example"`
}

type body struct {
	Ref     string        `yaml:"$ref"`
	Content named[*media] `yaml:"content"`
}

type response struct {
	Ref         string        `yaml:"$ref"`
	Description string        `yaml:"description"`
	Content     named[*media] `yaml:"content"`
}

type media struct {
	Schema  *schema   `yaml:"schema"`
	Example yaml.Node `yaml:"example"`
}

type schema struct {
	Ref         string         `yaml:"$ref"`
	Type        words          `yaml:"type"`
	Title       string         `yaml:"title"`
	Description string         `yaml:"description"`
	Format      string         `yaml:"format"`
	Pattern     string         `yaml:"pattern"`
	Const       yaml.Node      `yaml:"const"`
	Enum        []string       `yaml:"enum"`
	MinLength   string         `yaml:"minLength"`
	MaxLength   string         `yaml:"maxLength"`
	Minimum     string         `yaml:"minimum"`
	Maximum     string         `yaml:"maximum"`
	MinItems    string         `yaml:"minItems"`
	MaxItems    string         `yaml:"maxItems"`
	Required    []string       `yaml:"required"`
	Properties  named[*schema] `yaml:"properties"`
	Additional  yaml.Node      `yaml:"additionalProperties"`
	Items       *schema        `yaml:"items"`
	OneOf       []*schema      `yaml:"oneOf"`
	AllOf       []*schema      `yaml:"allOf"`
}

// words is one word or a list of them.
type words []string

// UnmarshalYAML reads either.
func (w *words) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*w = words{n.Value}
		return nil
	}
	return n.Decode((*[]string)(w))
}

// named is a mapping in the order of the file.
type named[T any] []entry[T]

type entry[T any] struct {
	Name  string
	Value T
}

// UnmarshalYAML keeps the order that a map would lose.
func (l *named[T]) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: want a mapping", n.Line)
	}
	for i := 0; i < len(n.Content); i += 2 {
		e := entry[T]{Name: n.Content[i].Value}
		if err := n.Content[i+1].Decode(&e.Value); err != nil {
			return err
		}
		*l = append(*l, e)
	}
	return nil
}

// find is the value of a name; the zero value when there is none.
func (l named[T]) find(name string) (value T) {
	for _, e := range l {
		if e.Name == name {
			return e.Value
		}
	}
	return value
}

func readDescription(from fs.FS) (*description, error) {
	text, err := fs.ReadFile(from, descriptionFile)
	if err != nil {
		return nil, err
	}
	d := &description{}
	return d, yaml.Unmarshal(text, d)
}

// last is the name that a reference ends with.
func last(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }

// schema follows a reference. A description that stands beside it is nearer.
func (d *description) schema(s *schema) *schema {
	if s == nil || s.Ref == "" {
		return s
	}
	found := d.schema(d.Components.Schemas.find(last(s.Ref)))
	if found == nil || s.Description == "" {
		return found
	}
	told := *found
	told.Description = s.Description
	return &told
}

func (d *description) body(b *body) *body {
	if b != nil && b.Ref != "" {
		return d.Components.Bodies.find(last(b.Ref))
	}
	return b
}

func (d *description) response(r *response) *response {
	if r != nil && r.Ref != "" {
		return d.Components.Responses.find(last(r.Ref))
	}
	return r
}

// literal writes a node as JSON: numbers as the file has them, keys in its order.
func literal(n *yaml.Node) string {
	var b strings.Builder
	writeJSON(&b, n)
	return b.String()
}

func writeJSON(b *strings.Builder, n *yaml.Node) {
	switch n.Kind {
	case yaml.MappingNode:
		b.WriteByte('{')
		for i := 0; i < len(n.Content); i += 2 {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(quoted(n.Content[i].Value) + ":")
			writeJSON(b, n.Content[i+1])
		}
		b.WriteByte('}')
	case yaml.SequenceNode:
		b.WriteByte('[')
		for i, item := range n.Content {
			if i > 0 {
				b.WriteByte(',')
			}
			writeJSON(b, item)
		}
		b.WriteByte(']')
	default:
		if n.Tag == "!!str" {
			b.WriteString(quoted(n.Value))
		} else {
			b.WriteString(n.Value)
		}
	}
}
