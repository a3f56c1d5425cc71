package console

import (
	"fmt"
	"net/url"
	"strconv"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/shop"
)

const (
	shopsPath  = root + "shops"
	storesPath = root + "stores"
)

func shopPages() []route {
	return []route{
		{pattern: "GET " + shopsPath, title: "Shops", group: groupShops, needs: operator.See, serve: shopList},
		{pattern: "GET " + shopsPath + "/{shop}", title: "Shop", needs: operator.See, serve: shopPage},
		{pattern: "GET " + shopsPath + "/{shop}/edit", title: "Edit a shop", needs: operator.SetShop, serve: withSheet(shopSheet, (*visit).editPage)},
		{pattern: "POST " + shopsPath + "/{shop}/edit", title: "Edit a shop", needs: operator.SetShop, serve: withSheet(shopSheet, (*visit).edit)},
		{pattern: "POST " + shopsPath + "/{shop}/active", title: "Switch a shop", needs: operator.SetShop, serve: switchShop},
		{pattern: "GET " + storesPath, title: "PayParts stores", group: groupShops, needs: operator.See, serve: storeList},
		{pattern: "GET " + storesPath + "/{store}", title: "Store", needs: operator.See, serve: storePage},
		{pattern: "GET " + storesPath + "/{store}/edit", title: "Edit a store", needs: operator.SetStore, serve: withSheet(storeSheet, (*visit).editPage)},
		{pattern: "POST " + storesPath + "/{store}/edit", title: "Edit a store", needs: operator.SetStore, serve: withSheet(storeSheet, (*visit).edit)},
	}
}

// withSheet serves a page about the sheet that the address names.
func withSheet(find func(*visit) (*sheet, error), serve func(*visit, *sheet) error) func(*visit) error {
	return func(v *visit) error {
		s, err := find(v)
		if err != nil {
			return err
		}
		return serve(v, s)
	}
}

var (
	crumbShops  = crumb{"Shops", shopsPath}
	crumbStores = crumb{"PayParts stores", storesPath}
)

func shopPath(id int64) string    { return fmt.Sprintf("%s/%d", shopsPath, id) }
func storePath(id string) string  { return storesPath + "/" + url.PathEscape(id) }
func shopTitle(id int64) string   { return fmt.Sprintf("Shop %d", id) }
func storeTitle(id string) string { return "Store " + id }

func shopList(v *visit) error {
	rows, err := shop.List(v.ctx(), v.DB.Reader(), v.after(), bookPage)
	if err != nil {
		return err
	}
	next := ""
	if len(rows) == bookPage {
		next = shopsPath + "?after=" + strconv.FormatInt(rows[bookPage-1].ID, 10)
	}
	first := ""
	if v.after() > 0 {
		first = shopsPath
	}
	return v.page(page{title: "Shops", body: shopListBody(rows, first, next)})
}

// shopState is a word for whether a shop is on.
func shopState(row *shop.Shop) (string, tone) {
	switch {
	case !row.Active:
		return "off", toneBad
	case row.Rotating():
		return "active, rotating", toneWait
	}
	return "active", toneGood
}

// shopGroups are the headings under which a shop's settings stand.
var shopGroups = map[string]string{
	"callback_url": "Callbacks", "callback_rejected_url": "Callbacks", "payout_callback_url": "Callbacks", "callback_format": "Callbacks",
	"callback_ok": "Callbacks", "disabled_urls": "Callbacks", "success_url": "Payer's page", "failed_url": "Payer's page",
	"invoice_minutes": "Money", "hold_minutes": "Money", "refund_fee": "Money", "confirm_above": "Money",
	"addresses": "Requests", "now_window_minutes": "Requests", "refuse_reused_sign": "Requests",
}

func groupOf(groups map[string]string, name string) string {
	if group := groups[name]; group != "" {
		return group
	}
	return "Other"
}

func shopSheet(v *visit) (*sheet, error) {
	row, err := v.shop()
	if err != nil {
		return nil, err
	}
	settings, err := row.Settings()
	if err != nil {
		return nil, err
	}
	s := &sheet{
		path: shopPath(row.ID), title: shopTitle(row.ID), crumbs: []crumb{crumbShops}, chain: row.ID, subject: fmt.Sprintf("shop %d", row.ID), version: row.Version,
		settings: []setting{{group: "Shop", name: "name", doc: "for people, and the payer's page", value: row.Name}},
		plan: func(values []string, seen int64) db.UseCase[[]change] {
			return changing[[]shop.Change]{shop.Set{Shop: row.ID, Values: values, Seen: seen, Alone: true, Actor: v.actor()}, changed[shop.Change]}
		},
		note: v.noteAddress,
	}
	for _, k := range shop.Keys() {
		one := setting{group: groupOf(shopGroups, k.Name), name: k.Name, doc: k.Doc, value: settings.Text(k.Name), standard: k.Default, words: k.Words}
		if k.Name == "confirm_above" {
			one.typed = limitsTyped
		}
		s.settings = append(s.settings, one)
	}
	return s, nil
}

// noteAddress says what can be seen to be wrong with an address for callbacks.
func (v *visit) noteAddress(c change) []string {
	if !shop.TakesCallbacks(c.name) {
		return nil
	}
	var list []string
	for _, note := range v.Doctor.Glance(c.to) {
		list = append(list, labelOf(c.name)+": "+note)
	}
	return list
}

// shopView is what a shop's page shows.
type shopView struct {
	row      *shop.Shop
	sheet    *sheet
	balances []balance
	stores   []*shop.Store
	secrets  []fact
	history  []*audit.Link
}

func shopPage(v *visit) error {
	s, err := shopSheet(v)
	if err != nil {
		return err
	}
	w := shopView{sheet: s}
	if w.row, err = v.shop(); err != nil {
		return err
	}
	if w.balances, err = v.shopBalances(w.row.ID); err != nil {
		return err
	}
	if w.stores, err = shop.ListStores(v.ctx(), v.DB.Reader(), w.row.ID, "", bookPage); err != nil {
		return err
	}
	if w.secrets, err = v.secretFacts(w.row.ID); err != nil {
		return err
	}
	found, err := audit.Search{Shop: w.row.ID, Limit: 20}.Find(v.ctx(), v.DB.Reader())
	if err != nil {
		return err
	}
	w.history = found.Links
	return v.page(page{title: s.title, crumbs: s.crumbs, body: shopBody(v, w)})
}

// secretFacts tell when each secret of a shop was last changed, and by whom.
func (v *visit) secretFacts(id int64) ([]fact, error) {
	var list []fact
	for _, one := range []struct {
		name string
		kind shop.Kind
	}{{"Secret last changed", shop.API}, {"Webhook key last changed", shop.Webhook}} {
		found, err := audit.Search{Shop: id, Act: "shop." + string(one.kind) + ".", Limit: 1}.Find(v.ctx(), v.DB.Reader())
		if err != nil {
			return nil, err
		}
		list = append(list, fact{name: one.name, text: lastAct(found, "never since the shop was made")})
	}
	return list, nil
}

// lastAct is when the newest link was made and by whom; never is said only when the
// look came to the beginning of the log book.
func lastAct(found audit.Found, never string) string {
	switch {
	case len(found.Links) > 0:
		l := found.Links[0]
		return fmt.Sprintf("%s UTC, %s by %s", clock(l.At), l.Act, l.Actor)
	case found.Next != (audit.Mark{}):
		return "not since " + clock(found.Next.At) + " UTC; the audit goes further back"
	}
	return never
}

// switchShop turns a shop on or off, as the form says.
func switchShop(v *visit) error {
	id, err := v.number("shop")
	if err != nil {
		return err
	}
	on, err := v.switched()
	if err != nil {
		return err
	}
	u, done := shop.Deactivate(id, v.actor()), "The shop is off: its requests are refused, what is in progress goes on."
	if on {
		u, done = shop.Activate(id, v.actor()), "The shop is on."
	}
	if _, err := db.Do(v.ctx(), v.DB, id, u); err != nil {
		return err
	}
	return v.see(shopPath(id), done)
}

func storeList(v *visit) error {
	after := v.value("after")
	rows, err := shop.ListStores(v.ctx(), v.DB.Reader(), 0, after, bookPage)
	if err != nil {
		return err
	}
	first, next := "", ""
	if after != "" {
		first = storesPath
	}
	if len(rows) == bookPage {
		next = storesPath + "?" + url.Values{"after": {rows[bookPage-1].ID}}.Encode()
	}
	return v.page(page{title: "PayParts stores", body: storeListBody(rows, first, next)})
}

func (v *visit) store() (*shop.Store, error) {
	return shop.LoadStore(v.ctx(), v.DB.Reader(), v.r.PathValue("store"))
}

func storeSheet(v *visit) (*sheet, error) {
	row, err := v.store()
	if err != nil {
		return nil, err
	}
	settings, err := row.Settings()
	if err != nil {
		return nil, err
	}
	s := &sheet{
		path: storePath(row.ID), title: storeTitle(row.ID), crumbs: []crumb{crumbStores}, chain: db.House, subject: "store " + row.ID, version: row.Version,
		settings: []setting{{group: "Store", name: "payway", doc: "alias of the payway that prices and routes its payments: incoming and in UAH", value: row.Payway}},
		plan: func(values []string, seen int64) db.UseCase[[]change] {
			return changing[[]shop.Change]{shop.SetStore{ID: row.ID, Values: values, Seen: seen, Actor: v.actor()}, changed[shop.Change]}
		},
	}
	groups := map[string]string{"rate_ii": "Calculator", "rate_pp": "Calculator", "rate_pb": "Calculator", "rate_ia": "Calculator"}
	for _, k := range shop.StoreKeys() {
		group := groups[k.Name]
		if group == "" {
			group = "Payments"
		}
		one := setting{group: group, name: k.Name, doc: k.Doc, value: settings.Text(k.Name), standard: k.Default, words: k.Words}
		if k.Name == "min_amount" || k.Name == "max_amount" {
			one.typed = amountTyped(money.UAH)
		}
		s.settings = append(s.settings, one)
	}
	return s, nil
}

func storePage(v *visit) error {
	s, err := storeSheet(v)
	if err != nil {
		return err
	}
	row, err := v.store()
	if err != nil {
		return err
	}
	links, err := v.doneTo(s.chain, s.subject)
	if err != nil {
		return err
	}
	return v.page(page{title: s.title, crumbs: s.crumbs, body: storeBody(v, row, s, links)})
}
