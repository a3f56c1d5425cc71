package console

import (
	"slices"
	"strings"

	"github.com/brama-pay/brama/operator"
)

// route is a page or an act.
type route struct {
	pattern string // method and address
	title   string
	group   group               // "" keeps it out of the navigation
	needs   operator.Permission // checked before serve runs
	stages  []operator.Stage    // how far in the visitor must be; nil: all the way
	serve   func(*visit) error
}

// group is a heading of the navigation.
type group string

// The groups, in the order of the navigation; each page is in that of its table.
const (
	groupNow       group = "Now"
	groupMoney     group = "Money"
	groupShops     group = "Shops"
	groupCatalogue group = "Catalogue"
	groupBooks     group = "Books"
	groupHouse     group = "House"
)

var groups = []group{groupNow, groupMoney, groupShops, groupCatalogue, groupBooks, groupHouse}

// everyStage is for pages that somebody may see who is not all the way in.
var everyStage = []operator.Stage{operator.Outside, operator.Second, operator.Renewing, operator.Enrolls, operator.Inside}

// pages is the one table of what the console serves. A subject's pages are a
// function in its own file.
func pages() []route {
	return slices.Concat(
		overviewPages(),
		invoicePages(),
		payoutPages(),
		refundPages(),
		findPages(),
		callbackPages(),
		doctorPages(),
		shopPages(),
		cataloguePages(),
		bookPages(),
		verifyPages(),
		auditPages(),
		approvalPages(),
		operatorPages(),
		mePages(),
		signInPages(),
	)
}

// Patterns are the methods and addresses of all that the console serves, as
// http.ServeMux writes them: for tests that look at every page in a browser.
func Patterns() []string {
	var list []string
	for _, at := range pages() {
		list = append(list, at.pattern)
	}
	return list
}

// link is an entry of the navigation.
type link struct{ title, path string }

// navigation is what the visitor may see of a group.
func (v *visit) navigation(g group) []link {
	var links []link
	for _, at := range v.routes {
		path, ok := strings.CutPrefix(at.pattern, "GET ")
		if ok && at.group == g && v.may(at.needs) {
			links = append(links, link{at.title, strings.TrimSuffix(path, "{$}")})
		}
	}
	return links
}

// here reports whether a link of the navigation is the page, or a page above it.
func (v *visit) here(path string) bool {
	return v.r.URL.Path == path || path != root && strings.HasPrefix(v.r.URL.Path, path+"/")
}
