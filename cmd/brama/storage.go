package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/provider/sandbox"
	"github.com/brama-pay/brama/seal"
)

// storage says where the data is: the flags that serve, verify and every
// operator's command share.
type storage struct {
	Data     string `help:"Directory of the embedded database, the key file and the admin socket." default:"./brama-data" type:"path"`
	Database string `help:"PostgreSQL address (postgres://…). Without it the embedded SQLite database is used." placeholder:"URL"`
	KeyFile  string `help:"File of the master keys; made at the first start when it is missing." type:"path" placeholder:"FILE"`

	batch int // of the gateway's writers; 0 is db's own
}

// keyPath is the key file: by default beside the embedded database.
func (s storage) keyPath() string {
	if s.KeyFile != "" {
		return s.KeyFile
	}
	return filepath.Join(s.Data, "brama.key")
}

func (s storage) socketPath() string { return filepath.Join(s.Data, "admin.sock") }

func (s storage) config(readOnly bool) db.Config {
	return db.Config{
		Path: filepath.Join(s.Data, "brama.db"), URL: s.Database, Migrations: db.Migrations(), ReadOnly: readOnly, Batch: s.batch, Now: unixNow,
	}
}

// sandboxConfig is the sandbox's own database: another file, or another schema.
func (s storage) sandboxConfig(readOnly bool) db.Config {
	return db.Config{
		Path: filepath.Join(s.Data, "sandbox.db"), URL: s.Database, Schema: "sandbox", Migrations: sandbox.Migrations(), ReadOnly: readOnly,
		Writers: 2, Now: func() int64 { return steadyNow().UnixMilli() }, Relaxed: true, // it stands in for a provider's machine, not for ours
	}
}

func unixNow() int64 { return time.Now().UnixMilli() }

// prepare makes the data directory.
func (s storage) prepare() error {
	if err := os.MkdirAll(s.Data, 0o700); err != nil {
		return fmt.Errorf("--data: %w", err)
	}
	return nil
}

// box opens the key file, and makes it when there is none and may be made.
func (s storage) box(create bool) (*seal.Box, error) {
	keys, err := seal.ReadKeys(s.keyPath())
	if errors.Is(err, fs.ErrNotExist) && create {
		var key seal.Key
		if key, err = seal.NewKey(rand.Reader, "k1"); err == nil {
			keys = seal.Keys{key}
			err = seal.WriteKeys(s.keyPath(), keys)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("--key-file: %w", err)
	}
	return seal.New(rand.Reader, keys)
}

// open opens the gateway's database. Its writers are not yet run.
func (s storage) open(ctx context.Context, readOnly bool) (*db.DB, error) {
	d, err := db.Open(ctx, s.config(readOnly))
	switch {
	case errors.Is(err, db.ErrInUse):
		return nil, fmt.Errorf("--data %s: %w; stop it, or choose another directory", s.Data, db.ErrInUse)
	case err != nil && s.Database != "":
		return nil, unreached(s.Database, err)
	case err != nil:
		return nil, fmt.Errorf("--data: %w", err)
	}
	return d, nil
}
