package console

import (
	"bufio"
	"context"
	"encoding/csv"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
)

// Bounds of an export: what is longer is taken in parts.
const (
	exportRows = 1_000_000
	exportTime = 30 * time.Minute

	exportPatience = 30 * time.Second // with a reader that takes nothing
)

// export streams a list as CSV. What it shows is never held whole in memory, and
// that it was taken is in the audit before its first row leaves.
type export struct {
	v       *visit
	shop    int64 // whose list it is; 0: the house's
	subject string
	name    string // of the file
	head    []string
	until   time.Time
	rows    int
	out     *csv.Writer
	wire    *bufio.Writer
}

// serveFile serves a file, which takes longer than a page may: the request's time
// is too short for it, and ends neither with its reader nor with a page's time. A
// reader that left, or takes nothing, is found out by writing. Only so many are
// served at a time.
func (v *visit) serveFile() error {
	if err := v.exports.enter(v.operator.ID); err != nil {
		return err
	}
	defer v.exports.leave(v.operator.ID)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.ctx()), exportTime)
	defer cancel()
	v.r = v.r.WithContext(ctx)
	return v.at.serve(v)
}

// newExport answers a file of a shop's list (0: of all shops); subject says in the
// audit what was taken. Nothing is written before the first row.
func (v *visit) newExport(shop int64, subject, name string, head ...string) *export {
	return &export{v: v, shop: shop, subject: subject, name: name, head: head, until: v.Now().Add(exportTime)}
}

// row writes one row. An export that is too long is cut off with a line that says
// so, and the download fails: half a list must not be taken for the whole.
func (e *export) row(cells ...string) error {
	if e.out == nil {
		if err := e.begin(); err != nil {
			return err
		}
	}
	if e.rows >= exportRows || e.v.Now().After(e.until) {
		e.cut("incomplete: stopped after " + strconv.Itoa(e.rows) + " rows; take it in parts, by date")
	}
	e.rows++
	return e.out.Write(harmless(cells))
}

// end flushes what is left, and answers an empty list with its head alone. err is
// why the rows ended early, nil when they did not.
func (e *export) end(err error) error {
	if e.out == nil {
		if err != nil {
			return err
		}
		e.open()
	}
	if err != nil {
		e.cut("incomplete: the list could not be read to its end")
	}
	e.flush()
	return nil
}

// flush sends what is written so far: after each page of the list.
func (e *export) flush() {
	if e.out == nil {
		return
	}
	e.extend()
	e.out.Flush()
	if e.wire.Flush() != nil {
		panic(http.ErrAbortHandler) // its reader left, or takes nothing
	}
	_ = http.NewResponseController(e.v.w).Flush()
}

// extend gives the reader time to take the next piece: an export lasts longer than
// an answer may, but nobody holds its connection by not reading.
func (e *export) extend() {
	if e.v.Deadline != nil {
		_ = http.NewResponseController(e.v.w).SetWriteDeadline(e.v.Deadline(exportPatience))
	}
}

// begin audits the export, then writes its head.
func (e *export) begin() error {
	_, err := db.Do(e.v.ctx(), e.v.DB, e.shop, audit.Record{Shop: e.shop, Actor: e.v.actor(), Act: "export", Subject: e.subject, Detail: e.v.r.URL.RawQuery})
	if err != nil {
		return err
	}
	e.open()
	return nil
}

func (e *export) open() {
	e.extend()
	h := e.v.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+e.name+`.csv"`)
	e.v.w.WriteHeader(http.StatusOK)
	e.wire = bufio.NewWriterSize(e.v.w, 32<<10)
	e.out = csv.NewWriter(e.wire)
	e.out.UseCRLF = true
	_ = e.out.Write(e.head)
}

// cut ends the answer so that the other side sees that it is not whole.
func (e *export) cut(why string) {
	_ = e.out.Write([]string{why})
	e.flush()
	panic(http.ErrAbortHandler)
}

// plainNumber is a cell that no spreadsheet can take for a formula.
var plainNumber = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

// formula begins like a formula for some spreadsheet: they skip white space before
// it, and take the full-width signs for the plain ones.
var formula = regexp.MustCompile(`^[\t\r]|^[\pZ\pC]*[=+\-@＝＋－＠]`)

// harmless keeps spreadsheets from running what somebody typed into a text: a cell
// that begins like a formula gets an apostrophe before it.
func harmless(cells []string) []string {
	safe := make([]string, len(cells))
	for i, cell := range cells {
		if formula.MatchString(cell) && !plainNumber.MatchString(cell) {
			cell = "'" + cell
		}
		safe[i] = cell
	}
	return safe
}
