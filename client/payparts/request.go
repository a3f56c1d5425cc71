package payparts

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/brama-pay/brama/client/internal/wire"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/signature"
)

// The methods of api/payparts.md §3.
const (
	createMethod      = "create"
	holdMethod        = "hold"
	confirmMethod     = "confirm"
	cancelMethod      = "cancel"
	declineMethod     = "decline"
	stateMethod       = "state"
	descriptionMethod = "description"
	qrMethod          = "qr" // a GET of its own path; the name is for errors only
)

// Methods lists what Call can send.
func Methods() []string {
	return []string{
		createMethod, holdMethod, confirmMethod, cancelMethod, declineMethod, stateMethod, descriptionMethod,
	}
}

// jsonKinds names the fields that do not travel as JSON strings (api/payparts.md §4).
var jsonKinds = wire.Kinds{
	"amount":     wire.IsNumber,
	"partsCount": wire.IsNumber,
	"scheme":     wire.IsNumber,
	"products":   wire.IsInside('['),
	"showRefund": wire.IsBool,
	"showAmount": wire.IsBool,
	"showInfo":   wire.IsBool,
}

// request completes the fields, signs them and prints the body.
func (c *Client) request(method string, fields map[string]string) ([]byte, error) {
	if !slices.Contains(Methods(), method) {
		return nil, fmt.Errorf("%w %q; known are %s", ErrMethod, method, strings.Join(Methods(), ", "))
	}
	full := make(map[string]string, len(fields)+2)
	maps.Copy(full, fields)
	if full["storeId"] == "" {
		full["storeId"] = c.store
	}
	// What is not ours could not be told from another's in the answer.
	if full["storeId"] != c.store {
		return nil, errors.New("the field storeId is not the client's store")
	}
	if full["orderId"] == "" {
		return nil, errors.New("the field orderId is empty")
	}
	if full["signature"] == "" {
		parts, err := SignedParts(method, full)
		if err != nil {
			return nil, err
		}
		full["signature"] = c.sign(parts...)
	}
	return jsonKinds.Encode(full)
}

// SignedParts lists what a request's signature covers, but for the password that
// stands before the first and behind the last (api/payparts.md §3). An amount or a
// product that cannot be read is an error.
func SignedParts(method string, f map[string]string) ([]string, error) {
	parts := []string{f["storeId"], f["orderId"]}
	switch method {
	case createMethod, holdMethod:
		amount, err := withoutPoint("amount", f["amount"])
		if err != nil {
			return nil, err
		}
		products, err := productsText(f["products"])
		if err != nil {
			return nil, err
		}
		parts = append(parts, amount, f["currency"], f["partsCount"], f["merchantType"],
			f["responseUrl"], f["redirectUrl"], products)
	case declineMethod:
		amount, err := withoutPoint("amount", f["amount"])
		if err != nil {
			return nil, err
		}
		parts = append(parts, amount)
	case descriptionMethod:
		parts = append(parts, f["description"])
	}
	return parts, nil
}

// productsText is the protocol's products_string of a JSON list of products: name,
// count and price without its point, of each one in turn.
func productsText(list string) (string, error) {
	var items []json.RawMessage
	if err := json.Unmarshal([]byte(list), &items); err != nil {
		return "", errors.New("the field products is not a JSON list")
	}
	var text strings.Builder
	for i, item := range items {
		fields, err := wire.Object(item)
		if err != nil {
			return "", fmt.Errorf("products[%d]: %w", i, err)
		}
		r := &reader{fields: fields}
		name, count, priced := r.text("name"), r.text("count"), r.text("price")
		price, err := withoutPoint(fmt.Sprintf("products[%d].price", i), priced)
		if err = errors.Join(r.err, err); err != nil {
			return "", err
		}
		text.WriteString(name + count + price)
	}
	return text.String(), nil
}

func withoutPoint(field, text string) (string, error) {
	digits, err := signature.WithoutPoint(text)
	if err != nil {
		return "", fmt.Errorf("%s %q: must be a decimal number such as 300.00", field, text)
	}
	return digits, nil
}

// params collects the fields of one typed request.
type params map[string]string

// optional sets a field unless it is empty.
func (p params) optional(name, value string) {
	if value != "" {
		p[name] = value
	}
}

// amountText prints two decimals, as the wire wants them. PayParts is lent in
// hryvnias only; another currency would be taken for them.
func amountText(field string, a money.Amount) (string, error) {
	if a.Currency != money.UAH {
		return "", fmt.Errorf("%s %s: must be in UAH", field, a)
	}
	if !a.IsPositive() {
		return "", fmt.Errorf("%s %s: must be above zero", field, a)
	}
	return a.Text(), nil
}
