package avanor

import (
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/brama-pay/brama/money"
)

// pen writes JSON in the recorded server's byte form (api/avanor.md §1): compact,
// raw UTF-8, money as exact numbers. Whoever writes with it writes the keys of
// every object in sorted order.
type pen struct{ b []byte }

// newPen has begun an envelope: its data comes next.
func newPen() *pen { return &pen{append(make([]byte, 0, 640), `{"data":`...)} }

// seal ends an envelope of success.
func (p *pen) seal() []byte {
	return append(p.b, `,"error_code":0,"message":"Ok","result":true}`+"\n"...)
}

// refusalBody is an envelope of failure.
func refusalBody(code int, message string) []byte {
	p := &pen{append(make([]byte, 0, 256), `{"data":null`...)}
	p.int("error_code", int64(code))
	p.text("message", message)
	p.bool("result", false)
	return append(p.b, '}', '\n')
}

// comma separates a key or an item from what stands before it. No value ends in
// an opening bracket, so the last byte tells.
func (p *pen) comma() {
	if last := p.b[len(p.b)-1]; last != '{' && last != '[' {
		p.b = append(p.b, ',')
	}
}

func (p *pen) key(name string) {
	p.comma()
	p.quoted(name)
	p.b = append(p.b, ':')
}

func (p *pen) begin() { p.b = append(p.b, '{') }
func (p *pen) end()   { p.b = append(p.b, '}') }

// object begins an object under a key; end ends it.
func (p *pen) object(name string) {
	p.key(name)
	p.begin()
}

// list begins a list as the value that comes next; item begins each object in it.
func (p *pen) list() { p.b = append(p.b, '[') }
func (p *pen) done() { p.b = append(p.b, ']') }

func (p *pen) item() {
	p.comma()
	p.begin()
}

func (p *pen) literal(name, text string) {
	p.key(name)
	p.b = append(p.b, text...)
}

func (p *pen) int(name string, n int64) {
	p.key(name)
	p.b = strconv.AppendInt(p.b, n, 10)
}

func (p *pen) bool(name string, is bool) {
	p.key(name)
	p.b = strconv.AppendBool(p.b, is)
}

// money writes an amount as a number with at least one decimal: 20000.0.
func (p *pen) money(name string, a money.Amount) { p.literal(name, a.Number()) }

func (p *pen) currency(name string, c money.Currency) { p.int(name, c.Number()) }

func (p *pen) text(name, text string) {
	p.key(name)
	p.quoted(text)
}

// textOrNull is null for what is not there.
func (p *pen) textOrNull(name, text string) {
	if text == "" {
		p.literal(name, "null")
		return
	}
	p.text(name, text)
}

// quoted writes a string as Python's json.dumps does with ensure_ascii=False:
// quotes, backslashes and control characters are escaped, nothing else. What is
// not UTF-8, and so came from no request, prints as U+FFFD.
func (p *pen) quoted(text string) {
	p.b = append(p.b, '"')
	clean := 0
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			if c < ' ' || c == '"' || c == '\\' {
				p.b = append(p.b, text[clean:i]...)
				p.escaped(c)
				clean = i + 1
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && size == 1 {
			p.b = append(p.b, text[clean:i]...)
			p.b = append(p.b, "\uFFFD"...)
			clean = i + 1
		}
		i += size
	}
	p.b = append(p.b, text[clean:]...)
	p.b = append(p.b, '"')
}

func (p *pen) escaped(c byte) {
	const hex = "0123456789abcdef"
	switch c {
	case '"', '\\':
		p.b = append(p.b, '\\', c)
	case '\n':
		p.b = append(p.b, `\n`...)
	case '\r':
		p.b = append(p.b, `\r`...)
	case '\t':
		p.b = append(p.b, `\t`...)
	case '\b':
		p.b = append(p.b, `\b`...)
	case '\f':
		p.b = append(p.b, `\f`...)
	default:
		p.b = append(p.b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
	}
}

// dateTime prints Unix milliseconds as the wire's date-time, without a zone
// (api/avanor.md §1); "" for 0, which is "not yet".
func dateTime(millis int64, zone *time.Location) string {
	if millis == 0 {
		return ""
	}
	return time.UnixMilli(millis).In(zone).Format("2006-01-02T15:04:05")
}
