package main

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/brama-pay/brama/client/avanor"
)

// BEGIN docs
func receive(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		http.Error(w, "too long", http.StatusRequestEntityTooLarge)
		return
	}
	callback, err := avanor.ParseCallback(r.Header.Get("Content-Type"), body, os.Getenv("SECRET"))
	if err != nil {
		http.Error(w, "not the gateway's", http.StatusForbidden)
		return
	}
	if err := remember(callback); err != nil { // the same callback may come again
		http.Error(w, "later", http.StatusServiceUnavailable)
		return
	}
	io.WriteString(w, "OK")
}

// END docs

func remember(c *avanor.Callback) error {
	_, err := c.Invoice()
	return err
}

// TestDocsShowTheTestedSnippets: what the page prints is what the tests run.
func TestDocsShowTheTestedSnippets(t *testing.T) {
	page := string(readFile(t, filepath.Join("..", "..", "docs", "signing.md")))
	for _, name := range []string{"sign.sh", "sign.py", "callback.sh", "callback.py", "callback.php"} {
		if !strings.Contains(page, snippet(t, name)) {
			t.Errorf("docs/signing.md does not show testdata/integrator/%s as it is", name)
		}
	}
	_, own, _ := strings.Cut(string(readFile(t, "sign_docs_test.go")), "// BEGIN docs\n")
	own, _, _ = strings.Cut(own, "\n// END docs")
	if !strings.Contains(page, own) {
		t.Error("docs/signing.md does not show the receiver of sign_docs_test.go as it is")
	}
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func snippet(t *testing.T, name string) string {
	return string(readFile(t, filepath.Join("testdata", "integrator", name)))
}

// interpret runs a program under an interpreter that is there, with the body on
// standard input and the secret in the environment.
func interpret(t *testing.T, body, secret string, words ...string) (string, error) {
	t.Helper()
	for _, need := range words[:1] {
		if _, err := exec.LookPath(need); err != nil {
			t.Skipf("%s is not installed", need)
		}
	}
	command := exec.CommandContext(t.Context(), words[0], words[1:]...)
	command.Env = append(os.Environ(), "SECRET="+secret)
	command.Stdin = strings.NewReader(body)
	out, err := command.Output()
	return strings.TrimSpace(string(out)), err
}

const seedSign = "77a6f7a30876d480d4e771d08cb83800dd5cb874664c77e515ffc052b20293c6"

// TestDocsSign makes the seeds' signature with the page's programs.
func TestDocsSign(t *testing.T) {
	python := snippet(t, "sign.py") + `
fields = {"shop_id": "1520", "shop_order_id": "5b0efa8a-153b-4421-abac-2aba4d772a86", "amount": "6320.91",
    "currency": "840", "payway": "card_invoice_usd", "description": "Payment for shop_id=1520"}
print(sign(fields, ["shop_id", "shop_order_id", "amount", "currency", "payway"], "account-secret-key"))`
	for name, words := range map[string][]string{"shell": {"sh", "-c", snippet(t, "sign.sh")}, "python": {"python3", "-c", python}} {
		t.Run(name, func(t *testing.T) {
			if got, err := interpret(t, "", "account-secret-key", words...); err != nil || got != seedSign {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

// TestDocsCallbacks gives right and wrong callbacks to the page's receivers.
func TestDocsCallbacks(t *testing.T) {
	right := callbackBody(callbackTexts(), sha(callbackText+callbackSecret))
	bodies := map[string]struct {
		body, secret string
		right        bool
	}{
		"right":        {right, callbackSecret, true},
		"changed":      {strings.Replace(right, "359.01", "359.02", 1), callbackSecret, false},
		"wrong secret": {right, "another", false},
		"no secret":    {callbackBody(callbackTexts(), sha(callbackText)), "", false},
		"no sign":      {strings.Replace(right, `"sign"`, `"signed"`, 1), callbackSecret, false},
		"sign null":    {`{"shop_order_id":"1","sign":null}`, callbackSecret, false},
		"deep":         {strings.Repeat("[", 100_000), callbackSecret, false},
		"no object":    {`[1]`, callbackSecret, false},
		"no JSON":      {`hello`, callbackSecret, false},
	}
	receivers := map[string]func(t *testing.T, body, secret string) bool{
		"go": func(t *testing.T, body, secret string) bool {
			t.Setenv("SECRET", secret)
			request := httptest.NewRequest(http.MethodPost, "/?type=invoice", strings.NewReader(body))
			request.Header.Set("Content-Type", "application/json")
			answer := httptest.NewRecorder()
			receive(answer, request)
			return answer.Code == http.StatusOK && answer.Body.String() == "OK"
		},
		"shell": func(t *testing.T, body, secret string) bool {
			if _, err := exec.LookPath("jq"); err != nil {
				t.Skip("jq is not installed")
			}
			return exits(t, body, secret, "sh", "-c", snippet(t, "callback.sh"))
		},
		"python": func(t *testing.T, body, secret string) bool {
			return exits(t, body, secret, "python3", "-c", snippet(t, "callback.py")+`
import os, sys
sys.exit(verified(sys.stdin.buffer.read(), os.environ["SECRET"]) is None)`)
		},
		"php": func(t *testing.T, body, secret string) bool {
			code := strings.TrimPrefix(snippet(t, "callback.php"), "<?php\n")
			return exits(t, body, secret, "php", "-r", code+`exit(verified(stream_get_contents(STDIN), getenv("SECRET")) === null ? 1 : 0);`)
		},
	}
	for language, receiver := range receivers {
		for name, test := range bodies {
			t.Run(language+"/"+name, func(t *testing.T) {
				if got := receiver(t, test.body, test.secret); got != test.right {
					t.Errorf("accepted: %s", strconv.FormatBool(got))
				}
			})
		}
	}
}

// exits reports whether a program ends with 0. One that breaks down with anything
// but 1 or a pipe's failure is an error of the page.
func exits(t *testing.T, body, secret string, words ...string) bool {
	t.Helper()
	_, err := interpret(t, body, secret, words...)
	var failed *exec.ExitError
	if err != nil && (!errors.As(err, &failed) || strings.Contains(string(failed.Stderr), "Traceback")) {
		t.Errorf("%v", err)
	}
	return err == nil
}
