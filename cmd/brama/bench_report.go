package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/brama-pay/brama/db"
)

// report is everything that was found, in the order in which it was.
type report struct {
	Results []result
	Commits []time.Duration // of one commit alone, before and after
	IdleRSS int64           // MiB
	// IdleProcessor is what a server uses that nobody calls, in percent of a core.
	IdleProcessor float64
	Books         string // what verify said
	Hardware      string
	Engine        string
	Durability    string
}

// result is one phase of one round.
type result struct {
	Phase       string  `json:"phase"`
	PerSecond   float64 `json:"per_second"`
	Completed   float64 `json:"completed_per_second,omitempty"`
	Delivered   float64 `json:"delivered_per_second,omitempty"`
	P50         float64 `json:"p50_ms"`
	P99         float64 `json:"p99_ms"`
	Sent        int64   `json:"requests"`
	Processor   float64 `json:"server_cpu_us,omitempty"` // per request, what follows from it included
	UseCases    float64 `json:"use_cases_per_commit,omitempty"`
	Rows        float64 `json:"rows_per_payout,omitempty"` // written by the gateway, its sandbox not counted
	StartMillis float64 `json:"start_ms,omitempty"`
	MaxRSS      int64   `json:"max_rss_mib,omitempty"`
}

func perSecond(r result) float64 { return r.PerSecond }

// add notes a result and shows it.
func (b *bench) add(r result) {
	b.Results = append(b.Results, r)
	line := fmt.Sprintf("%-12s %9.0f/s  p50 %7.2f ms  p99 %7.2f ms", r.Phase, r.PerSecond, r.P50, r.P99)
	if r.Completed > 0 {
		line += fmt.Sprintf("  completed %6.0f/s", r.Completed)
	}
	if r.Delivered > 0 {
		line += fmt.Sprintf("  delivered %6.0f/s", r.Delivered)
	}
	if r.Processor > 0 {
		line += fmt.Sprintf("  cpu %4.0f µs", r.Processor)
	}
	if r.Completed > 0 {
		line += fmt.Sprintf("  %4.1f rows  %5.1f use cases per commit", r.Rows, r.UseCases)
	}
	fmt.Fprintln(b.said, line)
}

// mean is a figure's mean over the rounds of a phase; 0 when there was none.
func (r *report) mean(phase string, figure func(result) float64) float64 {
	sum, n := 0.0, 0
	for _, one := range r.Results {
		if one.Phase == phase {
			sum, n = sum+figure(one), n+1
		}
	}
	return ratio(sum, float64(n))
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// figure is a line of the table and a member of the JSON object.
type figure struct {
	name   string
	value  float64
	format string
	says   string
}

// figures are what the targets speak of (quality, "Fast").
func (b *bench) figures() []figure {
	completed := func(r result) float64 { return r.Completed }
	p50 := func(r result) float64 { return r.P50 }
	p99 := func(r result) float64 { return r.P99 }
	echo, payouts, done := b.mean("echo", perSecond), b.mean("payouts", perSecond), b.mean("payouts", completed)
	single, hot := b.mean("single", perSecond), b.mean("hot", perSecond)
	all := []figure{
		{"echo_per_second", echo, "%.0f", "signed echoes: decode, fields, shop, signature, answer; nothing stored"},
		{"payouts_per_second", payouts, "%.0f", "payouts accepted durably"},
		{"completed_per_second", done, "%.0f", "payouts final, the time until the last one included"},
		{"delivered_per_second", b.mean("delivered", func(r result) float64 { return r.Delivered }), "%.0f", "the same with their callbacks sent and taken"},
		{"single_per_second", single, "%.0f", "accepted, one transaction per request"},
		{"hot_per_second", hot, "%.0f", "accepted, all on one shop"},
		{"ratio_to_echo", ratio(payouts, echo), "%.2f", "target ≥ 0.5 (SQLite)"},
		{"ratio_completed_to_echo", ratio(done, echo), "%.2f", "target ≥ 0.25"},
		{"ratio_to_single", ratio(payouts, single), "%.2f", "target ≥ 3 (SQLite)"},
		{"hot_to_spread", ratio(hot, payouts), "%.2f", "target ≥ 0.9"},
		{"p50_ms", b.mean("half", p50), "%.2f", "at half the accepted load, from the moment when each was due"},
		{"p99_ms", b.mean("half", p99), "%.2f", "target < 25"},
		{"one_client_p50_ms", b.mean("alone", p50), "%.2f", "target < 1 more than the commit"},
		{"commit_us", b.commit(), "%.0f", "a commit of one row, nobody else at work"},
		{"max_rss_mib", float64(b.maxRSS()), "%.0f", "target < 512"},
		{"idle_rss_mib", float64(b.IdleRSS), "%.0f", "target < 64"},
		{"idle_cpu_percent", b.IdleProcessor, "%.0f", "of one core, without a request"},
		{"start_ms", b.mean("payouts", func(r result) float64 { return r.StartMillis }), "%.0f", "from the start of the process to its first answer; target < 1000"},
	}
	return append(all, b.plainFigures(payouts, hot)...)
}

func (b *bench) commit() float64 {
	var sum time.Duration
	for _, one := range b.Commits {
		sum += one
	}
	return ratio(float64(sum.Microseconds()), float64(len(b.Commits)))
}

func (b *bench) maxRSS() int64 {
	var most int64
	for _, one := range b.Results {
		most = max(most, one.MaxRSS)
	}
	return most
}

// describe notes what is measured on.
func (b *bench) describe(ctx context.Context) error {
	b.Hardware = hardware(b.house.Data)
	d, err := b.house.open(ctx, true)
	if err != nil {
		return err
	}
	defer d.Close()
	ask := func(text string) (answer string) {
		if e := db.Query(ctx, d.Reader(), func(scan func(...any) error) error { return scan(&answer) }, text); e != nil {
			err = e
		}
		return answer
	}
	if b.Database == "" {
		b.Engine = "SQLite " + ask("SELECT sqlite_version()")
		b.Durability = "WAL, synchronous=FULL"
		return err
	}
	b.Engine = "PostgreSQL " + ask("SHOW server_version")
	b.Durability = "synchronous_commit=on, fsync=" + ask("SHOW fsync") + ", full_page_writes=" + ask("SHOW full_page_writes")
	return err
}

// hardware is the machine in one line.
func hardware(dir string) string {
	var file syscall.Statfs_t
	kind := "unknown"
	if syscall.Statfs(dir, &file) == nil {
		kind = fmt.Sprintf("%#x", file.Type)
		if name, ok := map[int64]string{0xef53: "ext4", 0x58465342: "xfs", 0x9123683e: "btrfs", 0x1021994: "tmpfs: NOT a disk"}[int64(file.Type)]; ok {
			kind = name
		}
	}
	return fmt.Sprintf("%d cores of %s, %s, %s, %s/%s; client and database on the same machine", runtime.NumCPU(),
		procLine("/proc/cpuinfo", "model name"), procLine("/proc/meminfo", "MemTotal")+" of memory", kind, runtime.GOOS, runtime.GOARCH)
}

// procLine is the first value of a name in a file of the kernel's.
func procLine(path, name string) string {
	file, err := os.Open(path)
	if err != nil {
		return "unknown"
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// print writes the table, or one JSON object.
func (b *bench) print(to io.Writer, asJSON bool) error {
	facts := [][2]string{
		{"hardware", b.Hardware}, {"database", b.Engine}, {"durability", b.Durability}, {"version", version()}, {"books", b.Books},
		{"load", fmt.Sprintf("%d shops, %d connections, %s per phase, %d rounds, %d payouts before", b.Shops, b.Connections, b.Duration, b.Rounds, b.Preload)},
		{"log", "one line per request, to a file"},
		{"callbacks", "a row in the commit that completes the payout; sent in the phase delivered only"},
	}
	if asJSON {
		return b.printJSON(to, facts)
	}
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table)
	for _, f := range b.figures() {
		fmt.Fprintf(table, "%s\t"+f.format+"\t%s\n", f.name, f.value, f.says)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(to)
	for _, f := range facts {
		fmt.Fprintf(to, "%-11s %s\n", f[0], f[1])
	}
	return nil
}

func (b *bench) printJSON(to io.Writer, facts [][2]string) error {
	object := map[string]any{"phases": b.Results}
	for _, f := range b.figures() {
		object[f.name] = f.value
	}
	for _, f := range facts {
		object[f[0]] = f[1]
	}
	encoder := json.NewEncoder(to)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(object)
}
