// Command brama is the gateway and everything an operator or an integrator
// needs around it. Each command is a file of this folder; `brama --help` lists them.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/brama-pay/brama/fault"
)

// commands is the command line. Every flag but those of one deed has an environment twin: BRAMA_ and
// the flag's name in capitals.
type commands struct {
	Serve   serveCommand   `cmd:"" help:"Run the gateway."`
	Migrate migrateCommand `cmd:"" help:"Make the database, or bring its tables up to date."`
	Verify  verifyCommand  `cmd:"" help:"Recompute the books, shop by shop, and name every difference."`
	Call    callCommand    `cmd:"" help:"Sign and send any method of the API, and print the answer."`
	Sign    signCommand    `cmd:"" help:"Explain a signature step by step, and find what is wrong with a given one."`
	Bench   benchCommand   `cmd:"" help:"Measure the gateway on this machine."`
	Sim     simCommand     `cmd:"" help:"Live the whole gateway under a seed, with crashes and lies, and check every promise."`
	Version versionCommand `cmd:"" help:"Print the version."`

	Shop     shopCommands     `cmd:"" help:"Shops: secrets, addresses, URLs, settings, deposits."`
	Store    storeCommands    `cmd:"" help:"PayParts stores of shops: passwords, payways, settings."`
	Payway   paywayCommands   `cmd:"" help:"Payways: the catalogue of directions in which money can go."`
	Provider providerCommands `cmd:"" help:"Provider accounts: our accounts at those who move the money."`
	Rate     rateCommands     `cmd:"" help:"Exchange rates."`
	Payout   payoutCommands   `cmd:"" help:"Payouts that wait for an operator, or whose outcome nobody knows."`
	Invoice  invoiceCommands  `cmd:"" help:"Invoices, and those with a call whose outcome nobody knows."`
	Refund   refundCommands   `cmd:"" help:"Refunds, and those whose outcome nobody knows."`
	Callback callbackCommands `cmd:"" help:"Messages owed to shops."`
	Operator operatorCommands `cmd:"" help:"People who sign in to the console: roles, passwords, second factors, sessions."`
	Doctor   doctorCommand    `cmd:"" help:"Send test messages to a shop's receiver of callbacks, and say what is wrong with it."`
	Audit    auditCommands    `cmd:"" help:"What operators changed."`
	Key      keyCommands      `cmd:"" help:"The master keys under which secrets are kept."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	os.Exit(realMain(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// exitWith is an error that carries its own exit status and has been reported.
type exitWith int

func (e exitWith) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// realMain runs one command and gives the exit status: 0 done, 1 refused or
// failed, 2 the command line is wrong.
func realMain(ctx context.Context, args []string, stdout, stderr *os.File) int {
	command, err := parseLine(args, stdout, stderr, os.Exit, kong.BindTo(ctx, (*context.Context)(nil)))
	if err != nil {
		fmt.Fprintln(stderr, "brama:", err)
		return 2
	}
	if act, at, ok := operationOf(command); ok {
		return exitStatus(operate(ctx, act, at, args, stdout, stderr), stderr)
	}
	return exitStatus(command.Run(), stderr)
}

// parseLine reads a command line. exit is called after --help.
func parseLine(args []string, stdout, stderr io.Writer, exit func(int), more ...kong.Option) (*kong.Context, error) {
	parser, err := newParser(stdout, stderr, exit, more...)
	if err != nil {
		return nil, err
	}
	return parser.Parse(args)
}

func newParser(stdout, stderr io.Writer, exit func(int), more ...kong.Option) (*kong.Kong, error) {
	return kong.New(&commands{}, append([]kong.Option{
		kong.Name("brama"), kong.UsageOnError(), kong.DefaultEnvars("BRAMA"),
		kong.Description("A self-hosted payment gateway: the Avanor/M4 merchant API on a double-entry ledger."),
		kong.Writers(stdout, stderr), kong.Exit(exit), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	}, more...)...)
}

func exitStatus(err error, stderr io.Writer) int {
	var with exitWith
	switch {
	case err == nil:
		return 0
	case errors.As(err, &with):
		return int(with)
	}
	fmt.Fprintln(stderr, "brama:", err)
	if fault.Is(err, fault.Unknown) {
		fmt.Fprintln(stderr, "brama: it may have been done; look before you repeat")
	}
	return 1
}

type versionCommand struct{}

// Run prints the version of the build.
func (versionCommand) Run() error {
	fmt.Println(version())
	return nil
}

// version is what the build knows of itself.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	text := info.Main.Version
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			text += " " + setting.Value
		}
	}
	return text
}
