package callback

import (
	"net/url"
	"strings"
)

// lane bounds the loops that call one host at a time, whosever messages they
// are: a receiver that hangs holds each loop for the whole time of a try. It
// begins narrow, widens with every quick answer, and is narrow again at the
// first try without one. It lives while a loop uses it.
type lane struct{ busy, least, most int64 }

const (
	quickMillis = 1000 // an answer within it widens a lane
	widest      = 4    // times as wide as it begins
)

func (l *lane) full() bool { return l != nil && l.busy >= l.most }

// heard narrows or widens the lane by how a try ended.
func (l *lane) heard(try Try) {
	switch {
	case l == nil:
	case try.Status == 0:
		l.most = l.least
	case try.Millis < quickMillis:
		l.most = min(l.most+1, l.least*widest)
	}
}

// hostOf is whom a URL names, in one spelling and without its port; "" for what
// is no URL: there is nobody to spare then.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
}
