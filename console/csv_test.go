package console

import (
	"bufio"
	"context"
	"encoding/csv"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/operator"
)

// exportPages are lists as a subject's file exports them.
func exportPages() []route {
	list := func(rows [][]string, err error) func(*visit) error {
		return func(v *visit) error {
			e := v.newExport(db.House, "samples", "samples", "id", "text")
			for _, row := range rows {
				if err := e.row(row...); err != nil {
					return err
				}
			}
			return e.end(err)
		}
	}
	return []route{
		{pattern: "GET /console/full.csv", title: "Export", needs: operator.Export, serve: list([][]string{
			{"1", "=1+1"}, {"-5.00", "-5.00"}, {"2", "+1"}, {"3", "@x"}, {"4", "\tx"}, {"5", "-x"}, {"6", "a \"quoted\", text\r\nof two lines"},
		}, nil)},
		{pattern: "GET /console/empty.csv", title: "Export", needs: operator.Export, serve: list(nil, nil)},
		{pattern: "GET /console/broken.csv", title: "Export", needs: operator.Export, serve: list([][]string{{"1", "x"}}, fault.New(fault.Unavailable, "gone"))},
		{pattern: "GET /console/never.csv", title: "Export", needs: operator.Export, serve: list(nil, fault.New(fault.Unavailable, "gone"))},
	}
}

func TestExport(t *testing.T) {
	k := kitOn(t, dbtest.SQLite(t), exportPages()...)
	support := k.as(t, operator.Support)
	exported := func() (n int) {
		t.Helper()
		links, err := audit.Newest(t.Context(), k.house.DB.Reader(), db.House, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range links {
			if l.Act == "export" {
				n++
			}
		}
		return n
	}
	if body := support.see(t, "/console/empty.csv"); body != "id,text\r\n" || exported() != 0 {
		t.Errorf("%q, audited %d times", body, exported())
	}
	answered := support.get(t, "/console/full.csv")
	if answered.header.Get("Content-Disposition") != `attachment; filename="samples.csv"` || exported() != 1 {
		t.Errorf("%v, audited %d times", answered.header, exported())
	}
	rows, err := csv.NewReader(strings.NewReader(answered.body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"id text", "1 '=1+1", "-5.00 -5.00", "2 '+1", "3 '@x", "4 '\tx", "5 '-x", "6 a \"quoted\", text\nof two lines"}
	for i, row := range rows {
		if got := strings.Join(row, " "); got != want[i] {
			t.Errorf("%q, want %q", got, want[i])
		}
	}
	if answered := support.get(t, "/console/never.csv"); answered.status != http.StatusServiceUnavailable {
		t.Errorf("a list that cannot be read: %d", answered.status)
	}
}

// An export that ends early must not look like one that is whole.
func TestExportCutOff(t *testing.T) {
	k := kitOn(t, dbtest.SQLite(t), exportPages()...)
	answered, err := k.as(t, operator.Support).Get(k.url + "/console/broken.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer answered.Body.Close()
	body, err := io.ReadAll(answered.Body)
	if err == nil || !strings.Contains(string(body), "1,x\r\nincomplete: ") {
		t.Errorf("half a list was taken for the whole: %q, %v", body, err)
	}
}

// A file takes longer than a page may, and than the server gives an answer: it is
// whole all the same, for a reader that is slow but reads.
func TestExportOutlivesARequest(t *testing.T) {
	const pieces, pause, pageTime = 30, 20 * time.Millisecond, 150 * time.Millisecond
	k := newKit(t)
	config := k.config()
	config.Deadline = func(d time.Duration) time.Time { return time.Now().Add(d) }
	long := route{pattern: "GET /console/long.csv", title: "Export", needs: operator.Export, serve: func(v *visit) error {
		e := v.newExport(db.House, "samples", "samples", "id")
		for range pieces {
			time.Sleep(pause)
			if err := v.ctx().Err(); err != nil {
				return e.end(err)
			}
			if err := e.row(strings.Repeat("x", 4000)); err != nil {
				return err
			}
			e.flush()
		}
		return e.end(nil)
	}}
	door := serving(config, append(pages(), long))
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), pageTime)
		defer cancel()
		door.ServeHTTP(w, r.WithContext(ctx))
	}))
	server.Config.WriteTimeout = pageTime
	server.Start()
	defer server.Close()
	k.url = server.URL
	answered, err := k.as(t, operator.Support).Get(k.url + "/console/long.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer answered.Body.Close()
	lines := 0
	for in := bufio.NewScanner(answered.Body); in.Scan(); lines++ {
		time.Sleep(pause / 2)
	}
	if lines != pieces+1 {
		t.Errorf("%d of %d lines", lines, pieces+1)
	}
}

// Exports share the readers of the database with the pages: so many at a time, and
// each place is free again, however its export ends.
func TestExportsAtATime(t *testing.T) {
	begun, goOn := make(chan struct{}, 100), make(chan struct{})
	slow := route{pattern: "GET /console/slow.csv", title: "Export", needs: operator.Export, serve: func(v *visit) error {
		e := v.newExport(db.House, "samples", "samples", "id")
		if err := e.row("1"); err != nil {
			return err
		}
		begun <- struct{}{}
		<-goOn
		if v.value("end") == "badly" {
			return e.end(fault.New(fault.Unavailable, "gone"))
		}
		return e.end(nil)
	}}
	k := kitOn(t, dbtest.SQLite(t), append(exportPages(), slow)...)
	support, finance, admin := k.as(t, operator.Support), k.as(t, operator.Finance), k.as(t, operator.Admin)
	var ended sync.WaitGroup
	begin := func(c *client, query string) {
		ended.Go(func() {
			if answered, err := c.Get(k.url + "/console/slow.csv" + query); err == nil {
				_, _ = io.Copy(io.Discard, answered.Body)
				answered.Body.Close()
			}
		})
		<-begun
	}
	refused := func(c *client, says string) {
		t.Helper()
		answered := c.get(t, "/console/full.csv")
		if answered.status != http.StatusTooManyRequests || answered.header.Get("Retry-After") == "" || !strings.Contains(answered.body, says) || answered.header.Get("Content-Disposition") != "" {
			t.Errorf("%d %v %s", answered.status, answered.header, answered.body)
		}
	}
	begin(support, "")
	begin(support, "?end=badly")
	refused(support, errExportsEach.title)
	refused(k.signIn(t, "support@example.com"), errExportsEach.title) // by person, not by session
	begin(finance, "")
	begin(finance, "?end=badly")
	refused(admin, errExportsAll.title)
	support.see(t, "/console/")
	close(goOn)
	ended.Wait()
	links, err := audit.Search{Shop: db.House, Act: "export", Limit: 20}.Find(t.Context(), k.house.DB.Reader())
	if err != nil || len(links.Links) != 4 {
		t.Errorf("audited %d times: %v", len(links.Links), err)
	}
	for _, c := range []*client{support, finance, admin} {
		c.see(t, "/console/full.csv")
	}
}

// Spreadsheets skip what stands before a formula, and read full-width signs.
func TestFormulasAreHarmless(t *testing.T) {
	for _, cell := range []string{
		"=1", "+1x", "-x", "@x", "\tx", "\rx", " =1", "\n=1", "\r\n@x", "  \t +cmd", "\u00a0=1", "\u3000=1", "\u202f-x", "\u200b=1", "\ufeff=1", "\v=1", "\u0085=1",
		"＝1", "＋1", "－1", "＠x", " ＝1", " -5.00",
	} {
		if got := harmless([]string{cell})[0]; got != "'"+cell {
			t.Errorf("%q is %q", cell, got)
		}
	}
	for _, cell := range []string{"", "-5.00", "12", "a=1", " a", "a -b", "Обід", "'=1", "\n"} {
		if got := harmless([]string{cell})[0]; got != cell {
			t.Errorf("%q is %q", cell, got)
		}
	}
}
