package main

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// callWords are the key=value words of a command line. They may stand before,
// between and behind the flags, as people type them; the parser alone would stop
// at the first flag that follows them.
type callWords []string

// callSwitches are the flags that take no value, so that a word behind one is a word.
var callSwitches = []string{"raw", "pretty", "dry-run", "force", "list", "callback", "help"}

// Decode takes all words out of what is left of the line and leaves the flags.
func (w *callWords) Decode(ctx *kong.DecodeContext) error {
	var flags []kong.Token
	for !ctx.Scan.Peek().IsEOL() {
		token := ctx.Scan.Pop()
		text, _ := token.Value.(string)
		switch {
		case token.Type != kong.UntypedToken || !strings.HasPrefix(text, "-"):
			*w = append(*w, text)
		case text == "--":
			w.rest(ctx.Scan)
		default:
			flags = append(flags, token)
			if takesNext(text) && !ctx.Scan.Peek().IsEOL() {
				flags = append(flags, ctx.Scan.Pop())
			}
		}
	}
	for _, token := range slices.Backward(flags) {
		ctx.Scan.PushToken(token)
	}
	return nil
}

func (w *callWords) rest(scan *kong.Scanner) {
	for !scan.Peek().IsEOL() {
		*w = append(*w, scan.Pop().String())
	}
}

// takesNext reports whether the word behind a flag is its value.
func takesNext(flag string) bool {
	return strings.HasPrefix(flag, "--") && !strings.Contains(flag, "=") && !slices.Contains(callSwitches, flag[2:])
}
