// Command postgres runs a command with a PostgreSQL server for tests:
//
//	go run ./db/dbtest/postgres -- go test ./...
//
// It starts the server (installing Debian's postgresql when there is none), puts
// its URL into BRAMA_TEST_POSTGRES, and ends it with the command, whose exit
// code it takes. Without a command the server runs until it is interrupted.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/brama-pay/brama/db/dbtest"
)

func main() {
	args := os.Args[1:]
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	code, err := run(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "postgres:", err)
	}
	os.Exit(code)
}

func run(args []string) (code int, err error) {
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM) // also keeps us alive for the command's end
	server, err := dbtest.StartServer(os.Stderr)
	if err != nil {
		return 1, err
	}
	defer server.Stop()
	fmt.Fprintf(os.Stderr, "%s=%s\n", dbtest.Variable, server.URL)
	if len(args) == 0 {
		<-interrupted
		return 0, nil
	}
	command := exec.Command(args[0], args[1:]...)
	command.Env = append(os.Environ(), dbtest.Variable+"="+server.URL)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = command.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return max(1, exit.ExitCode()), nil
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}
