package shop

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
)

// Key documents one setting for `brama shop set` and the console.
type Key struct {
	Name    string
	Doc     string
	Default string
	Words   []string // all that it can be; nil: any text that Set takes
}

// Keys are the settings that can be set, in the order in which they are shown.
func Keys() []Key {
	list := make([]Key, len(keys))
	for i, k := range keys {
		list[i] = k.Key
	}
	return list
}

// key is a setting: how it reads as text, and how text sets it. write gives the
// reason for which it refuses, "" when it does not.
type key struct {
	Key
	read  func(*Settings) string
	write func(*Settings, string) (reason string)
	reset func(*Settings) // to the zero value, which is stored as nothing
}

var keys = []key{
	urlKey("callback_url", CheckURL, "where callbacks of paid and held invoices and of refunds go; wins over the URL of a request",
		func(s *Settings) *string { return &s.CallbackURL }),
	urlKey("callback_rejected_url", CheckURL, "where callbacks of rejected invoices go; empty: to callback_url",
		func(s *Settings) *string { return &s.RejectedURL }),
	urlKey("payout_callback_url", CheckURL, "where callbacks of payouts go; empty: none are sent",
		func(s *Settings) *string { return &s.PayoutCallbackURL }),
	urlKey("success_url", CheckReturnURL, "where a payer returns to after paying; wins over the URL of a request",
		func(s *Settings) *string { return &s.SuccessURL }),
	urlKey("failed_url", CheckReturnURL, "where a payer returns to after failing to pay; wins over the URL of a request",
		func(s *Settings) *string { return &s.FailedURL }),
	wordKey("callback_format", "body of callbacks: json or form (application/x-www-form-urlencoded)", []string{JSON, Form},
		func(s *Settings) *string { return &s.CallbackFormat }),
	boolKey("callback_ok", "true: a callback counts as delivered only when the answer's body is OK",
		func(s *Settings) *bool { return &s.CallbackOK }),
	{
		Key:   Key{Name: "addresses", Doc: "addresses and networks that may call, comma-separated; empty: every address"},
		read:  func(s *Settings) string { return strings.Join(s.Addresses, ",") },
		write: setAddresses,
		reset: func(s *Settings) { s.Addresses = nil },
	},
	minutesKey("now_window_minutes", "how far `now` of a request may be off; 0: it is not checked", 0, MaxNowWindowMinutes, 0,
		func(s *Settings) *int { return &s.NowWindowMinutes }),
	boolKey("refuse_reused_sign", "true: a signature that was used on one money-moving method is refused on another",
		func(s *Settings) *bool { return &s.RefuseReusedSign }),
	wordKey("refund_fee", "keep: the fee of a refunded sale is kept; return: its part goes back to the shop", []string{Keep, Return},
		func(s *Settings) *string { return &s.RefundFee }),
	minutesKey("invoice_minutes", "how long an invoice without expires_at waits for its payer", 1, MaxInvoiceMinutes, DefaultInvoiceMinutes,
		func(s *Settings) *int { return &s.InvoiceMinutes }),
	minutesKey("hold_minutes", "how long a held invoice can be charged", 1, MaxHoldMinutes, MaxHoldMinutes,
		func(s *Settings) *int { return &s.HoldMinutes }),
	{
		Key:   Key{Name: "confirm_above", Doc: "payouts that write off more wait for an operator, e.g. USD:1000.00,EUR:900; empty: none waits"},
		read:  confirmText,
		write: setConfirm,
		reset: func(s *Settings) { s.ConfirmAbove = nil },
	},
	{
		Key:   Key{Name: "disabled_urls", Doc: "URLs that answered 410 and get no callbacks; set it empty to try them again"},
		read:  func(s *Settings) string { return strings.Join(s.Disabled, " ") },
		write: setDisabled,
		reset: func(s *Settings) { s.Disabled = nil },
	},
}

// Set changes one setting, given as "key=value"; an empty value is the default.
// A fault.Invalid names the key.
func (s *Settings) Set(text string) error {
	name, value, found := strings.Cut(text, "=")
	if !found {
		return fault.Param(name, "must be written "+name+"=value")
	}
	at := slices.IndexFunc(keys, func(k key) bool { return k.Name == name })
	if at < 0 {
		return fault.Param(name, "no such setting; there are "+strings.Join(append([]string{"name"}, keyNames()...), ", "))
	}
	if value == "" {
		value = keys[at].Default
	}
	if reason := keys[at].write(s, value); reason != "" {
		return fault.Param(name, reason)
	}
	return nil
}

// Text is a setting as Set reads it; "" for no such setting.
func (s Settings) Text(name string) string {
	for _, k := range keys {
		if k.Name == name {
			return k.read(&s)
		}
	}
	return ""
}

func keyNames() []string {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.Name
	}
	return names
}

func urlKey(name string, check func(string) string, doc string, field func(*Settings) *string) key {
	return key{
		Key:  Key{Name: name, Doc: doc},
		read: func(s *Settings) string { return *field(s) },
		write: func(s *Settings, value string) string {
			if reason := check(value); value != "" && reason != "" {
				return reason
			}
			*field(s) = value
			// Setting a URL is the operator's word that it is good again.
			s.Disabled = slices.DeleteFunc(slices.Clone(s.Disabled), func(u string) bool { return u == value })
			return ""
		},
		reset: func(s *Settings) { *field(s) = "" },
	}
}

func wordKey(name, doc string, words []string, field func(*Settings) *string) key {
	return key{
		Key:  Key{name, doc, words[0], words},
		read: func(s *Settings) string { return *field(s) },
		write: func(s *Settings, value string) string {
			if !slices.Contains(words, value) {
				return "must be " + strings.Join(words, " or ")
			}
			*field(s) = value
			return ""
		},
		reset: func(s *Settings) { *field(s) = "" },
	}
}

func boolKey(name, doc string, field func(*Settings) *bool) key {
	return key{
		Key:  Key{name, doc, "false", []string{"false", "true"}},
		read: func(s *Settings) string { return strconv.FormatBool(*field(s)) },
		write: func(s *Settings, value string) string {
			if value != "true" && value != "false" {
				return "must be true or false"
			}
			*field(s) = value == "true"
			return ""
		},
		reset: func(s *Settings) { *field(s) = false },
	}
}

func minutesKey(name, doc string, least, most, standard int, field func(*Settings) *int) key {
	return key{
		Key:  Key{Name: name, Doc: doc, Default: strconv.Itoa(standard)},
		read: func(s *Settings) string { return strconv.Itoa(*field(s)) },
		write: func(s *Settings, value string) string {
			n, err := strconv.Atoi(value)
			if err != nil || n < least || n > most {
				return "must be a number of minutes from " + strconv.Itoa(least) + " to " + strconv.Itoa(most)
			}
			*field(s) = n
			return ""
		},
		reset: func(s *Settings) { *field(s) = 0 },
	}
}

// maxURL bounds a URL; receivers and browsers refuse longer ones.
const maxURL = 2000

// CheckURL is the reason for which a text is no URL that a shop may be called at,
// "" when it is one. Whether its host may be dialled is found out when it is.
func CheckURL(text string) (reason string) {
	if reason := CheckReturnURL(text); reason != "" {
		return reason
	}
	if strings.Contains(text, "#") {
		return "must not hold a #fragment"
	}
	return ""
}

// CheckReturnURL is the reason for which a text is no URL that a payer may be sent
// to. It may hold a #fragment: that is where shops live that are one page.
func CheckReturnURL(text string) (reason string) {
	u, err := url.Parse(text)
	switch {
	case len(text) > maxURL:
		return "must have at most 2000 characters"
	case err != nil || strings.ContainsFunc(text, func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) || c == unicode.ReplacementChar }):
		return "not a URL"
	case u.Scheme != "https" && u.Scheme != "http":
		return "must begin with https:// or http://"
	case u.Hostname() == "":
		return "must name a host"
	case u.User != nil:
		return "must not hold a user name or password"
	case !isPort(u.Port()):
		return "must have a port from 1 to 65535, or none"
	}
	return ""
}

// isPort reports whether something can be called at a port; "" is the scheme's own.
func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return text == "" || err == nil && n > 0
}

// TakesCallbacks reports whether a setting is an address that callbacks go to.
func TakesCallbacks(name string) bool {
	return name == "callback_url" || name == "callback_rejected_url" || name == "payout_callback_url"
}

// maxAddresses bounds what is looked through at each request.
const maxAddresses = 64

func setAddresses(s *Settings, value string) string {
	var list []string
	for part := range strings.SplitSeq(value, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		prefix, err := parsePrefix(part)
		if err != nil {
			return strconv.Quote(part)[1:len(strconv.Quote(part))-1] + " is no address and no network (203.0.113.7, 203.0.113.0/24)"
		}
		list = append(list, prefix.String())
	}
	if value != "" && len(list) == 0 {
		return "names no address"
	}
	if len(list) > maxAddresses {
		return "must name at most 64 addresses and networks"
	}
	s.Addresses = list
	return ""
}

func parsePrefix(text string) (netip.Prefix, error) {
	if !strings.Contains(text, "/") {
		ip, err := netip.ParseAddr(text)
		if err != nil {
			return netip.Prefix{}, err
		}
		ip = ip.Unmap().WithZone("")
		return netip.PrefixFrom(ip, ip.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	return prefix.Masked(), err
}

func confirmText(s *Settings) string {
	var parts []string
	for code, amount := range s.ConfirmAbove {
		parts = append(parts, code+":"+amount)
	}
	slices.Sort(parts)
	return strings.Join(parts, ",")
}

func setConfirm(s *Settings, value string) string {
	limits := map[string]string{}
	for part := range strings.SplitSeq(value, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		code, text, _ := strings.Cut(part, ":")
		currency, ok := money.CurrencyByCode(code)
		if !ok {
			return "each limit must begin with a currency's code, as USD:1000.00"
		}
		if _, twice := limits[code]; twice {
			return code + " stands twice"
		}
		amount, err := money.Parse(text, currency)
		if err != nil {
			return code + ": " + err.Error()
		}
		limits[code] = amount.Text()
	}
	s.ConfirmAbove = limits
	return ""
}

func setDisabled(s *Settings, value string) string {
	if value != "" {
		return "can only be set empty"
	}
	s.Disabled = nil
	return ""
}
