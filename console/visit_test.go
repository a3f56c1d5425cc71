package console

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/operator"
)

// samplePages are a page, a part of it and an act, as a subject's file has them.
func samplePages() []route {
	return []route{
		{pattern: "GET /console/samples/{id}", title: "Sample", needs: operator.See, serve: func(v *visit) error {
			id, err := v.number("id")
			if err != nil {
				return err
			}
			if v.after() > 0 {
				return v.fragment(empty(fmt.Sprint("behind ", v.after())))
			}
			return v.page(page{title: fmt.Sprint("Sample ", id), crumbs: []crumb{{"Samples", "/console/samples"}}, body: sampleForm(v, nil)})
		}},
		{pattern: "POST /console/samples/{id}", title: "Sample", needs: operator.SetShop, serve: func(v *visit) error {
			switch name := v.value("name"); name {
			case "":
				return v.again(fault.Param("name", "is missing"), func(p problems) page { return page{title: "Sample", body: sampleForm(v, p)} })
			case "gone":
				return fault.New(fault.NotFound, "Sample (id = 7) wasn't found")
			case "broken":
				return fmt.Errorf("the password is %q", "hunter2")
			case "panic":
				panic("hunter2")
			default:
				return v.see("/console/samples/1", v.actor()+" named it "+name)
			}
		}},
	}
}

func TestHowAPageAnswers(t *testing.T) {
	k := kitOn(t, dbtest.SQLite(t), samplePages()...)
	admin := k.as(t, operator.Admin)
	if body := admin.see(t, "/console/samples/7"); !strings.Contains(body, "<h1>Sample 7</h1>") || !strings.Contains(body, `<a href="/console/samples">Samples</a>`) {
		t.Error(body)
	}
	if body := admin.see(t, "/console/samples/7?after=12"); strings.Contains(body, "<html") || !strings.Contains(body, "behind 12") {
		t.Error(body)
	}
	for path, status := range map[string]int{"/console/samples/x": 404, "/console/samples/-1": 404, "/console/none": 404, "/console/theme": 405} {
		if answered := admin.get(t, path); answered.status != status {
			t.Errorf("%s: %d, want %d", path, answered.status, status)
		}
	}
	done := admin.post(t, "/console/samples/1", url.Values{"name": {"<b>x</b>"}})
	if done.status != http.StatusSeeOther || done.header.Get("Location") != "/console/samples/1" {
		t.Fatalf("%d %v", done.status, done.header)
	}
	if body := admin.see(t, "/console/samples/1"); !strings.Contains(body, "operator:admin@example.com named it &lt;b&gt;x&lt;/b&gt;") {
		t.Error("what was done is not told")
	}
	if body := admin.see(t, "/console/samples/1"); strings.Contains(body, "named it") {
		t.Error("what was done is told twice")
	}
	for name, want := range map[string]struct {
		status int
		text   string
	}{
		"":       {422, `aria-describedby="field-name-problem"`},
		"gone":   {404, "Sample (id = 7) wasn&#39;t found"},
		"broken": {500, "Something is wrong on our side"},
		"panic":  {500, "Something is wrong on our side"},
	} {
		answered := admin.post(t, "/console/samples/1", url.Values{"name": {name}})
		if answered.status != want.status || !strings.Contains(answered.body, want.text) || strings.Contains(answered.body, "hunter2") {
			t.Errorf("%q: %d %s", name, answered.status, answered.body)
		}
	}
}

// sampleForm is a form with one field.
func sampleForm(_ *visit, wrong problems) templ.Component {
	return field(input{name: "name", label: "Name", problem: wrong["name"], required: true})
}

// visitRequest is a request of a page that no test reads.
func visitRequest(t *testing.T) *http.Request {
	t.Helper()
	return httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/console/", nil)
}
