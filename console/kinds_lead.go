package console

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/payway"
)

// leadArguments are changes of settings that take two, of the version that was seen.
type leadArguments struct {
	Name    string       `json:"name"`
	Seen    int64        `json:"seen"`
	Changes []leadChange `json:"changes"`
}

type leadChange struct {
	Key  string `json:"key"`
	From string `json:"from"`
	To   string `json:"to"`
}

// leadField is a setting's field. It names the thing and its version: what was typed
// for another one, or for what it was before, is not taken for this.
func (s *sheet) leadField(key string) string {
	return s.title + "." + strconv.FormatInt(s.version, 10) + "." + key
}

// leadInputs are the fields of the settings that take two.
func (s *sheet) leadInputs(v *visit, wrong problems) []input {
	var list []input
	for _, one := range s.settings {
		if !one.two {
			continue
		}
		in := one.input(v, wrong)
		in.name, in.value = s.leadField(one.name), one.value
		if v.r.PostForm.Has(in.name) {
			in.value = v.value(in.name)
		}
		list = append(list, in)
	}
	return list
}

// lead are the changes that were filled in; field is where a form without any says so.
func (s *sheet) lead(v *visit, field string) (leadArguments, error) {
	a := leadArguments{Name: s.title, Seen: s.version}
	for _, one := range s.settings {
		to := v.value(s.leadField(one.name))
		if !one.two || !v.r.PostForm.Has(s.leadField(one.name)) || to == one.value {
			continue
		}
		if strings.ContainsFunc(to, unseen) {
			return a, fault.Param(one.name, "has a character that nobody sees")
		}
		if len(one.words) > 0 && !slices.Contains(one.words, to) {
			return a, fault.Param(one.name, "must be one of "+strings.Join(one.words, ", "))
		}
		a.Changes = append(a.Changes, leadChange{one.name, one.value, to})
	}
	if len(a.Changes) == 0 {
		return a, fault.Param(field, "say below what is to change: nothing differs from what it is now")
	}
	return a, nil
}

// unseen are characters by which a text looks like another one.
func unseen(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }

// leadLongest is how many bytes of changes a proposal holds.
const leadLongest = 3500

// ordered is the order of these changes, about what.
func (a leadArguments) ordered(what string) (order, error) {
	keys := make([]string, len(a.Changes))
	for i, c := range a.Changes {
		keys[i] = c.Key
	}
	o, err := ordered(order{shop: db.House, subject: what + " " + a.Name + ": " + strings.Join(keys, ", ")}, a)
	if err == nil && len(o.arguments) > leadLongest {
		err = fault.New(fault.Invalid, "these values are longer than a proposal can be; use the command line")
	}
	return o, err
}

// facts are the changes in words.
func (a leadArguments) facts() []fact {
	list := make([]fact, len(a.Changes))
	for i, c := range a.Changes {
		list[i] = fact{name: labelOf(c.Key), text: c.said(c.To) + ", until now " + c.said(c.From)}
	}
	return list
}

// said is a value in words. Letters beyond ASCII are told one by one as well: some
// look like others, and then an address is not what it seems to be.
func (c leadChange) said(value string) string {
	text := setting{name: c.Key, value: value}.said()
	if c.Key == "settings" {
		text = pairsSaid(value)
	}
	if strings.ContainsFunc(value, func(r rune) bool { return r > unicode.MaxASCII }) {
		text += ", letter by letter " + strconv.QuoteToASCII(value)
	}
	return shown(text)
}

// pairsSaid is a payway's texts for its connector in words.
func pairsSaid(stored string) string {
	p := payway.Payway{StoredSettings: stored}
	settings, err := p.Settings()
	if err != nil {
		return stored
	}
	var parts []string
	for key, text := range settings {
		if strings.ContainsAny(text, ",:\"") {
			text = strconv.Quote(text) // else it could look like two
		}
		parts = append(parts, key+": "+text)
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}
