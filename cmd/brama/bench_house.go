package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/demo"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/seal"
	"github.com/brama-pay/brama/shop"
)

// house is the temporary data that is measured: a directory and, on PostgreSQL,
// a database of its own. Both go away with it.
type house struct {
	storage
	shops  []int64
	admin  string // address of the PostgreSQL that the database was made in; "" with SQLite
	secret string
}

// firstShop is the number of the first measured shop.
const firstShop = 500_001

func openHouse(ctx context.Context, dir, address string, shops int) (*house, error) {
	data, err := os.MkdirTemp(dir, "brama-bench-")
	if err != nil {
		return nil, err
	}
	h := &house{storage: storage{Data: data, Database: address}, secret: demo.Secret}
	for i := range shops {
		h.shops = append(h.shops, firstShop+int64(i))
	}
	if address == "" {
		return h, nil
	}
	if err := h.createDatabase(ctx); err != nil {
		return nil, errors.Join(err, h.remove())
	}
	return h, nil
}

func (h *house) createDatabase(ctx context.Context) error {
	at, err := url.Parse(h.Database)
	if err != nil {
		return errors.New("--database: not a valid postgres:// address")
	}
	var drawn [4]byte
	if _, err := rand.Read(drawn[:]); err != nil {
		return err
	}
	name := "brama_bench_" + hex.EncodeToString(drawn[:])
	if err := h.execute(ctx, h.Database, "CREATE DATABASE "+name); err != nil {
		return fmt.Errorf("--database: make a temporary database: %w", err)
	}
	h.admin = h.Database
	at.Path = "/" + name
	h.Database = at.String()
	return nil
}

func (h *house) execute(ctx context.Context, address, statement string) error {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}

// remove takes the data away, whatever became of the run.
func (h *house) remove() error {
	var err error
	if h.admin != "" {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		name := h.Database[strings.LastIndex(h.Database, "/")+1:]
		name, _, _ = strings.Cut(name, "?")
		err = h.execute(ctx, h.admin, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
	}
	return errors.Join(err, os.RemoveAll(h.Data))
}

// flags name the house to a command of ours.
func (h *house) flags(command string) []string {
	args := []string{command, "--data", h.Data}
	if h.Database != "" {
		args = append(args, "--database", h.Database)
	}
	return args
}

// seed makes the demo data and the shops: by the operators' own use cases, so
// that the books are whole. opening posts what came before, if anything did.
func (h *house) seed(ctx context.Context, callbacks string, opening func(context.Context, *seal.Box) error) error {
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	g, _, err := openGateway(ctx, h.storage, wiring{demo: true, log: quiet, metrics: newMetrics()})
	if err != nil {
		return err
	}
	defer g.close()
	if err := demo.Seed(ctx, demo.Seeding{DB: g.db, Box: g.box, Random: rand.Reader}); err != nil {
		return err
	}
	if err := h.each(func(id int64) error { return createShop(ctx, g, id, callbacks) }); err != nil {
		return err
	}
	if err := opening(ctx, g.box); err != nil {
		return err
	}
	return h.each(func(id int64) error {
		_, err := db.Do(ctx, g.db, id, shop.Deposit{Shop: id, Amount: money.New(100_000_000_00, money.USD), Note: "bench", Actor: "bench"})
		return err
	})
}

func createShop(ctx context.Context, g *gateway, id int64, callbacks string) error {
	create, _, err := shop.NewCreate(g.box, rand.Reader, id, fmt.Sprintf("Bench %d", id), "bench", shop.Secrets{API: demo.Secret})
	if err != nil {
		return err
	}
	create.Values = []string{"payout_callback_url=" + callbacks}
	_, err = db.Do(ctx, g.db, db.House, create)
	return err
}

// each runs an act for every shop, some at a time, so that they share commits.
func (h *house) each(act func(id int64) error) error {
	errs := make([]error, len(h.shops))
	var running sync.WaitGroup
	places := make(chan struct{}, 64)
	for i, id := range h.shops {
		places <- struct{}{}
		running.Go(func() {
			errs[i] = act(id)
			<-places
		})
	}
	running.Wait()
	return errors.Join(errs...)
}

// verify recomputes the books with the program's own command, and gives its
// summary or the differences.
func (h *house) verify(ctx context.Context, progress io.Writer) (said string, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	command := exec.CommandContext(ctx, self, h.flags("verify")...)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Env = slices.DeleteFunc(os.Environ(), func(pair string) bool { return strings.HasPrefix(pair, "BRAMA_") })
	command.Stderr = progress
	text, err := command.Output()
	return strings.TrimSpace(string(text)), err
}

// commitTime is what a commit takes by itself: one changed row, synced, nobody
// else at work. The row is beside the gateway's, on the same disk or server.
func (h *house) commitTime(ctx context.Context) (time.Duration, error) {
	const tries = 301
	commit, end, err := h.committer(ctx)
	if err != nil {
		return 0, err
	}
	defer end()
	var took []time.Duration
	for range tries {
		began := time.Now()
		if err := commit(); err != nil {
			return 0, err
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took[tries/2], nil
}

func (h *house) committer(ctx context.Context) (commit func() error, end func(), err error) {
	const change = "UPDATE bench_probe SET n = n + 1 WHERE id = 1"
	make := []string{"CREATE TABLE IF NOT EXISTS bench_probe (id BIGINT PRIMARY KEY, n BIGINT NOT NULL)", "INSERT INTO bench_probe VALUES (1, 0) ON CONFLICT DO NOTHING"}
	if h.Database == "" {
		file, err := h.openFile("probe.db", "synchronous(FULL)")
		if err != nil {
			return nil, nil, err
		}
		for _, text := range append(make, change) {
			if _, err := file.ExecContext(ctx, text); err != nil {
				return nil, nil, errors.Join(err, file.Close())
			}
		}
		return func() error { _, err := file.ExecContext(ctx, change); return err }, func() { _ = file.Close() }, nil
	}
	pool, err := h.pool(ctx, 1)
	if err != nil {
		return nil, nil, err
	}
	for _, text := range append(make, change) {
		if _, err := pool.Exec(ctx, text); err != nil {
			pool.Close()
			return nil, nil, err
		}
	}
	return func() error { _, err := pool.Exec(ctx, change); return err }, pool.Close, nil
}

// openFile opens a SQLite file of the house with one connection.
func (h *house) openFile(name, synchronous string) (*sql.DB, error) {
	pragmas := url.Values{"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", synchronous}}
	file, err := sql.Open("sqlite", "file:"+filepath.Join(h.Data, name)+"?"+pragmas.Encode())
	if err == nil {
		file.SetMaxOpenConns(1)
	}
	return file, err
}

// benchSchema is where the bench keeps tables of its own on PostgreSQL.
const benchSchema = "bench"

// pool connects to the bench's own schema with commits as durable as the gateway's.
func (h *house) pool(ctx context.Context, size int) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(h.Database)
	if err != nil {
		return nil, err
	}
	config.MaxConns = int32(size) //nolint:gosec // a handful
	config.ConnConfig.RuntimeParams["synchronous_commit"] = "on"
	config.ConnConfig.RuntimeParams["search_path"] = benchSchema
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err == nil {
		_, err = pool.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+benchSchema)
	}
	return pool, err
}
