package console

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/money"
)

// labels are what settings are called, by the key that the command line uses. One
// that has none is shown by its key: the settings of a connector.
var labels = map[string]string{
	"name": "Name", "active": "In use", "provider": "Provider account", "shops": "Open to shops", "settings": "Texts for the connector", "payway": "Payway",
	"callback_url": "Callbacks of payments and refunds", "callback_rejected_url": "Callbacks of rejected payments", "payout_callback_url": "Callbacks of payouts",
	"success_url": "Payer returns after paying", "failed_url": "Payer returns after failing", "callback_format": "Body of callbacks", "callback_ok": "Answer must be OK",
	"addresses": "May call from", "now_window_minutes": "Request's time may differ by", "refuse_reused_sign": "Refuse a signature used elsewhere",
	"refund_fee": "Fee of a refunded sale", "invoice_minutes": "Payer's time to pay", "hold_minutes": "Longest hold", "confirm_above": "Payouts to confirm above",
	"disabled_urls": "Addresses switched off",
	"min":           "Least amount", "max": "Greatest amount", "percent": "Fee in percent", "fix": "Fixed fee", "fee_min": "Least fee", "fee_max": "Greatest fee",
	"percent_part": "Shop's part of the percentage", "fix_part": "Shop's part of the fixed fee",
	"account_regex": "Form of an account", "account_title": "Account's field", "account_example": "Example of an account", "details": "Further fields of an account",
	"add_ons":    "Further fields of an invoice",
	"min_amount": "Least payment", "max_amount": "Greatest payment", "partial_decline": "Partial refunds", "confirm_signature": "Signature of answers",
	"token_minutes": "Client's time to pay", "hold_days": "Longest hold", "rate_ii": "II: payer adds", "rate_pp": "PP: payer adds", "rate_pb": "PB: payer adds", "rate_ia": "IA: payer adds",
}

// labelOf is what a setting is called.
func labelOf(key string) string {
	if label := labels[key]; label != "" {
		return label
	}
	return key
}

// said is a setting's value as people read it; forms and the command line have it as
// it is stored.
func (s setting) said() string {
	switch {
	case s.value == "":
		return ""
	case s.value == "true":
		return "yes"
	case s.value == "false":
		return "no"
	case s.name == "confirm_above":
		return limitsSaid(s.value)
	case strings.HasSuffix(s.name, "_minutes"):
		return minutesSaid(s.value)
	case s.name == "hold_days":
		return s.value + " days"
	case strings.HasPrefix(s.name, "rate_"), s.name == "percent":
		return s.value + " %"
	}
	switch s.name {
	case "min", "max", "fix", "fee_min", "fee_max", "min_amount", "max_amount":
		return parted(s.value)
	}
	return s.value
}

// limitsSaid is USD:1000.00,EUR:900.00 in words.
func limitsSaid(text string) string {
	parts := strings.Split(text, ",")
	for i, part := range parts {
		code, amount, _ := strings.Cut(part, ":")
		parts[i] = parted(amount) + " " + code
	}
	return strings.Join(parts, ", ")
}

// minutesSaid is a number of minutes, in days or hours where they are whole.
func minutesSaid(text string) string {
	n, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return text
	case n > 0 && n%(24*60) == 0:
		return fmt.Sprintf("%s min (%d d)", parted(text), n/(24*60))
	case n > 0 && n%60 == 0:
		return fmt.Sprintf("%s min (%d h)", parted(text), n/60)
	}
	return parted(text) + " min"
}

// purposeWords are what the accounts hold.
var purposeWords = map[ledger.Purpose]string{
	ledger.Available: "what the shop may spend", ledger.Frozen: "payouts and refunds in progress", ledger.Held: "holds", ledger.Authorised: "the other side of holds",
	ledger.Clearing: "at the provider", ledger.Fee: "our fees", ledger.Exchange: "exchanged", ledger.Rounding: "left over by rounding",
	ledger.Funding: "brought and paid out by bank", ledger.Suspense: "to be cleared up",
}

// purposeSaid is an account in words and by its name.
func purposeSaid(p ledger.Purpose) string { return fmt.Sprintf("%s: %s", p, purposeWords[p]) }

// minorSaid is an amount that is stored in minor units, as people read it.
func minorSaid(minor int64, code string) string {
	c, known := money.CurrencyByCode(code)
	if !known {
		return fmt.Sprintf("%d minor units of %q", minor, code)
	}
	return grouped(money.New(minor, c))
}
