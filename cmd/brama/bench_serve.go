package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"runtime/pprof"

	"github.com/brama-pay/brama/api/avanor"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/payout"
)

// benchServer are the flags with which `brama bench` starts the server that it
// measures. They are not for people, and a real database refuses them.
type benchServer struct {
	Batch   int    `hidden:"" env:"-" help:"Use cases in one transaction, at most."`
	Echo    bool   `hidden:"" env:"-" help:"Serve the signed echo."`
	Silent  bool   `hidden:"" env:"-" help:"Owe callbacks and do not send them."`
	Tied    bool   `hidden:"" env:"-" help:"End when the standard input ends, as it does with the bench."`
	Profile string `hidden:"" env:"-" help:"Write profiles to files that begin so."`
}

// check lets the flags be given with --demo only.
func (b benchServer) check(demo bool) error {
	if b != (benchServer{}) && !demo {
		return errors.New("--bench-…: these flags are the bench's own, and need --demo")
	}
	return nil
}

// begin ties the server to its bench and starts the profiles; the function it
// gives writes them.
func (b benchServer) begin(ctx context.Context) (context.Context, func(), error) {
	stop := func() {}
	if b.Tied {
		ctx, stop = context.WithCancel(ctx)
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			stop()
		}()
	}
	if b.Profile == "" {
		return ctx, stop, nil
	}
	runtime.SetBlockProfileRate(10_000) // one event per 10 µs blocked
	runtime.SetMutexProfileFraction(10)
	file, err := os.Create(b.Profile + ".cpu")
	if err != nil {
		return ctx, stop, fmt.Errorf("--bench-profile: %w", err)
	}
	err = pprof.StartCPUProfile(file)
	return ctx, func() {
		stop()
		pprof.StopCPUProfile()
		_ = file.Close()
		b.writeProfiles()
	}, err
}

func (b benchServer) writeProfiles() {
	for _, name := range []string{"allocs", "block", "mutex"} {
		file, err := os.Create(b.Profile + "." + name)
		if err != nil {
			fmt.Fprintln(os.Stderr, "brama: --bench-profile:", err)
			return
		}
		_ = pprof.Lookup(name).WriteTo(file, 0)
		_ = file.Close()
	}
}

// echoPrefix stands before the methods of the signed echo.
const echoPrefix = "/bench"

// echo serves the same door a second time, on a room of payouts that stores
// nothing: what is left is the decoding, the fields, the shop, the signature and
// the answer.
func (b benchServer) echo(mux *http.ServeMux, door avanor.Config) {
	if !b.Echo {
		return
	}
	door.Payouts = echoPayouts{door.Payouts}
	mux.Handle(echoPrefix+"/", http.StripPrefix(echoPrefix, avanor.New(door)))
}

type echoPayouts struct{ avanor.Payouts }

// Create answers as if the payout had been accepted.
func (echoPayouts) Create(_ context.Context, c payout.Create) (payout.Accepted, error) {
	row := &payout.Payout{
		Shop: c.Shop, ID: 1 << 50, PaymentID: c.PaymentID, Currency: c.Currency, WriteOff: 102, ReceiveCurrency: c.Currency, Receive: 100,
		Status: payout.Sent,
	}
	return payout.Accepted{Payout: row, Balance: money.New(1_000_000_00, c.Currency)}, nil
}
