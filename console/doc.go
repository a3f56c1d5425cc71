// Package console is the operators' pages: a door, HTTP only, imported by cmd
// alone. It shows what the rooms know and brings an operator's word to their use
// cases. It must not decide anything about money by itself, and knows no SQL but
// lists that no room has.
//
// How to add a page:
//
//  1. Write <word>.go: a function of routes, e.g. func payoutPages() []route { return []route{{
//     pattern: "GET /console/payouts/{id}", title: "Payout", needs: operator.See, serve: payoutPage}} }.
//     A route with a group is in the navigation; one without needs is refused at start.
//  2. Name it in pages (pages.go). The tests then try it as every role,
//     signed out, with a foreign and a missing CSRF token.
//  3. A handler is func(*visit) error. The visitor is signed in, may do it, and a
//     POST has been checked before it runs. It asks a room, then answers once:
//     v.page(page{title, crumbs, body}), v.fragment(body) for htmx, v.see(path, "done")
//     after a POST. It returns every error: one place (errors.go) makes a page of it.
//  4. The body is a templ component in <word>.templ; `make generate` after each
//     change, the generated file is committed. Use the components of parts.templ:
//     card, region, moneyCell, status, timeCell, idCell, field, ask, facts, pager …
//     A form holds @csrf(v). No style and no script in a page: the policy refuses them.
//  5. Lists go by key: v.after() is the key behind which a page begins, pager links to it.
//  6. An act that needs four eyes is a kind in approve.go, and @propose(…) on the object's page.
//  7. Test: k := newKit(t); k.as(t, operator.Finance).see(t, "/console/payouts") gives the page.
package console
