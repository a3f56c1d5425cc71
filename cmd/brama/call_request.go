package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/signature"
)

// callRequest is a request as it was typed.
type callRequest struct {
	method string
	fields map[string]string
}

// readCallWords takes a method and key=value words apart. Problems say what to
// write instead; there is no request when there are any.
func readCallWords(method string, words []string) (callRequest, []string) {
	if method == "" || strings.Contains(method, "=") {
		return callRequest{}, []string{"name the method first, such as invoice/create; `brama call --list` lists them all"}
	}
	q := callRequest{method: plainMethod(method)}
	if !callServes(q.method) {
		return callRequest{}, []string{unknownCall(method, callMethods())}
	}
	var problems []string
	q.fields, problems = readCallFields(words)
	return q, problems
}

func readCallFields(words []string) (map[string]string, []string) {
	fields := make(map[string]string, len(words))
	var problems []string
	for _, word := range words {
		name, value, ok := strings.Cut(word, "=")
		_, twice := fields[name]
		switch {
		case !ok || name == "":
			problems = append(problems, fmt.Sprintf("%q is not a field: write name=value, in quotes when there is a space in it", word))
		case twice:
			problems = append(problems, fmt.Sprintf("%s is given twice: give it once", name))
		}
		fields[name] = value
	}
	return fields, problems
}

// plainMethod is a method's name without what a path has around it.
func plainMethod(text string) string {
	return strings.TrimPrefix(strings.Trim(text, "/"), "gateway/v1/")
}

func unknownCall(method string, methods []string) string {
	text := fmt.Sprintf("no method is called %q", method)
	near := nearMethods(plainMethod(method), methods)
	if len(near) == 0 {
		return text + "; `brama call --list` lists them all"
	}
	return text + "; do you mean " + strings.Join(near, " or ") + "?"
}

// fill adds what nobody should have to type.
func (q callRequest) fill(shop int64, now time.Time) {
	if isPayParts(q.method) {
		q.fillProducts()
		return
	}
	signed, _ := signature.SignedFields(q.method)
	if q.fields["shop_id"] == "" {
		q.fields["shop_id"] = strconv.FormatInt(shop, 10)
	}
	if slices.Contains(signed, "now") && q.fields["now"] == "" {
		q.fields["now"] = now.UTC().Format(callNow)
	}
}

// check finds what would be refused anyway: misspelled, missing and alphabetic.
func (q callRequest) check() []string {
	problems, meant := q.misspelled()
	for _, name := range callNeeded(q.method) {
		if _, there := q.fields[name]; !there && !meant[name] {
			problems = append(problems, fmt.Sprintf("%s is missing: %s", name, callMeaning(q.method, name)))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(q.fields)) {
		if !strings.HasSuffix(name, "currency") {
			continue
		}
		code := strings.ToUpper(q.fields[name])
		if c, known := money.CurrencyByCode(code); known {
			problems = append(problems, fmt.Sprintf("%s=%s: currencies are written as numbers here, %s=%d is %s", name, q.fields[name], name, c.Number(), code))
		}
	}
	return problems
}

// misspelled names the fields that look like another one, and those meant by them.
func (q callRequest) misspelled() (problems []string, meant map[string]bool) {
	known := callKnown(q.method)
	meant = map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(q.fields)) {
		if slices.Contains(known, name) {
			continue
		}
		if near, ok := nearField(name, known, q.fields); ok {
			meant[near] = true
			problems = append(problems, fmt.Sprintf("%s has no field %s; do you mean %s? (--force sends it as it is)", q.method, name, near))
		}
	}
	return problems, meant
}

// notes are about fields that will be ignored.
func (q callRequest) notes() []string {
	if callAddOns[q.method] {
		return nil // they may be what add_ons_config asked for
	}
	known := callKnown(q.method)
	var notes []string
	for _, name := range slices.Sorted(maps.Keys(q.fields)) {
		if !slices.Contains(known, name) && name != "shop_id" {
			notes = append(notes, fmt.Sprintf("%s has no field %s; a gateway ignores it", q.method, name))
		}
	}
	return notes
}
