package shop

import (
	"encoding/json"
	"net/netip"
	"slices"
	"time"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
)

// Settings are what an operator decides about a shop. A zero field means its
// default, except in what Shop.Settings and Entry give: there the defaults are
// filled in.
type Settings struct {
	CallbackURL       string   `json:"callback_url,omitempty"`
	RejectedURL       string   `json:"callback_rejected_url,omitempty"`
	PayoutCallbackURL string   `json:"payout_callback_url,omitempty"`
	SuccessURL        string   `json:"success_url,omitempty"`
	FailedURL         string   `json:"failed_url,omitempty"`
	CallbackFormat    string   `json:"callback_format,omitempty"` // JSON or Form
	CallbackOK        bool     `json:"callback_ok,omitempty"`     // delivered only when the body is OK
	Addresses         []string `json:"addresses,omitempty"`       // prefixes; none: every address

	NowWindowMinutes int    `json:"now_window_minutes,omitempty"` // 0: `now` is not checked
	RefuseReusedSign bool   `json:"refuse_reused_sign,omitempty"`
	RefundFee        string `json:"refund_fee,omitempty"` // Keep or Return
	InvoiceMinutes   int    `json:"invoice_minutes,omitempty"`
	HoldMinutes      int    `json:"hold_minutes,omitempty"`

	// ConfirmAbove says, by currency code, above which written-off amount a payout
	// waits for an operator.
	ConfirmAbove map[string]string `json:"confirm_above,omitempty"`

	// Disabled are URLs that answered 410: no callback is owed to them.
	Disabled []string `json:"disabled_urls,omitempty"`
}

// The words of CallbackFormat and RefundFee; the first of each pair is the default.
const (
	JSON   = "json" // callbacks are application/json
	Form   = "form" // callbacks are application/x-www-form-urlencoded
	Keep   = "keep" // the fee of a sale is kept when it is refunded
	Return = "return"
)

// Bounds and defaults of the settings that count minutes.
const (
	DefaultInvoiceMinutes = 24 * 60       // api/avanor.md §5
	MaxInvoiceMinutes     = 365 * 24 * 60 // a year
	MaxHoldMinutes        = 5 * 24 * 60   // the default too (api/avanor.md §5)
	MaxNowWindowMinutes   = 7 * 24 * 60
)

// Defaults are the settings of a shop for which nothing was set.
func Defaults() Settings {
	return Settings{CallbackFormat: JSON, RefundFee: Keep, InvoiceMinutes: DefaultInvoiceMinutes, HoldMinutes: MaxHoldMinutes}
}

func parseSettings(text string) (Settings, error) {
	settings := Defaults()
	if text == "{}" {
		return settings, nil
	}
	if err := json.Unmarshal([]byte(text), &settings); err != nil {
		return Settings{}, fault.Wrap(fault.Internal, err, "the stored settings of a shop cannot be read")
	}
	return settings, nil
}

// text is what parseSettings reads back. Defaults are left out, so that a new
// release may change them, and a shop with none costs nothing to read.
func (s Settings) text() string {
	for _, k := range keys {
		if k.read(&s) == k.Default {
			k.reset(&s)
		}
	}
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings, numbers and lists of strings always marshal
	}
	return string(text)
}

// Enabled reports whether callbacks may go to a URL: it is one, and did not answer 410.
func (s Settings) Enabled(url string) bool { return url != "" && !slices.Contains(s.Disabled, url) }

// NeedsConfirmation reports whether a payout that writes off this amount waits
// for an operator.
func (s Settings) NeedsConfirmation(writeOff money.Amount) bool {
	text, ok := s.ConfirmAbove[writeOff.Currency.Code()]
	if !ok {
		return false
	}
	limit, err := money.Parse(text, writeOff.Currency)
	// A limit that cannot be read lets nothing pass.
	return err != nil || writeOff.Minor > limit.Minor
}

// InvoiceLife is how long an invoice without expires_at waits for its payer.
func (s Settings) InvoiceLife() time.Duration { return time.Duration(s.InvoiceMinutes) * time.Minute }

// HoldLife is how long a hold may last, unless the provider's own limit is shorter.
func (s Settings) HoldLife() time.Duration { return time.Duration(s.HoldMinutes) * time.Minute }

// NowWindow is how far a request's `now` may be off; 0 is not checked.
func (s Settings) NowWindow() time.Duration {
	return time.Duration(s.NowWindowMinutes) * time.Minute
}

// prefixes are the shop's addresses, parsed. One that cannot be read allows nothing.
func (s Settings) prefixes() ([]netip.Prefix, error) {
	list := make([]netip.Prefix, 0, len(s.Addresses))
	for _, text := range s.Addresses {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fault.Wrap(fault.Internal, err, "the stored addresses of a shop cannot be read")
		}
		list = append(list, prefix)
	}
	return list, nil
}
