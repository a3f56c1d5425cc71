package sim

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Shrink looks for a smaller world in which the same promise is broken: with
// fewer kinds of faults, then with fewer client actions, until the time is over.
// It gives the report of the smallest that it found.
func Shrink(ctx context.Context, failed *Report, budget time.Duration) *Report {
	ctx, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	best := failed
	try := func(change func(*Options)) {
		o := best.Options
		o.Trace, o.Steps = nil, min(o.Steps, best.Failure.Step)
		o.Skip = slices.Clone(o.Skip)
		if change(&o); slices.Equal(o.Skip, best.Options.Skip) && o.Without == best.Options.Without {
			return
		}
		if r, err := Run(ctx, o); err == nil && r.Failure != nil && r.Failure.Invariant == failed.Failure.Invariant {
			best = r
		}
	}
	for _, fault := range faults {
		try(func(o *Options) { *fault.of(&o.Without) = true })
	}
	for size := best.Actions; size > 0 && ctx.Err() == nil; size /= 2 {
		for from := int64(1); from <= best.Actions && ctx.Err() == nil; from += size {
			try(func(o *Options) { o.Skip = join(append(o.Skip, Span{from, from + size})) })
		}
	}
	return best
}

// join makes spans that overlap or meet one.
func join(spans []Span) []Span {
	slices.SortFunc(spans, func(a, b Span) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	joined := spans[:0]
	for _, s := range spans {
		if n := len(joined); n > 0 && s.From <= joined[n-1].To {
			joined[n-1].To = max(joined[n-1].To, s.To)
		} else {
			joined = append(joined, s)
		}
	}
	return joined
}

// faults are the kinds of faults by their names.
var faults = []struct {
	Name string
	of   func(*Faults) *bool
}{
	{"second-node", func(f *Faults) *bool { return &f.SecondNode }},
	{"crashes", func(f *Faults) *bool { return &f.Crashes }},
	{"commits", func(f *Faults) *bool { return &f.Commits }},
	{"provider", func(f *Faults) *bool { return &f.Provider }},
	{"receivers", func(f *Faults) *bool { return &f.Receivers }},
	{"leaving", func(f *Faults) *bool { return &f.Leaving }},
	{"jumps", func(f *Faults) *bool { return &f.Jumps }},
	{"retries", func(f *Faults) *bool { return &f.Retries }},
	{"clock", func(f *Faults) *bool { return &f.Clock }},
	{"operators", func(f *Faults) *bool { return &f.Operators }},
}

// String names the kinds of faults that are set, comma-separated.
func (f Faults) String() string {
	var names []string
	for _, fault := range faults {
		if *fault.of(&f) {
			names = append(names, fault.Name)
		}
	}
	return strings.Join(names, ",")
}

// ParseFaults reads what String writes.
func ParseFaults(names []string) (f Faults, err error) {
	for _, name := range names {
		at := slices.IndexFunc(faults, func(known struct {
			Name string
			of   func(*Faults) *bool
		}) bool {
			return known.Name == name
		})
		if at < 0 {
			return f, fmt.Errorf("%q is no kind of fault", name)
		}
		*faults[at].of(&f) = true
	}
	return f, nil
}

// ParseSpans reads spans as String writes them, such as 4-9.
func ParseSpans(texts []string) (spans []Span, err error) {
	for _, text := range texts {
		var s Span
		if _, err := fmt.Sscanf(text, "%d-%d", &s.From, &s.To); err != nil {
			return nil, fmt.Errorf("%q is no span such as 4-9", text)
		}
		spans = append(spans, s)
	}
	return spans, nil
}

func (s Span) String() string { return fmt.Sprintf("%d-%d", s.From, s.To) }
