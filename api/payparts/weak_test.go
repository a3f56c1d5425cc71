package payparts_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image/png"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"rsc.io/qr"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/shop"
	"github.com/brama-pay/brama/signature"
)

// TestAmountThatSlides: ORDER-1 with 2300.00 and ORDER-12 with 300.00 are one text.
func TestAmountThatSlides(t *testing.T) {
	if sig(store, "ORDER-1", "230000") != sig(store, "ORDER-12", "30000") {
		t.Fatal("they are not")
	}
	for _, partial := range []string{"false", "true"} {
		h := newHouseSQLite(t)
		h.set("partial_decline=" + partial)
		h.paid("create", buys("ORDER-12", "300.00"))
		h.post("decline", decline("ORDER-1", "2300.00")).is("FAIL", "Платеж не найден")
		h.paid("create", buys("ORDER-1", "600.00"))
		h.post("decline", decline("ORDER-1", "2300.00")).is("FAIL", "bad value: amount is more than the payment, 600.00")
		// Even where both are possible, the text that took the money of one order does
		// not take that of the other.
		h.paid("create", buys("ORDER-2", "2300.00"))
		h.paid("create", buys("ORDER-22", "300.00"))
		h.post("decline", decline("ORDER-22", "300.00")).is("SUCCESS", "")
		h.post("decline", decline("ORDER-2", "2300.00")).is("FAIL", "bad value: orderId with this amount it cannot be told from another order of the store")
	}
}

// TestOrderThatSlides: a create that joins to the text of another order, two
// products against one.
func TestOrderThatSlides(t *testing.T) {
	h := newHouseSQLite(t)
	one := products("ORDER-5", "2300.00", `{"name":"a","count":1,"price":2000},{"name":"b","count":1,"price":300}`, "a1200000b130000")
	two := products("ORDER-52", "300.00", `{"name":"a1200000b","count":1,"price":300}`, "a1200000b130000")
	if one[len(one)-30:] != two[len(two)-30:] {
		t.Fatal("they have two signatures")
	}
	h.post("create", one).is("SUCCESS", "")
	h.post("create", two).is("FAIL", "bad value: orderId with this amount it cannot be told from another order of the store")
	h.post("create", one).is("SUCCESS", "") // and the first is still what it was
	if got := h.post("state", key("ORDER-52")); got.text("message") != "Платеж не найден" {
		t.Error(got.body)
	}
}

func products(order, amount, list, signed string) string {
	wfp, _ := signature.WithoutPoint(amount)
	return fmt.Sprintf(`{"storeId":%q,"orderId":%q,"amount":%s,"partsCount":6,"merchantType":"PP","products":[%s],"signature":%q}`,
		store, order, amount, list, sig(store, order, wfp, "6", "PP", "", "", signed))
}

// TestConcurrentDeclines: of sixteen one is made.
func TestConcurrentDeclines(t *testing.T) {
	for _, partial := range []string{"false", "true"} {
		eachHouse(t, func(t *testing.T, h *house) {
			h.set("partial_decline=" + partial)
			h.paid("create", buys("ORDER-1", "600.00"))
			var at sync.WaitGroup
			got := make([]reply, 16)
			for i := range got {
				at.Go(func() { got[i] = h.post("decline", decline("ORDER-1", "600.00")) })
			}
			at.Wait()
			made := 0
			for _, one := range got {
				if one.text("state") == "SUCCESS" {
					made++
					continue
				}
				one.is("FAIL", "bad value: decline already made")
			}
			if made != 1 {
				t.Errorf("%d were made", made)
			}
			h.idle()
			if got := h.post("state", key("ORDER-1", `,"showRefund":true`)); strings.Count(got.body, `"date"`) != 1 {
				t.Error(got.body)
			}
		})
	}
}

// TestConcurrentParts: different parts at the same time never exceed the whole.
func TestConcurrentParts(t *testing.T) {
	h := newHouseSQLite(t)
	h.set("partial_decline=true")
	h.paid("create", buys("ORDER-1", "600.00"))
	var at sync.WaitGroup
	got := make([]reply, 16)
	for i := range got {
		at.Go(func() { got[i] = h.post("decline", decline("ORDER-1", fmt.Sprintf("100.%02d", i))) })
	}
	at.Wait()
	made := 0
	for _, one := range got {
		if one.text("state") == "SUCCESS" {
			made++
		} else {
			one.is("FAIL", "bad value: amount is more than what is left of the payment")
		}
	}
	if made != 5 {
		t.Errorf("%d parts of about 100.00 out of 600.00", made)
	}
}

// TestAnswersHelpNobody: what a stranger gets signed by asking is the text of no
// request and of no callback, whatever ids he sends.
func TestAnswersHelpNobody(t *testing.T) {
	h := newHouseSQLite(t)
	h.paid("create", buys("ORDER-1", "600.00"))
	h.callbacks()
	for _, method := range []string{"create", "hold", "confirm", "cancel", "decline", "state", "description"} {
		for _, order := range []string{"ORDER-1", "ORDER-160000", "ORDER-1SUCCESS", "ORDER-1FAIL", "ORDER-1CANCELED", "x"} {
			got := h.post(method, fmt.Sprintf(`{"storeId":%q,"orderId":%q,"amount":600,"description":"x","partsCount":2,"merchantType":"PP",
				"products":[{"name":"a","count":1,"price":600}],"signature":"none"}`, store, order))
			got.is("FAIL", wrongSignature)
			got.signed(password, "FAIL", store, order, "", wrongSignature)
			for what, forged := range map[string]string{
				"confirm or cancel": key("ORDER-1"), "decline": decline("ORDER-1", "600.00"), "state": key(order),
			} {
				if strings.Contains(forged, got.text("signature")) {
					t.Errorf("%s of %s signs a %s", method, order, what)
				}
			}
			for _, state := range []string{"SUCCESS", "FAIL", "CANCELED", "LOCKED"} {
				for _, message := range []string{"", wrongSignature, "FAIL" + wrongSignature} {
					if got.text("signature") == sig(store, "ORDER-1", state, message) {
						t.Errorf("%s of %s signs a callback that says %s", method, order, state)
					}
				}
			}
		}
	}
}

// TestPasswordRotates: both count, and each request is answered under its own.
func TestPasswordRotates(t *testing.T) {
	h := newHouseSQLite(t)
	h.paid("create", buys("ORDER-1", "600.00"))
	row, err := shop.LoadStore(ctx, h.db.Reader(), store)
	if err != nil {
		t.Fatal(err)
	}
	u, fresh, err := shop.NewStoreRotation(h.box, rand.NewChaCha8([32]byte{4}), row, "", false, "test")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Do(ctx, h.db, db.House, u); err != nil {
		t.Fatal(err)
	}
	h.clock.Add(shop.Fresh)
	ask := func(p string) reply {
		return h.post("state", fmt.Sprintf(`{"storeId":%q,"orderId":"ORDER-1","signature":%q}`, store, signature.PayParts(p, store, "ORDER-1", p)))
	}
	for _, p := range []string{password, fresh} {
		ask(p).signed(p, "SUCCESS", store, "ORDER-1", "SUCCESS", "")
	}
	ask("neither of them at all").signed(password, "FAIL", store, "ORDER-1", "", wrongSignature)
	h.letter("ORDER-1", "SUCCESS", "") // the old one signs
	if _, err := db.Do(ctx, h.db, db.House, shop.FinishStoreRotation{ID: store, Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	h.clock.Add(shop.Fresh)
	failed := ask(password)
	failed.is("FAIL", wrongSignature)
	failed.signed(fresh, "FAIL", store, "ORDER-1", "", wrongSignature)
	if text := h.log.String(); strings.Contains(text, password) || strings.Contains(text, fresh) || strings.Contains(text, "0000111122223333") {
		t.Error("a secret is in the log")
	}
}

// orderFields are the texts that create signs, of raw JSON values.
func orderFields(fields map[string]string) []string {
	plain := func(name string) string {
		var text string
		if json.Unmarshal([]byte(fields[name]), &text) == nil {
			return text
		}
		return strings.Trim(fields[name], "[]")
	}
	wfp := func(text string) string {
		short, err := signature.WithoutPoint(text)
		if err != nil {
			return text
		}
		return short
	}
	var list []map[string]any
	d := json.NewDecoder(strings.NewReader(fields["products"]))
	d.UseNumber()
	_ = d.Decode(&list)
	signed := ""
	for _, p := range list {
		signed += fmt.Sprint(p["name"], p["count"]) + wfp(fmt.Sprint(p["price"]))
	}
	return []string{store, plain("orderId"), wfp(plain("amount")), plain("currency"), plain("partsCount"), plain("merchantType"), plain("responseUrl"), plain("redirectUrl"), signed}
}

// pictureOf is the width of a picture that shows exactly the text as a QR code.
func pictureOf(t testing.TB, text, shows string) int {
	t.Helper()
	content, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(content))
	if err != nil || picture.Bounds().Dx() != picture.Bounds().Dy() {
		t.Fatalf("%v", err)
	}
	code, err := qr.Encode(shows, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	width := picture.Bounds().Dx()
	scale := width / (code.Size + 8)
	edge := (width - scale*code.Size) / 2
	for y := -4; y < code.Size+4; y++ {
		for x := -4; x < code.Size+4; x++ {
			level, _, _, _ := picture.At(edge+x*scale+scale/2, edge+y*scale+scale/2).RGBA()
			if (level == 0) != code.Black(x, y) {
				t.Fatalf("the square %d, %d is wrong", x, y)
			}
		}
	}
	return width
}
