package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/demo"
	"github.com/brama-pay/brama/money"
)

// estate is the data of one gateway, and the flags that lead there.
type estate struct {
	t        *testing.T
	data     string
	database string // PostgreSQL; "" is the embedded one
	url      string // of the running server
}

// eachEstate runs a test on both databases.
func eachEstate(t *testing.T, run func(t *testing.T, e *estate)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { run(t, newEstate(t)) })
	t.Run("postgres", func(t *testing.T) {
		e := newEstate(t)
		e.database = dbtest.PostgresURL(t)
		run(t, e)
	})
}

func newEstate(t *testing.T) *estate {
	t.Setenv("SUDO_USER", "ann")
	return &estate{t: t, data: filepath.Join(t.TempDir(), "data")}
}

// founded is the estate with an empty real database.
func (e *estate) founded() *estate {
	e.t.Helper()
	if got := e.run("migrate"); got.status != 0 {
		e.t.Fatal(got)
	}
	return e
}

// outcome is what a command printed and how it ended.
type outcome struct {
	status         int
	stdout, stderr string
}

func (o outcome) String() string {
	return fmt.Sprintf("exit %d\n%s--\n%s", o.status, o.stdout, o.stderr)
}

// run runs a command of two words or more on the estate.
func (e *estate) run(words ...string) outcome {
	e.t.Helper()
	args := append(words, "--data", e.data)
	if e.database != "" {
		args = append(args, "--database", e.database)
	}
	return runLine(e.t, args)
}

func runLine(t *testing.T, args []string) outcome {
	t.Helper()
	var files [2]*os.File
	for i := range files {
		file, err := os.CreateTemp(t.TempDir(), "out")
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		files[i] = file
	}
	status := realMain(context.Background(), args, files[0], files[1])
	read := func(f *os.File) string {
		text, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	return outcome{status, read(files[0]), read(files[1])}
}

// must runs a command that has to succeed, and gives what it printed.
func (e *estate) must(words ...string) string {
	e.t.Helper()
	got := e.run(words...)
	if got.status != 0 {
		e.t.Fatalf("brama %s: %v", strings.Join(words, " "), got)
	}
	return got.stdout
}

// refused runs a command that has to fail with a message.
func (e *estate) refused(message string, words ...string) {
	e.t.Helper()
	got := e.run(words...)
	if got.status == 0 || !strings.Contains(got.stderr, message) {
		e.t.Fatalf("brama %s: want a refusal with %q: %v", strings.Join(words, " "), message, got)
	}
}

// shows runs a command and wants a text in what it prints.
func (e *estate) shows(text string, words ...string) {
	e.t.Helper()
	if got := e.must(words...); !strings.Contains(got, text) {
		e.t.Fatalf("brama %s: want %q in\n%s", strings.Join(words, " "), text, got)
	}
}

// serve runs a server on the estate until the function it gives is called.
func (e *estate) serve(more ...string) (stop func()) {
	e.t.Helper()
	address, admin := spareAddress(e.t), spareAddress(e.t)
	args := append([]string{"serve", "--data", e.data, "--listen", address, "--admin-listen", admin, "--sandbox-delay", "0"}, more...)
	if e.database != "" {
		args = append(args, "--database", e.database)
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		e.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan int, 1)
	go func() { ended <- realMain(ctx, args, null, null) }()
	e.url = "http://" + address
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		select {
		case status := <-ended:
			if status != 0 {
				e.t.Errorf("serve ended with %d", status)
			}
		case <-time.After(30 * time.Second):
			e.t.Error("serve did not end")
		}
	}
	e.t.Cleanup(stop)
	e.eventually("the server answers", func() bool {
		answer, err := http.Get(e.url + "/readyz")
		if err != nil {
			return false
		}
		_ = answer.Body.Close()
		_, served, err := (storage{Data: e.data}).ask(ctx, request{})
		return answer.StatusCode == http.StatusOK && served && err == nil
	})
	return stop
}

func spareAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func (e *estate) eventually(what string, done func() bool) {
	e.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if done() {
			return
		}
	}
	e.t.Fatalf("waited in vain: %s", what)
}

// client speaks to the running server as the demo shop.
func (e *estate) client() *avanor.Client {
	e.t.Helper()
	c, err := avanor.New(e.url, demo.Shop, demo.Secret)
	if err != nil {
		e.t.Fatal(err)
	}
	return c
}

// payout creates a payout of 10.00 USD to an account.
func (e *estate) payout(id, account string) int64 {
	e.t.Helper()
	p, err := e.client().CreatePayout(context.Background(), avanor.PayoutRequest{
		ShopPaymentID: id, Payway: "card_payway_usd", Account: account, Amount: "10.00", AmountType: avanor.PsAmount, ShopCurrency: money.USD,
	})
	if err != nil {
		e.t.Fatal(err)
	}
	return p.ID
}

func (e *estate) payoutStatus(id int64, want avanor.PayoutStatus) {
	e.t.Helper()
	var got avanor.Payout
	e.eventually(fmt.Sprintf("payout %d is %s", id, want), func() (done bool) {
		var err error
		got, err = e.client().FindPayout(context.Background(), id)
		return err == nil && got.Status == want
	})
}

// invoice creates an invoice of 100.00 USD, or a hold, and has it paid by card.
func (e *estate) invoice(order, amount, card string, hold bool) int64 {
	e.t.Helper()
	q := avanor.InvoiceRequest{ShopOrderID: order, Amount: avanor.Decimal(amount), Currency: money.USD, Payway: "card_invoice_usd"}
	open := e.client().CreateInvoice
	if hold {
		open = e.client().HoldInvoice
	}
	page, err := open(context.Background(), q)
	if err != nil {
		e.t.Fatal(err)
	}
	answer, err := http.PostForm(page.URL, url.Values{"card": {card}, "expiry": {"12/39"}, "cvv": {"123"}})
	if err != nil {
		e.t.Fatal(err)
	}
	body, _ := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if answer.StatusCode >= 400 {
		e.t.Fatalf("the payer's page: %s\n%s", answer.Status, body)
	}
	return page.InvoiceID
}

func (e *estate) invoiceStatus(order string, want avanor.InvoiceStatus) {
	e.t.Helper()
	e.eventually(fmt.Sprintf("invoice %s is %s", order, want), func() bool {
		v, err := e.client().FindInvoice(context.Background(), order)
		return err == nil && v.Status == want
	})
}

// sql changes the database behind the gateway's back.
func (e *estate) sql(text string, args ...any) {
	e.t.Helper()
	driver, source := "sqlite", filepath.Join(e.data, "brama.db")
	if e.database != "" {
		driver, source = "pgx", e.database
	}
	d, err := sql.Open(driver, source)
	if err != nil {
		e.t.Fatal(err)
	}
	defer d.Close()
	result, err := d.Exec(text, args...)
	if err != nil {
		e.t.Fatalf("%s: %v", text, err)
	}
	if n, _ := result.RowsAffected(); n == 0 {
		e.t.Fatalf("%s: no row was changed", text)
	}
}

// file writes a file for --secret-file.
func (e *estate) file(text string) string {
	e.t.Helper()
	path := filepath.Join(e.t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		e.t.Fatal(err)
	}
	return path
}
