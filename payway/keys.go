package payway

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/fee"
	"github.com/brama-pay/brama/money"
)

// Key documents one property for `brama payway set` and the console.
type Key struct{ Name, Doc string }

// Keys are the properties that can be set, in the order in which they are shown.
func Keys() []Key {
	list := make([]Key, len(keys))
	for i, k := range keys {
		list[i] = k.Key
	}
	return list
}

// key is a property: how it reads as text, and how text sets it. write gives the
// reason for which it refuses, "" when it does not. One without read acts on
// another property.
type key struct {
	Key
	read  func(*Payway) string
	write func(*Payway, string) (reason string)
}

var keys = []key{
	textKey("name", "what people read", func(p *Payway) *string { return &p.Name }),
	{Key{"active", "true: in use"}, func(p *Payway) string { return strconv.FormatBool(p.Active) }, setActive},
	{Key{"provider", "name of the provider account that does the work"}, func(p *Payway) string { return p.Provider }, setProvider},
	{Key{"shops", "who may use it: * for every shop, or numbers joined by commas"}, func(p *Payway) string { return p.Shops }, setShops},
	{Key{"open", "number of one more shop that may use it"}, nil, func(p *Payway, v string) string { return setOpen(p, v, true) }},
	{Key{"close", "number of a shop that may use it no longer"}, nil, func(p *Payway, v string) string { return setOpen(p, v, false) }},
	amountKey("min", "least amount, in the payway's currency", func(p *Payway) *int64 { return &p.MinAmount }),
	amountKey("max", "greatest amount; 0: none", func(p *Payway) *int64 { return &p.MaxAmount }),
	{Key{"percent", "fee in percent of the amount"}, func(p *Payway) string { return p.Percent.String() }, setPercent},
	amountKey("fix", "fixed part of the fee, in the payway's currency", func(p *Payway) *int64 { return &p.Fix }),
	amountKey("fee_min", "least fee", func(p *Payway) *int64 { return &p.FeeMin }),
	amountKey("fee_max", "greatest fee; 0: none", func(p *Payway) *int64 { return &p.FeeMax }),
	partKey("percent_part", "the shop's part of a pay-in's percentage, 0 to 1; the payer bears the rest", func(p *Payway) *fee.Part { return &p.PercentPart }),
	partKey("fix_part", "the shop's part of a pay-in's fixed fee, 0 to 1", func(p *Payway) *fee.Part { return &p.FixPart }),
	{Key{"account_regex", "expression that a payout's whole account must match"}, func(p *Payway) string { return p.AccountRegex }, setAccountRegex},
	textKey("account_title", "what people read beside the account's field", func(p *Payway) *string { return &p.AccountTitle }),
	textKey("account_example", "an account as an example", func(p *Payway) *string { return &p.AccountExample }),
	fieldsKey("details", "further fields of an account", func(p *Payway) *string { return &p.StoredDetails }),
	fieldsKey("add_ons", "further fields of an invoice", func(p *Payway) *string { return &p.StoredAddOns }),
	{Key{"settings", `texts for the connector, in JSON: {"merchant_type":"PP"}`}, func(p *Payway) string { return p.StoredSettings }, setSettings},
}

// set changes one property, given as "key=value".
func (p *Payway) set(text string) error {
	name, value, found := strings.Cut(text, "=")
	if !found {
		return fault.Param(name, "must be written "+name+"=value")
	}
	at := slices.IndexFunc(keys, func(k key) bool { return k.Name == name })
	if at < 0 {
		return fault.Param(name, "no such property; there are "+strings.Join(keyNames(), ", "))
	}
	if reason := keys[at].write(p, value); reason != "" {
		return fault.Param(name, reason)
	}
	return nil
}

// Text is a property as set reads it; "" for no such property.
func (p *Payway) Text(name string) string {
	for _, k := range keys {
		if k.Name == name && k.read != nil {
			return k.read(p)
		}
	}
	return ""
}

// check refuses what no single property shows: fault.Invalid, naming one of those at odds.
func (p *Payway) check() error {
	switch {
	case p.Provider == "":
		return fault.Param("provider", "must name the provider account that does the work")
	case p.MaxAmount != 0 && p.MaxAmount < p.MinAmount:
		return fault.Param("max", "must not be less than min")
	case p.FeeMax != 0 && p.FeeMax < p.FeeMin:
		return fault.Param("fee_max", "must not be less than fee_min")
	}
	if err := p.Tariff().Check(); err != nil {
		return fault.Param("percent", err.Error())
	}
	return nil
}

// checkLeft refuses a tariff by which every invoice would be refused, since its fee
// would leave the shop nothing. One that was stored before there was this rule keeps
// nothing else from being changed: not the payway from being switched off.
func (p *Payway) checkLeft(was fee.Tariff) error {
	if t := p.Tariff(); p.Direction == In && t != was && t.TakesAll() {
		return fault.Param("percent", "the shop's part of an incoming payway's fee must be less than 100 percent, or every invoice is refused as too small")
	}
	return nil
}

func keyNames() []string {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.Name
	}
	return names
}

func textKey(name, doc string, field func(*Payway) *string) key {
	return key{Key{name, doc}, func(p *Payway) string { return *field(p) }, func(p *Payway, value string) string {
		if !utf8.ValidString(value) || utf8.RuneCountInString(value) > 150 || strings.ContainsFunc(value, unicode.IsControl) {
			return "must be text on one line of at most 150 characters"
		}
		*field(p) = value
		return ""
	}}
}

func amountKey(name, doc string, field func(*Payway) *int64) key {
	read := func(p *Payway) string { return money.New(*field(p), p.Currency).Text() }
	return key{Key{name, doc}, read, func(p *Payway, value string) string {
		amount, err := money.Parse(value, p.Currency)
		if err != nil {
			return err.Error()
		}
		*field(p) = amount.Minor
		return ""
	}}
}

func partKey(name, doc string, field func(*Payway) *fee.Part) key {
	return key{Key{name, doc}, func(p *Payway) string { return field(p).String() }, func(p *Payway, value string) string {
		part, err := fee.ParsePart(value)
		if err != nil {
			return err.Error()
		}
		*field(p) = part
		return ""
	}}
}

func fieldsKey(name, doc string, field func(*Payway) *string) key {
	doc += `, in JSON: {"name":{"regex":"…","title":"…","example":"…","required":false}}`
	return key{Key{name, doc}, func(p *Payway) string { return *field(p) }, func(p *Payway, value string) string {
		fields, err := parseFields(value)
		if err == nil {
			err = fields.problem()
		}
		if err != nil {
			return err.Error()
		}
		*field(p) = canonical(fields)
		return ""
	}}
}

func setActive(p *Payway, value string) string {
	if value != "true" && value != "false" {
		return "must be true or false"
	}
	p.Active = value == "true"
	return ""
}

var providerName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,49}$`)

func setProvider(p *Payway, value string) string {
	if !providerName.MatchString(value) {
		return "must be the name of a provider account: lower-case letters, digits, - and _"
	}
	p.Provider = value
	return ""
}

func setShops(p *Payway, value string) string {
	if value == everyShop {
		p.Shops = everyShop
		return ""
	}
	next := Payway{}
	for part := range strings.SplitSeq(value, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		if reason := setOpen(&next, part, true); reason != "" {
			return reason
		}
	}
	p.Shops = next.Shops
	return ""
}

func setOpen(p *Payway, value string, may bool) string {
	shop, err := strconv.ParseInt(value, 10, 64)
	if err != nil || shop <= 0 {
		return "must be the number of a shop"
	}
	return p.open(shop, may)
}

func setPercent(p *Payway, value string) string {
	percent, err := money.ParsePercent(value)
	if err != nil {
		return err.Error()
	}
	p.Percent = percent
	return ""
}

func setAccountRegex(p *Payway, value string) string {
	if err := checkRegex(value); err != nil {
		return err.Error()
	}
	p.AccountRegex = value
	return ""
}

func setSettings(p *Payway, value string) string {
	settings, err := parseSettings(value)
	if err != nil {
		return err.Error()
	}
	p.StoredSettings = canonical(settings)
	return ""
}
