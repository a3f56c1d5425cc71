package payparts

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/brama-pay/brama/client/internal/wire"
	"github.com/brama-pay/brama/instalment"
)

var pngHeader = []byte("\x89PNG\r\n\x1a\n")

// PageURL is where the payer's browser goes with a token of Create or Hold.
func (c *Client) PageURL(token string) string {
	return c.address(pagePath, url.Values{"token": {token}})
}

// QR asks for a picture of the page's address: a PNG of size × size pixels. The
// answer is not signed (api/payparts.md §3); it moves nothing.
func (c *Client) QR(ctx context.Context, token string, size int, kind instalment.MerchantType) ([]byte, error) {
	address := c.address(qrPath, url.Values{
		"token": {token}, "size": {strconv.Itoa(size)}, "type": {string(kind)},
	})
	status, raw, err := c.send(ctx, qrMethod, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	picture, refusal, err := readPicture(raw)
	if err != nil {
		return nil, &TransportError{Method: qrMethod, Status: status, Sent: true, Err: err}
	}
	if refusal != nil {
		return nil, refusal
	}
	return picture, nil
}

func readPicture(raw []byte) (picture []byte, refusal *Error, err error) {
	fields, err := wire.Object(raw)
	if err != nil {
		return nil, nil, err
	}
	r := &reader{fields: fields}
	state, text, message := r.text("state"), r.text("qr"), r.text("errorMessage")
	switch {
	case r.err != nil:
		return nil, nil, r.err
	case state == fail:
		return nil, &Error{Method: qrMethod, Message: message}, nil
	case state != success:
		return nil, nil, errors.New("the answer's state is neither SUCCESS nor FAIL")
	}
	picture, err = base64.StdEncoding.DecodeString(text)
	if err != nil || !bytes.HasPrefix(picture, pngHeader) {
		return nil, nil, errors.New("qr: not a PNG picture")
	}
	return picture, nil, nil
}
