package sim

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/brama-pay/brama/db"
)

// disk is what outlives a crash: the database of a world.
type disk struct {
	config db.Config
	dir    string // of the SQLite file
	drop   func()
}

// template is a migrated, empty SQLite database.
var template = sync.OnceValues(func() ([]byte, error) {
	if err := sweep(memory()); err != nil {
		return nil, err
	}
	dir, drop, err := newDir()
	if err != nil {
		return nil, err
	}
	defer drop()
	path := filepath.Join(dir, "template.db")
	empty, err := db.Open(context.Background(), db.Config{Path: path, Migrations: db.Migrations(), Now: func() int64 { return birth }})
	if err != nil {
		return nil, err
	}
	empty.Close()
	return os.ReadFile(path)
})

// memory is a directory that costs no disk, where there is one.
func memory() string {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return ""
}

func newDisk(ctx context.Context, o Options) (*disk, error) {
	if o.Database != "" {
		return newSchema(ctx, o)
	}
	empty, err := template()
	if err != nil {
		return nil, err
	}
	dir, drop, err := newDir()
	if err != nil {
		return nil, err
	}
	d := &disk{dir: dir, config: db.Config{Path: filepath.Join(dir, "brama.db")}, drop: drop}
	return d, os.WriteFile(d.config.Path, empty, 0o600)
}

// dirPattern names the directories of worlds.
const dirPattern = "brama-sim-"

// owned is the file in a world's directory that its process holds a lock on.
const owned = "owned"

// newDir is a directory for one world, and what drops it. What a killed process
// leaves is dropped by sweep.
func newDir() (dir string, drop func(), err error) {
	if dir, err = os.MkdirTemp(memory(), dirPattern); err != nil {
		return "", nil, err
	}
	file, err := os.Create(filepath.Join(dir, owned))
	if err != nil {
		return "", nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return "", nil, fmt.Errorf("%s: %w", dir, err)
	}
	return dir, func() {
		_ = os.RemoveAll(dir)
		_ = file.Close()
	}, nil
}

// young is the age below which a directory may be one that is just being made.
const young = time.Minute

// sweep drops the worlds of processes that are no more.
func sweep(under string) error {
	if under == "" {
		under = os.TempDir()
	}
	left, err := filepath.Glob(filepath.Join(under, dirPattern+"*"))
	for _, dir := range left {
		if info, err := os.Stat(dir); err != nil || time.Since(info.ModTime()) < young { // a world takes no time of ours
			continue
		}
		file, err := os.OpenFile(filepath.Join(dir, owned), os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			continue // another's
		}
		if syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			_ = os.RemoveAll(dir)
		}
		_ = file.Close()
	}
	return err
}

// newSchema is a fresh schema in a PostgreSQL database.
func newSchema(ctx context.Context, o Options) (*disk, error) {
	name := fmt.Sprintf("sim_%d", o.Seed)
	execute := func(text string) error {
		conn, err := pgx.Connect(ctx, o.Database)
		if err != nil {
			return err
		}
		defer conn.Close(ctx)
		_, err = conn.Exec(ctx, text)
		return err
	}
	if err := execute("DROP SCHEMA IF EXISTS " + name + " CASCADE"); err != nil {
		return nil, err
	}
	// One writer, as SQLite has: the same seed is the same run on both.
	config := db.Config{URL: o.Database, Schema: name, Migrations: db.Migrations(), Writers: 1}
	return &disk{config: config, drop: func() { _ = execute("DROP SCHEMA IF EXISTS " + name + " CASCADE") }}, nil
}
