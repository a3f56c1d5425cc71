package e2e

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/brama-pay/brama/money"
)

// merchant is a shop's PayParts system as one is written from the bank's page
// (seed 004): it signs by itself, so that the page is tested and not our client.
type merchant struct {
	*gateway
	t    *testing.T
	http *http.Client
}

func (g *gateway) merchant(t *testing.T) merchant {
	return merchant{g, t, &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// signs is SIGNATURE of the page: encodeBase64(SHA1(password + … + password)).
func signs(parts ...string) string {
	sum := sha1.Sum([]byte(bankPassword + strings.Join(parts, "") + bankPassword))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// said is an answer of the gateway.
type said struct {
	t      *testing.T
	status int
	header http.Header
	body   string
	fields map[string]string
}

// is checks an answer of a known store: state, message, and the page's signature
// SHA1(password + state + storeId + orderId + paymentState + message + password).
func (s said) is(state, message string) {
	s.t.Helper()
	f := s.fields
	if s.status != http.StatusOK || f["state"] != state || f["message"] != message {
		s.t.Errorf("HTTP %d %s; want %s %s", s.status, s.body, state, message)
	}
	if want := signs(f["state"], f["storeId"], f["orderId"], f["paymentState"], f["message"]); f["signature"] != want {
		s.t.Errorf("%s: the signature should be %s", s.body, want)
	}
}

// post sends a body with the headers of the seed's page.
func (m merchant) post(method, body string) said {
	m.t.Helper()
	return m.postTo(m.gateway, method, body)
}

func (m merchant) postTo(node *gateway, method, body string) said {
	m.t.Helper()
	request, err := http.NewRequest(http.MethodPost, node.url+"/ipp/v2/payment/"+method, strings.NewReader(body))
	if err != nil {
		m.t.Fatal(err)
	}
	request.Header.Set("Accept", "application/json;")
	request.Header.Set("Accept-Encoding", "UTF-8;")
	request.Header.Set("Content-Type", "application/json; charset=UTF-8;")
	response, err := m.http.Do(request)
	if err != nil {
		m.t.Errorf("%s: %v", method, err)
		return said{t: m.t}
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		m.t.Errorf("%s: %v", method, err)
	}
	if odd := describedAs(request, response, raw); odd != nil {
		m.t.Error(odd)
	}
	m.gateway.mu.Lock()
	m.gateway.answers.Write(raw) // to be searched for secrets
	m.gateway.mu.Unlock()
	return said{m.t, response.StatusCode, response.Header, string(raw), texts(raw)}
}

// texts are the fields of an answer that are texts.
func texts(raw []byte) map[string]string {
	fields, found := map[string]any{}, map[string]string{}
	_ = json.NewDecoder(bytes.NewReader(raw)).Decode(&fields)
	for name, value := range fields {
		if text, ok := value.(string); ok {
			found[name] = text
		}
	}
	return found
}

// kopecks is withoutFloatingPoint of an amount with two decimals.
func kopecks(amount string) string { return strings.Replace(amount, ".", "", 1) }

func declineOf(order, amount string) string {
	return fmt.Sprintf(`{"storeId":%q,"orderId":%q,"amount":%s,"signature":%q}`, bankStore, order, amount, signs(bankStore, order, kopecks(amount)))
}

// pays makes an order of one product, pays it at its page and waits until it is paid.
func (m merchant) pays(order, amount string) {
	m.t.Helper()
	made := m.post("create", fmt.Sprintf(`{"storeId":%q,"orderId":%q,"amount":%s,"partsCount":6,"merchantType":"PP","products":[{"name":"TV","count":1,"price":%s}],"signature":%q}`,
		bankStore, order, amount, amount, signs(bankStore, order, kopecks(amount), "6", "PP", "TV", "1", kopecks(amount))))
	if made.fields["state"] != "SUCCESS" || len(made.fields["token"]) != 32 {
		m.t.Fatalf("create: HTTP %d %s", made.status, made.body)
	}
	page := m.url + "/ipp/v2/payment?token=" + made.fields["token"]
	for _, form := range []url.Values{{"card": {cardParts}, "expiry": {"10/20"}, "cvv": {"123"}}, {"code": {"1111"}}} {
		response, err := m.http.PostForm(page, form)
		if err != nil {
			m.t.Fatal(err)
		}
		response.Body.Close()
	}
	m.eventually("order "+order+" is paid", func() bool { return m.state(order).fields["paymentState"] == "SUCCESS" })
}

func (m merchant) state(order string) said {
	m.t.Helper()
	return m.post("state", fmt.Sprintf(`{"storeId":%q,"orderId":%q,"showRefund":true,"signature":%q}`, bankStore, order, signs(bankStore, order)))
}

const (
	noPayment = "Платеж не найден"
	wrongSign = "bad value: Wrong signature. Read the FAQ on the generation of signatures."
)

// TestSeed004 goes through the page "Возврат" line by line against the program.
func TestSeed004(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		m := g.merchant(t)
		m.pays("ORDER-3196fa3007bc4b6dab8", "300.00")
		before := g.balance(money.UAH)
		t.Run("the request as it stands", func(t *testing.T) { g.merchant(t).asItStands() })
		t.Run("the rows of the fields", func(t *testing.T) { g.merchant(t).rowsOfFields() })
		t.Run("the rows of the signature", func(t *testing.T) { g.merchant(t).rowsOfSignature() })
		if after := g.balance(money.UAH); after != before {
			t.Errorf("what was refused moved money: %v, before %v", after, before)
		}
		t.Run("both answers", func(t *testing.T) { g.merchant(t).bothAnswers() })
		g.balanced()
		if after := g.balance(money.UAH); after.available != before.available-300_00 || after.frozen != 0 {
			t.Errorf("300.00 went back, and the balance went from %v to %v", before, after)
		}
	})
}

// asItStands is the page's sample: with its own quotation mark no JSON, with a good
// one of a store that is not here. The latter is nobody's to sign.
func (m merchant) asItStands() {
	const sample = `{
"storeId" : “asfdasdfasdf",
"orderId" : "ORDER-3196fa3007bc4b6dab8",
"amount": 300.00,
"recipientId":"qwerty1234",
"signature" : "vBh0dOhvJuUz1tKOrNVZy/Q34zo="
}`
	broken := m.post("decline", sample)
	if broken.status != http.StatusBadRequest || broken.fields["state"] != "FAIL" {
		m.t.Errorf("no JSON: HTTP %d %s", broken.status, broken.body)
	}
	stranger := m.post("decline", strings.Replace(sample, "“", `"`, 1))
	want := `{"state":"FAIL","storeId":"asfdasdfasdf","message":"bad value: Unknown identifier. Store not found."}` + "\n"
	if stranger.status != http.StatusOK || stranger.body != want {
		m.t.Errorf("an unknown store: HTTP %d %s", stranger.status, stranger.body)
	}
	// Тип запроса: POST, and nothing else.
	response, err := m.http.Get(m.url + "/ipp/v2/payment/decline")
	if err != nil {
		m.t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusMethodNotAllowed {
		m.t.Errorf("GET: HTTP %d", response.StatusCode)
	}
}

// rowsOfFields is "Описание полей" of the request: which are required, and how long
// the order's number may be. recipientId, which is not, is in bothAnswers.
func (m merchant) rowsOfFields() {
	const order = "ORDER-3196fa3007bc4b6dab8"
	for _, row := range []struct{ field, message string }{
		{"storeId", "bad value: storeId is required"},
		{"orderId", "bad value: orderId is required"},
		{"amount", "bad value: amount is required"},
		{"signature", wrongSign},
	} {
		var fields map[string]any
		_ = json.Unmarshal([]byte(declineOf(order, "300.00")), &fields)
		delete(fields, row.field)
		text, _ := json.Marshal(fields)
		if got := m.post("decline", string(text)); got.fields["state"] != "FAIL" || got.fields["message"] != row.message {
			m.t.Errorf("without %s: %s", row.field, got.body)
		}
	}
	m.post("decline", declineOf(strings.Repeat("й", 64), "300.00")).is("FAIL", noPayment)
	long := m.post("decline", declineOf(strings.Repeat("й", 65), "300.00"))
	if long.fields["state"] != "FAIL" || long.fields["message"] != "bad value: orderId must have at most 64 characters" {
		m.t.Errorf("65 characters: %s", long.body)
	}
}

// rowsOfSignature is "Расчет сигнатуры для запроса": each part of the formula
// counts, and no other formula is taken.
func (m merchant) rowsOfSignature() {
	const order, amount = "ORDER-3196fa3007bc4b6dab8", "30000"
	sum := sha1.Sum([]byte(bankPassword + bankStore + order + amount + bankPassword))
	plain := func(text string) string {
		sum := sha1.Sum([]byte(text))
		return base64.StdEncoding.EncodeToString(sum[:])
	}
	for what, signature := range map[string]string{
		"without the first password": plain(bankStore + order + amount + bankPassword),
		"without the last password":  plain(bankPassword + bankStore + order + amount),
		"without the store":          signs(order, amount),
		"without the order":          signs(bankStore, amount),
		"without the amount":         signs(bankStore, order),
		"with the point":             signs(bankStore, order, "300.00"),
		"of 301.00, which is 30100":  signs(bankStore, order, "30100"),
		"with the recipient":         signs(bankStore, order, amount, "qwerty1234"),
		"in another order":           signs(order, bankStore, amount),
		"in hexadecimal":             hex.EncodeToString(sum[:]),
		"of hexadecimal":             base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString(sum[:]))),
		"another's":                  "vBh0dOhvJuUz1tKOrNVZy/Q34zo=",
		"none":                       "",
	} {
		body := fmt.Sprintf(`{"storeId":%q,"orderId":%q,"amount":300.00,"recipientId":"qwerty1234","signature":%q}`, bankStore, order, signature)
		got := m.post("decline", body)
		if got.is("FAIL", wrongSign); got.fields["message"] != wrongSign {
			m.t.Errorf("a signature %s was taken", what)
		}
	}
}

// bothAnswers is "Успешный ответ" and "Ответ с ошибкой": the page's fields in the
// page's order, nothing else, and each signed as "Расчет сигнатуры для ответа" says.
func (m merchant) bothAnswers() {
	const order = "ORDER-3196fa3007bc4b6dab8"
	unknown := m.post("decline", declineOf("ORDER-none", "300.00"))
	want := fmt.Sprintf(`{"state":"FAIL","storeId":%q,"orderId":"ORDER-none","message":%q,"signature":%q}`+"\n",
		bankStore, noPayment, signs("FAIL", bankStore, "ORDER-none", noPayment))
	if unknown.status != http.StatusOK || unknown.body != want {
		m.t.Errorf("HTTP %d %s, want %s", unknown.status, unknown.body, want)
	}
	done := m.post("decline", fmt.Sprintf("{\n\"storeId\" : %q,\n\"orderId\" : %q,\n\"amount\": 300.00,\n\"recipientId\":\"qwerty1234\",\n\"signature\" : %q\n}",
		bankStore, order, signs(bankStore, order, "30000")))
	want = fmt.Sprintf(`{"state":"SUCCESS","storeId":%q,"orderId":%q,"signature":%q}`+"\n", bankStore, order, signs("SUCCESS", bankStore, order))
	if done.status != http.StatusOK || done.body != want || done.header.Get("Content-Type") != "application/json;charset=UTF-8" {
		m.t.Errorf("HTTP %d %v %s, want %s", done.status, done.header, done.body, want)
	}
	m.eventually("the refund is done", func() bool {
		return strings.Contains(m.state(order).body, `"refunds":[{"amount":300.00,`) && strings.Contains(m.state(order).body, `"state":"SUCCESS"}]`)
	})
}

// TestDeclinesThatAreRefused: too much, of nothing, badly signed, a second time, and
// with a signature that was made for another order (api/payparts.md §5, §7). Each
// FAIL is signed, says why, and leaves the database as it was.
func TestDeclinesThatAreRefused(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		m := g.merchant(t)
		m.pays("ORDER-6", "600.00")
		m.pays("ORDER-12", "300.00")
		m.pays("ORDER-2", "2300.00")
		m.pays("ORDER-22", "300.00")
		m.post("decline", declineOf("ORDER-22", "300.00")).is("SUCCESS", "")
		g.balanced()
		g.operator("store", "set", bankStore, "partial_decline=true", "--commit")
		if signs(bankStore, "ORDER-1", "230000") != signs(bankStore, "ORDER-12", "30000") {
			t.Fatal("ORDER-1 with 2300.00 and ORDER-12 with 300.00 are not one text")
		}
		m.eventually("parts may be declined", func() bool {
			return m.post("decline", declineOf("ORDER-22", "1.00")).fields["message"] == "bad value: amount is more than what is left of the payment"
		})

		before := g.everything()
		for _, test := range []struct{ body, message string }{
			{declineOf("ORDER-6", "600.01"), "bad value: amount is more than the payment, 600.00"},
			{declineOf("ORDER-none", "600.00"), noPayment},
			{strings.Replace(declineOf("ORDER-6", "600.00"), `600.00`, `6000.00`, 1), wrongSign},
			{declineOf("ORDER-22", "300.00"), "bad value: decline already made"},
			{declineOf("ORDER-1", "2300.00"), noPayment},
			{declineOf("ORDER-2", "2300.00"), "bad value: orderId with this amount it cannot be told from another order of the store"},
		} {
			if m.post("decline", test.body).is("FAIL", test.message); g.everything() != before {
				t.Fatalf("%s: something was stored: %s", test.body, firstDifference(before, g.everything()))
			}
		}

		// Where the short one of the pair is an order, what was signed for the long one
		// must not take more than that one has.
		m.pays("ORDER-1", "600.00")
		m.post("decline", declineOf("ORDER-1", "2300.00")).is("FAIL", "bad value: amount is more than the payment, 600.00")
		m.post("decline", declineOf("ORDER-12", "300.00")).is("SUCCESS", "")
		g.balanced()
	})
}

// TestSixteenDeclines: of sixteen at the same time one is made, on two nodes too.
func TestSixteenDeclines(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		nodes := []*gateway{g}
		if g.engine == "postgres" {
			nodes = append(nodes, g.another())
		}
		m := g.merchant(t)
		m.pays("ORDER-6", "600.00")
		before := g.balance(money.UAH)
		answers := make([]said, 16)
		var calls sync.WaitGroup
		gate := make(chan struct{})
		for i := range answers {
			calls.Go(func() {
				<-gate
				answers[i] = m.postTo(nodes[i%len(nodes)], "decline", declineOf("ORDER-6", "600.00"))
			})
		}
		close(gate)
		calls.Wait()
		made := 0
		for _, one := range answers {
			if one.fields["state"] == "SUCCESS" {
				one.is("SUCCESS", "")
				made++
				continue
			}
			one.is("FAIL", "bad value: decline already made")
		}
		if made != 1 {
			t.Errorf("%d of 16 declines were made", made)
		}
		g.balanced()
		if after := g.balance(money.UAH); after.available != before.available-600_00 || after.frozen != 0 {
			t.Errorf("the balance went from %v to %v", before, after)
		}
	})
}
