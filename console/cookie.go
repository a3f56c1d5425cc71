package console

import (
	"crypto/hmac"
	"encoding/base64"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/brama-pay/brama/operator"
)

// The cookies' names; over TLS they carry the prefix that binds them to this host.
const (
	cookieSession = "brama_session"
	cookieFlash   = "brama_flash"
	cookieTheme   = "brama_theme"

	hostPrefix = "__Host-"
)

// secure reports whether the browser came over TLS, here or at a proxy of ours.
func (v *visit) secure() bool {
	if v.r.TLS != nil {
		return true
	}
	peer, err := netip.ParseAddrPort(v.r.RemoteAddr)
	ours := err == nil && slices.ContainsFunc(v.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(peer.Addr().Unmap()) })
	return ours && v.r.Header.Get("X-Forwarded-Proto") == "https"
}

func (v *visit) cookieName(name string) string {
	if v.secure() {
		return hostPrefix + name
	}
	return name
}

func (v *visit) setCookie(name, value string, age time.Duration) {
	c := &http.Cookie{
		Name: v.cookieName(name), Value: value, Path: "/", MaxAge: int(age.Seconds()),
		HttpOnly: true, Secure: v.secure(), SameSite: http.SameSiteStrictMode,
	}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(v.w, c)
}

func (v *visit) cookie(name string) string {
	c, err := v.r.Cookie(v.cookieName(name))
	if err != nil {
		return ""
	}
	return c.Value
}

func (v *visit) sessionToken() string { return v.cookie(cookieSession) }

// enter keeps the token of a new session in the browser.
func (v *visit) enter(token string) {
	v.token = token
	v.setCookie(cookieSession, token, operator.Absolute)
}

// leave forgets it.
func (v *visit) leave() {
	v.token = ""
	v.setCookie(cookieSession, "", 0)
}

// setFlash leaves a text for the next page of this session.
func (v *visit) setFlash(text string) {
	if v.token != "" {
		v.setCookie(cookieFlash, base64.RawURLEncoding.EncodeToString([]byte(text))+"."+v.mac("flash", text), time.Minute)
	}
}

// takeFlash is the text that was left, shown once. One that this session did not
// leave is not shown.
func (v *visit) takeFlash() string {
	value := v.cookie(cookieFlash)
	if value == "" {
		return ""
	}
	v.setCookie(cookieFlash, "", 0)
	encoded, mac, _ := strings.Cut(value, ".")
	text, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || v.token == "" || !hmac.Equal([]byte(mac), []byte(v.mac("flash", string(text)))) {
		return ""
	}
	return string(text)
}

// The themes.
const (
	themeAuto  = "auto"
	themeLight = "light"
	themeDark  = "dark"
)

var themes = []string{themeAuto, themeLight, themeDark}

func (v *visit) theme() string {
	if theme := v.cookie(cookieTheme); slices.Contains(themes, theme) {
		return theme
	}
	return themeAuto
}

// back is where the toggle of the theme leads: the page itself, if it can be asked
// for again.
func (v *visit) back() string {
	if v.r.Method != http.MethodGet {
		return root
	}
	return within(v.r.URL.RequestURI())
}

// setTheme keeps how the pages look, and goes back to where the toggle was.
func setTheme(v *visit) error {
	if theme := v.value("theme"); slices.Contains(themes, theme) {
		v.setCookie(cookieTheme, theme, 365*24*time.Hour)
	}
	return v.to(within(v.value("next")))
}

// within is an address of the console that was given from outside, or the
// console's first page when it leads anywhere else.
func within(next string) string {
	to, err := url.Parse(next)
	if err != nil || to.Scheme != "" || to.Host != "" || to.User != nil || to.Opaque != "" || strings.ContainsAny(next, "\\\r\n\t") {
		return root
	}
	// As it is, and without its dots: //evil.example/../console/ is somewhere else.
	for _, way := range []string{to.Path, path.Clean(to.Path)} {
		if way != strings.TrimSuffix(root, "/") && !strings.HasPrefix(way, root) {
			return root
		}
	}
	return (&url.URL{Path: to.Path, RawQuery: to.RawQuery}).String()
}
