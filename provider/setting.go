package provider

import (
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/payway"
)

// Setting is one of a connector: its name in accounts, and what its text must be.
type Setting struct {
	Name  string
	Check func(text string) (reason string) // "" when it is right
}

// Profile is what is known of a connector before it is asked to do anything.
type Profile struct {
	Settings   []Setting        // one that is not among them is refused
	Currencies []money.Currency // it moves money in no other; nil: in any
	NoPayouts  bool             // it takes money in, and sends none out
}

// Catalogue are the connectors of the build, by name.
type Catalogue map[string]Profile

// Unserved says for people why a connector cannot do the work of a payway in a
// direction and a currency, "" when it can or is not known.
func (c Catalogue) Unserved(connector string, to payway.Direction, in money.Currency) string {
	if c[connector].NoPayouts && to == payway.Out {
		return "connector " + connector + " makes no payouts, and the payway is for them"
	}
	only := c[connector].Currencies
	if len(only) == 0 || slices.Contains(only, in) {
		return ""
	}
	codes := make([]string, len(only))
	for i, currency := range only {
		codes[i] = currency.Code()
	}
	return "connector " + connector + " serves " + strings.Join(codes, ", ") + " only, and the payway is in " + in.Code()
}

// check refuses settings that the connector has not, or that are not right.
func (c Catalogue) check(connector string, values map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if values[name] == "" {
			continue // it is removed, be it what it may
		}
		at := slices.IndexFunc(c[connector].Settings, func(s Setting) bool { return s.Name == name })
		if at < 0 {
			return fault.Param(name, "no such setting; "+c.known(connector))
		}
	}
	return CheckSettings(c[connector].Settings, values)
}

func (c Catalogue) known(connector string) string {
	list := c[connector].Settings
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = s.Name
	}
	if len(names) == 0 {
		return "connector " + connector + " has none"
	}
	return strings.Join(names, ", ") + " are known"
}

// CheckSettings refuses the values that are not right: fault.Invalid naming the
// first of them. A connector asks it before it uses an account: what is stored may
// be older than the rule.
func CheckSettings(list []Setting, values map[string]string) error {
	if name, reason := wrong(list, values); reason != "" {
		return fault.Param(name, reason)
	}
	return nil
}

// Unfit says for people which stored setting keeps an account from being used, ""
// when none does: it may be older than the rule, or than the build.
func (c Catalogue) Unfit(a Account) string {
	if name, reason := wrong(c[a.Connector].Settings, a.Settings); reason != "" {
		return name + " " + reason
	}
	return ""
}

// wrong is the first value that is not right, and why.
func wrong(list []Setting, values map[string]string) (name, reason string) {
	for _, s := range list {
		if text := values[s.Name]; text != "" {
			if reason := s.Check(text); reason != "" {
				return s.Name, reason
			}
		}
	}
	return "", ""
}

// CheckAddress is the check of an address to which calls go, or that is told to a
// provider: nobody on the way may read or change them.
func CheckAddress(text string) string {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Opaque != "" || u.Hostname() == "" || strings.ContainsAny(text, " \\"):
		return "must be an address such as https://host"
	case u.User != nil || strings.ContainsAny(text, "?#"):
		return "must hold no user, password, query or fragment"
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return ""
	}
	return "must begin with https://; http:// is for this machine's own addresses alone"
}

func loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// CheckText is the check of a text that was copied.
func CheckText(text string) string {
	if strings.TrimSpace(text) != text {
		return "must not begin or end with white space"
	}
	return ""
}

// CheckNumber is the check of a whole number.
func CheckNumber(least, most int) func(string) string {
	return func(text string) string {
		if n, err := strconv.Atoi(text); err != nil || n < least || n > most {
			return "must be a whole number from " + strconv.Itoa(least) + " to " + strconv.Itoa(most)
		}
		return ""
	}
}
