package avanor

import (
	"net/url"
	"strconv"
	"time"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/payout"
	"github.com/brama-pay/brama/shop"
	"github.com/brama-pay/brama/signature"
)

// Protocol names this door where a callback says whose it is.
const Protocol = "avanor"

// Callbacks renders the callbacks of this protocol (api/avanor.md §8). Date-times
// are in zone; nil is DefaultZone.
func Callbacks(zone *time.Location) callback.Renderer {
	if zone == nil {
		zone = DefaultZone
	}
	return func(m *callback.Message, to *shop.Entry) (callback.Delivery, error) {
		l, err := letterOf(m, zone)
		if err != nil {
			return callback.Delivery{}, err
		}
		address, err := typed(m.URL, m.Kind)
		if err != nil {
			return callback.Delivery{}, err
		}
		l.text("sign", signature.SignCallback(l.values(), to.SigningSecret()))
		made := callback.Delivery{URL: address, ContentType: "application/json", Body: l.json(), NeedOK: to.Settings.CallbackOK}
		if to.Settings.CallbackFormat == shop.Form {
			made.ContentType, made.Body = "application/x-www-form-urlencoded", l.form()
		}
		return made, nil
	}
}

// typed is a URL with ?type=… at its end, what it had before left as it is.
func typed(address string, kind callback.Kind) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", fault.Wrap(fault.Internal, err, "the URL of a callback cannot be read")
	}
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += "type=" + string(kind)
	return u.String(), nil
}

// letter is the fields of a callback: a receiver that re-prints what it parsed
// gets the texts that were signed (api/avanor.md §8).
type letter []line

type line struct {
	name, value string
	bare        bool // a number in JSON, or null when it is empty
}

func (l *letter) text(name, value string)       { *l = append(*l, line{name, value, false}) }
func (l *letter) number(name, value string)     { *l = append(*l, line{name, value, true}) }
func (l *letter) int(name string, n int64)      { l.number(name, strconv.FormatInt(n, 10)) }
func (l *letter) money(name string, m, c int64) { l.number(name, amountOf(m, c).Minimal()) }

// textOrNull is null for what is not there, which is not signed either.
func (l *letter) textOrNull(name, value string) {
	*l = append(*l, line{name, value, value == ""})
}

func (l letter) values() map[string]string {
	values := make(map[string]string, len(l))
	for _, field := range l {
		values[field.name] = field.value
	}
	return values
}

func (l letter) json() []byte {
	p := &pen{make([]byte, 0, 1024)}
	p.begin()
	for _, field := range l {
		switch {
		case !field.bare:
			p.text(field.name, field.value)
		case field.value == "":
			p.literal(field.name, "null")
		default:
			p.literal(field.name, field.value)
		}
	}
	p.end()
	return p.b
}

// form leaves out what is not there: a form has no null.
func (l letter) form() []byte {
	values := make(url.Values, len(l))
	for _, field := range l {
		if field.value != "" || !field.bare {
			values.Set(field.name, field.value)
		}
	}
	return []byte(values.Encode())
}

func letterOf(m *callback.Message, zone *time.Location) (letter, error) {
	switch m.Kind {
	case callback.Invoice:
		return decoded(m, zone, invoiceLetter)
	case callback.Refund:
		return decoded(m, zone, refundLetter)
	case callback.Withdraw:
		return decoded(m, zone, payoutLetter)
	}
	return nil, fault.New(fault.Internal, "callback %d is of no kind that this protocol has: %q", m.ID, m.Kind)
}

func decoded[T any](m *callback.Message, zone *time.Location, write func(T, *time.Location) letter) (letter, error) {
	var view T
	if err := m.Decode(&view); err != nil {
		return nil, err
	}
	return write(view, zone), nil
}

// statusWords are the statuses that callbacks spell (api/avanor.md §5).
var statusWords = map[invoice.Status]string{
	invoice.Succeeded: "success", invoice.Held: "hold", invoice.Rejected: "rejected",
}

func statusWord(s invoice.Status) string {
	if word, ok := statusWords[s]; ok {
		return word
	}
	return strconv.FormatInt(int64(s), 10)
}

func invoiceLetter(v invoice.View, zone *time.Location) letter {
	var l letter
	l.text("addons", "{}")
	l.money("client_price", v.Price, v.PriceCurrency)
	l.text("created", dateTime(v.CreatedAt, zone))
	l.text("description", v.Description)
	l.int("error_code", failureCode(v.Status == invoice.Rejected, string(v.Failure)))
	l.int("payment_id", v.ID)
	l.text("payway", v.Payway)
	l.textOrNull("processed", dateTime(v.ProcessedAt, zone))
	l.int("ps_currency", v.PriceCurrency)
	l.text("ps_data", psData(v.PayerAccount))
	if v.Rate != "" {
		l.int("settlement_currency", v.Currency)
		// A string: JavaScript re-prints a number as small as a rate in another form.
		l.text("settlement_rate", v.Rate)
	}
	l.money("shop_amount", v.Amount, v.Currency)
	l.int("shop_currency", v.Currency)
	l.int("shop_id", v.Shop)
	l.text("shop_order_id", v.OrderID)
	l.money("shop_refund", v.Net, v.Currency)
	l.text("status", statusWord(v.Status))
	l.text("updated", dateTime(v.UpdatedAt, zone))
	return l
}

func refundLetter(f invoice.RefundView, zone *time.Location) letter {
	amount := amountOf(f.Amount, f.Currency)
	var l letter
	l.text("addons", "{}")
	l.text("amount", amount.Text())
	l.text("created_at", dateTime(f.CreatedAt, zone))
	l.text("currency", amount.Currency.Code())
	l.int("error_code", failureCode(f.Status == invoice.Failed, string(f.Failure)))
	l.int("invoice_id", f.InvoiceID)
	l.textOrNull("processed_at", dateTime(f.ProcessedAt, zone))
	l.text("shop_refund_id", f.RefundID)
	l.text("status", string(f.Status))
	return l
}

func payoutLetter(o payout.View, _ *time.Location) letter {
	var l letter
	l.textOrNull("bank_transaction_id", o.BankTransaction)
	l.int("error_code", failureCode(o.Status == payout.Rejected, string(o.Failure)))
	l.int("id", o.ID)
	l.money("payee_receive", o.Receive, o.ReceiveCurrency)
	l.int("ps_currency", o.ReceiveCurrency)
	l.textOrNull("rrn", o.RRN)
	l.int("shop_currency", o.Currency)
	l.int("shop_id", o.Shop)
	l.text("shop_payment_id", o.PaymentID)
	l.money("shop_write_off", o.WriteOff, o.Currency)
	l.int("status", int64(o.Status))
	return l
}

// amountOf is an amount as the views of the rooms hold it.
func amountOf(minor, currency int64) money.Amount {
	c, _ := money.CurrencyByNumber(currency)
	return money.New(minor, c)
}
