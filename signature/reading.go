package signature

import (
	"slices"
	"strings"

	"github.com/brama-pay/brama/fault"
)

const secondReading = "its ':' lets the signed text be read as another request; leave the ':' out"

// OneReading is nil when the text that the signed fields of the method join to can
// be read in no other way, and else a fault.Invalid naming the field whose ':' is
// to blame (api/avanor.md §2, hardening 1).
//
// Counted are readings with the same shop_id, under the grammars of §4, as the
// method's own list or as that of a method that moves money. Fields of one list
// under two method names are one reading: the method's name is not signed. The
// check is for texts that hold a ':' in an account or a shop's own id, and takes
// time linear in their length. An unknown method is fault.Internal.
func OneReading(method string, fields map[string]string) error {
	own, ok := signed[method]
	if !ok {
		return fault.New(fault.Internal, "no signed fields are known for method %q", method)
	}
	suspects := own.suspects(fields)
	if len(suspects) == 0 || !ambiguous(own, own.pick(fields)) {
		return nil
	}
	return fault.Params(blame(own, fields, suspects))
}

// suspects are the fields chosen by the shop or its customers that hold a ':'.
func (l list) suspects(fields map[string]string) []string {
	var names []string
	for _, name := range l {
		if chosen(name) && strings.Contains(fields[name], ":") {
			names = append(names, name)
		}
	}
	return names
}

// blame names the one suspect whose ':' alone makes the second reading, or all.
func blame(own list, fields map[string]string, suspects []string) map[string]string {
	for _, name := range suspects {
		without := own.pick(fields)
		// NUL is in no grammar but those of free texts, so it makes no new reading.
		without[name] = strings.ReplaceAll(without[name], ":", "\x00")
		if !ambiguous(own, without) {
			return map[string]string{name: secondReading}
		}
	}
	all := make(map[string]string, len(suspects))
	for _, name := range suspects {
		all[name] = secondReading
	}
	return all
}

func (l list) pick(fields map[string]string) map[string]string {
	picked := make(map[string]string, len(l))
	for _, name := range l {
		picked[name] = fields[name]
	}
	return picked
}

// ambiguous reports whether the fields' text has a reading besides this one.
func ambiguous(own list, fields map[string]string) bool {
	text := cut(Canonical(fields))
	shop := fields["shop_id"]
	itself := 0
	if own.valid(fields) {
		itself = 1
	}
	if text.readings(own, shop) > itself {
		return true
	}
	for _, method := range moving {
		other := signed[method]
		if !slices.Equal(other, own) && text.readings(other, shop) > 0 {
			return true
		}
	}
	return false
}

func (l list) valid(fields map[string]string) bool {
	for _, name := range l {
		if !grammars[name].fits(fields[name], fields["shop_id"]) {
			return false
		}
	}
	return true
}

// free are the places of the fields that may hold a ':': none (-1, -1), one (twice
// the same) or two, which is the most any list has.
func (l list) free() (first, last int) {
	first, last = -1, -1
	for i, name := range l {
		if !grammars[name].free {
			continue
		}
		if first < 0 {
			first = i
		}
		last = i
	}
	return first, last
}

// pieces is a text cut at every ':'. starts has one more element than there are
// pieces: where the next one would start.
type pieces struct {
	text   string
	starts []int
}

func cut(text string) pieces {
	starts := make([]int, 1, strings.Count(text, ":")+2)
	for i := range len(text) {
		if text[i] == ':' {
			starts = append(starts, i+1)
		}
	}
	return pieces{text: text, starts: append(starts, len(text)+1)}
}

func (p pieces) count() int { return len(p.starts) - 1 }

// span is the text of the pieces from one up to, not including, another.
func (p pieces) span(from, to int) string { return p.text[p.starts[from] : p.starts[to]-1] }

// fit reports whether the pieces from at on are the fixed fields, one each.
func (p pieces) fit(fields list, at int, shop string) bool {
	for i, name := range fields {
		if !grammars[name].fits(p.span(at+i, at+i+1), shop) {
			return false
		}
	}
	return true
}

// readings counts the ways to read the text as the list. The fields before the
// first free one and behind the last have their pieces; only the block between two
// free fields can slide, and at each place a field of fixed grammar looks at one piece.
func (p pieces) readings(l list, shop string) int {
	first, last := l.free()
	if p.count() < len(l) || first < 0 && p.count() > len(l) {
		return 0
	}
	if first < 0 {
		return one(p.fit(l, 0, shop))
	}
	end := p.count() - len(l[last+1:])
	if !p.fit(l[:first], 0, shop) || !p.fit(l[last+1:], end, shop) {
		return 0
	}
	if first == last {
		return one(grammars[l[first]].fits(p.span(first, end), shop))
	}
	return p.slide(l, first, last, end, shop)
}

func (p pieces) slide(l list, first, last, end int, shop string) int {
	block := l[first+1 : last]
	count := 0
	for at := first + 1; at+len(block) < end; at++ {
		count += one(p.fit(block, at, shop) &&
			grammars[l[first]].fits(p.span(first, at), shop) &&
			grammars[l[last]].fits(p.span(at+len(block), end), shop))
	}
	return count
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}
