package browser

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
)

// Forgive lets the page write something to the console, once or more, that has
// this text: a page that does not exist is an error there.
func (tab *Tab) Forgive(text string) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.forgiven = append(tab.forgiven, text)
}

// watch hears everything that happens in the tab.
func (tab *Tab) watch(event any) {
	switch e := event.(type) {
	case *log.EventEntryAdded: // broken content security policies and failed requests are here
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			tab.blame("%s %s: %s (%s)", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL)
		}
	case *runtime.EventExceptionThrown:
		tab.blame("exception: %s %s", e.ExceptionDetails.Text, describe(e.ExceptionDetails.Exception))
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "warning" || e.Type == "assert" {
			tab.blame("console.%s: %s", e.Type, describe(e.Args...))
		}
	case *network.EventRequestWillBeSent:
		if !isHere(e.Request.URL) {
			tab.blame("a request to %s", e.Request.URL)
		}
	case *network.EventWebSocketCreated:
		if !isHere(e.URL) {
			tab.blame("a connection to %s", e.URL)
		}
	}
}

func describe(objects ...*runtime.RemoteObject) string {
	var words []string
	for _, object := range objects {
		switch {
		case object == nil:
		case len(object.Value) > 0:
			words = append(words, string(object.Value))
		default:
			words = append(words, object.Description)
		}
	}
	return strings.Join(words, " ")
}

// isHere reports whether an address is this machine's or none at all.
func isHere(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	switch u.Scheme {
	case "data", "blob", "about":
		return true
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
}

func (tab *Tab) blame(format string, args ...any) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.faults = append(tab.faults, fmt.Sprintf(format, args...))
}

// judge fails the test for what the page did.
func (tab *Tab) judge() {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	for _, fault := range tab.faults {
		if !slices.ContainsFunc(tab.forgiven, func(text string) bool { return strings.Contains(fault, text) }) {
			tab.t.Errorf("the page: %s", fault)
		}
	}
}
