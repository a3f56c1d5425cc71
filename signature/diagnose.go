package signature

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Finding is one mistake in the making of a signature.
type Finding struct {
	Wrong string // what was done, or what is wrong with the request
	Fix   string // what to do instead
}

// The search is bounded: a diagnosis costs at most this many hashes over this many bytes.
const (
	maxTries = 1 << 20
	maxBytes = 128 << 20
)

// Diagnose says why given is not the signature of a body: which mistakes, one or
// two at once, make exactly that signature. All findings together are the answer.
// It is nil when the signature is right; it is never empty otherwise. body holds
// raw texts as for Explain; a field sign in it is ignored. Findings never show the
// secret and mask cards. The work is bounded.
func Diagnose(method string, body map[string]string, secret, given string) []Finding {
	l, ok := signed[method]
	if !ok {
		return []Finding{unknownMethod(method)}
	}
	if secret == "" {
		return []Finding{{"there is no secret to check with", "give the shop's secret"}}
	}
	body, findings := l.misspelled(body)
	for _, name := range l.missing(body) {
		findings = append(findings, Finding{
			Wrong: fmt.Sprintf("the body has no %s, which %s signs", name, method),
			Fix:   fmt.Sprintf("send %s and sign it", name),
		})
	}
	if Verify(l.present(body), given, secret) {
		return findings
	}
	digest, form := decodeGiven(given)
	findings = append(findings, form...)
	if digest == nil {
		return findings
	}
	s := search{method: method, list: l, body: body, secret: secret, digest: digest, right: pairs(l.present(body))}
	made, ok := s.run()
	if !ok {
		made = []Finding{{
			Wrong: "no known mistake makes this signature from this body",
			Fix:   "make sure that the secret is this shop's and that the body is the one that was signed, byte for byte; then compare each step with the explanation",
		}}
	}
	return append(findings, made...)
}

func unknownMethod(method string) Finding {
	return Finding{
		Wrong: fmt.Sprintf("no method is called %q", method),
		Fix:   "use one of " + strings.Join(Methods(), ", "),
	}
}

// misspelled gives the body with the fields that are there under a wrong name
// renamed: in another case, or as amout, which is a typo of the seeds' sample.
func (l list) misspelled(body map[string]string) (map[string]string, []Finding) {
	renamed := make(map[string]string, len(body))
	for name, value := range body {
		renamed[name] = value
	}
	delete(renamed, "sign")
	var findings []Finding
	for _, name := range l.missing(body) {
		for _, sent := range sortedNames(body) {
			if !strings.EqualFold(sent, name) && (name != "amount" || sent != "amout") {
				continue
			}
			renamed[name] = body[sent]
			delete(renamed, sent)
			findings = append(findings, Finding{
				Wrong: fmt.Sprintf("the body spells %s as %s", name, sent),
				Fix:   fmt.Sprintf("call the field %s", name),
			})
			break
		}
	}
	return renamed, findings
}

// decodeGiven is the digest inside a signature, and what is wrong with its form;
// no digest means that it cannot be one.
func decodeGiven(given string) ([]byte, []Finding) {
	var findings []Finding
	text := strings.TrimSpace(given)
	if text != given {
		findings = append(findings, Finding{"the signature has white space around it", "send the 64 hex digits alone"})
	}
	for _, prefix := range []string{"0x", "sha256=", "sha256:"} {
		if rest, ok := strings.CutPrefix(text, prefix); ok {
			text = rest
			findings = append(findings, Finding{"the signature begins with " + prefix, "send the 64 hex digits alone"})
		}
	}
	if digest, err := hex.DecodeString(text); err == nil && len(digest) > 0 {
		return digest, findings
	}
	encoded := Finding{"the signature is in base64", "encode the hash in lower-case hex: 64 digits"}
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		digest, err := encoding.DecodeString(text)
		if err != nil || len(digest) < 16 {
			continue
		}
		if inner, err := hex.DecodeString(string(digest)); err == nil {
			digest = inner
		}
		return digest, append(findings, encoded)
	}
	wrong := fmt.Sprintf("the signature is not 64 hex digits but %d characters that are no hash", len(given))
	return nil, append(findings, Finding{wrong, "send SHA-256 in lower-case hex"})
}

// search looks for the mistakes that make a digest.
type search struct {
	method string
	list   list
	body   map[string]string
	secret string
	digest []byte
	right  []Field // what should be signed
	tries  int
	bytes  int
}

// run tries no mistake, then each one, then each two. Orders are many, so two
// mistakes of which one is the order come last.
func (s *search) run() ([]Finding, bool) {
	if s.makes() {
		return nil, true
	}
	if s.cutOff() {
		return []Finding{{fmt.Sprintf("only the first %d bytes of the hash are sent", len(s.digest)), "send all 64 hex digits"}}, true
	}
	mistakes := s.mistakes()
	orders := s.orders()
	for _, m := range append(mistakes[:len(mistakes):len(mistakes)], orders...) {
		if s.makes(m) {
			return []Finding{m.Finding}, true
		}
	}
	if found, ok := s.two(mistakes, mistakes); ok {
		return found, true
	}
	if found, ok := s.two(mistakes, orders); ok {
		return found, true
	}
	return s.two(orders, mistakes)
}

// cutOff reports whether the digest is the beginning of the right one.
func (s *search) cutOff() bool {
	sum := s.attempt().sum(s.attempt())
	return len(s.digest) >= 8 && len(s.digest) < len(sum) && bytes.HasPrefix(sum, s.digest)
}

// attempt is the right way to sign.
func (s *search) attempt() attempt {
	return attempt{fields: slices.Clone(s.right), separator: ":", secret: s.secret, sum: plain(sha256.New)}
}

func (s *search) two(first, second []mistake) ([]Finding, bool) {
	for _, a := range first {
		for _, b := range second {
			if a.step > b.step || a.step == b.step && a.about >= b.about {
				continue // the same two stand the other way round, or exclude each other
			}
			if s.spent() {
				return nil, false
			}
			if s.makes(a, b) {
				return []Finding{a.Finding, b.Finding}, true
			}
		}
	}
	return nil, false
}

func (s *search) spent() bool { return s.tries >= maxTries || s.bytes >= maxBytes }

// makes reports whether signing with these mistakes gives the digest.
func (s *search) makes(mistakes ...mistake) bool {
	if s.spent() {
		return false
	}
	a := s.attempt()
	for _, m := range mistakes {
		m.make(&a)
	}
	s.tries++
	s.bytes += a.size()
	return bytes.Equal(a.sum(a), s.digest)
}
