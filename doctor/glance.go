package doctor

import (
	"net/netip"
	"net/url"
)

// Glance says what can be seen of a receiver's address without calling it, in words
// for whoever sets it; nothing when nothing is wrong to be seen.
func (d *Doctor) Glance(address string) []string {
	u, err := url.Parse(address)
	if address == "" || err != nil {
		return nil
	}
	var notes []string
	if at := d.Guard.Forbids(address); at.IsValid() {
		only := netip.PrefixFrom(at, at.BitLen()).String()
		notes = append(notes, "no callback goes to "+at.String()+", which is no public address, unless brama serve has --allow-callback-to "+only)
	}
	if u.Scheme == "http" && !atHome(u.Hostname()) {
		notes = append(notes, "http:// is not encrypted: whoever is on the way reads the callbacks; use https://")
	}
	return notes
}

// atHome reports whether a host is this machine, to which nobody is on the way.
func atHome(host string) bool {
	at, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && at.IsLoopback()
}
