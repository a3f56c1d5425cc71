package doctor

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Verdict is what a test says of a receiver.
type Verdict string

// The verdicts.
const (
	Passed  Verdict = "passed"
	Advice  Verdict = "advice"  // it works; it could be safer or quicker
	Fault   Verdict = "fault"   // messages will be lost or repeated
	Grave   Verdict = "grave"   // forged messages are taken, or right ones are not
	Skipped Verdict = "skipped" // not sent
)

// Test is one message that was sent, and how it was answered.
type Test struct {
	Name     string  `json:"name"`
	Sent     string  `json:"sent"`     // what was sent
	Expected string  `json:"expected"` // how it should be answered
	Answer   string  `json:"answer"`   // how it was
	Millis   int64   `json:"millis"`
	Verdict  Verdict `json:"verdict"`
	Wrong    string  `json:"wrong,omitempty"` // what is wrong with the receiver
	Mend     string  `json:"mend,omitempty"`  // what to change in its code
}

// Report is what an examination found.
type Report struct {
	Shop  int64    `json:"shop"`
	About Subject  `json:"about"`
	Store string   `json:"store,omitempty"`
	URL   string   `json:"url"`  // without the values of its parameters
	Name  string   `json:"name"` // within the ids of the test operations
	At    int64    `json:"at"`   // Unix milliseconds
	Grade string   `json:"grade"`
	Tests []Test   `json:"tests"`
	Look  []string `json:"look"` // what only the shop itself can see
}

// grade is A when nothing is to be said, B with advice, C with faults, F when
// forged messages are taken or right ones are not.
func (r *Report) grade() string {
	grade := "A"
	for _, t := range r.Tests {
		switch t.Verdict {
		case Grave:
			return "F"
		case Fault:
			grade = "C"
		case Advice:
			grade = map[bool]string{true: "B", false: grade}[grade == "A"]
		case Passed, Skipped:
		}
	}
	return grade
}

// GradeWords say what the grade means.
func (r *Report) GradeWords() string {
	return map[string]string{
		"A": "everything is as it should be",
		"B": "it works; it could be safer or quicker",
		"C": "some messages will be lost or repeated",
		"F": "forged messages are taken, or right ones are not",
	}[r.Grade]
}

// Failed reports whether something must be mended.
func (r *Report) Failed() bool { return r.Grade == "C" || r.Grade == "F" }

// Print writes the report for people.
func (r *Report) Print(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Grade %s: %s\n%s, messages about %s, test %s\n\n", r.Grade, r.GradeWords(), r.URL, r.About, r.Name)
	table := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	for _, t := range r.Tests {
		fmt.Fprintf(table, "%s\t%s\t%s\n", t.Verdict, t.Name, t.Answer)
	}
	_ = table.Flush()
	for _, t := range r.Tests {
		if t.Wrong != "" {
			fmt.Fprintf(&b, "\n%s (%s): %s.\n  sent: %s\n  mend: %s.\n", t.Name, t.Verdict, t.Wrong, t.Sent, t.Mend)
		}
	}
	fmt.Fprintf(&b, "\nLook into the shop, for this cannot be seen from here:\n")
	for _, text := range r.Look {
		fmt.Fprintf(&b, "  - %s\n", text)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
