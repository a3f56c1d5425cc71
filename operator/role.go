package operator

import "slices"

// Role is what an operator is in the company. Each permission names the roles
// that have it; no role contains another by itself.
type Role string

// The roles.
const (
	Viewer  Role = "viewer"  // sees everything but secrets, changes nothing
	Support Role = "support" // answers shops: replays callbacks, exports
	Finance Role = "finance" // money: payouts, deposits, rates, the ledger
	Admin   Role = "admin"   // everything, operators and secrets included
)

// Roles lists the roles, the least first.
func Roles() []Role { return []Role{Viewer, Support, Finance, Admin} }

// Valid reports whether it is one of the roles.
func (r Role) Valid() bool { return slices.Contains(Roles(), r) }

// Permission is what an operator wants to do.
type Permission string

// The permissions. A page or an act that needs a new one adds it here and to rules.
const (
	Anyone Permission = "anyone" // no sign-in: the sign-in page itself

	Own      Permission = "own"      // one's own password, second factor and sessions
	See      Permission = "see"      // every page that changes nothing
	SeeAudit Permission = "audit"    // the log book
	Export   Permission = "export"   // lists as files
	Check    Permission = "check"    // runs verify
	Replay   Permission = "callback" // sends callbacks again
	Doctor   Permission = "doctor"   // sends test messages to a shop's address

	DecidePayout    Permission = "payout.decide"
	ResolvePayout   Permission = "payout.resolve"
	ResolveInvoice  Permission = "invoice.resolve"
	Deposit         Permission = "shop.deposit"
	TransferLedger  Permission = "ledger.transfer"
	SetRate         Permission = "rate.set"
	SetShop         Permission = "shop.set"
	SetPayway       Permission = "payway.set"
	SetStore        Permission = "store.set"
	RotateSecret    Permission = "secret.rotate"
	ManageOperators Permission = "operators"
	Decide          Permission = "decide" // beside the permission of the act itself
)

// Rule says who has a permission.
type Rule struct {
	Permission Permission
	Words      string // what it allows, for people
	Roles      []Role
}

// rules is the one table of who may do what: the console asks it, `brama operator
// roles` prints it, docs/operations.md repeats it.
var rules = []Rule{
	{Own, "change the own password and second factor, end own sessions", everybody},
	{See, "see every page that changes nothing", everybody},
	{SeeAudit, "read the audit and check its chain", everybody},
	{Export, "export lists as files", []Role{Support, Finance, Admin}},
	{Check, "recompute the books (verify)", []Role{Support, Finance, Admin}},
	{Replay, "send callbacks again", []Role{Support, Finance, Admin}},
	{Doctor, "send test messages to a shop's callback address", []Role{Support, Admin}},
	{DecidePayout, "confirm or reject payouts that wait", []Role{Finance, Admin}},
	{ResolvePayout, "end payouts of unknown outcome", []Role{Finance, Admin}},
	{ResolveInvoice, "end payments and refunds of unknown outcome", []Role{Finance, Admin}},
	{Deposit, "book deposits and settlements", []Role{Finance, Admin}},
	{TransferLedger, "post manual ledger transfers", []Role{Finance, Admin}},
	{SetRate, "change exchange rates", []Role{Finance, Admin}},
	{SetShop, "make shops and change their settings", []Role{Admin}},
	{SetPayway, "make payways and change their settings and fees", []Role{Admin}},
	{SetStore, "make PayParts stores and change their settings", []Role{Admin}},
	{RotateSecret, "rotate secrets of shops and stores", []Role{Admin, Finance}},
	{ManageOperators, "manage operators: roles, sessions, switching off", []Role{Admin}},
	{Decide, "decide on what another proposed, where the act itself is allowed", []Role{Finance, Admin}},
}

var everybody = Roles()

// Rules lists who may do what.
func Rules() []Rule { return slices.Clone(rules) }

// May reports whether a role has a permission. Nobody has one that no rule names.
func (r Role) May(p Permission) bool {
	at := slices.IndexFunc(rules, func(rule Rule) bool { return rule.Permission == p })
	return p == Anyone || at >= 0 && slices.Contains(rules[at].Roles, r)
}

// Known reports whether a permission is in the table.
func (p Permission) Known() bool {
	return p == Anyone || slices.ContainsFunc(rules, func(rule Rule) bool { return rule.Permission == p })
}
