// Command cluster shows several nodes on one PostgreSQL: it starts the server,
// three gateways and a balancer before them, sends payouts through it, kills the
// nodes in turn and starts them again, and then looks whether every payout that
// was acknowledged is there once, was sent to the provider once and was told to
// its shop once. It ends by itself in about a minute; exit status 1 when anything
// is not as promised.
//
//	go run ./e2e/cluster          (make cluster)
//
// It knows the program by its command line, its wire and its tables only.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/brama-pay/brama/db/dbtest"
)

const nodes = 3

// The demo's public values.
const (
	shopID = 1520
	secret = "account-secret-key"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	binary := flag.String("binary", "", "a built program; without it this tree's is built")
	senders := flag.Int("connections", 12, "how many send at a time")
	under := flag.Duration("duration", 24*time.Second, "how long nodes are killed under load")
	flag.Parse()
	if err := run(ctx, *binary, *senders, *under); err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, binary string, senders int, under time.Duration) (err error) {
	dir, err := os.MkdirTemp("", "brama-cluster-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if binary == "" {
		binary = filepath.Join(dir, "brama")
		if said, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "github.com/brama-pay/brama/cmd/brama").CombinedOutput(); err != nil {
			return fmt.Errorf("build the program: %w\n%s", err, said)
		}
	}
	server, err := dbtest.StartServer(os.Stderr)
	if err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	defer server.Stop()
	database, err := createDatabase(ctx, server.URL)
	if err != nil {
		return err
	}
	c := &cluster{dir: dir, binary: binary, database: database}
	defer c.end()
	if err := c.begin(ctx); err != nil {
		return fmt.Errorf("%w\n%s", err, c.said())
	}
	receiver := newReceiver()
	hears := httptest.NewServer(receiver)
	defer hears.Close()
	if said, err := c.command("shop", "set", fmt.Sprint(shopID), "payout_callback_url="+hears.URL, "--commit"); err != nil {
		return fmt.Errorf("shop set: %w\n%s", err, said)
	}
	balanced := httptest.NewServer(c.balancer(ctx))
	defer balanced.Close()

	l := &load{to: balanced.URL, asked: map[string]int64{}}
	kills := l.during(ctx, senders, func() int { return c.killInTurn(ctx, under) })
	found := c.check(ctx, l, receiver)
	l.report(receiver, kills, under)
	if len(found) > 0 {
		return fmt.Errorf("%d promises are broken:\n%s\n%s", len(found), strings.Join(found[:min(len(found), 20)], "\n"), c.said())
	}
	fmt.Println("no promise is broken")
	return nil
}

func createDatabase(ctx context.Context, admin string) (string, error) {
	conn, err := pgx.Connect(ctx, admin)
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, "CREATE DATABASE brama_cluster")
	return strings.Replace(admin, "/postgres?", "/brama_cluster?", 1), err
}
