package callback

import (
	"net/url"
	"strings"
)

// ShownURL is an address as people and logs may see it: without a name and
// password, and without the values of its parameters, which may be a shop's token.
func ShownURL(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "(not a URL)"
	}
	u.User, u.Fragment = nil, ""
	if u.RawQuery != "" {
		var names []string
		for pair := range strings.SplitSeq(u.RawQuery, "&") {
			if name, _, named := strings.Cut(pair, "="); !named {
				pair = "…"
			} else if name != "type" {
				pair = name + "=…"
			}
			names = append(names, pair)
		}
		u.RawQuery = ""
		return u.String() + "?" + strings.Join(names, "&")
	}
	return u.String()
}
