package console

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/demo"
	"github.com/brama-pay/brama/operator"
)

func contains(t *testing.T, page string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(page, text) {
			t.Errorf("the page does not say %q", text)
		}
	}
}

func lacks(t *testing.T, page string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(page, text) {
			t.Errorf("the page says %q", text)
		}
	}
}

func TestCallbackList(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		k := kitOn(t, h)
		good, _ := receiver(t, 200)
		gone, _ := receiver(t, 410)
		first := k.owe(t, demoShop, 7001, good, "hold", "success")
		second := k.owe(t, demo.EmptyShop, 7002, gone, "<script>alert(1)</script>")
		k.deliver(t)
		h.Clock.Add(time.Hour)
		waiting := k.owe(t, demoShop, 7003, good, "success")
		c := k.as(t, operator.Viewer)
		all := []string{number(first[0].ID), number(second[0].ID), number(waiting[0].ID)}
		for query, want := range map[string]string{
			"": "111", "?shop=1520": "101", "?status=parked": "010", "?status=delivered": "100", "?status=waiting": "001",
			"?host=127.0.0.1": "111", "?host=other.example": "000", "?id=7001": "100", "?id=9": "000", "?shop=nobody": "000",
			"?from=2000-01-01&until=2000-01-02": "000", "?from=2000-01-01T00:00": "111", "?status=waiting&shop=1520": "001", "?from=yesterday": "000", "?status=lost": "000",
		} {
			page, got := c.see(t, "/console/callbacks"+query), ""
			for _, id := range all {
				got += fmt.Sprint(map[bool]int{true: 1}[strings.Contains(page, "/"+id+`"`)])
			}
			if got != want {
				t.Errorf("%s lists %s, want %s", query, got, want)
			}
			lacks(t, page, "<script>alert", "t0p")
		}
		if found := c.get(t, "/console/callbacks?id=msg_"+all[1]); found.status != http.StatusSeeOther || !strings.HasSuffix(found.header.Get("Location"), "/"+all[1]) {
			t.Errorf("a webhook-id leads to %d %s", found.status, found.header.Get("Location"))
		}
		file := k.as(t, operator.Support).get(t, "/console/callbacks.csv?shop=1520")
		if n := strings.Count(file.body, "\n"); n != 4 || !strings.HasPrefix(file.header.Get("Content-Type"), "text/csv") {
			t.Errorf("a file of %d lines: %s", n, file.body)
		}
		for _, query := range []string{"?shop=nobody", "?shop=1520&from=yesterday", "?status=lost"} {
			if file := k.as(t, operator.Support).get(t, "/console/callbacks.csv"+query); file.status != http.StatusUnprocessableEntity || strings.Contains(file.body, all[0]) {
				t.Errorf("a file of what is not sought, %s: %d %s", query, file.status, file.body)
			}
		}
	})
}

func TestCallbackPages(t *testing.T) {
	k := newKit(t)
	for object := range int64(60) {
		k.owe(t, demoShop, 8000+object, "https://shop.example/", "success")
	}
	c := k.as(t, operator.Viewer)
	seen, address := 0, "/console/callbacks?shop=1520"
	older := regexp.MustCompile(`href="([^"]*)" rel="next"`)
	for range 3 {
		page := c.see(t, address)
		seen += strings.Count(page, `data-copy=`)
		found := older.FindStringSubmatch(page)
		if found == nil {
			break
		}
		address = strings.ReplaceAll(found[1], "&amp;", "&")
	}
	if seen != 60 {
		t.Errorf("%d messages on all pages", seen)
	}
}

// What became of each try stands in its own row: a message that was taken in the end
// was not taken before.
func TestTriesOfACallback(t *testing.T) {
	k := newKit(t)
	answers := []int{500, 301, 200}
	flaky := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(answers[0])
		_, _ = io.WriteString(w, "OK")
		answers = answers[1:]
	}))
	t.Cleanup(flaky.Close)
	list := k.owe(t, demoShop, 7001, flaky.URL, "success")
	for range 3 {
		k.deliver(t)
		k.house.Clock.Add(time.Hour)
	}
	page := k.as(t, operator.Viewer).see(t, callbackPath(list[0]))
	_, rows, _ := strings.Cut(page, ">What became of it</th>")
	var got []string
	for _, row := range strings.Split(rows, "<tr>")[1:] {
		text := reads(row)
		switch {
		case strings.Contains(text, " 500 ") && strings.Contains(text, "answered 500") && !strings.Contains(text, "taken"):
			got = append(got, "failed")
		case strings.Contains(text, " 301 ") && strings.Contains(text, "redirect") && !strings.Contains(text, "taken"):
			got = append(got, "redirected")
		case strings.Contains(text, " 200 ") && strings.Contains(text, "taken") && !strings.Contains(text, "answered"):
			got = append(got, "taken")
		default:
			got = append(got, text)
		}
	}
	slices.Sort(got)
	if want := []string{"failed", "redirected", "taken"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestCallbackPage(t *testing.T) {
	k := newKit(t)
	bad, _ := receiver(t, 500)
	list := k.owe(t, demoShop, 7001, bad, "hold", "success")
	k.deliver(t)
	c := k.as(t, operator.Viewer)
	page := c.see(t, callbackPath(list[0]))
	contains(t, page, "answered 500", "Webhook-Signature: v1,", "&#34;sign&#34;:", "Webhook-Id: msg_"+number(list[0].ID), "token=…")
	lacks(t, page, "t0p", demo.Secret, "whsec_")
	contains(t, c.see(t, callbackPath(list[1])), "It waits for the message before it", "It was not tried yet")
	if got := c.get(t, "/console/callbacks/202203/"+number(list[0].ID)); got.status != http.StatusNotFound {
		t.Errorf("under another shop's number: %d", got.status)
	}
}

// Support sends one again; the second click does nothing.
func TestReplayFromItsPage(t *testing.T) {
	k := newKit(t)
	good, count := receiver(t, 200)
	m := k.owe(t, demoShop, 7001, good, "success")[0]
	k.deliver(t)
	k.house.Clock.Add(time.Minute)
	c := k.as(t, operator.Support)
	form := fields(t, c.see(t, callbackPath(m)), "/console/replay/")
	k.house.Clock.Add(time.Minute)
	for range 2 {
		if got := c.post(t, "/console/replay/1520/"+number(m.ID), form); got.status != http.StatusSeeOther || got.header.Get("Location") != callbackPath(m) {
			t.Fatalf("%d %s", got.status, got.body)
		}
		k.deliver(t)
	}
	if count() != 2 {
		t.Errorf("it was sent %d times", count())
	}
	lacks(t, k.as(t, operator.Viewer).see(t, callbackPath(m)), "Send again")
}

// fields are the hidden fields of the form that goes to an address.
func fields(t *testing.T, page, action string) url.Values {
	t.Helper()
	form := regexp.MustCompile(`(?s)<form[^>]*action="` + regexp.QuoteMeta(action) + `.*?</form>`).FindString(page)
	if form == "" {
		t.Fatalf("no form goes to %s", action)
	}
	values := url.Values{}
	for _, found := range regexp.MustCompile(`name="([^"]*)" value="([^"]*)"`).FindAllStringSubmatch(form, -1) {
		values.Set(found[1], found[2])
	}
	return values
}

func TestReplayOfAList(t *testing.T) {
	k := newKit(t)
	good, count := receiver(t, 200)
	for object := range int64(120) {
		k.owe(t, demoShop, 8000+object, good, "success")
	}
	other := k.owe(t, demo.EmptyShop, 9000, good, "success")[0]
	k.deliver(t)
	k.house.Clock.Add(time.Minute)
	c := k.as(t, operator.Support)
	contains(t, c.see(t, "/console/callbacks"), "Choose one shop")
	form := fields(t, c.see(t, "/console/callbacks?shop=1520"), "/console/callbacks/replay")
	k.house.Clock.Add(time.Minute)
	late := k.owe(t, demoShop, 9500, good, "success")[0] // after the question
	k.deliver(t)
	before := count()
	for range 2 { // a double click
		if got := c.post(t, "/console/callbacks/replay", form); got.status != http.StatusSeeOther {
			t.Fatalf("%d %s", got.status, got.body)
		}
		k.deliver(t)
	}
	if n := count() - before; n != 120 {
		t.Errorf("%d were sent again", n)
	}
	for _, m := range []*callback.Message{other, late} {
		if again := k.messages(t, m.Shop, m.Object)[0]; again.Tries != 1 {
			t.Errorf("message %d of shop %d was sent again", m.ID, m.Shop)
		}
	}
	links, err := audit.Newest(context.Background(), k.house.DB.Reader(), demoShop, 0, 1)
	if err != nil || links[0].Act != "callback.replay-range" || links[0].Actor == "" {
		t.Errorf("the audit has %+v, %v", links[0], err)
	}
	form.Del("shop")
	if got := c.post(t, "/console/callbacks/replay", form); got.status != http.StatusUnprocessableEntity {
		t.Errorf("without a shop: %d", got.status)
	}
}

func TestDoctorPage(t *testing.T) {
	k := newKit(t)
	lax, count := receiver(t, 200)
	c := k.as(t, operator.Support)
	form := url.Values{"shop": {"1520"}, "about": {"invoice"}, "url": {lax}}
	got := c.post(t, "/console/doctor", form)
	if got.status != http.StatusOK || count() < 20 {
		t.Fatalf("%d after %d messages: %s", got.status, count(), got.body)
	}
	contains(t, got.body, "Grade F", "anybody can mark orders as paid", "Compute the signature over all fields", "brama-doctor-")
	lacks(t, got.body, demo.Secret, "whsec_")
	for field, value := range map[string]string{"url": "file:///etc/passwd", "shop": "999", "store": "NONE", "name": "<b>"} {
		bad := url.Values{"shop": {"1520"}, "url": {lax}}
		bad.Set(field, value)
		got := c.post(t, "/console/doctor", bad)
		if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, `id="field-`+field+`-problem"`) {
			t.Errorf("%s=%s: %d", field, value, got.status)
		}
	}
	none := c.post(t, "/console/doctor", url.Values{"shop": {"1520"}}) // which has none: the field says that one is needed
	if none.status != http.StatusUnprocessableEntity || !strings.Contains(none.body, `id="field-url-problem"`) {
		t.Errorf("no address: %d", none.status)
	}
	if k.as(t, operator.Finance).get(t, "/console/doctor").status != http.StatusForbidden {
		t.Error("finance may examine receivers")
	}
}
