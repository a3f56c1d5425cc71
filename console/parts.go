package console

import (
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/brama-pay/brama/operator"
)

const inside = operator.Inside

// tone is the colour of a status, never its only sign.
type tone string

// The tones.
const (
	tonePlain tone = "tone-plain"
	toneGood  tone = "tone-good"
	toneWait  tone = "tone-wait"
	toneBad   tone = "tone-bad"
)

// askTone is how the button of a question looks.
func askTone(t tone) string {
	if t == toneBad {
		return "btn-danger"
	}
	return ""
}

// fact is a name and what is known: text, or a component.
type fact struct {
	name, text string
	is         templ.Component
}

// input is a field of a form.
type input struct {
	name, label, value string
	help               string
	problem            string // what is wrong with the value
	as                 string // password, email, …; "" is text
	complete           string // autocomplete
	mode               string // inputmode
	required, focus    bool
	options            []option // a choice of one
}

func (in input) id() string { return "field-" + in.name }

func (in input) kind() string {
	if in.as == "" {
		return "text"
	}
	return in.as
}

// described are the attributes that not every field has.
func (in input) described() templ.Attributes {
	a, beside := templ.Attributes{}, []string{}
	if in.help != "" {
		beside = append(beside, in.id()+"-help")
	}
	if in.problem != "" {
		beside = append(beside, in.id()+"-problem")
		a["aria-invalid"] = "true"
	}
	for name, value := range map[string]string{"aria-describedby": strings.Join(beside, " "), "autocomplete": in.complete, "inputmode": in.mode} {
		if value != "" {
			a[name] = value
		}
	}
	return a
}

// option is one of a choice.
type option struct{ value, label string }

func iso(at int64) string { return time.UnixMilli(at).UTC().Format("2006-01-02T15:04:05.000Z") }

// spoken is an instant as one says it.
func spoken(at int64) string { return time.UnixMilli(at).UTC().Format("2 January 2006, 15:04:05 UTC") }

func clock(at int64) string { return time.UnixMilli(at).UTC().Format("2006-01-02 15:04:05") }
