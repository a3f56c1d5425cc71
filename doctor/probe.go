package doctor

import (
	"context"
	"crypto/md5"  //nolint:gosec // the mistakes of others
	"crypto/sha1" //nolint:gosec // the mistakes of others
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/signature"
)

// slip is a mistake in checking a signature. A receiver that makes it refuses what
// is right and takes what is signed with the mistake: so it is found.
type slip struct {
	wrong, mend string
	about       []Subject
	sign        func(p *patient, l *letter) string            // the signature in the body
	seal        func(p *patient) func(*letter, []byte) string // or the one in the headers
}

// explainGood finds out why the first message was refused.
func (v *visit) explainGood(ctx context.Context) error {
	first := &v.report.Tests[0]
	if v.good.Taken || first.Wrong != trials[0].wrong || ctx.Err() != nil {
		return nil // the answer itself said enough
	}
	if v.forged.Status != 0 && !alike(v.good, v.forged) {
		first.Verdict = Fault
		first.Wrong = "it tells a right signature from a wrong one, but refuses the message: most likely since it does not know the order"
		first.Mend = "take every message that is rightly signed, note it and answer OK, even about an order that you do not know; or make the order " +
			v.ownID(paid) + " of 100.50 in a test shop and give its name (" + v.order.Name + ") when you examine again"
		return nil
	}
	for _, s := range slips {
		if s.about != nil && !slices.Contains(s.about, v.order.About) || ctx.Err() != nil {
			continue
		}
		found, err := v.makes(ctx, s)
		if err != nil {
			return err
		}
		if found {
			first.Wrong, first.Mend = "its check of the signature is wrong: "+s.wrong, s.mend
			return nil
		}
	}
	first.Wrong = "it refuses a right message just as it refuses a forged one, and no known mistake explains it"
	first.Mend = "check that it has this shop's secret, and look with brama sign what it joins (docs/signing.md); " + verifyAll
	return nil
}

// makes reports whether the receiver takes a message that is signed with a mistake.
func (v *visit) makes(ctx context.Context, s slip) (bool, error) {
	l, err := v.write(success, paid)
	if err != nil {
		return false, fault.Wrap(fault.Internal, err, "a probe cannot be made")
	}
	if s.sign != nil {
		l.set(l.signField(), s.sign(v.patient, l))
	}
	if s.seal != nil {
		l.seal = s.seal(v.patient)
	}
	a, _, err := v.post(ctx, l)
	return a.Taken, err
}

const joining = "join the values by ':', sorted by the fields' names, and put the secret right behind; SHA-256 of these bytes in lower-case hex"

// slips are the known mistakes, the most common first.
var slips = slices.Concat([]slip{
	ofText("zeros are left out", "keep zeros: only null and empty texts are left out", func(l *letter) []string {
		return kept(l, func(_, text string) bool { return text != "0" })
	}),
	ofText("amounts are printed with two decimals before they are signed", "sign the number's own text", func(l *letter) []string { return printed(l, 2) }),
	ofText("amounts are printed with one decimal before they are signed", "sign the number's own text", func(l *letter) []string { return printed(l, 1) }),
	ofText("the JSON inside ps_data is printed anew, with spaces", "sign the text of ps_data as it came", func(l *letter) []string {
		return kept(l.clone().set("ps_data", strings.ReplaceAll(l.text("ps_data"), `":`, `": `)), nil)
	}),
	ofText("the parameter type of the address is signed with the fields", "take the fields of the body alone", func(l *letter) []string {
		return kept(l.clone().set("type", typeOf(l)), nil)
	}),
	ofText("only the fields of the request are signed", "a callback signs all its fields", func(l *letter) []string {
		list := []string{"amount", "currency", "payway", "shop_amount", "shop_currency", "shop_id", "shop_order_id", "shop_payment_id"}
		return kept(l, func(name, _ string) bool { return slices.Contains(list, name) })
	}),
	ofText("names are signed with the values (name=value)", joining, func(l *letter) []string {
		var pairs []string
		values := l.values()
		for _, name := range slices.Sorted(maps.Keys(values)) {
			if values[name] != "" {
				pairs = append(pairs, name+"="+values[name])
			}
		}
		return pairs
	}),
	joined("", ""), joined(",", ""), joined(";", ""), joined("|", ""), joined("&", ""), joined(":", ":"),
	ofSecret("the webhook key is used as the secret", func(p *patient) string { return p.shop.WebhookKey }),
	ofSecret("the secret has a line feed behind it", func(p *patient) string { return p.secret() + "\n" }),
	ofSecret("the new secret is used while the old one still signs", func(p *patient) string { return p.shop.Secret }),
	hashed("MD5 is used", func(text, secret string) []byte { s := md5.Sum([]byte(text + secret)); return s[:] }),    //nolint:gosec // the mistakes of others
	hashed("SHA-1 is used", func(text, secret string) []byte { s := sha1.Sum([]byte(text + secret)); return s[:] }), //nolint:gosec // the mistakes of others
	hashed("SHA-512 is used", func(text, secret string) []byte { s := sha512.Sum512([]byte(text + secret)); return s[:] }),
	hashed("HMAC is used", func(text, secret string) []byte { return sealed([]byte(secret), text) }),
	{wrong: "the signature is compared in capital letters", mend: "compare in lower case, or the bytes", about: ofAvanor,
		sign: func(p *patient, l *letter) string { return strings.ToUpper(l.text(l.signField())) }},
}, partsSlips, sealSlips)

// partsSlips are those of PayParts.
var partsSlips = []slip{
	inParts("the hash is in hex", func(p *patient, l *letter) string {
		raw, _ := base64.StdEncoding.DecodeString(l.text(payPartsSign))
		return hex.EncodeToString(raw)
	}),
	inParts("hex is hashed in base64", func(p *patient, l *letter) string {
		raw, _ := base64.StdEncoding.DecodeString(l.text(payPartsSign))
		return base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString(raw)))
	}),
	inParts("the password is only at the end", func(p *patient, l *letter) string {
		return signature.PayParts(append(l.payParts(), p.secret())...)
	}),
	inParts("the password is only at the beginning", func(p *patient, l *letter) string {
		return signature.PayParts(append([]string{p.secret()}, l.payParts()...)...)
	}),
	inParts("the answer's rule is used, which begins with state", func(p *patient, l *letter) string {
		return p.parts(append([]string{"SUCCESS"}, l.payParts()...)...)
	}),
	inParts("SHA-256 is used", func(p *patient, l *letter) string {
		sum := sha256.Sum256([]byte(p.secret() + strings.Join(l.payParts(), "") + p.secret()))
		return base64.StdEncoding.EncodeToString(sum[:])
	}),
	inParts("the shop's API secret is used as the store's password", func(p *patient, l *letter) string {
		return l.clone().signed(p.shop.SigningSecret()).text(payPartsSign)
	}),
}

const partsRule = "base64 of the raw SHA-1 over password, storeId, orderId, paymentState, message, password, with nothing between"

func inParts(wrong string, sign func(p *patient, l *letter) string) slip {
	return slip{wrong: wrong, mend: partsRule, about: ofParts, sign: sign}
}

func (p *patient) parts(texts ...string) string {
	return signature.PayParts(slices.Concat([]string{p.secret()}, texts, []string{p.secret()})...)
}

// sealSlips are about the headers.
var sealSlips = []slip{
	ofHeaders("the webhook key is not decoded", func(key string, l *letter, body []byte) string {
		return seal([]byte(key), l, body)
	}),
	ofHeaders("the webhook key is not decoded, and its whsec_ is cut off", func(key string, l *letter, body []byte) string {
		return seal([]byte(strings.TrimPrefix(key, "whsec_")), l, body)
	}),
	ofHeaders("webhook-signature is over the body alone", func(key string, _ *letter, body []byte) string {
		return "v1," + base64.StdEncoding.EncodeToString(sealed(keyBytes(key), string(body)))
	}),
	ofHeaders("webhook-signature is compared in hex", func(key string, l *letter, body []byte) string {
		return "v1," + hex.EncodeToString(sealed(keyBytes(key), signedContent(l, body)))
	}),
	ofHeaders("webhook-signature is compared without its v1,", func(key string, l *letter, body []byte) string {
		return strings.TrimPrefix(seal(keyBytes(key), l, body), "v1,")
	}),
}

func ofHeaders(wrong string, make func(key string, l *letter, body []byte) string) slip {
	return slip{
		wrong: wrong, mend: "HMAC-SHA-256 of webhook-id.webhook-timestamp.body under the bytes of the key behind whsec_, in base64, behind v1, (the header may hold several)",
		seal: func(p *patient) func(*letter, []byte) string {
			return func(l *letter, body []byte) string { return make(p.shop.WebhookKey, l, body) }
		},
	}
}

func keyBytes(key string) []byte {
	raw, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(key, "whsec_"))
	return raw
}
