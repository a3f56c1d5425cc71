package console

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/demo"
	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/seal"
	"github.com/brama-pay/brama/turnover"
)

// kit is a running console over a fresh database with the demo's data, and an
// operator of each role, all with the same password.
type kit struct {
	house    *dbtest.House
	box      *seal.Box
	room     *operator.Operators
	url      string
	log      *journal
	clients  map[operator.Role]*client
	verifier fakeVerifier
	sender   *callback.Sender // delivers to the addresses of the messages, when it is told
}

const password = "correct horse 4711"

// cheap is a password hash for tests.
var cheap = operator.Cost{Passes: 1, Memory: 64}

// newKit is a kit on SQLite; kitOn is one on any database.
func newKit(t testing.TB) *kit {
	t.Helper()
	return kitOn(t, dbtest.SQLite(t))
}

func kitOn(t testing.TB, h *dbtest.House, more ...route) *kit {
	t.Helper()
	key, err := seal.NewKey(rand.Reader, "k1")
	if err != nil {
		t.Fatal(err)
	}
	box, err := seal.New(rand.Reader, seal.Keys{key})
	if err != nil {
		t.Fatal(err)
	}
	if err := demo.Seed(context.Background(), demo.Seeding{DB: h.DB, Box: box, Random: rand.Reader}); err != nil {
		t.Fatal(err)
	}
	k := &kit{house: h, box: box, log: &journal{}, clients: map[operator.Role]*client{}}
	k.room = &operator.Operators{DB: h.DB, Box: box, Random: rand.Reader, Now: h.Clock.Time, Cost: cheap}
	for _, role := range operator.Roles() {
		k.add(t, string(role)+"@example.com", role)
	}
	k.sender = k.newSender()
	server := httptest.NewServer(serving(k.config(), append(pages(), more...)))
	t.Cleanup(server.Close)
	k.url = server.URL
	return k
}

// journal keeps what was logged.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write keeps a line.
func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

// String is everything that was logged.
func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// config is what the kit's console is given.
func (k *kit) config() Config {
	return Config{
		DB: k.house.DB, Box: k.box, Operators: k.room, Settings: bankSettings, Random: rand.Reader, Now: k.house.Clock.Time, Demo: true,
		Verifier: &k.verifier, Figures: turnover.New(k.house.DB.Reader(), k.house.Clock.Time),
		Doctor: k.newDoctor(), Preview: k.sender.Preview,
		Log: slog.New(slog.NewTextHandler(k.log, nil)),
	}
}

// add makes an operator with the kit's password.
func (k *kit) add(t testing.TB, email string, role operator.Role) *operator.Operator {
	t.Helper()
	hash, err := k.room.Hash(context.Background(), email, password)
	if err != nil {
		t.Fatal(err)
	}
	made, err := db.Do(context.Background(), k.house.DB, db.House, operator.Add{Email: email, Role: role, Hash: hash, Keep: true, Actor: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// client is a browser: it keeps cookies and does not follow redirects.
type client struct {
	*http.Client
	kit *kit
}

// nobody is a browser that is signed out.
func (k *kit) nobody(t testing.TB) *client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &client{&http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, k}
}

// as is a browser in which an operator of the role is signed in.
func (k *kit) as(t testing.TB, role operator.Role) *client {
	t.Helper()
	if k.clients[role] == nil {
		k.clients[role] = k.signIn(t, string(role)+"@example.com")
	}
	return k.clients[role]
}

func (k *kit) signIn(t testing.TB, email string) *client {
	t.Helper()
	c := k.nobody(t)
	got := c.post(t, "/console/sign-in", url.Values{"email": {email}, "password": {password}})
	if got.status != http.StatusSeeOther {
		t.Fatalf("sign in as %s: %d\n%s", email, got.status, got.body)
	}
	return c
}

// got is an answer.
type got struct {
	status int
	header http.Header
	body   string
}

// get asks for a page.
func (c *client) get(t testing.TB, path string) got {
	t.Helper()
	return c.do(t, http.MethodGet, path, nil, nil)
}

// see is the body of a page that must be there.
func (c *client) see(t testing.TB, path string) string {
	t.Helper()
	answered := c.get(t, path)
	if answered.status != http.StatusOK {
		t.Fatalf("GET %s: %d\n%s", path, answered.status, answered.body)
	}
	return answered.body
}

var csrfField = regexp.MustCompile(`name="csrf" value="([^"]*)"`)

// post sends a form with this session's token, as a page of the console would.
func (c *client) post(t testing.TB, path string, form url.Values) got {
	t.Helper()
	if form == nil {
		form = url.Values{}
	}
	if token := csrfField.FindStringSubmatch(c.get(t, "/console/any-page-has-it").body); token != nil && form.Get("csrf") == "" {
		form.Set("csrf", token[1])
	}
	return c.do(t, http.MethodPost, path, form, http.Header{"Sec-Fetch-Site": {"same-origin"}})
}

// do sends a request as it is told.
func (c *client) do(t testing.TB, method, path string, form url.Values, header http.Header) got {
	t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequest(method, c.kit.url+path, body)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		r.Header[name] = values
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answered, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answered.Body.Close()
	text, err := io.ReadAll(answered.Body)
	if err != nil {
		t.Fatal(err)
	}
	return got{answered.StatusCode, answered.Header, string(text)}
}

// signInRequest is a sign-in through a TLS proxy at an address.
func signInRequest(t testing.TB, peer string) (*http.Request, *httptest.ResponseRecorder) {
	t.Helper()
	form := url.Values{"email": {"admin@example.com"}, "password": {password}}
	r := httptest.NewRequest(http.MethodPost, "/console/sign-in", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Forwarded-Proto", "https")
	r.RemoteAddr = peer
	return r, httptest.NewRecorder()
}
