package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/brama-pay/brama/client/avanor"
)

// shown is the secret that a command printed, once. It must be nowhere else.
func (g *gateway) shown(said string) string {
	g.t.Helper()
	for line := range strings.Lines(said) {
		if word := strings.TrimSpace(line); len(word) >= 32 && !strings.Contains(word, " ") {
			g.private = append(g.private, word)
			return word
		}
	}
	g.t.Fatalf("no secret is shown:\n%s", said)
	return ""
}

// signsWith reports whether a secret is good for a request now.
func (g *gateway) signsWith(secret string) bool {
	g.t.Helper()
	c, err := avanor.New(g.url, demoShop, secret, avanor.WithHTTPClient(g.http))
	if err != nil {
		g.t.Fatal(err)
	}
	_, err = c.Balances(context.Background())
	if err != nil && !isCode(err, avanor.ErrParameter) {
		g.t.Fatal(err)
	}
	return err == nil
}

// A secret is changed without a moment in which requests or callbacks fail, and
// so is the key that everything stored is sealed with.
func TestRotation(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		r := newReceiver(t)
		g.operator("shop", "set", "1520", "callback_url="+r.URL, "callback_format=form", "confirm_above=USD:50.00", "--commit")
		waits := g.payout(g.account("7654"), "60.00")
		told := func(order, by string) {
			t.Helper()
			g.eventually("the callback comes, signed by "+by, func() bool { return r.words(t)[order] == "success" })
		}
		fresh := g.shown(g.operator("shop", "rotate-secret", "1520", "--commit"))
		g.eventually("the new secret is valid", func() bool { return g.signsWith(fresh) })
		if !g.signsWith(demoSecret) {
			t.Error("the old secret is not valid while it rotates")
		}
		_, order := g.paid("10.00")
		told(order, "the old secret")
		// The new one must be told apart, or the test would show nothing.
		page, order := g.order("11.00", false)
		r.trust(fresh)
		g.operator("shop", "rotate-secret", "1520", "--finish", "--commit")
		g.eventually("the old secret is not valid any more", func() bool { return !g.signsWith(demoSecret) })
		g.pay(page, cardOther)
		told(order, "the new secret")

		g.rekey()
		g.operator("payout", "confirm", "1520", fmt.Sprint(waits.ID), "--commit")
		g.quiet()
		g.stop()
		g.start()
		g.secret = fresh
		g.settles(waits.ID, avanor.PayoutCompleted)
		g.balanced()
	})
}

// rekey changes the key of the key file beside the running server.
func (g *gateway) rekey() {
	g.t.Helper()
	path := filepath.Join(g.data(), "brama.key")
	before, err := os.ReadFile(path)
	if err != nil {
		g.t.Fatal(err)
	}
	g.operator("key", "rotate", "--commit")
	after, err := os.ReadFile(path)
	for line := range bytes.Lines(before) {
		if !bytes.Contains(after, bytes.TrimSpace(line)) {
			g.t.Error("the key file has lost the old key")
		}
	}
	if err != nil || len(after) <= len(before) {
		g.t.Errorf("the key file has no new key: %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		g.t.Errorf("the key file: %v, %v", info, err)
	}
}

// from posts a request as a proxy would, for a caller further away.
func (g *gateway) from(forwarded string) string {
	g.t.Helper()
	body := signed(g.t, "shop_balance", demoSecret, map[string]string{"shop_id": "1520", "now": `"1"`})
	request, err := http.NewRequest(http.MethodPost, g.url+"/shop_balance", bytes.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	if forwarded != "" {
		request.Header.Set("X-Forwarded-For", forwarded)
	}
	response, err := g.http.Do(request)
	if err != nil {
		g.t.Fatal(err)
	}
	defer response.Body.Close()
	answer, _ := io.ReadAll(response.Body)
	return string(answer)
}

// Behind a trusted proxy the caller is the last hop that is not one of ours, and
// what the caller wrote before it is not believed.
func TestTrustedProxies(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		g.operator("shop", "set", "1520", "addresses=198.51.100.0/24", "--commit")
		g.eventually("the list of addresses is in force", func() bool { return strings.Contains(g.from(""), `"error_code":15,`) })
		for forwarded, want := range map[string]string{
			"198.51.100.7":              `"result":true`,
			"203.0.113.9, 198.51.100.7": `"result":true`,
			"198.51.100.7, 203.0.113.9": `"message":"Shop ip 203.0.113.9 denied"`,
			"198.51.100.7, nonsense":    `"error_code":15,`,
			"":                          `"message":"Shop ip 127.0.0.1 denied"`,
		} {
			if answer := g.from(forwarded); !strings.Contains(answer, want) {
				t.Errorf("X-Forwarded-For %q: %s", forwarded, answer)
			}
		}
		g.operator("shop", "set", "1520", "addresses=", "--commit")
		time.Sleep(1100 * time.Millisecond) // a changed setting is in force within a second
	}, withFlags("--trusted-proxies", "127.0.0.0/8"))
}
