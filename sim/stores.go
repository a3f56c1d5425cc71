package sim

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/brama-pay/brama/client/payparts"
	"github.com/brama-pay/brama/instalment"
	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/money"
)

// wire is the network between a store's client and a process.
type wire struct{ *visitor }

// RoundTrip hands a request to the process's door.
func (w wire) RoundTrip(request *http.Request) (*http.Response, error) {
	w.counts.Requests++
	request.RemoteAddr = "192.0.2.2:1234"
	text := ""
	if request.GetBody != nil {
		body, err := request.GetBody()
		if err != nil {
			return nil, err
		}
		read, _ := io.ReadAll(body)
		text = string(read)
	}
	w.tracef("n%d %s %s", w.node.no, request.URL.Path, text)
	got := &answer{}
	w.node.door.ServeHTTP(got, request)
	w.tracef("answers %d %s", got.status, got.body.String())
	return &http.Response{StatusCode: got.status, Header: got.Header(), Body: io.NopCloser(&got.body), Request: request}, nil
}

// client is the store's client, which verifies every answer.
func (v *visitor) client() *payparts.Client {
	c, err := payparts.New(publicURL, storeID, storePassword, payparts.WithHTTPClient(&http.Client{Transport: wire{v}}))
	if err != nil {
		panic(err)
	}
	return c
}

// told looks at how a call of the store's client ended: an answer that cannot be
// verified is a broken promise, unless the caller left.
func (v *visitor) told(o *operation, err error) (done bool) {
	var refused *payparts.Error
	switch {
	case err == nil:
		v.counts.Acknowledged++
		return true
	case errors.As(err, &refused), errors.Is(err, payparts.ErrOutcomeUnknown), v.ctx.Err() != nil:
	default:
		v.fail("an answer is signed", fmt.Sprintf("order %s: %v", o.own, err))
	}
	return false
}

// inParts is a store that creates a payment, or a hold.
func (v *visitor) inParts() {
	o := &operation{kind: "store", own: fmt.Sprintf("parts-%d-x", v.no)}
	o.shop, o.method = v.shops[0], "create"
	if v.dice.IntN(2) == 0 {
		o.method = "hold"
	}
	o.fields = map[string]string{"amount": v.amount(30_000, 400_000)}
	v.ops = append(v.ops, o)
	v.sendInParts(o)
}

func (v *visitor) sendInParts(o *operation) {
	amount, err := money.Parse(o.fields["amount"], money.UAH)
	if err != nil {
		panic(err)
	}
	c := v.client()
	create := c.Create
	if o.method == "hold" {
		create = c.Hold
	}
	_, err = create(v.ctx, payparts.CreateRequest{
		OrderID: o.own, Amount: amount, ResponseURL: "https://store.test/cb",
		Plan: instalment.Plan{MerchantType: instalment.PP, PartsCount: 3, Products: []instalment.Product{{Name: "Kettle", Count: 1, Price: amount}}},
	})
	if !v.told(o, err) {
		return
	}
	o.acked = true
	v.present(o)
	if row := v.mirror.of(o); row != nil {
		o.id, o.session = row.ID, row.Session
	}
}

// of is the row of an order, of a shop or of a store; nil when there is none or it
// is another kind of operation.
func (m *mirror) of(o *operation) *invoice.Invoice {
	switch o.kind {
	case "invoice":
		return m.invoices[o.id]
	case "store":
		return m.byOrder[ownID{o.shop.id, o.own}]
	}
	return nil
}

// endInParts confirms or cancels a store's hold.
func (v *visitor) endInParts(o *operation) {
	c := v.client()
	if v.dice.IntN(5) < 3 {
		_, err := c.Confirm(v.ctx, o.own)
		v.ended(o, err, invoice.Succeeded)
		return
	}
	_, err := c.Cancel(v.ctx, o.own)
	v.ended(o, err, invoice.Rejected)
}

func (v *visitor) ended(o *operation, err error, want invoice.Status) {
	if v.told(o, err) && v.mirror.of(o).Status != want {
		v.fail("every acknowledged operation is there", fmt.Sprintf("order %s of the store is %s, answered was %s", o.own, v.mirror.of(o).Status, want))
	}
}

// declineInParts gives a part of a store's payment back.
func (v *visitor) declineInParts(o *operation) {
	minor := max(1, v.mirror.of(o).Amount*(20+v.dice.Int64N(90))/100)
	_, err := v.client().Decline(v.ctx, payparts.DeclineRequest{OrderID: o.own, Amount: money.New(minor, money.UAH)})
	v.told(o, err)
}

func (v *visitor) askInParts(o *operation) {
	_, err := v.client().State(v.ctx, o.own, payparts.Show{Refund: true})
	if !v.told(o, err) && v.ctx.Err() == nil {
		v.fail("every acknowledged operation is there", fmt.Sprintf("order %s of the store: %v", o.own, err))
	}
}
