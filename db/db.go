package db

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/brama-pay/brama/fault"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the gateway's own: numbered SQL files, one text for both databases.
func Migrations() fs.FS {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err)
	}
	return sub
}

// Config says where the rows are.
type Config struct {
	Path       string // SQLite file; its directory must exist
	URL        string // postgres://…; when set, Path is not used
	Schema     string // PostgreSQL schema, made when missing; "" is the connection's own
	Migrations fs.FS  // nil: nothing is migrated
	ReadOnly   bool   // no writer, no migration, no lock: for verify
	Writers    int    // PostgreSQL writers of this process; 0 is one for each processor, from 2 to 8
	Relaxed    bool   // SQLite: commits survive a killed process, not a dead machine; for a test double
	Batch      int    // use cases in one transaction, at most; 0 is 256
	Now        func() int64

	Simulation *Simulation // nil in production
}

// Simulation is what a simulation of several processes within one puts in the
// place of chance. Its databases share a file without a lock on it, and SQLite
// does not sync its commits: nothing outlives the real process anyway.
type Simulation struct {
	// Commit is called instead of a commit, with the rows that it will store; it
	// calls commit or not. An error leaves the outcome unknown, as a lost
	// connection does, whether or not it did.
	Commit func(rows []any, commit func() error) error
	// Wait is called before a caller waits for its answer. It returns when ready
	// reports true, or when the caller's context has ended.
	Wait func(ctx context.Context, ready func() bool)
}

func (c Config) synchronous() string {
	switch {
	case c.Simulation != nil:
		return off
	case c.Relaxed:
		return normal
	}
	return full
}

// DB is an open database.
type DB struct {
	writers []*Writer
	reader  *sql.DB
	pools   []*pgxpool.Pool
	engines []engine
	ids     *IDs
	holder  string
	lock    *os.File
	closed  sync.RWMutex
	down    bool
	Stats   *Stats
	config  Config

	simulation *Simulation
}

// Stats are counters of the writers since the start.
type Stats struct {
	Batches, UseCases, Rows, Failures atomic.Int64
}

func (s *Stats) observe(useCases, rows int) {
	s.Batches.Add(1)
	s.UseCases.Add(int64(useCases))
	s.Rows.Add(int64(rows))
}

// ErrInUse is the error of a data directory that another process serves.
var ErrInUse = errors.New("another brama process is using it")

// Open opens a database and brings its tables up to date. The caller runs the
// writers (DB.Writers) and then joins (DB.Join) before anything is written.
func Open(ctx context.Context, c Config) (*DB, error) {
	d := &DB{ids: NewIDs(0, c.Now), Stats: &Stats{}, config: c, simulation: c.Simulation}
	var err error
	if c.URL != "" {
		err = d.openPostgres(ctx, c)
	} else {
		err = d.openSQLite(ctx, c)
	}
	if err != nil {
		d.Close()
		return nil, err
	}
	batch := c.Batch
	if batch <= 0 {
		batch = batchLength
	}
	for _, e := range d.engines {
		d.writers = append(d.writers, &Writer{engine: e, remembers: c.URL == "", queue: make(chan *member, queueLength), length: batch, now: c.Now, newID: d.ids.Next, stats: d.Stats, simulation: c.Simulation})
	}
	return d, nil
}

func (d *DB) openSQLite(ctx context.Context, c Config) error {
	if c.ReadOnly {
		if _, err := os.Stat(c.Path); err != nil {
			return fmt.Errorf("no database at %s: %w", c.Path, err)
		}
	} else {
		if c.Simulation == nil {
			if err := d.exclude(c.Path); err != nil {
				return err
			}
			if err := makePrivate(c.Path); err != nil {
				return err
			}
		}
		e, err := openSQLiteEngine(c.Path, c.synchronous())
		if err != nil {
			return err
		}
		d.engines = append(d.engines, e)
		if err := migrateSQLite(ctx, c); err != nil {
			return err
		}
	}
	reader, err := sql.Open("sqlite", sqliteDSN(c.Path, true))
	if err != nil {
		return err
	}
	reader.SetMaxOpenConns(8)
	reader.SetMaxIdleConns(8)
	d.reader = reader
	return reader.PingContext(ctx)
}

// exclude refuses a second writing process on the same file.
func (d *DB) exclude(path string) error {
	name := strings.TrimSuffix(path, filepath.Ext(path)) + ".lock"
	file, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("open the lock %s: %w", name, err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		file.Close()
		return fmt.Errorf("%s: %w", path, ErrInUse)
	}
	d.lock = file
	return nil
}

// makePrivate makes the file, when there is none, for the own user alone: SQLite
// would let everybody read it, and gives its other files the same mode. One that
// is there keeps the mode that somebody may have given it.
func makePrivate(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	return file.Close()
}

func (d *DB) openPostgres(ctx context.Context, c Config) error {
	writers := c.Writers
	if writers == 0 { // a writer more than there are processors makes the batches smaller and nothing faster
		writers = min(max(runtime.GOMAXPROCS(0), 2), 8)
	}
	write, err := openPool(ctx, c, writers, false)
	if err != nil {
		return err
	}
	d.pools = append(d.pools, write)
	read, err := openPool(ctx, c, 8, true)
	if err != nil {
		return err
	}
	d.pools = append(d.pools, read)
	d.reader = stdlib.OpenDBFromPool(read)
	if c.ReadOnly {
		return read.Ping(ctx)
	}
	if err := migratePostgres(ctx, c, write); err != nil {
		return err
	}
	for range writers {
		d.engines = append(d.engines, &postgresEngine{pool: write})
	}
	return nil
}

// connectTimeout is for an address that says nothing of it: a host that does not
// answer must become fault.Unavailable before the queues are full.
const connectTimeout = 5 * time.Second

func openPool(ctx context.Context, c Config, size int, readOnly bool) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(c.URL)
	if err != nil {
		return nil, errors.New("the database address is not a valid postgres:// URL")
	}
	config.MaxConns = int32(size)
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = connectTimeout
	}
	params := config.ConnConfig.RuntimeParams
	if c.Schema != "" {
		params["search_path"] = quoted(c.Schema)
	}
	params["application_name"] = "brama"
	params["synchronous_commit"] = "on"
	if readOnly {
		params["default_transaction_read_only"] = "on"
		return pgxpool.NewWithConfig(ctx, config)
	}
	// A writer's statements go from a list of keys to their rows, by an index. A plan
	// made while a table was empty would go through all of it, and be kept.
	for _, name := range []string{"enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit"} {
		params[name] = "off"
	}
	params["plan_cache_mode"] = "force_generic_plan"
	return pgxpool.NewWithConfig(ctx, config)
}

// Writers are the writers of this process; each must be run.
func (d *DB) Writers() []*Writer { return d.writers }

// Reader is for reading outside of decisions: answers to questions, lists, the
// workers' search for what is due.
func (d *DB) Reader() *sql.DB { return d.reader }

// NewID draws an id of this node.
func (d *DB) NewID() int64 { return d.ids.Next() }

// Ping asks the database whether it answers.
func (d *DB) Ping(ctx context.Context) error { return translate(d.reader.PingContext(ctx)) }

// Queued is how many use cases wait in the writers' queues.
func (d *DB) Queued() int {
	n := 0
	for _, w := range d.writers {
		n += len(w.queue)
	}
	return n
}

// enqueue puts a member into the queue of its shop's writer.
func (d *DB) enqueue(m *member) error {
	d.closed.RLock()
	defer d.closed.RUnlock()
	if d.down || len(d.writers) == 0 {
		return fault.New(fault.Unavailable, "the gateway is stopping; nothing was stored")
	}
	w := d.writers[uint64(m.shop)%uint64(len(d.writers))]
	select {
	case w.queue <- m:
		return nil
	default:
		return fault.New(fault.Overloaded, "too many requests; nothing was stored, try again")
	}
}

// Shut takes no more use cases. What is queued is still done by the writers,
// which may then be told to end.
func (d *DB) Shut() {
	d.closed.Lock()
	defer d.closed.Unlock()
	d.down = true
}

// Close ends every connection. The writers must have ended.
func (d *DB) Close() {
	d.Shut()
	for _, e := range d.engines {
		e.close()
	}
	if d.reader != nil {
		_ = d.reader.Close()
	}
	for _, pool := range d.pools {
		pool.Close()
	}
	if d.lock != nil {
		_ = d.lock.Close()
	}
}
