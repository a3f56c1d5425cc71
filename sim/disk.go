package sim

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"

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
	dir, err := os.MkdirTemp(memory(), "brama-sim-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
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
	dir, err := os.MkdirTemp(memory(), "brama-sim-")
	if err != nil {
		return nil, err
	}
	d := &disk{dir: dir, config: db.Config{Path: filepath.Join(dir, "brama.db")}, drop: func() { _ = os.RemoveAll(dir) }}
	return d, os.WriteFile(d.config.Path, empty, 0o600)
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
	config := db.Config{URL: o.Database, Schema: name, Migrations: db.Migrations(), Writers: 2}
	return &disk{config: config, drop: func() { _ = execute("DROP SCHEMA IF EXISTS " + name + " CASCADE") }}, nil
}
