package dbtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/brama-pay/brama/db"
)

// A database is migrated once and copied for each test: a SQLite file from
// memory, a PostgreSQL database by its server.

var templates struct {
	sync.Mutex
	files map[string][]byte // SQLite: by the hash of the migrations
	names map[string]bool   // PostgreSQL: those known to exist
}

func sqliteTemplate(t testing.TB, migrations fs.FS) []byte {
	t.Helper()
	sum := hashOf(t, migrations)
	templates.Lock()
	defer templates.Unlock()
	if file, ok := templates.files[sum]; ok {
		return file
	}
	path := filepath.Join(t.TempDir(), "template.db")
	migrate(t, db.Config{Path: path, Migrations: migrations})
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if templates.files == nil {
		templates.files = map[string][]byte{}
	}
	templates.files[sum] = file
	return file
}

// postgresTemplate is the name of the migrated database to copy. It is made
// under another name and renamed, so that half a template is never copied.
func postgresTemplate(t testing.TB, migrations fs.FS) string {
	t.Helper()
	name := "template_" + hashOf(t, migrations)
	templates.Lock()
	defer templates.Unlock()
	if templates.names[name] {
		return name
	}
	admin := connect(t)
	defer admin.Close(context.Background())
	// Packages are tested at the same time: one makes the template, the others wait.
	execute(t, admin, "SELECT pg_advisory_lock(827462)")
	var there bool
	if err := admin.QueryRow(context.Background(), "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&there); err != nil {
		t.Fatal(err)
	}
	if !there {
		execute(t, admin, "DROP DATABASE IF EXISTS "+name+"_new WITH (FORCE)")
		execute(t, admin, "CREATE DATABASE "+name+"_new")
		migrate(t, db.Config{URL: at(t, name+"_new"), Migrations: migrations})
		settle(t, admin, name+"_new")
		execute(t, admin, "ALTER DATABASE "+name+"_new RENAME TO "+name)
	}
	if templates.names == nil {
		templates.names = map[string]bool{}
	}
	templates.names[name] = true
	return name
}

// settle waits until the server has noticed that a database's connections ended.
func settle(t testing.TB, admin *pgx.Conn, name string) {
	t.Helper()
	for range 200 {
		var n int
		if err := admin.QueryRow(context.Background(), "SELECT count(*) FROM pg_stat_activity WHERE datname = $1", name).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func migrate(t testing.TB, config db.Config) {
	t.Helper()
	config.Now = NewClock().Now
	migrated, err := db.Open(context.Background(), config)
	if err != nil {
		t.Fatalf("migrate the test's template: %v", err)
	}
	migrated.Close()
}

// PostgresURL is the address of a new, empty database on the test server. It is
// dropped when the test ends, whoever is still connected.
func PostgresURL(t testing.TB) string {
	t.Helper()
	return fresh(t, "template0")
}

func fresh(t testing.TB, template string) string {
	t.Helper()
	name := "test_" + strings.ToLower(rand.Text())
	admin := connect(t)
	defer admin.Close(context.Background())
	execute(t, admin, "CREATE DATABASE "+name+" TEMPLATE "+template)
	t.Cleanup(func() {
		admin := connect(t)
		defer admin.Close(context.Background())
		execute(t, admin, "DROP DATABASE "+name+" WITH (FORCE)")
	})
	return at(t, name)
}

// at is the address of a database on the test server.
func at(t testing.TB, name string) string {
	t.Helper()
	address, err := url.Parse(server(t))
	if err != nil {
		t.Fatal("BRAMA_TEST_POSTGRES is not a postgres:// URL")
	}
	address.Path = "/" + name
	return address.String()
}

func connect(t testing.TB) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), server(t))
	if err != nil {
		t.Fatalf("connect to the test server: %v", err)
	}
	return conn
}

func execute(t testing.TB, conn *pgx.Conn, text string) {
	t.Helper()
	if _, err := conn.Exec(context.Background(), text); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// hashOf names a set of migrations by what they say.
func hashOf(t testing.TB, migrations fs.FS) string {
	t.Helper()
	sum := sha256.New()
	err := fs.WalkDir(migrations, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(migrations, path)
		fmt.Fprintf(sum, "%s %d\n%s", path, len(text), text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}
