package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/brama-pay/brama/client/payparts"
	"github.com/brama-pay/brama/demo"
)

// callStore is who calls the methods of PayParts.
type callStore struct {
	Store        string `help:"payparts/…: the store that calls; on this machine the demo's when it is not given." placeholder:"ID"`
	Password     string `help:"payparts/…: the store's password. Others on this machine can see it: better use the environment or --password-file." placeholder:"TEXT"`
	PasswordFile string `help:"payparts/…: a file that holds the store's password; - reads standard input." placeholder:"FILE"`
}

// account is the store and its password. The demo's password is taken for the
// demo's store only, and only where a demo may be meant.
func (s callStore) account(store string, demoMeant bool) (string, callKey, error) {
	if store == "" {
		store = s.Store
	}
	if store == "" && demoMeant {
		store = demo.Store
	}
	switch {
	case store == "":
		return "", callKey{}, errors.New("the store's id is needed: --store ID, or the environment variable BRAMA_STORE")
	case s.PasswordFile != "":
		text, err := callSecretFrom("--password-file", s.PasswordFile)
		return store, callKey{text: text}, err
	case s.Password != "":
		return store, callKey{text: s.Password}, nil
	case demoMeant && store == demo.Store:
		return store, callKey{demo.StorePassword, "no password was given, so the demo's public one was used"}, nil
	}
	return "", callKey{}, fmt.Errorf("the password of store %s is needed: --password-file FILE, or the environment variable BRAMA_PASSWORD", store)
}

// payParts performs a call of PayParts: the answer's signature is verified before
// anything of it is said.
func (c *callCommand) payParts(ctx context.Context, k *kong.Context, q callRequest) error {
	if q.method == payPartsCalculate {
		return c.calculate(k, q)
	}
	store, password, err := c.account(q.fields["storeId"], callLoopback(c.URL))
	if err != nil {
		return callRefused(k.Stderr, []string{err.Error()})
	}
	c.Store = store
	var dry callDry
	var options []payparts.Option
	if c.DryRun {
		options = append(options, payparts.WithHTTPClient(&http.Client{Transport: &dry}))
	}
	client, err := payparts.New(c.URL, store, password.text, options...)
	if err != nil {
		return callRefused(k.Stderr, []string{err.Error()})
	}
	answer, err := client.Call(ctx, strings.TrimPrefix(q.method, callParts), q.fields)
	switch {
	case c.DryRun && dry.url != "":
		return c.describeParts(k, q, password, dry)
	case err != nil:
		return c.failedParts(k, q, password, answer, err)
	}
	c.print(k.Stdout, answer.Raw)
	fmt.Fprintf(k.Stderr, "brama: %s\n", payPartsMeans(q, answer))
	if answer.Token != "" {
		fmt.Fprintln(k.Stderr, "To be paid at:", client.PageURL(answer.Token))
	}
	return nil
}

// payPartsMeans is what a success says, as far as its signature vouches for it.
func payPartsMeans(q callRequest, answer payparts.Answer) string {
	if answer.Cover != payparts.CoverOutcome {
		return "the signature verifies, but it covers " + answer.Cover.String() + ": believe what payparts/state says"
	}
	text := "the signature verifies: "
	if q.method != callParts+"state" {
		return text + payPartsDone[q.method]
	}
	if meaning := payPartsStates[answer.PaymentState]; meaning != "" {
		return text + meaning
	}
	return text + "a state that is not known here; it is pending"
}

// payPartsDone says what a success of each method means.
var payPartsDone = map[string]string{
	callParts + "create":      "the order is stored; nothing is paid yet",
	callParts + "hold":        "the order is stored; nothing is paid yet, and what will be is only held",
	callParts + "confirm":     "the payment on hold is taken",
	callParts + "cancel":      "the hold is let go",
	callParts + "decline":     "accepted and reserved; payparts/state with showRefund=true says when it is done",
	callParts + "description": "the description is changed",
}

// payPartsStates says what each paymentState means (api/payparts.md §5).
var payPartsStates = map[payparts.PaymentState]string{
	payparts.PaymentCreated:    "nobody has opened the page yet",
	payparts.PaymentClientWait: "the payer has the page open",
	payparts.PaymentCodeWait:   "the payer is asked for a code",
	payparts.PaymentInProgress: "the provider has it, and its outcome is not known yet",
	payparts.PaymentLocked:     "on hold: payparts/confirm takes it, payparts/cancel lets it go",
	payparts.PaymentSucceeded:  "paid; a refund does not change that, showRefund=true shows it",
	payparts.PaymentFailed:     "refused, nothing was paid",
	payparts.PaymentCanceled:   "not paid, or its hold was let go",
}

// failedParts reports a refusal, or that there is no answer to believe.
func (c *callCommand) failedParts(k *kong.Context, q callRequest, password callKey, answer payparts.Answer, err error) error {
	var refusal *payparts.Error
	if errors.As(err, &refusal) {
		c.print(k.Stdout, answer.Raw)
		fmt.Fprintf(k.Stderr, "brama: refused, and the signature covers %s: %s\n", refusal.Cover, payPartsNext(refusal))
	} else {
		fmt.Fprintln(k.Stderr, "brama:", err)
	}
	if password.note != "" && errors.Is(err, payparts.ErrSignature) {
		fmt.Fprintln(k.Stderr, "brama:", password.note)
	}
	c.hintUnsent(k.Stderr, err)
	if !errors.Is(err, payparts.ErrOutcomeUnknown) || q.method == callParts+"state" {
		return exitWith(1)
	}
	fmt.Fprintf(k.Stderr, "brama: it may have been done. Before you repeat it, ask:\n  %s\n", c.stateOf(q))
	return exitWith(callUnknown)
}

// payPartsNext is what to do about a refusal (api/payparts.md §8).
func payPartsNext(refusal *payparts.Error) string {
	switch {
	case errors.Is(refusal, payparts.ErrPaymentNotFound):
		return "the store has no such order; check orderId and --store"
	case errors.Is(refusal, payparts.ErrOrderExists):
		return "orderId was used with other fields, or its payment is final; payparts/state shows it"
	case errors.Is(refusal, payparts.ErrDeclineMade):
		return "this amount goes back already; payparts/state with showRefund=true shows it"
	case errors.Is(refusal, payparts.ErrUnknownStore):
		return "check --store, and that the gateway at --url is the one meant"
	case strings.HasPrefix(refusal.Message, "bad value: "):
		return "correct what the message names"
	}
	return "the message says why"
}

// stateOf is the command that asks what became of an order.
func (c *callCommand) stateOf(q callRequest) string {
	line := "brama call payparts/state " + shellQuote("orderId="+q.fields["orderId"])
	if q.method == callParts+"decline" {
		line += " showRefund=true"
	}
	if c.URL != "http://127.0.0.1:8080" {
		line += " --url " + shellQuote(c.URL)
	}
	if c.Store != demo.Store || !callLoopback(c.URL) {
		line += " --store " + shellQuote(c.Store)
	}
	if c.PasswordFile != "" && c.PasswordFile != "-" {
		line += " --password-file " + shellQuote(c.PasswordFile)
	}
	return line
}

// describeParts shows what would have been sent; the password stays hidden.
func (c *callCommand) describeParts(k *kong.Context, q callRequest, password callKey, sent callDry) error {
	fields := map[string]string{"storeId": c.Store}
	for name, value := range q.fields {
		fields[name] = value
	}
	parts, err := payparts.SignedParts(strings.TrimPrefix(q.method, callParts), fields)
	if err != nil {
		return err
	}
	fmt.Fprintf(k.Stdout, "POST %s\n%s\n\nText to sign, base64 of its raw SHA-1 (*** is the password):\n  ***%s***\n", sent.url, sent.body, strings.Join(parts, ""))
	if password.note != "" {
		fmt.Fprintf(k.Stdout, "  %s\n", password.note)
	}
	fmt.Fprintf(k.Stdout, "\nThe same with curl:\n  curl -sS %s -H 'Content-Type: application/json; charset=UTF-8' --data-binary %s\n",
		shellQuote(sent.url), shellQuote(sent.body))
	return nil
}
