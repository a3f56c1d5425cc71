package payparts

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/brama-pay/brama/instalment"
	"github.com/brama-pay/brama/shop"
)

// mostProducts bounds what is kept of one payment.
const mostProducts = 1000

// order is what create and hold ask for (api/payparts.md §4).
type order struct {
	amount      decimal
	currency    string // legacy; signed when it is there
	plan        instalment.Plan
	prices      []decimal // of the plan's products
	responseURL string
	redirectURL string
	phone       *string // sendPhone; nil: not asked for
}

// readOrder reads the fields in the order of the table. Whether the plan is good is
// judged once it is known to be the store's.
func (q *request) readOrder() [][]string {
	f, o := &q.form, &q.order
	o.amount = f.decimal("amount")
	o.currency = f.text("currency", 3)
	o.plan.PartsCount = int(f.whole("partsCount"))
	o.plan.MerchantType = instalment.MerchantType(f.required("merchantType", 2))
	if _, there := f.find("scheme"); there {
		o.plan.Scheme = f.whole("scheme")
	}
	q.readProducts()
	o.plan.RecipientID = f.recipient()
	o.responseURL = f.text("responseUrl", urlLength)
	o.redirectURL = f.text("redirectUrl", urlLength)
	if _, there := f.find("sendPhone"); there {
		phone := f.text("sendPhone", orderLength)
		o.phone = &phone
	}
	return [][]string{q.signedOrder(false), q.signedOrder(true)}
}

func (q *request) readProducts() {
	v, found := q.form.find("products")
	if !found {
		q.form.wrong("products", "is required")
		return
	}
	list, err := v.Array()
	switch {
	case err != nil:
		q.form.wrong("products", "must be a list of objects")
		return
	case len(list) > mostProducts:
		q.form.wrong("products", "must name at most "+strconv.Itoa(mostProducts))
		return
	}
	for i, item := range list {
		object, err := item.Object()
		if err != nil {
			q.form.wrong("products", "must be a list of objects")
			return
		}
		q.readProduct(form{object: object, at: "products[" + strconv.Itoa(i) + "]."})
	}
}

func (q *request) readProduct(f form) {
	name := f.required("name", urlLength)
	count := f.whole("count")
	price := f.decimal("price")
	if q.form.err == nil {
		q.form.err = f.err
	}
	q.order.plan.Products = append(q.order.plan.Products, instalment.Product{Name: name, Count: count, Price: price.money})
	q.order.prices = append(q.order.prices, price)
}

// signedOrder are the parts of the request's signature. short is for clients that
// print values below 1.00 without a leading zero.
func (q *request) signedOrder(short bool) []string {
	o := &q.order
	return []string{
		q.storeID, q.orderID, o.amount.signed(short), o.currency, strconv.Itoa(o.plan.PartsCount), string(o.plan.MerchantType),
		o.responseURL, o.redirectURL, o.productsString(short),
	}
}

// productsString is name, count and price of each product, in the order sent.
func (o *order) productsString(short bool) string {
	var b strings.Builder
	for i, p := range o.plan.Products {
		b.WriteString(p.Name)
		b.WriteString(strconv.FormatInt(p.Count, 10))
		b.WriteString(o.prices[i].signed(short))
	}
	return b.String()
}

// check judges the order by the store's settings.
func (o *order) check(settings shop.StoreSettings) error {
	if o.currency != "" && o.currency != "980" && o.currency != "UAH" {
		return bad("currency", "must be 980")
	}
	if err := o.plan.Validate(o.amount.money, instalment.Limits{Min: settings.Min, Max: settings.Max}); err != nil {
		return err
	}
	if reason := urlReason(o.responseURL); reason != "" {
		return bad("responseUrl", reason)
	}
	page, _, _ := strings.Cut(o.redirectURL, "#") // where pages of shops live that are one page
	if reason := urlReason(page); reason != "" {
		return bad("redirectUrl", reason)
	}
	return nil
}

func urlReason(address string) string {
	if address == "" {
		return ""
	}
	return shop.CheckURL(address)
}

var phoneForm = regexp.MustCompile(`^\+380[0-9]{9}$`)

// sent is what came of sendPhone. Brama has no way to write to a phone, so no
// number is a client's that it knows; the token comes all the same.
func (o *order) sent() (sendPhone, message string) {
	switch {
	case o.phone == nil:
		return "", ""
	case *o.phone == "":
		return Fail, "sendPhone cannot be empty"
	case !phoneForm.MatchString(*o.phone):
		return Fail, "invalid phone"
	}
	return Fail, "client not found"
}
