package payparts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"github.com/brama-pay/brama/instalment"
	"github.com/brama-pay/brama/money"
)

// token is 32 characters: upper-case hex in all published samples. The length is
// held to, for a token's end is all that tells it from the text signed before it.
var token = regexp.MustCompile(`^[0-9A-Za-z]{32}$`)

// CreateRequest is a payment to be made in parts (api/payparts.md §4). The bank judges
// it; Plan.Validate tells beforehand what Brama would say.
type CreateRequest struct {
	OrderID     string       // 1–64 characters, never used before
	Amount      money.Amount // UAH; the sum of the plan's products
	Plan        instalment.Plan
	ResponseURL string // where callbacks go
	RedirectURL string // where the payer's browser goes afterwards
	Currency    string // legacy, "980"; sent and signed only when not empty
	SendPhone   string // +380XXXXXXXXX: the bank sends the payer a link
}

func (q CreateRequest) params() (params, error) {
	amount, err := amountText("amount", q.Amount)
	if err != nil {
		return nil, err
	}
	products, err := productsJSON(q.Plan.Products)
	if err != nil {
		return nil, err
	}
	p := params{
		"orderId":      q.OrderID,
		"amount":       amount,
		"partsCount":   strconv.Itoa(q.Plan.PartsCount),
		"merchantType": string(q.Plan.MerchantType),
		"products":     products,
	}
	if q.Plan.Scheme != 0 {
		p["scheme"] = strconv.FormatInt(q.Plan.Scheme, 10)
	}
	p.optional("recipientId", q.Plan.RecipientID)
	p.optional("responseUrl", q.ResponseURL)
	p.optional("redirectUrl", q.RedirectURL)
	p.optional("currency", q.Currency)
	p.optional("sendPhone", q.SendPhone)
	return p, nil
}

func productsJSON(products []instalment.Product) (string, error) {
	type product struct {
		Name  string          `json:"name"`
		Count int64           `json:"count"`
		Price json.RawMessage `json:"price"`
	}
	list := make([]product, len(products))
	for i, p := range products {
		price, err := amountText(fmt.Sprintf("products[%d].price", i), p.Price)
		if err != nil {
			return "", err
		}
		list[i] = product{p.Name, p.Count, json.RawMessage(price)}
	}
	text, err := json.Marshal(list)
	return string(text), err
}

// Created is a payment that waits for its payer.
type Created struct {
	Token     string // opens the payer's page, see PageURL; treat it as a secret
	SendPhone string // SUCCESS or FAIL when a phone was given; not signed
	Message   string // why the link was not sent
	Answer    Answer
}

// Create makes a payment that is taken in one step. The same order again is
// ErrOrderExists, unless nothing about it differs.
func (c *Client) Create(ctx context.Context, q CreateRequest) (Created, error) {
	return c.create(ctx, createMethod, q)
}

// Hold makes a payment that is taken in two steps: reserved by the payer, then
// confirmed or canceled by the store.
func (c *Client) Hold(ctx context.Context, q CreateRequest) (Created, error) {
	return c.create(ctx, holdMethod, q)
}

func (c *Client) create(ctx context.Context, method string, q CreateRequest) (Created, error) {
	p, err := q.params()
	if err != nil {
		return Created{}, &TransportError{Method: method, Err: err}
	}
	answer, err := c.Call(ctx, method, p)
	if err != nil {
		return Created{Answer: answer}, err
	}
	if !token.MatchString(answer.Token) {
		return Created{}, unusable(method, answer, "token: not of 32 letters and digits")
	}
	phone := (&reader{fields: answer.Fields}).text("sendPhone")
	return Created{Token: answer.Token, SendPhone: phone, Message: answer.Message, Answer: answer}, nil
}

// unusable is a verified answer that lacks what it was asked for.
func unusable(method string, a Answer, reason string) error {
	return &TransportError{Method: method, Status: a.Status, Sent: true, Err: errors.New(reason)}
}
