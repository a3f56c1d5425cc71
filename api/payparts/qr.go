package payparts

import (
	"bytes"
	"context"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"rsc.io/qr"

	"github.com/brama-pay/brama/api/incident"
	"github.com/brama-pay/brama/fault"
)

// Bounds of a picture's size, in pixels.
const (
	standardSize = 512
	leastSize    = 64
	mostSize     = 1024
)

const badToken = "INCORRECT TOKEN OR PAYMENT DOES NOT EXIST"

// picture is the answer of qr/generate, which is not signed.
type picture struct {
	QR    string `json:"qr,omitempty"`
	State string `json:"state"`
	Error string `json:"errorMessage,omitempty"`
}

// serveQR gives the client's page as a picture to be scanned (api/payparts.md §3).
// type is not looked at: the payment knows its own.
func (d *door) serveQR(w http.ResponseWriter, r *http.Request) {
	status, message := http.StatusOK, ""
	content, err := d.qr(r)
	if err != nil {
		q := &request{http: r}
		refused := d.explain(q, err)
		status, message = refused.status, refused.message
		if refused.allow != "" {
			w.Header().Set("Allow", refused.allow)
		}
		content = picture{State: Fail, Error: message}
	}
	send(w, status, content)
}

func (d *door) qr(r *http.Request) (p picture, err error) {
	defer incident.Recovered(&err)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return p, &refusal{status: http.StatusMethodNotAllowed, state: Fail, message: "must be called by GET", allow: "GET, HEAD"}
	}
	query := r.URL.Query()
	size, reason := sizeOf(query.Get("size"))
	if reason != "" {
		return p, bad("size", reason)
	}
	token := query.Get("token")
	if err := d.known(r.Context(), token); err != nil {
		return p, err
	}
	content, err := draw(d.PublicURL+PagePath+"?token="+url.QueryEscape(strings.ToUpper(token)), size)
	return picture{QR: base64.StdEncoding.EncodeToString(content), State: Success}, err
}

// known reports a token that is no payment's.
func (d *door) known(ctx context.Context, token string) error {
	_, err := d.Invoices.Look(ctx, sessionOf(token))
	if fault.Is(err, fault.NotFound) {
		return fail(badToken)
	}
	return err
}

func sizeOf(text string) (size int, reason string) {
	if text == "" {
		return standardSize, ""
	}
	size, err := strconv.Atoi(text)
	if err != nil || size < leastSize || size > mostSize {
		return 0, "must be from " + strconv.Itoa(leastSize) + " to " + strconv.Itoa(mostSize)
	}
	return size, ""
}

// quiet is the white border that a reader needs, in squares, on both sides.
const quiet = 8

// draw gives a picture of size pixels, or of more where the text needs them: whole
// squares in the middle of white. (The library's own writer fails on small ones.)
func draw(text string, size int) ([]byte, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return nil, err
	}
	size = max(size, code.Size+quiet)
	scale := size / (code.Size + quiet)
	edge := (size - code.Size*scale) / 2
	picture := image.NewPaletted(image.Rect(0, 0, size, size), color.Palette{color.White, color.Black})
	for y := range code.Size * scale {
		row := picture.Pix[(edge+y)*picture.Stride+edge:]
		for x := range code.Size * scale {
			if code.Black(x/scale, y/scale) {
				row[x] = 1
			}
		}
	}
	var b bytes.Buffer
	err = png.Encode(&b, picture)
	return b.Bytes(), err
}
