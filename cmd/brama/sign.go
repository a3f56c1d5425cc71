package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/brama-pay/brama/signature"
)

// signBodyMax is the most that a gateway reads of a request (api/avanor.md §1).
const signBodyMax = 1 << 20

// signCommand explains a signature and finds what is wrong with a given one.
// Nothing is sent anywhere.
type signCommand struct {
	callSecret
	Body     string `help:"The JSON or form body as it was sent, in a file; - reads standard input." placeholder:"FILE"`
	Sign     string `help:"The signature to check; without it the body's own." placeholder:"HEX"`
	Callback bool   `help:"The body is a callback of the gateway to the shop; no method is needed."`

	Method string    `arg:"" optional:"" help:"The method that is signed, such as invoice/create; pay is the pay form."`
	Fields callWords `arg:"" optional:"" name:"key=value" help:"The fields, as they were sent; they go before the body's."`
}

// Help is the longer text of brama sign --help.
func (*signCommand) Help() string {
	return `Exit status: 0 the signature is right or none was given, 1 it is wrong and the
findings say why, or a field is missing, 2 the command line is wrong. The secret is never shown.

  brama sign invoice/create --body request.json --secret-file secret.txt
  brama sign --callback --body callback.json --secret-file secret.txt`
}

// Run explains, compares and gives the findings. Its error carries the exit status.
func (c *signCommand) Run(k *kong.Context) error {
	subject, problems := c.read()
	if len(problems) > 0 {
		return callRefused(k.Stderr, problems)
	}
	if subject.broken {
		printFindings(k.Stdout, subject.findings)
		return exitWith(1)
	}
	secret, err := c.find(subject.fields["shop_id"], true)
	if err != nil {
		return callRefused(k.Stderr, []string{err.Error()})
	}
	if secret.note != "" {
		fmt.Fprintln(k.Stderr, "brama:", secret.note)
	}
	given, there := c.given(subject)
	var missing []string
	if c.Callback {
		fmt.Fprint(k.Stdout, explainCallback(subject, secret.text))
	} else {
		explained := signature.Explain(c.Method, subject.fields, secret.text)
		missing = explained.Missing
		fmt.Fprint(k.Stdout, explained)
	}
	if !there {
		printFindings(k.Stdout, subject.findings)
		if len(missing) > 0 {
			return exitWith(1)
		}
		return nil
	}
	return c.compare(k.Stdout, subject, secret.text, given)
}

// read takes the method, the words and the body together; the words win.
func (c *signCommand) read() (signSubject, []string) {
	if strings.Contains(c.Method, "=") || c.Callback && c.Method != "" {
		c.Fields, c.Method = append([]string{c.Method}, c.Fields...), ""
	}
	if problem := c.checkMethod(); problem != "" {
		return signSubject{}, []string{problem}
	}
	if c.Body == "-" && c.SecretFile == "-" {
		return signSubject{}, []string{"--body and --secret-file cannot both be standard input"}
	}
	words, problems := readCallFields(c.Fields)
	if len(problems) > 0 {
		return signSubject{}, problems
	}
	var signed []string
	if !c.Callback {
		signed, _ = signature.SignedFields(c.Method)
	}
	var subject signSubject
	if c.Body != "" {
		raw, err := callInput(c.Body, signBodyMax)
		if err != nil {
			return signSubject{}, []string{"--body: " + err.Error()}
		}
		subject = readSignBody(raw, signed)
	}
	subject.lay(words, c.Fields)
	return subject, nil
}

func (c *signCommand) checkMethod() string {
	switch _, known := signature.SignedFields(plainMethod(c.Method)); {
	case c.Callback:
		return ""
	case c.Method == "":
		return "name the method that is signed, such as invoice/create, or say --callback; `brama call --list` lists the methods"
	case !known:
		return unknownCall(c.Method, signature.Methods())
	}
	c.Method = plainMethod(c.Method)
	return ""
}

// given is the signature to check and whether there is one.
func (c *signCommand) given(subject signSubject) (string, bool) {
	if c.Sign != "" {
		return c.Sign, true
	}
	own, there := subject.fields["sign"]
	return own, there
}

func (c *signCommand) compare(out io.Writer, subject signSubject, secret, given string) error {
	var findings []signature.Finding
	right := false
	if c.Callback {
		right = signature.VerifyCallback(subject.fields, given, secret)
		if !right {
			findings = diagnoseCallback(subject, secret, given)
		}
	} else {
		findings = signature.Diagnose(c.Method, subject.fields, secret, given)
		right = len(findings) == 0
	}
	fmt.Fprintf(out, "The given signature:\n     %s\n", given)
	if right {
		fmt.Fprintln(out, "It is right.")
		printFindings(out, subject.findings)
		return nil
	}
	fmt.Fprintln(out, "It is wrong:")
	printFindings(out, append(findings, subject.findings...))
	return exitWith(1)
}

func printFindings(out io.Writer, findings []signature.Finding) {
	for _, f := range findings {
		fmt.Fprintf(out, "  - %s → %s\n", f.Wrong, f.Fix)
	}
}
