package console

import (
	"maps"
	"net/url"
	"slices"
	"strconv"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/provider"
)

const (
	paywaysPath   = root + "payways"
	ratesPath     = root + "rates"
	providersPath = root + "providers"
)

func cataloguePages() []route {
	return []route{
		{pattern: "GET " + paywaysPath, title: "Payways", group: groupCatalogue, needs: operator.See, serve: paywayList},
		{pattern: "GET " + paywaysPath + "/{alias}", title: "Payway", needs: operator.See, serve: paywayPage},
		{pattern: "GET " + paywaysPath + "/{alias}/edit", title: "Edit a payway", needs: operator.SetPayway, serve: withSheet(paywaySheet, (*visit).editPage)},
		{pattern: "POST " + paywaysPath + "/{alias}/edit", title: "Edit a payway", needs: operator.SetPayway, serve: withSheet(paywaySheet, (*visit).edit)},
		{pattern: "GET " + ratesPath, title: "Rates", group: groupCatalogue, needs: operator.See, serve: ratePage},
		{pattern: "GET " + providersPath, title: "Provider accounts", group: groupCatalogue, needs: operator.See, serve: providerList},
		{pattern: "GET " + providersPath + "/{name}", title: "Provider account", needs: operator.See, serve: providerPage},
		{pattern: "POST " + providersPath + "/{name}/off", title: "Switch a provider account off", needs: operator.SetPayway, serve: switchProviderOff},
	}
}

var (
	crumbPayways   = crumb{"Payways", paywaysPath}
	crumbProviders = crumb{"Provider accounts", providersPath}
)

func paywayPath(alias string) string  { return paywaysPath + "/" + url.PathEscape(alias) }
func providerPath(name string) string { return providersPath + "/" + url.PathEscape(name) }

// directions are the ways of money, in words.
var directions = map[payway.Direction]string{payway.In: "in: payers pay", payway.Out: "out: payouts"}

func paywayList(v *visit) error {
	in, err := payway.List(v.ctx(), v.DB.Reader(), payway.In, 0)
	if err != nil {
		return err
	}
	out, err := payway.List(v.ctx(), v.DB.Reader(), payway.Out, 0)
	if err != nil {
		return err
	}
	return v.page(page{title: "Payways", body: paywayListBody(in, out)})
}

func (v *visit) payway() (*payway.Payway, error) {
	return payway.Load(v.ctx(), v.DB.Reader(), v.r.PathValue("alias"))
}

// paywayGroups are the headings under which a payway's properties stand.
var paywayGroups = map[string]string{
	"name": "Payway", "active": "Payway", "provider": "Payway", "shops": "Payway", "settings": "Payway",
	"min": "Limits", "max": "Limits",
	"percent": "Tariff", "fix": "Tariff", "fee_min": "Tariff", "fee_max": "Tariff", "percent_part": "Tariff", "fix_part": "Tariff",
	"account_regex": "Account and add-ons", "account_title": "Account and add-ons", "account_example": "Account and add-ons", "details": "Account and add-ons", "add_ons": "Account and add-ons",
}

func paywaySheet(v *visit) (*sheet, error) { return v.paywaySheet(v.r.PathValue("alias")) }

func (v *visit) paywaySheet(alias string) (*sheet, error) {
	row, err := payway.Load(v.ctx(), v.DB.Reader(), alias)
	if err != nil {
		return nil, err
	}
	s := &sheet{
		path: paywayPath(row.Alias), title: row.Alias, crumbs: []crumb{crumbPayways}, chain: db.House, subject: "payway " + row.Alias, version: row.Version,
		plan: func(values []string, seen int64) db.UseCase[[]change] {
			return changing[[]payway.Change]{payway.Set{Alias: row.Alias, Values: values, Seen: seen, Alone: true, Actor: v.actor()}, changed[payway.Change]}
		},
	}
	for _, k := range payway.Keys() {
		if k.Name == "open" || k.Name == "close" {
			continue // they act on shops, which is there
		}
		one := setting{group: groupOf(paywayGroups, k.Name), name: k.Name, doc: k.Doc, value: row.Text(k.Name), two: payway.TakesTwo(k.Name)}
		switch k.Name {
		case "active":
			one.words = []string{"true", "false"}
		case "min", "max", "fix", "fee_min", "fee_max":
			one.typed = amountTyped(row.Currency)
		}
		s.settings = append(s.settings, one)
	}
	return s, nil
}

// paywayView is what a payway's page shows.
type paywayView struct {
	row        *payway.Payway
	sheet      *sheet
	history    []*audit.Link
	calculated *calculation
	wrong      problems
}

func paywayPage(v *visit) error {
	s, err := paywaySheet(v)
	if err != nil {
		return err
	}
	w := paywayView{sheet: s}
	if w.row, err = v.payway(); err != nil {
		return err
	}
	if w.history, err = v.doneTo(s.chain, s.subject); err != nil {
		return err
	}
	if v.value("amount") != "" {
		w.calculated, err = v.calculate(w.row)
		if w.wrong = problemsOf(err); err != nil && w.wrong == nil {
			return err
		}
	}
	return v.page(page{title: s.title, crumbs: s.crumbs, body: paywayBody(v, w)})
}

func ratePage(v *visit) error {
	list, err := payway.ListRates(v.ctx(), v.DB.Reader())
	if err != nil {
		return err
	}
	found, err := audit.Search{Shop: db.House, Act: "rate.set", Limit: bookPage}.Find(v.ctx(), v.DB.Reader())
	if err != nil {
		return err
	}
	return v.page(page{title: "Rates", body: rateBody(v, list, found.Links)})
}

func providerList(v *visit) error {
	list, err := provider.ListAccounts(v.ctx(), v.DB.Reader())
	if err != nil {
		return err
	}
	return v.page(page{title: "Provider accounts", body: providerListBody(v, list)})
}

// accountOf is a provider account by its name, without its secrets.
func (v *visit) accountOf(name string) (provider.Account, error) {
	list, err := provider.ListAccounts(v.ctx(), v.DB.Reader())
	at := slices.IndexFunc(list, func(a provider.Account) bool { return a.Name == name })
	if err == nil && at < 0 {
		err = fault.New(fault.NotFound, "Provider account %s is not found", name)
	}
	if err != nil {
		return provider.Account{}, err
	}
	return list[at], nil
}

// active is the name of the setting that switches an account; no connector has one
// of that name.
const active = "active"

// accountSheet has the settings of a provider account: it takes two to change them.
func (v *visit) accountSheet(name string) (*sheet, error) {
	a, err := v.accountOf(name)
	if err != nil {
		return nil, err
	}
	s := &sheet{
		path: providerPath(a.Name), title: a.Name, crumbs: []crumb{crumbProviders}, chain: db.House, subject: "provider " + a.Name, version: a.Version,
		settings: []setting{{group: "Account", name: active, doc: "false: nothing new is sent through it", value: strconv.FormatBool(a.Active), words: []string{"true", "false"}, two: true}},
	}
	for _, name := range slices.Sorted(maps.Keys(a.Settings)) {
		s.settings = append(s.settings, setting{group: "Settings", name: name, doc: "empty: it is removed", value: a.Settings[name], two: true})
	}
	return s, nil
}

// switchProviderOff stops what is new at once. To switch it on again takes two.
func switchProviderOff(v *visit) error {
	off, name := false, v.r.PathValue("name")
	if v.r.PostForm.Has(active) && v.value(active) != "false" {
		return fault.Param(active, "must be false: to switch it on is proposed")
	}
	if _, err := db.Do(v.ctx(), v.DB, db.House, provider.SetAccount{Name: name, Active: &off, Actor: v.actor()}); err != nil {
		return err
	}
	return v.see(providerPath(name), "The account is off: nothing new is sent through it.")
}

func providerPage(v *visit) error {
	s, err := v.accountSheet(v.r.PathValue("name"))
	if err != nil {
		return err
	}
	a, err := v.accountOf(s.title)
	if err != nil {
		return err
	}
	links, err := v.doneTo(s.chain, s.subject)
	if err != nil {
		return err
	}
	return v.page(page{title: s.title, crumbs: s.crumbs, body: providerBody(v, a, s, links)})
}

// limit is a limit in words; a greatest of zero is none.
func limit(minor int64, c money.Currency, none bool) string {
	if minor == 0 && none {
		return "none"
	}
	return grouped(money.New(minor, c))
}
