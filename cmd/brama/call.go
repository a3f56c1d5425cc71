package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/client/payparts"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/signature"
)

// callUnknown is the exit status of a call that may or may not have moved money.
const callUnknown = 3

// callNow is how the field now is written: the form that names its zone (api/avanor.md §2).
const callNow = "2006-01-02T15:04:05.000Z"

// callCommand signs one request of the API, sends it and prints the answer.
// Standard output holds the answer alone, so that it can be piped on; what there
// is to say about it goes to standard error.
type callCommand struct {
	callSecret
	callStore
	URL    string `name:"url" help:"The gateway's address." default:"http://127.0.0.1:8080"`
	Prefix string `help:"What stands between the address and the method: / for Piastrix-family hosts." default:"/gateway/v1/"`
	PayURL string `help:"The address of the pay form, where it is not the gateway's own." placeholder:"URL"`
	Lang   string `help:"The language of the pay form: en, ru or uk." default:"en"`
	Shop   int64  `help:"The shop that calls; the field shop_id goes before it." default:"1520"`
	Raw    bool   `help:"Print the answer byte for byte, on a terminal too."`
	Pretty bool   `help:"Print the answer indented, into a file or a pipe too."`
	DryRun bool   `help:"Show the request, the string to sign and the same as a curl command; send nothing."`
	Force  bool   `help:"Send what looks wrong: unknown names and missing fields."`
	List   bool   `help:"List the methods and their fields; with a method, what each of its fields means."`

	Method string    `arg:"" optional:"" help:"What to call, such as invoice/create; pay makes a link to the pay form."`
	Fields callWords `arg:"" optional:"" name:"key=value" help:"The request's fields; shop_id, now and sign are filled in."`
}

// Help is the longer text of brama call --help.
func (*callCommand) Help() string {
	return `Exit status: 0 done, 1 refused or not sent, 2 the request is wrong and was not
sent, 3 the outcome is unknown: ask by your own id before you repeat anything.

  brama call invoice/create shop_order_id=order-1 amount=100.00 currency=840 payway=card_invoice_usd
  brama call shop_balance --url https://api.example --shop 17 --secret-file secret.txt
  brama call payparts/decline orderId=order-1 amount=600.00 --store 4AAD1369CF734B64B70F
  brama call payparts/calculate amount=600.00 partsCount=6`
}

// Run checks the request, sends it and reports. Its error carries the exit status.
func (c *callCommand) Run(ctx context.Context, k *kong.Context) error {
	if c.List {
		return c.list(k)
	}
	q, problems := readCallWords(c.Method, c.Fields)
	if len(problems) == 0 {
		q.fill(c.Shop, time.Now())
		if !c.Force {
			problems = q.check()
		}
	}
	if len(problems) > 0 {
		return callRefused(k.Stderr, problems)
	}
	for _, note := range q.notes() {
		fmt.Fprintln(k.Stderr, "brama:", note)
	}
	if isPayParts(q.method) {
		return c.payParts(ctx, k, q)
	}
	secret, err := c.find(q.fields["shop_id"], callLoopback(c.URL))
	if err != nil {
		return callRefused(k.Stderr, []string{err.Error()})
	}
	return c.perform(ctx, k, q, secret)
}

func callRefused(stderr io.Writer, problems []string) error {
	for _, problem := range problems {
		fmt.Fprintln(stderr, "brama:", problem)
	}
	return exitWith(2)
}

func (c *callCommand) perform(ctx context.Context, k *kong.Context, q callRequest, secret callKey) error {
	if shop, err := strconv.ParseInt(q.fields["shop_id"], 10, 64); err == nil {
		c.Shop = shop
	}
	client, sent, err := c.client(secret.text)
	if err != nil {
		return callRefused(k.Stderr, []string{err.Error()})
	}
	if q.method == signature.PayForm {
		return c.payLink(k, client, q, secret)
	}
	envelope, err := client.Call(ctx, q.method, q.fields)
	if c.DryRun {
		if err != nil {
			return err
		}
		fmt.Fprint(k.Stdout, sent.describe(q, secret))
		return nil
	}
	return c.report(k, q, secret, envelope, err)
}

// client is the public client; for a dry run one whose requests go nowhere.
func (c *callCommand) client(secret string) (*avanor.Client, *callDry, error) {
	options := []avanor.Option{avanor.WithPrefix(c.Prefix)}
	if c.PayURL != "" {
		options = append(options, avanor.WithPayURL(c.PayURL))
	}
	var dry *callDry
	if c.DryRun {
		dry = &callDry{}
		options = append(options, avanor.WithHTTPClient(&http.Client{Transport: dry}))
	}
	client, err := avanor.New(c.URL, c.Shop, secret, options...)
	return client, dry, err
}

// payLink prints the signed link of the pay form; nothing is sent.
func (c *callCommand) payLink(k *kong.Context, client *avanor.Client, q callRequest, secret callKey) error {
	number, err := callCurrency(q.fields["currency"])
	if err != nil {
		return callRefused(k.Stderr, []string{err.Error()})
	}
	request := avanor.PayFormRequest{
		ShopOrderID: q.fields["shop_order_id"], Amount: avanor.Decimal(q.fields["amount"]), Currency: number,
		Description: q.fields["description"], Extra: map[string]string{},
	}
	for name, value := range q.fields {
		switch name {
		case "shop_order_id", "amount", "currency", "description", "shop_id":
		default:
			request.Extra[name] = value
		}
	}
	form, err := client.PayForm(c.Lang, request)
	if err != nil {
		return callRefused(k.Stderr, []string{err.Error()})
	}
	if c.DryRun {
		fmt.Fprint(k.Stdout, callToSign(q, secret))
	}
	fmt.Fprintln(k.Stdout, form.URL())
	return nil
}

func callCurrency(text string) (money.Currency, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if c, known := money.CurrencyByNumber(n); known && err == nil {
		return c, nil
	}
	return 0, fmt.Errorf("currency=%s: write the ISO 4217 number of a currency, such as 840", text)
}

// report prints the answer and what follows from it.
func (c *callCommand) report(k *kong.Context, q callRequest, secret callKey, envelope avanor.Envelope, err error) error {
	var refusal *avanor.Error
	switch {
	case err == nil:
		c.print(k.Stdout, envelope.Raw)
		c.point(k.Stderr, envelope)
		return nil
	case errors.As(err, &refusal):
		c.print(k.Stdout, envelope.Raw)
		fmt.Fprintf(k.Stderr, "brama: code %d, %v: %s\n", int(refusal.Code), refusal.Code, callNext(q, refusal))
		if secret.note != "" && strings.Contains(refusal.Message, `sign="`) {
			fmt.Fprintln(k.Stderr, "brama:", secret.note)
		}
	default:
		fmt.Fprintln(k.Stderr, "brama:", err)
		if len(envelope.Raw) > 0 {
			fmt.Fprintf(k.Stderr, "brama: it answered %.300q\n", envelope.Raw)
		}
	}
	return c.verdict(k, q, err)
}

// verdict is the exit status of a failure. Where money may have moved it says how
// to find out. A method that only asks leaves nothing unknown.
func (c *callCommand) verdict(k *kong.Context, q callRequest, err error) error {
	c.hintUnsent(k.Stderr, err)
	if !errors.Is(err, avanor.ErrOutcomeUnknown) || !callMoves[q.method] {
		return exitWith(1)
	}
	fmt.Fprintf(k.Stderr, "brama: it may have been done. Before you repeat it, ask:\n  %s\n", c.question(q))
	return exitWith(callUnknown)
}

// hintUnsent says what may be wrong when no connection came about.
func (c *callCommand) hintUnsent(stderr io.Writer, err error) {
	if !errors.Is(err, avanor.ErrNotSent) && !errors.Is(err, payparts.ErrNotSent) {
		return
	}
	var op *net.OpError
	if strings.HasPrefix(c.URL, "https:") && !(errors.As(err, &op) && op.Op == "dial") {
		fmt.Fprintf(stderr, "brama: no secure connection came about: check --url and the certificate of %s\n", c.URL)
		return
	}
	fmt.Fprintf(stderr, "brama: is a gateway running at %s? `brama serve --demo` starts one\n", c.URL)
}

// question is the command that asks what became of a request.
func (c *callCommand) question(q callRequest) string {
	line := "brama call " + callQuestion(q)
	if c.URL != "http://127.0.0.1:8080" {
		line += " --url " + shellQuote(c.URL)
	}
	if c.Prefix != avanor.DefaultPrefix {
		line += " --prefix " + shellQuote(c.Prefix)
	}
	if shop := q.fields["shop_id"]; shop != "1520" {
		line += " --shop " + shellQuote(shop)
	}
	if c.SecretFile != "" && c.SecretFile != "-" {
		line += " --secret-file " + shellQuote(c.SecretFile)
	}
	return line
}

// print writes the answer as it came, or indented: literals stay as they are.
func (c *callCommand) print(stdout io.Writer, raw []byte) {
	var pretty bytes.Buffer
	if !c.Raw && (c.Pretty || callTerminal(stdout)) && json.Indent(&pretty, bytes.TrimSpace(raw), "", "  ") == nil {
		pretty.WriteByte('\n')
		raw = pretty.Bytes()
	}
	_, _ = stdout.Write(raw)
}

// point names the page where the payer pays.
func (c *callCommand) point(stderr io.Writer, envelope avanor.Envelope) {
	var page struct {
		URL    string `json:"url"`
		Method string `json:"method"`
	}
	if json.Unmarshal(envelope.Data, &page) != nil || page.URL == "" {
		return
	}
	if page.Method == http.MethodPost {
		fmt.Fprintln(stderr, "To be paid by posting data.data as a form to:", page.URL)
		return
	}
	fmt.Fprintln(stderr, "To be paid at:", page.URL)
}

func callTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
