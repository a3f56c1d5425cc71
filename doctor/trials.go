package doctor

import (
	"slices"
	"strconv"
	"strings"
)

// wants is how a receiver should answer a message.
type wants uint8

const (
	taken   wants = iota // 2xx, with OK where the shop wants it so
	refused              // anything else, 403 by custom
	either               // either: it must only answer
)

// words say it for people.
func (w wants) words() string {
	return [...]string{"taken: 200, body OK", "refused: 403", "answered, whichever way"}[w]
}

// trial is one test of a receiver.
type trial struct {
	name  string
	sends string    // what is sent, for people
	about []Subject // nil: every one
	wants wants
	level Verdict // when it is not so
	wrong string  // what that says of the receiver
	mend  string
	// write makes the messages; those before the last one prepare it and should be taken.
	write func(*patient) ([]*letter, error)
}

// The numbers of the test operations. 1 is the one that is paid.
const (
	paid int64 = iota + 1
	forged
	reordered
	unknown
	fallen
	extra
	scarce
	written
	large
	returned // behind large: its invoice is the number before
)

func one(what event, n int64, change func(*patient, *letter)) func(*patient) ([]*letter, error) {
	return func(p *patient) ([]*letter, error) {
		l, err := p.write(what, n)
		if err != nil {
			return nil, err
		}
		if change != nil {
			change(p, l)
		}
		return []*letter{l}, nil
	}
}

// unsealed is a forger's message: the headers cannot be right.
func unsealed(_ *patient, l *letter) { l.seal = wrongSeal }

func wrongSeal(*letter, []byte) string { return "v1," + strings.Repeat("A", 43) + "=" }

// forge is a message whose signature is the one given.
func forge(sign func(p *patient, l *letter) string) func(*patient, *letter) {
	return func(p *patient, l *letter) {
		l.set(l.signField(), sign(p, l))
		unsealed(p, l)
	}
}

// altered is a message of which fields were changed after it was signed.
func altered(pairs ...string) func(*patient, *letter) {
	return func(p *patient, l *letter) {
		for pair := range slices.Chunk(pairs, 2) {
			l.set(pair[0], pair[1])
		}
		unsealed(p, l)
	}
}

// resigned is a message that was changed and then signed rightly.
func resigned(pairs ...string) func(*patient, *letter) {
	return func(p *patient, l *letter) {
		for pair := range slices.Chunk(pairs, 2) {
			l.set(pair[0], pair[1])
		}
		l.signed(p.secret())
	}
}

const (
	verifyAll  = "compute the signature over all fields of the body as received and compare it before you read anything else; answer 403 when it differs"
	takeIt     = "verify the signature, note the message, answer 200 with the body OK, and decide afterwards what it means"
	anyField   = "join all fields that come, whatever they are, sorted by name, without null and empty ones; keep zeros; leave out sign alone"
	onceByID   = "remember each webhook-id, or each payment with its status; when it comes again do nothing and answer OK"
	checkHeads = "check webhook-signature over webhook-id.webhook-timestamp.body, and refuse a webhook-timestamp that is more than 5 minutes away: the field sign binds neither the names of the fields nor the time"
)

// onlyInvoices are trials of messages that the others do not have.
var (
	onlyInvoices = []Subject{Invoices}
	ofAvanor     = []Subject{Invoices, Payouts}
	ofInvoices   = []Subject{Invoices, Instalments}
	ofPayouts    = []Subject{Payouts}
	ofParts      = []Subject{Instalments}
)

// trials is the series, in the order in which it is sent. The first is the message
// on which all others lean.
var trials = slices.Concat([]trial{
	{"good", "a payment that succeeded, rightly signed", nil, taken, Grave,
		"it refuses a right message", takeIt, one(success, paid, nil)},
	{"duplicate", "the same message again, as when your answer was lost", nil, taken, Fault,
		"it refuses a message that it took before: the gateway would send it again for 72 hours", onceByID, duplicate},
}, forgeries, rights)

// duplicate has the webhook-id of the first message, which is the first of all.
func duplicate(p *patient) ([]*letter, error) {
	l, err := p.write(success, paid)
	if err == nil {
		l.id = l.id[:strings.LastIndexByte(l.id, '-')] + "-1"
	}
	return []*letter{l}, err
}

// forgeries are what anybody may send.
var forgeries = []trial{
	{"unsigned", "no signature at all: no field, no headers", nil, refused, Grave,
		"it takes a message without a signature: anybody can mark orders as paid", verifyAll,
		one(success, forged, func(_ *patient, l *letter) { l.drop(l.signField()); l.keys = nil })},
	{"empty-signature", "a signature that is an empty text", nil, refused, Grave,
		"it takes a message whose signature is empty: anybody can mark orders as paid", verifyAll,
		one(success, forged, forge(func(*patient, *letter) string { return "" }))},
	{"bad-signature", "a right message with one character of its signature changed", nil, refused, Grave,
		"it does not compare the signature", verifyAll, one(success, forged, forge(func(_ *patient, l *letter) string {
			sign := []byte(l.text(l.signField()))
			sign[1] = map[bool]byte{true: 'b', false: 'a'}[sign[1] == 'a']
			return string(sign)
		}))},
	{"wrong-secret", "signed with a secret that is not yours", nil, refused, Grave,
		"it takes what another secret signed", verifyAll, one(success, forged, forge(func(p *patient, l *letter) string {
			c := l.clone().signed("not-the-secret-" + p.order.Name)
			return c.text(c.signField())
		}))},
	{"empty-secret", "signed with an empty secret", nil, refused, Grave,
		"its secret is empty, so that anybody can sign", "give it the shop's secret, and let it refuse to start without one",
		one(success, forged, forge(func(_ *patient, l *letter) string {
			c := l.clone().signed("")
			return c.text(c.signField())
		}))},
	{"altered-amount", "another amount than was signed", onlyInvoices, refused, Grave, notSigned("the amount"), verifyAll,
		one(success, forged, altered("shop_amount", "1.01", "client_price", "1.01"))},
	{"altered-amount", "another amount than was signed", ofPayouts, refused, Grave, notSigned("the amount"), verifyAll,
		one(success, forged, altered("payee_receive", "1.01", "shop_write_off", "1.01"))},
	{"altered-currency", "another currency than was signed", ofAvanor, refused, Grave, notSigned("the currency"), verifyAll,
		one(success, forged, altered("shop_currency", "392", "ps_currency", "392"))},
	{"altered-status", "a rejection made a success after it was signed", onlyInvoices, refused, Grave, notSigned("the status"), verifyAll,
		one(rejected, forged, altered("status", "success"))},
	{"altered-status", "a rejection made a success after it was signed", ofPayouts, refused, Grave, notSigned("the status"), verifyAll,
		one(rejected, forged, altered("status", "5"))},
	{"altered-status", "a refusal made a success after it was signed", ofParts, refused, Grave, notSigned("paymentState"), verifyAll,
		one(rejected, forged, altered("paymentState", "SUCCESS"))},
	{"altered-order", "another order than was signed", nil, refused, Grave, notSigned("the order"), verifyAll,
		one(success, forged, func(p *patient, l *letter) {
			for _, name := range []string{"shop_order_id", "shop_payment_id", "orderId"} {
				if l.text(name) != "" {
					altered(name, p.ownID(unknown))(p, l)
				}
			}
		})},
	{"forged-headers", "rightly signed, with a wrong webhook-signature", nil, refused, Advice,
		"it does not check the webhook headers", checkHeads, one(success, paid, unsealed)},
	{"replayed", "rightly signed in every way, an hour ago", nil, refused, Advice,
		"it takes a message of an hour ago: whoever recorded one can send it again", checkHeads,
		one(success, paid, func(_ *patient, l *letter) { l.at -= 3600 })},
	{"garbage", "a body that is nothing", nil, refused, Advice,
		"it takes a body that it cannot read", verifyAll, one(success, forged, func(p *patient, l *letter) {
			l.raw = []byte(`{"status": "suc`)
			unsealed(p, l)
		})},
}

func notSigned(what string) string {
	return what + " can be changed on the way and it does not notice: its signature does not cover all fields"
}

// rights are right messages that are less common than the first.
var rights = []trial{
	{"unknown-order", "about an order that you never made, rightly signed", nil, taken, Advice,
		"it refuses what it does not know: the gateway sends it again for 72 hours, and the messages behind it wait", takeIt,
		one(success, unknown, nil)},
	{"wrong-amount", "the paid order again with 0.01, rightly signed", onlyInvoices, either, Fault,
		fellOver, takeIt, one(success, paid, resigned("shop_amount", "0.01", "client_price", "0.01", "shop_refund", "0.01"))},
	{"other-currency", "the paid order again in yen, rightly signed", onlyInvoices, either, Fault,
		fellOver, takeIt, one(success, paid, resigned("shop_currency", "392", "ps_currency", "392"))},
	{"reordered", "a success, and behind it the hold that was before it", ofInvoices, taken, Fault,
		"it refuses a message that comes late: answer OK and change nothing", takeIt, func(p *patient) ([]*letter, error) {
			first, err := p.write(success, reordered)
			if err != nil {
				return nil, err
			}
			late, err := p.write(hold, reordered)
			return []*letter{first, late}, err
		}},
	{"rejected", "an operation that was rejected", ofAvanor, taken, Fault,
		"it refuses the message of a rejection", takeIt, one(rejected, fallen, nil)},
	{"rejected", "a payment that the bank refused, with a message in Cyrillic letters", ofParts, taken, Fault,
		"it refuses the message of a refused payment: most likely it leaves message out when it signs, or re-codes its letters", partsRule,
		one(rejected, fallen, nil)},
	{"refund", "a refund that was made: other fields than a payment has, no shop_id among them", onlyInvoices, taken, Fault,
		"it refuses the message of a refund: its list of fields is that of payments", anyField, one(refunded, returned, nil)},
	{"extra-field", "a field that is new, signed like all others", ofAvanor, taken, Fault,
		"it signs a fixed list of fields, or does not sort them: a field that the gateway adds one day would break it", anyField,
		one(success, extra, resigned("a_new_field", "of a later version"))},
	{"extra-field", "a field that is new, which nothing signs", ofParts, taken, Fault,
		"it refuses a message with a field that it does not know", "read the fields you need and pass over the others",
		one(success, extra, func(_ *patient, l *letter) { l.set("newField", "of a later version") })},
	{"empty-fields", "an empty description, a time that is null", onlyInvoices, taken, Fault,
		"it signs null or empty fields", anyField, one(hold, scarce, resigned("description", ""))},
	{"letters", "a description of letters, quotes, slashes and signs of all kinds", onlyInvoices, taken, Fault,
		"it re-prints texts before it signs them: letters, slashes or quotes come out otherwise", "sign the decoded text of each field as UTF-8, not its JSON form",
		one(success, written, resigned("description", difficult))},
	{"large", "the greatest amount, and an id as long as may be", onlyInvoices, taken, Fault, tooLarge, takeLarge,
		one(success, large, func(p *patient, l *letter) {
			resigned("shop_amount", "999999999999.99", "client_price", "999999999999.99", "shop_refund", "999999999999.99",
				"shop_order_id", p.long(255))(p, l)
		})},
	{"large", "the greatest amount, and an id as long as may be", ofPayouts, taken, Fault, tooLarge, takeLarge,
		one(success, large, func(p *patient, l *letter) {
			resigned("payee_receive", "999999999999.99", "shop_write_off", "999999999999.99", "shop_payment_id", p.long(255))(p, l)
		})},
	{"large", "an orderId as long as may be", ofParts, taken, Fault, tooLarge, takeLarge,
		one(success, large, func(p *patient, l *letter) { resigned("orderId", p.long(64))(p, l) })},
}

const (
	fellOver  = "it falls over a contradiction"
	tooLarge  = "it cannot take large values: a number became a float, or a column is too short"
	takeLarge = "keep ids as texts of 255 characters and numbers of 64 bits, amounts as decimals; sign the number's own text"
	difficult = "Обід «на двох» / два \"квитки\" & <b>200 €</b> \\ 'так' 😀"
)

// long is the own id of the large message, filled up.
func (p *patient) long(n int) string {
	id := p.ownID(large)
	return id + strings.Repeat("x", n-len(id))
}

// concerns reports whether a trial is one of this examination.
func (t trial) concerns(s Subject) bool { return t.about == nil || slices.Contains(t.about, s) }

// look is what cannot be seen from outside.
func (p *patient) look() []string {
	found := []string{
		p.ownID(paid) + " came several times, once as right: it must count once, with 100.50",
		p.ownID(forged) + " came forged only: it must not be there, or not as paid",
	}
	if p.order.About != Payouts {
		found = append(found, p.ownID(reordered)+" succeeded before its hold came: it must be paid, not held")
	}
	if p.order.About == Invoices {
		found = append(found, p.ownID(paid)+" also came with 0.01 and in yen: it must not have been changed by that; compare amount and currency with your order before you deliver")
	}
	return append(found, "payments "+strconv.FormatInt(last-returned, 10)+" to "+strconv.FormatInt(last-paid, 10)+" are of this test and nobody's: remove them")
}
