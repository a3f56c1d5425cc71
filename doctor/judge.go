package doctor

import (
	"net/http"
	"strings"
)

// judge says what an answer means: a verdict, what is wrong, how to mend it.
func (v *visit) judge(t trial, o outcome) (verdict Verdict, wrong, mend string) {
	switch {
	case o.Status == 0:
		return v.silent(t, o)
	case t.wants == refused:
		return v.judgeForged(t, o)
	case t.wants == either:
		if o.Status >= http.StatusInternalServerError {
			return t.level, t.wrong, t.mend
		}
		return Passed, "", ""
	case !o.prepared:
		return t.level, "it refuses the message before: " + t.wrong, t.mend
	case o.Taken:
		return Passed, "", ""
	}
	return v.judgeRight(t, o)
}

// silences are why nothing is answered, by a part of the failure.
var silences = []struct{ part, mend string }{
	{"certificate", "give it a certificate that is valid for this name, with the whole chain"},
	{"server gave HTTP response", "serve https:// at this port, or name the address with http://"},
	{"tls:", "let it speak TLS 1.2 or 1.3 at this port"},
	{"no such host", "check the name in the address, and that the public DNS has it"},
	{"may not be called", "give an address that is reachable from outside; an operator opens a private range with --allow-callback-to"},
	{"refused", "check the port and the firewall: nothing listens there"},
	{"no answer in time", "note the message, answer OK, and work it off afterwards; check that a firewall does not swallow the call"},
	{"connection reset", "check what stands before it: the connection is cut without an answer"},
	{"EOF", "check what stands before it: the connection is closed without an answer"},
}

// silent is no answer at all.
func (v *visit) silent(t trial, o outcome) (Verdict, string, string) {
	level := Fault
	if t.wants == taken && t.level == Grave {
		level = Grave
	}
	mend := "let it answer every message within 9 seconds, refused ones too"
	for _, known := range silences {
		if strings.Contains(o.Failure, known.part) {
			mend = known.mend
			break
		}
	}
	return level, "it does not answer: " + o.Failure, mend
}

// judgeForged is for what must be refused.
func (v *visit) judgeForged(t trial, o outcome) (Verdict, string, string) {
	switch {
	case o.Status >= http.StatusInternalServerError:
		return Advice, "it refuses by falling over (5xx)", "check the form of a message and its signature first, and answer 403"
	case !o.Taken:
		return Passed, "", ""
	case v.good.Taken && !alike(v.good, o):
		return Fault, "it says something else than to a right message, but with status 2xx, which counts as taken: a right message that it refuses so is lost",
			"answer 403 when you refuse"
	}
	return t.level, t.wrong, t.mend
}

// judgeRight is for a right message that was not taken.
func (v *visit) judgeRight(t trial, o outcome) (Verdict, string, string) {
	switch {
	case o.Status == http.StatusGone:
		return t.level, "it answers 410, at which the gateway switches the address off and sends nothing more", "answer 410 only when the address is to be forgotten"
	case o.Status >= 300 && o.Status < 400:
		return t.level, "it redirects, and redirects are not followed", "name the address that it leads to; take the message before any redirect to https://, www or a slash at the end"
	case o.Status >= http.StatusInternalServerError:
		return t.level, "it falls over a right message: " + t.wrong, t.mend
	case o.Status == http.StatusMethodNotAllowed:
		return t.level, "it does not take POST at this address", "take POST"
	case o.Status == http.StatusUnsupportedMediaType:
		return t.level, "it does not take this content type", "take the content type that is sent, or set callback_format of the shop to the other one"
	case o.Status < 300:
		return t.level, "it answers without OK in the body, which this shop's setting callback_ok asks for", "answer the two letters OK and nothing else, or switch callback_ok off"
	}
	return t.level, t.wrong, t.mend
}

// alike reports whether two answers are the same but for numbers in them.
func alike(a, b outcome) bool { return a.Status == b.Status && plain(a.Body) == plain(b.Body) }

// plain is a text without what differs from one answer to the next.
func plain(text string) string {
	return strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'f' {
			return -1
		}
		return c
	}, text)
}
