package gate

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// secure reports whether people reach the application by https.
func (g *Gate) secure() bool { return g.URL != nil && g.URL.Scheme == "https" }

const (
	sessionCookie = "rollcall"
	flashCookie   = "rollcall-flash"
)

// cookieName is __Host- where the browser allows it: bound to this host, path / and https, so that no neighbour
// below the same domain sets it.
func (g *Gate) cookieName(name string) string {
	if g.secure() {
		return "__Host-" + name
	}
	return name
}

// SetSession gives the browser its session; "" ends it.
func (g *Gate) SetSession(w http.ResponseWriter, secret string) {
	c := g.cookie(sessionCookie, secret)
	if secret == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// SessionSecret returns the session's secret as the browser sent it, "" when there is none.
func (g *Gate) SessionSecret(r *http.Request) string {
	secret, _ := g.CookieFrom(r, sessionCookie)
	return secret
}

// CookieFrom returns the value of a cookie that Cookie made; ok is false when the browser sent none.
func (g *Gate) CookieFrom(r *http.Request, name string) (value string, ok bool) {
	c, err := r.Cookie(g.cookieName(name))
	if err != nil {
		return "", false
	}
	return c.Value, true
}

// Cookie makes a cookie of this application that lives for a while; "" as value removes it.
func (g *Gate) Cookie(name, value string, life time.Duration) *http.Cookie {
	c := g.cookie(name, value)
	if c.MaxAge = int(life.Seconds()); value == "" {
		c.MaxAge = -1
	}
	return c
}

func (g *Gate) cookie(name, value string) *http.Cookie {
	return &http.Cookie{Name: g.cookieName(name), Value: value, Path: "/", HttpOnly: true, Secure: g.secure(), SameSite: http.SameSiteLaxMode}
}

// warnPrefix marks a sentence that says what was not done.
const warnPrefix = "!"

// Flash is one sentence for the next page: what was just done.
func (g *Gate) Flash(w http.ResponseWriter, text string) {
	g.leave(w, text)
}

// FlashWarn is one sentence for the next page: what was not done, and why.
func (g *Gate) FlashWarn(w http.ResponseWriter, text string) {
	g.leave(w, warnPrefix+text)
}

func (g *Gate) leave(w http.ResponseWriter, text string) {
	http.SetCookie(w, g.Cookie(flashCookie, base64.RawURLEncoding.EncodeToString([]byte(text)), time.Minute))
}

// takeFlash reads the sentence and forgets it. Fragments leave it to the page around them.
func (g *Gate) takeFlash(w http.ResponseWriter, r *http.Request) string {
	value, ok := g.CookieFrom(r, flashCookie)
	if !ok || r.Method != http.MethodGet || r.Header.Get("HX-Request") != "" {
		return ""
	}
	text, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil || len(text) > 1000 {
		return ""
	}
	http.SetCookie(w, g.Cookie(flashCookie, "", 0))
	return string(text)
}

// FlashFrom returns the sentence that the page before left.
func FlashFrom(ctx context.Context) string {
	s, _ := ctx.Value(flashKey).(string)
	return strings.TrimPrefix(s, warnPrefix)
}

// FlashWarns tells whether that sentence says what was not done.
func FlashWarns(ctx context.Context) bool {
	s, _ := ctx.Value(flashKey).(string)
	return strings.HasPrefix(s, warnPrefix)
}

// zoneOf is the zone that the browser told in a cookie.
func zoneOf(r *http.Request) *time.Location {
	c, err := r.Cookie("tz")
	if err != nil || len(c.Value) > 64 {
		return time.UTC
	}
	name, err := url.PathUnescape(c.Value) // the script writes Europe%2FAmsterdam
	if err != nil || name == "Local" {
		return time.UTC
	}
	if z, err := time.LoadLocation(name); err == nil {
		return z
	}
	return time.UTC
}
