package doctor_test

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/demo"
	"github.com/brama-pay/brama/doctor"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/signature"
)

// A receiver that makes no mistake gets grade A, whatever the messages are about
// and in whichever form they come.
func TestGoodReceiver(t *testing.T) {
	orders := map[string]doctor.Order{
		"invoices": {}, "payouts": {About: doctor.Payouts}, "instalments": {Store: demo.Store}, "by name": {Name: "spring"},
	}
	for name, order := range orders {
		t.Run(name, func(t *testing.T) {
			c := newClinic(t, dbtest.SQLite(t))
			c.set("callback_ok=true")
			report := c.examine(order, (&receiver{}).ServeHTTP)
			if report.Grade != "A" || len(report.Tests) < 14 {
				t.Errorf("grade %s of %d tests:\n%s", report.Grade, len(report.Tests), complaints(report))
			}
		})
	}
	t.Run("as a form", func(t *testing.T) {
		c := newClinic(t, dbtest.SQLite(t))
		c.set("callback_format=form")
		report := c.examine(doctor.Order{}, (&receiver{}).ServeHTTP)
		if report.Grade != "A" {
			t.Errorf("grade %s:\n%s", report.Grade, complaints(report))
		}
	})
}

// own is a signature as a receiver might compute it.
func own(fields map[string]string, separator, secret string, keep func(name, text string) bool) string {
	var texts []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if name != "sign" && fields[name] != "" && keep(name, fields[name]) {
			texts = append(texts, fields[name])
		}
	}
	return signature.Sign(map[string]string{"x": strings.Join(texts, separator)}, secret)
}

func every(string, string) bool { return true }

// by is a receiver that checks a signature in its own way.
func by(sign func(fields map[string]string) string) *receiver {
	return &receiver{verify: func(_ *http.Request, _ []byte, fields map[string]string) bool { return fields["sign"] == sign(fields) }}
}

// Each mistake of a receiver is found, and named.
func TestMistakesAreNamed(t *testing.T) {
	trusting := func(ok func(fields map[string]string) bool) *receiver {
		return &receiver{verify: func(r *http.Request, body []byte, fields map[string]string) bool {
			return right(r, body, fields) || ok(fields)
		}}
	}
	always := func(status int, text string) *receiver {
		return &receiver{verify: func(*http.Request, []byte, map[string]string) bool { return true }, answer: func(w http.ResponseWriter, _ map[string]string, _ int) bool {
			w.Header().Set("Location", "https://other.example/")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, text)
			return true
		}}
	}
	answers := func(when func(fields map[string]string, seen int) bool, status int) *receiver {
		return &receiver{answer: func(w http.ResponseWriter, fields map[string]string, seen int) bool {
			if when(fields, seen) {
				w.WriteHeader(status)
				return true
			}
			return false
		}}
	}
	list := []string{"shop_order_id", "shop_id", "status", "payment_id", "ps_data", "ps_currency", "payway", "description", "created", "updated", "processed",
		"shop_currency", "shop_amount", "client_price", "error_code", "shop_refund", "addons"}
	tests := []struct {
		name     string
		receiver *receiver
		grade    string
		test     string // that finds it
		says     string
	}{
		{"takes everything", always(200, "OK"), "F", "unsigned", "anybody"},
		{"refuses everything", always(403, "no"), "F", "good", "no known mistake explains it"},
		{"falls over everything", always(500, "Exception"), "F", "good", "falls over"},
		{"redirects", always(302, ""), "F", "good", "redirects are not followed"},
		{"is gone", always(410, ""), "F", "good", "410"},
		{"does not take POST", always(405, ""), "F", "good", "POST"},
		{"wants another content type", always(415, ""), "F", "good", "content type"},
		{"checks only when there is a signature", trusting(func(f map[string]string) bool { return f["sign"] == "" }), "F", "unsigned", "without a signature"},
		{"has an empty secret", by(func(f map[string]string) string { return own(f, ":", "", every) }), "F", "empty-secret", "secret is empty"},
		{"does not sign amounts", trusting(func(f map[string]string) bool { return f["shop_amount"] == "1.01" }), "F", "altered-amount", "the amount can be changed"},
		{"does not sign the currency", trusting(func(f map[string]string) bool { return f["shop_currency"] == "392" }), "F", "altered-currency", "the currency can be changed"},
		{"does not sign the status", trusting(func(f map[string]string) bool { return f["error_code"] == "22" }), "F", "altered-status", "the status can be changed"},
		{"does not sign the order", trusting(func(f map[string]string) bool { return strings.HasSuffix(f["shop_order_id"], "-4") }), "F", "altered-order", "the order can be changed"},
		{"drops zeros", by(func(f map[string]string) string {
			return own(f, ":", demo.Secret, func(_, text string) bool { return text != "0" })
		}), "F", "good", "zeros are left out"},
		{"prints two decimals", by(func(f map[string]string) string {
			f = maps.Clone(f)
			for _, name := range []string{"shop_amount", "client_price"} {
				if strings.HasSuffix(f[name], ".5") {
					f[name] += "0"
				}
			}
			return own(f, ":", demo.Secret, every)
		}), "F", "good", "two decimals"},
		{"joins by nothing", by(func(f map[string]string) string { return own(f, "", demo.Secret, every) }), "F", "good", `joined by ""`},
		{"joins the secret", by(func(f map[string]string) string { return own(f, ":", ":"+demo.Secret, every) }), "F", "good", `joined with a ":"`},
		{"has the webhook key as secret", by(func(f map[string]string) string { return own(f, ":", hookKey, every) }), "F", "good", "webhook key is used as the secret"},
		{"signs with MD5", by(func(f map[string]string) string {
			var texts []string
			for _, name := range slices.Sorted(maps.Keys(f)) {
				if name != "sign" && f[name] != "" {
					texts = append(texts, f[name])
				}
			}
			sum := md5.Sum([]byte(strings.Join(texts, ":") + demo.Secret))
			return hex.EncodeToString(sum[:])
		}), "F", "good", "MD5"},
		{"wants capitals", by(func(f map[string]string) string { return strings.ToUpper(own(f, ":", demo.Secret, every)) }), "F", "good", "capital letters"},
		{"seals with the key as it stands", &receiver{verify: func(r *http.Request, body []byte, _ map[string]string) bool {
			want := signature.Webhook(r.Header.Get("webhook-id"), number(r.Header.Get("webhook-timestamp")), body, "whsec_"+base64Of(hookKey))
			return r.Header.Get("webhook-signature") == want
		}}, "F", "good", "the webhook key is not decoded"},
		{"has a fixed list of fields", by(func(f map[string]string) string {
			return own(f, ":", demo.Secret, func(name, _ string) bool { return slices.Contains(list, name) })
		}), "C", "extra-field", "fixed list of fields"},
		{"knows no refunds", by(func(f map[string]string) string {
			if f["shop_order_id"] == "" {
				return "?"
			}
			return own(f, ":", demo.Secret, every)
		}), "C", "refund", "refund"},
		{"signs empty fields", by(func(f map[string]string) string {
			if text, there := f["description"]; there && text == "" {
				return "?"
			}
			return own(f, ":", demo.Secret, every)
		}), "C", "empty-fields", "null or empty"},
		{"escapes slashes", by(func(f map[string]string) string {
			f = maps.Clone(f)
			for name, text := range f {
				f[name] = strings.ReplaceAll(text, "/", `\/`)
			}
			return own(f, ":", demo.Secret, every)
		}), "C", "letters", "re-prints texts"},
		{"has floats", by(func(f map[string]string) string {
			if len(f["shop_amount"]) > 12 {
				return "?"
			}
			return own(f, ":", demo.Secret, every)
		}), "C", "large", "float"},
		{"refuses a duplicate", answers(func(_ map[string]string, seen int) bool { return seen > 1 }, 409), "C", "duplicate", "took before"},
		{"refuses what comes late", answers(func(f map[string]string, _ int) bool { return f["status"] == "hold" && f["description"] != "" }, 409), "C", "reordered", "late"},
		{"refuses rejections", answers(func(f map[string]string, _ int) bool { return f["status"] == "rejected" }, 400), "C", "rejected", "rejection"},
		{"falls over a wrong amount", answers(func(f map[string]string, _ int) bool { return f["shop_amount"] == "0.01" }, 500), "C", "wrong-amount", "falls over"},
		{"falls over another currency", answers(func(f map[string]string, _ int) bool { return f["shop_currency"] == "392" }, 500), "C", "other-currency", "falls over"},
		{"refuses the order it does not know", answers(func(f map[string]string, _ int) bool { return true }, 404), "C", "good", "does not know the order"},
		{"refuses with 200", &receiver{deny: func(w http.ResponseWriter) { fmt.Fprint(w, "WRONG SIGN") }}, "C", "bad-signature", "counts as taken"},
		{"refuses by falling over", &receiver{deny: func(w http.ResponseWriter) { w.WriteHeader(500) }}, "B", "bad-signature", "falling over"},
		{"does not look at the headers", &receiver{headless: true}, "B", "forged-headers", "webhook headers"},
		{"does not look at the time", &receiver{ageless: true}, "B", "replayed", "an hour ago"},
		{"refuses one unknown order", answers(func(f map[string]string, _ int) bool { return strings.HasSuffix(f["shop_order_id"], "-4") }, 404), "B", "unknown-order", "does not know"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newClinic(t, dbtest.SQLite(t))
			report := c.examine(doctor.Order{}, test.receiver.ServeHTTP)
			found := find(t, report, test.test)
			if report.Grade != test.grade || !strings.Contains(found.Wrong, test.says) || found.Mend == "" {
				t.Errorf("grade %s, want %s; %s says %q, want %q\n%s", report.Grade, test.grade, test.test, found.Wrong, test.says, complaints(report))
			}
		})
	}
}

func TestMistakesInPayParts(t *testing.T) {
	p := demo.StorePassword
	parts := func(f map[string]string) []string {
		return []string{f["storeId"], f["orderId"], f["paymentState"], f["message"]}
	}
	as := func(sign func(f map[string]string) string) *receiver {
		return &receiver{verify: func(_ *http.Request, _ []byte, f map[string]string) bool { return f["signature"] == sign(f) }}
	}
	tests := []struct {
		name, grade, test, says string
		receiver                *receiver
	}{
		{"takes everything", "F", "unsigned", "anybody", &receiver{verify: func(*http.Request, []byte, map[string]string) bool { return true }}},
		{"leaves the message out", "C", "rejected", "leaves message out", as(func(f map[string]string) string {
			return signature.PayParts(slices.Concat([]string{p}, parts(f)[:3], []string{p})...)
		})},
		{"has the password once", "F", "good", "only at the end", as(func(f map[string]string) string { return signature.PayParts(append(parts(f), p)...) })},
		{"has no password", "F", "empty-secret", "secret is empty", as(func(f map[string]string) string { return signature.PayParts(parts(f)...) })},
		{"does not sign the state", "F", "altered-status", "paymentState can be changed", &receiver{verify: func(_ *http.Request, _ []byte, f map[string]string) bool {
			return slices.ContainsFunc([]string{"SUCCESS", "FAIL"}, func(state string) bool {
				return signature.VerifyPayParts(f["signature"], p, f["storeId"], f["orderId"], state, f["message"], p)
			})
		}}},
		{"knows its fields only", "C", "extra-field", "does not know", &receiver{verify: func(r *http.Request, body []byte, f map[string]string) bool {
			return right(r, body, f) && len(f) == 5
		}, headless: true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newClinic(t, dbtest.SQLite(t))
			report := c.examine(doctor.Order{Store: demo.Store}, test.receiver.ServeHTTP)
			found := find(t, report, test.test)
			if report.Grade != test.grade || !strings.Contains(found.Wrong, test.says) {
				t.Errorf("grade %s, want %s; says %q, want %q\n%s", report.Grade, test.grade, found.Wrong, test.says, complaints(report))
			}
		})
	}
}

// A test must never be taken for money: its operations cannot be, and nothing is owed.
func TestNoTestIsMoney(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		c := newClinic(t, h)
		var ids []string
		report := c.examine(doctor.Order{}, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			f := flat(body)
			if !strings.HasPrefix(r.Header.Get(doctor.MarkHeader), "test ") {
				t.Error("a message is not marked as a test")
			}
			if id := r.Header.Get("webhook-id"); id != "" && !strings.HasPrefix(id, "msg_"+callback.TestPrefix) {
				t.Errorf("a message has the webhook-id %q", id)
			}
			for _, name := range []string{"shop_order_id", "shop_refund_id"} {
				if id := f[name]; id != "" {
					ids = append(ids, id)
					if err := callback.CheckID(name, id); !fault.Is(err, fault.Invalid) {
						t.Errorf("an operation may have the id %q", id)
					}
				}
			}
			if id := f["payment_id"]; id != "" && len(id) != len("9007199254740991") {
				t.Errorf("payment_id %s", id)
			}
			_, _ = io.WriteString(w, "OK")
		})
		if len(ids) < 10 || report.Grade != "F" {
			t.Errorf("%d messages, grade %s", len(ids), report.Grade)
		}
		page, err := callback.Look(t.Context(), h.DB.Reader(), callback.Wanted{}, callback.Cursor{}, 10)
		check(t, err)
		if len(page.Messages) != 0 {
			t.Errorf("%d messages are owed", len(page.Messages))
		}
		links, err := audit.Newest(t.Context(), h.DB.Reader(), demo.Shop, 0, 1)
		check(t, err)
		if l := links[0]; l.Act != "callback.doctor" || l.Actor != "operator:ann" || strings.Contains(l.Subject, "t0p") {
			t.Errorf("the audit has %+v", l)
		}
		var text bytes.Buffer
		check(t, report.Print(&text))
		all, err := json.Marshal(report)
		check(t, err)
		for _, secret := range []string{demo.Secret, hookKey, "t0p"} {
			if strings.Contains(text.String()+string(all), secret) {
				t.Errorf("the report holds %q", secret)
			}
		}
	})
}

// A receiver that does not answer is asked once; a slow one is told so.
func TestSilence(t *testing.T) {
	c := newClinic(t, dbtest.SQLite(t))
	n := 0
	report := c.examine(doctor.Order{}, func(w http.ResponseWriter, _ *http.Request) {
		n++
		conn, _, err := http.NewResponseController(w).Hijack()
		check(t, err)
		_ = conn.Close()
	})
	if good := find(t, report, "good"); report.Grade != "F" || !strings.Contains(good.Wrong, "does not answer") || n > 2 {
		t.Errorf("grade %s after %d calls: %+v", report.Grade, n, good)
	}
	report = c.examine(doctor.Order{Limit: 300 * time.Millisecond}, func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(70 * time.Millisecond)
		_, _ = io.WriteString(w, "OK")
	})
	if found := find(t, report, "patience"); found.Verdict != doctor.Fault {
		t.Errorf("an endless examination: %+v", found)
	}
}

func TestOrders(t *testing.T) {
	c := newClinic(t, dbtest.SQLite(t))
	tests := []struct {
		name  string
		order doctor.Order
		kind  fault.Kind
	}{
		{"no such shop", doctor.Order{Shop: 999, URL: "https://x.example/"}, fault.ShopNotFound},
		{"no URL", doctor.Order{Shop: demo.Shop}, fault.Invalid},
		{"no http", doctor.Order{Shop: demo.Shop, URL: "file:///etc/passwd"}, fault.Invalid},
		{"a name in the URL", doctor.Order{Shop: demo.Shop, URL: "https://a:b@x.example/"}, fault.Invalid},
		{"another shop's store", doctor.Order{Shop: demo.EmptyShop, Store: demo.Store, URL: "https://x.example/"}, fault.Invalid},
		{"no such store", doctor.Order{Shop: demo.Shop, Store: "NONE", URL: "https://x.example/"}, fault.Invalid},
		{"about nothing", doctor.Order{Shop: demo.Shop, About: "weather", URL: "https://x.example/"}, fault.Invalid},
		{"a bad name", doctor.Order{Shop: demo.Shop, Name: "A B", URL: "https://x.example/"}, fault.Invalid},
	}
	for _, test := range tests {
		test.order.Actor = "test"
		if _, err := c.doctor.Examine(t.Context(), test.order); !fault.Is(err, test.kind) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	c.doctor.Client = callback.NewClient(callback.Guard{})
	for _, address := range []string{"http://127.0.0.1:1/", "http://169.254.169.254/latest", "http://[::1]:1/", "http://10.0.0.1/"} {
		report, err := c.doctor.Examine(t.Context(), doctor.Order{Shop: demo.Shop, URL: address, Actor: "test"})
		check(t, err)
		if good := find(t, report, "good"); !strings.Contains(good.Answer, "may not be called") {
			t.Errorf("%s: %+v", address, good)
		}
	}
}

// A shop is examined a few times in ten minutes only, on whichever node.
func TestTooOften(t *testing.T) {
	c := newClinic(t, dbtest.SQLite(t))
	c.doctor.Now = c.Clock.Time
	c.doctor.Client = callback.NewClient(callback.Guard{})
	o := doctor.Order{Shop: demo.Shop, URL: "http://127.0.0.1:1/", Actor: "test"}
	for range 6 {
		_, err := c.doctor.Examine(t.Context(), o)
		check(t, err)
	}
	if _, err := c.doctor.Examine(t.Context(), o); !fault.Is(err, fault.Overloaded) {
		t.Errorf("the seventh time: %v", err)
	}
	o.Shop = demo.EmptyShop
	if _, err := c.doctor.Examine(t.Context(), o); err != nil {
		t.Errorf("another shop: %v", err)
	}
	c.Clock.Add(11 * time.Minute)
	o.Shop = demo.Shop
	if _, err := c.doctor.Examine(t.Context(), o); err != nil {
		t.Errorf("later: %v", err)
	}
}
