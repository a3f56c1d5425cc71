package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/brama-pay/brama/sim"
)

// simCommand lives worlds and tells whether every promise was kept in them.
type simCommand struct {
	Seed     uint64        `help:"The first world's seed." default:"1"`
	Seeds    uint64        `help:"How many worlds, one seed after the other." default:"1"`
	Steps    int64         `help:"Steps of each world, before it is left to rest." default:"10000"`
	Database string        `help:"PostgreSQL address (postgres://…); each world makes a schema there and drops it. Without it SQLite in memory is used." env:"-" placeholder:"URL"`
	Trace    string        `help:"File for the record of every step; of one world only." env:"-" type:"path" placeholder:"FILE"`
	Without  []string      `help:"Kinds of faults that do not happen: second-node, crashes, commits, provider, receivers, leaving, jumps, retries, clock, operators." env:"-"`
	Skip     []string      `help:"Client actions that are left out, such as 4-9 for 4 to 8." env:"-"`
	Shrink   time.Duration `help:"How long a smaller world is looked for when a promise is broken." default:"30s"`
}

// Help says what is simulated.
func (simCommand) Help() string {
	return "The real doors, use cases, database, workers and callbacks run under one seed that drives the clock, the network, the provider, " +
		"shops, payers, receivers, crashes and lost commits, on two nodes. After each commit the promises are checked; in the end the provider's books must equal ours. " +
		"The same seed is the same run, byte for byte. A broken promise is printed with its seed and a shortened trace; exit status 1."
}

// Run lives the worlds.
func (c *simCommand) Run(ctx context.Context, line *kong.Context) error {
	if c.Trace != "" && c.Seeds != 1 {
		return errors.New("--trace: is of one world; leave --seeds out")
	}
	o := sim.Options{Steps: c.Steps, Database: c.Database}
	var err error
	if o.Without, err = sim.ParseFaults(c.Without); err != nil {
		return fmt.Errorf("--without: %w", err)
	}
	if o.Skip, err = sim.ParseSpans(c.Skip); err != nil {
		return fmt.Errorf("--skip: %w", err)
	}
	var sum sim.Counts
	began, steps := time.Now(), int64(0)
	for o.Seed = c.Seed; o.Seed < c.Seed+c.Seeds; o.Seed++ {
		r, err := c.live(ctx, o)
		if err != nil {
			return fmt.Errorf("seed %d: %w", o.Seed, err)
		}
		if r.Failure != nil {
			return c.tell(ctx, line.Stdout, r)
		}
		steps += r.Steps
		sum.Add(r.Counts)
		if c.Seeds == 1 {
			fmt.Fprintf(line.Stdout, "trace sha256 %s\n", r.Trace)
		}
	}
	took := time.Since(began)
	fmt.Fprintf(line.Stdout, "seeds %d-%d: %d steps in %s (%.0f/s), every promise was kept\n", c.Seed, c.Seed+c.Seeds-1, steps, took.Round(time.Millisecond), float64(steps)/took.Seconds())
	fmt.Fprintln(line.Stdout, sum)
	return nil
}

func (c *simCommand) live(ctx context.Context, o sim.Options) (*sim.Report, error) {
	if c.Trace == "" {
		return sim.Run(ctx, o)
	}
	file, err := os.Create(c.Trace)
	if err != nil {
		return nil, fmt.Errorf("--trace: %w", err)
	}
	out := bufio.NewWriter(file)
	o.Trace = out
	r, err := sim.Run(ctx, o)
	return r, errors.Join(err, out.Flush(), file.Close())
}

// tell prints a broken promise, and the smallest world in which it is broken.
func (c *simCommand) tell(ctx context.Context, out io.Writer, r *sim.Report) error {
	fmt.Fprintf(out, "BROKEN  %s\nseed %d, step %d: %s\n", r.Failure.Invariant, r.Failure.Seed, r.Failure.Step, r.Failure.Detail)
	r = sim.Shrink(ctx, r, c.Shrink)
	fmt.Fprintf(out, "\nthe smallest world found: %s\nstep %d: %s\n", again(r.Options), r.Failure.Step, r.Failure.Detail)
	for _, line := range r.Failure.Tail {
		fmt.Fprint(out, "  ", line)
	}
	return exitWith(1)
}

// again is the command that lives a world once more.
func again(o sim.Options) string {
	text := fmt.Sprintf("brama sim --seed %d --steps %d", o.Seed, o.Steps)
	if without := o.Without.String(); without != "" {
		text += " --without " + without
	}
	if len(o.Skip) > 0 {
		var spans []string
		for _, s := range o.Skip {
			spans = append(spans, s.String())
		}
		text += " --skip " + strings.Join(spans, ",")
	}
	return text
}
