package doctor

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// kept are the texts that are joined: of the fields that are not empty and that
// keep says, sorted by name.
func kept(l *letter, keep func(name, text string) bool) (texts []string) {
	values := l.values()
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if values[name] != "" && (keep == nil || keep(name, values[name])) {
			texts = append(texts, values[name])
		}
	}
	return texts
}

// amounts are the fields that hold money as a number.
var amounts = []string{"shop_amount", "client_price", "shop_refund", "payee_receive", "shop_write_off"}

// printed are the texts with amounts that have at least so many decimals.
func printed(l *letter, decimals int) []string {
	c := l.clone()
	for _, name := range amounts {
		if text := c.text(name); text != "" {
			whole, part, _ := strings.Cut(text, ".")
			part = strings.TrimRight(part, "0")
			c.set(name, whole+"."+part+strings.Repeat("0", max(decimals-len(part), 0)))
		}
	}
	return kept(c, nil)
}

// typeOf is the word of ?type= at the end of the address.
func typeOf(l *letter) string { return l.URL[strings.LastIndexByte(l.URL, '=')+1:] }

func sum256(text, secret string) []byte {
	sum := sha256.Sum256([]byte(text + secret))
	return sum[:]
}

// ofText is a mistake in what is joined.
func ofText(wrong, mend string, texts func(*letter) []string) slip {
	return slip{wrong: wrong, mend: mend, about: ofAvanor, sign: func(p *patient, l *letter) string {
		return hex.EncodeToString(sum256(strings.Join(texts(l), ":"), p.secret()))
	}}
}

// joined is a mistake in how it is joined.
func joined(separator, before string) slip {
	wrong := fmt.Sprintf("the values are joined by %q", separator)
	if before != "" {
		wrong = fmt.Sprintf("the secret is joined with a %q", before)
	}
	return slip{wrong: wrong, mend: joining, about: ofAvanor, sign: func(p *patient, l *letter) string {
		return hex.EncodeToString(sum256(strings.Join(kept(l, nil), separator)+before, p.secret()))
	}}
}

// ofSecret is another secret.
func ofSecret(wrong string, secret func(*patient) string) slip {
	return slip{wrong: wrong, mend: "use the shop's API secret, exactly as it was given; while one rotates, take both", about: ofAvanor, sign: func(p *patient, l *letter) string {
		return hex.EncodeToString(sum256(strings.Join(kept(l, nil), ":"), secret(p)))
	}}
}

// hashed is another algorithm.
func hashed(wrong string, sum func(text, secret string) []byte) slip {
	return slip{wrong: wrong, mend: joining, about: ofAvanor, sign: func(p *patient, l *letter) string {
		return hex.EncodeToString(sum(strings.Join(kept(l, nil), ":"), p.secret()))
	}}
}

func sealed(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// signedContent is what webhook-signature covers.
func signedContent(l *letter, body []byte) string {
	return l.id + "." + strconv.FormatInt(l.at, 10) + "." + string(body)
}

func seal(key []byte, l *letter, body []byte) string {
	return "v1," + base64.StdEncoding.EncodeToString(sealed(key, signedContent(l, body)))
}
