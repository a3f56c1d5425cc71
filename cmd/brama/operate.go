package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"strings"
	"unicode"

	"github.com/alecthomas/kong"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/doctor"
	"github.com/brama-pay/brama/seal"
)

// desk is what a command has to work with. It is the same whether the command
// runs in its own process or, over the admin socket, in the server's.
type desk struct {
	db      *db.DB
	box     *seal.Box
	keyPath string
	actor   string            // for the audit: "command:ann"
	secrets map[string][]byte // contents of the files that the command names, read by the caller's process
	out     io.Writer
	doctor  *doctor.Doctor
}

// operation is a command of an operator.
type operation interface {
	operate(ctx context.Context, o *desk) error
}

// secretive is an operation that reads secrets: from files, never from arguments,
// which every user of the machine can see.
type secretive interface{ secretFiles() []string }

// place is where an operation's data is; its group of commands holds the flags.
type place interface{ where() storage }

func (s storage) where() storage { return s }

// deed is the flag of every command that changes money, secrets or settings.
type deed struct {
	Commit bool `help:"Do it. Without this flag the command only shows what would change." env:"-"`
}

// operationOf is the operator's command that a command line selects, if it is one.
func operationOf(line *kong.Context) (act operation, at storage, ok bool) {
	node := line.Selected()
	if node == nil {
		return nil, at, false
	}
	if act, ok = node.Target.Addr().Interface().(operation); !ok {
		return nil, at, false
	}
	for ; node != nil; node = node.Parent {
		if p, found := node.Target.Addr().Interface().(place); found {
			return act, p.where(), true
		}
	}
	return act, at, false
}

// operate runs a command through the server of its data directory, or by itself
// when none runs.
func operate(ctx context.Context, act operation, at storage, args []string, stdout, stderr io.Writer) error {
	asked := request{Args: args, Actor: actorName(), Database: at.fingerprint()}
	var err error
	if asked.Secrets, err = readSecrets(act, os.Stdin); err != nil {
		return err
	}
	answered, served, err := at.ask(ctx, asked)
	if err != nil {
		return err
	}
	if served {
		fmt.Fprint(stdout, answered.Stdout)
		fmt.Fprint(stderr, answered.Stderr)
		return answered.err()
	}
	return operateAlone(ctx, act, at, asked, stdout)
}

// operateAlone opens the database itself; a PostgreSQL that others serve it joins
// as one more node.
func operateAlone(ctx context.Context, act operation, at storage, asked request, stdout io.Writer) error {
	if err := at.exists(); err != nil {
		return err
	}
	g, err := openAlone(ctx, at)
	if err != nil {
		return err
	}
	defer g.close()
	o := &desk{db: g.db, box: g.box, keyPath: at.keyPath(), actor: asked.Actor, secrets: asked.Secrets, out: stdout, doctor: g.doctor}
	return o.run(ctx, act)
}

// exists refuses to make a new embedded database: a --data that was mistyped or
// left out must not look like an empty gateway, and must not become one.
func (s storage) exists() error {
	path := s.config(true).Path
	if _, err := os.Stat(path); s.Database == "" && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("--data: there is no database at %s; name the directory of the gateway, or make one with brama serve or brama migrate", path)
	}
	return nil
}

// openAlone is the part of a gateway that an operator's command needs: the
// database, its writers and the keys. A new database is founded as a real one.
func openAlone(ctx context.Context, at storage) (g *gateway, err error) {
	if err := at.prepare(); err != nil {
		return nil, err
	}
	g = &gateway{}
	defer func(opened *gateway) { // by then a refusal has made the result nil
		if err != nil {
			opened.close()
		}
	}(g)
	if g.db, err = at.open(ctx, false); err != nil {
		if errors.Is(err, db.ErrInUse) {
			err = fmt.Errorf("--data %s: another brama process is using it and does not answer at %s; wait until it is ready, or stop it", at.Data, at.socketPath())
		}
		return nil, err
	}
	kind, err := kindOf(ctx, g.db)
	if err != nil {
		return nil, err
	}
	if g.box, err = at.box(kind == ""); err != nil {
		return nil, err
	}
	guard := callback.Guard{}
	if kind == kindDemo {
		guard.Allow = callback.Loopback()
	}
	g.doctor = newDoctor(g.db, g.box, callback.NewClient(guard), guard, "")
	g.runWriters()
	if _, err = layFoundation(ctx, g.db, g.box, kind == kindDemo); err != nil {
		return nil, err
	}
	return g, g.join(ctx)
}

// maxSecret bounds what is read of a secret file.
const maxSecret = 64 << 10

// readSecrets reads the files that an operation names; "-" is the standard input.
func readSecrets(act operation, stdin io.Reader) (map[string][]byte, error) {
	asks, ok := act.(secretive)
	if !ok {
		return nil, nil
	}
	read := map[string][]byte{}
	for _, path := range asks.secretFiles() {
		if path == "" {
			continue
		}
		text, err := readSecret(path, stdin)
		if err != nil {
			return nil, err
		}
		read[path] = text
	}
	return read, nil
}

func readSecret(path string, stdin io.Reader) ([]byte, error) {
	from := stdin
	if path != "-" {
		file, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: there is no such file; a secret is given in a file, or on the standard input with -", path)
		}
		if err != nil {
			return nil, err
		}
		defer file.Close()
		from = file
	}
	text, err := io.ReadAll(io.LimitReader(from, maxSecret+1))
	if err == nil && len(text) > maxSecret {
		err = fmt.Errorf("%s: a secret file has at most %d KiB", path, maxSecret>>10)
	}
	return text, err
}

// secret is the one secret that a file holds, its line's end cut off; "" without a file.
func (o *desk) secret(path string) string {
	return strings.TrimRight(string(o.secrets[path]), "\r\n")
}

// actorName is who gives the command: the user of the operating system, behind
// sudo the one who called it.
func actorName() string {
	name := ""
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if behind := os.Getenv("SUDO_USER"); behind != "" {
		name = behind + " as " + name
	}
	return "command:" + cleanActor(name)
}

// cleanActor keeps a name fit for the audit.
func cleanActor(name string) string {
	name = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || c == unicode.ReplacementChar {
			return -1
		}
		return c
	}, name)
	if name == "" {
		return "somebody"
	}
	return strings.ToValidUTF8(name[:min(len(name), 100)], "") // half a letter is none
}

// do runs a use case, or rehearses it when it is not to be committed.
func do[A any](ctx context.Context, o *desk, d deed, shop int64, act db.UseCase[A]) (A, error) {
	if d.Commit {
		return db.Do(ctx, o.db, shop, act)
	}
	return db.Rehearse(ctx, o.db, shop, act)
}

// end says what a command that may only show has done.
func (o *desk) end(d deed, done string) {
	if d.Commit {
		fmt.Fprintln(o.out, done)
		return
	}
	fmt.Fprintln(o.out, "nothing was changed; add --commit")
}

func (o *desk) printf(format string, args ...any) { fmt.Fprintf(o.out, format, args...) }

// run runs an operation; an error about an unknown name says what there is.
func (o *desk) run(ctx context.Context, act operation) error {
	return o.explain(ctx, act.operate(ctx, o))
}

// count is the one number that a statement gives.
func count(ctx context.Context, from *sql.DB, text string, args ...any) (n int64, err error) {
	err = db.Query(ctx, from, func(scan func(...any) error) error { return scan(&n) }, text, args...)
	return n, err
}
