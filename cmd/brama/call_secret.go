package main

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/brama-pay/brama/demo"
)

// callSecret is where the commands of integrators take a shop's secret from. The
// file goes before the text; a demo needs neither.
type callSecret struct {
	Secret     string `help:"The shop's secret key. Others on this machine can see it among the running commands: better use the environment or --secret-file." placeholder:"TEXT"`
	SecretFile string `help:"A file that holds the shop's secret key; - reads standard input." placeholder:"FILE"`
}

// callKey is a secret and, when nobody gave it, a note that says which one it is.
type callKey struct{ text, note string }

const callSecretMax = 4096

// find is the secret of a shop. The demo's is taken only where the caller says
// that a demo may be meant, and never for a shop that no demo has.
func (s callSecret) find(shop string, demoMeant bool) (callKey, error) {
	switch {
	case s.SecretFile != "":
		text, err := callSecretFrom("--secret-file", s.SecretFile)
		return callKey{text: text}, err
	case s.Secret != "":
		return callKey{text: s.Secret}, nil
	case demoMeant && (shop == "" || shop == strconv.Itoa(demo.Shop) || shop == strconv.Itoa(demo.EmptyShop)):
		return callKey{demo.Secret, fmt.Sprintf("no secret was given, so the demo's public one was used, %s", demo.Secret)}, nil
	}
	return callKey{}, fmt.Errorf("the secret of shop %s is needed: --secret-file FILE, or the environment variable BRAMA_SECRET", shop)
}

// callSecretFrom reads a secret without the line end that editors put behind it.
func callSecretFrom(flag, path string) (string, error) {
	raw, err := callInput(path, callSecretMax)
	if err != nil {
		return "", fmt.Errorf("%s: %w", flag, err)
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(raw), "\n"), "\r")
	if text == "" || strings.ContainsAny(text, "\r\n") {
		return "", errors.New(flag + ": the file must hold the secret key in one line and nothing else")
	}
	return text, nil
}

// callInput reads a file, or standard input for -, up to a limit.
func callInput(path string, limit int64) ([]byte, error) {
	from := io.Reader(os.Stdin)
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		from = file
	}
	raw, err := io.ReadAll(io.LimitReader(from, limit+1))
	if err == nil && int64(len(raw)) > limit {
		err = fmt.Errorf("%s holds more than %d bytes", path, limit)
	}
	return raw, err
}

// callLoopback reports whether an address is this machine's own: only there may
// the demo's public secret be the right one.
func callLoopback(address string) bool {
	u, err := url.Parse(address)
	return err == nil && loopback(u.Hostname())
}
