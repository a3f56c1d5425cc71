package console

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/shop"
)

// sheet is a thing of the catalogue whose settings are edited: a shop, a payway, a
// store, a provider account.
type sheet struct {
	path     string // its page
	title    string
	crumbs   []crumb
	chain    int64  // whose audit has its changes
	subject  string // its name there
	version  int64
	settings []setting
	// plan is the use case that changes values ("key=value") of the version that was seen.
	plan func(values []string, seen int64) db.UseCase[[]change]
	// note says of a change what may be wrong with it; nil: nothing is known that may be.
	note func(change) []string
}

// notes are what may be wrong with changes that are allowed.
func (s *sheet) notes(changes []change) (list []string) {
	for _, c := range changes {
		if s.note != nil {
			list = append(list, s.note(c)...)
		}
	}
	return list
}

// setting is one value of a sheet.
type setting struct {
	group, name, doc string
	value, standard  string
	words            []string // all that it can be; nil: any text
	two              bool     // one alone cannot change it: it is proposed, not edited

	typed func(string) string // what was typed, as it is stored; nil: as it is
}

// change is a setting before and after.
type change struct{ name, from, to string }

func (s *sheet) editPath() string { return s.path + "/edit" }

// groups are the settings under their headings, in order.
func (s *sheet) groups() []string {
	var list []string
	for _, one := range s.settings {
		if !slices.Contains(list, one.group) {
			list = append(list, one.group)
		}
	}
	return list
}

func (s *sheet) in(group string) []setting {
	return slices.Collect(func(yield func(setting) bool) {
		for _, one := range s.settings {
			if one.group == group && !yield(one) {
				return
			}
		}
	})
}

// input is the field of a setting, with what was typed.
func (s setting) input(v *visit, wrong problems) input {
	in := input{name: s.name, label: labelOf(s.name), value: s.value, help: s.doc, problem: wrong[s.name]}
	if s.standard != "" {
		in.help += "; normally " + s.standard
	}
	if in.label != s.name {
		in.help = strings.TrimSuffix(s.name+": "+in.help, ": ")
	}
	for _, word := range s.words {
		in.options = append(in.options, option{word, word})
	}
	if v.r.PostForm.Has(s.name) {
		in.value = v.value(s.name)
	}
	return in
}

// sent are the values of the form that differ from what they are.
func (s *sheet) sent(v *visit) []string {
	var values []string
	for _, one := range s.settings {
		value := v.value(one.name)
		if one.typed != nil {
			value = one.typed(value)
		}
		if v.r.PostForm.Has(one.name) && value != one.value {
			values = append(values, one.name+"="+value)
		}
	}
	return values
}

// editPage is the form.
func (v *visit) editPage(s *sheet) error {
	form, err := v.editForm(s)
	if err != nil {
		return err
	}
	return v.page(form(nil))
}

func (v *visit) editForm(s *sheet) (func(problems) page, error) {
	last, err := audit.Head(v.ctx(), v.DB.Reader(), s.chain)
	if err != nil {
		return nil, err
	}
	if sent := v.value("link"); sent != "" {
		last.Seq, _ = strconv.ParseInt(sent, 10, 64)
	}
	return func(wrong problems) page {
		return page{title: "Edit " + s.title, crumbs: append(s.crumbs, crumb{s.title, s.path}), body: editBody(v, s, last.Seq, wrong)}
	}, nil
}

// edit takes the form: first it shows what would change, then, when that was seen,
// changes it. Who looked at what is not there any more changes nothing.
func (v *visit) edit(s *sheet) error {
	form, err := v.editForm(s)
	if err != nil {
		return err
	}
	seen, err := strconv.ParseInt(v.value("version"), 10, 64)
	if err != nil || seen <= 0 {
		return errForm
	}
	if seen != s.version {
		return v.stale(s)
	}
	use := s.plan(s.sent(v), seen)
	if v.value("commit") == "" {
		changes, err := db.Rehearse(v.ctx(), v.DB, s.lock(), use)
		if err != nil {
			return v.refused(s, err, form)
		}
		if len(changes) == 0 {
			return v.see(s.path, "Nothing differs: nothing was changed.")
		}
		return v.page(page{title: "Change " + s.title, crumbs: append(s.crumbs, crumb{s.title, s.path}), body: reviewBody(v, s, changes)})
	}
	changes, err := db.Do(v.ctx(), v.DB, s.lock(), use)
	if err != nil {
		return v.refused(s, err, form)
	}
	return v.see(s.path, fmt.Sprintf("Changed: %d of the settings.", len(changes)))
}

// lock is under which shop the sheet is changed.
func (s *sheet) lock() int64 { return s.chain }

func (v *visit) refused(s *sheet, err error, form func(problems) page) error {
	if fault.Is(err, fault.Busy) {
		return v.stale(s)
	}
	return v.again(err, form)
}

// stale refuses an edit of what was changed meanwhile, and shows by whom.
func (v *visit) stale(s *sheet) error {
	links := v.changesSince(s.chain, s.subject, v.value("link"))
	return v.write(http.StatusConflict, layout(v, page{
		title: s.title + " was changed meanwhile", crumbs: append(s.crumbs, crumb{s.title, s.path}), body: staleBody(s, links),
	}))
}

// changed turns a room's changes into ours.
func changed[C shop.Change | payway.Change](list []C) []change {
	all := make([]change, len(list))
	for i, c := range list {
		one := shop.Change(c)
		all[i] = change{one.Key, one.From, one.To}
	}
	return all
}

// changing is a use case whose answer are the changes.
type changing[A any] struct {
	db.UseCase[A]
	of func(A) []change
}

// Decide is the use case's own.
func (u changing[A]) Decide(s *db.State) ([]change, error) {
	answer, err := u.UseCase.Decide(s)
	if err != nil {
		return nil, err
	}
	return u.of(answer), nil
}
