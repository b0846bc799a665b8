package gate

import (
	"context"
	"encoding/base64"
	"net/http"
	"time"
)

// secure reports whether people reach the application by https.
func (g *Gate) secure() bool { return g.URL != nil && g.URL.Scheme == "https" }

// sessionCookie is __Host- where the browser allows it: bound to this host, path / and https.
func (g *Gate) sessionCookie() string {
	if g.secure() {
		return "__Host-rollcall"
	}
	return "rollcall"
}

// SetSession gives the browser its session; "" ends it.
func (g *Gate) SetSession(w http.ResponseWriter, secret string) {
	c := g.cookie(g.sessionCookie(), secret)
	if secret == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// SessionSecret returns the session's secret as the browser sent it, "" when there is none.
func (g *Gate) SessionSecret(r *http.Request) string {
	c, err := r.Cookie(g.sessionCookie())
	if err != nil {
		return ""
	}
	return c.Value
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
	return &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, Secure: g.secure(), SameSite: http.SameSiteLaxMode}
}

// Flash is one sentence for the next page: what was just done.
func (g *Gate) Flash(w http.ResponseWriter, text string) {
	http.SetCookie(w, g.Cookie("rollcall-flash", base64.RawURLEncoding.EncodeToString([]byte(text)), time.Minute))
}

// takeFlash reads the sentence and forgets it. Fragments leave it to the page around them.
func (g *Gate) takeFlash(w http.ResponseWriter, r *http.Request) string {
	c, err := r.Cookie("rollcall-flash")
	if err != nil || r.Method != http.MethodGet || r.Header.Get("HX-Request") != "" {
		return ""
	}
	text, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil || len(text) > 1000 {
		return ""
	}
	http.SetCookie(w, g.Cookie("rollcall-flash", "", 0))
	return string(text)
}

// FlashFrom returns the sentence that the page before left.
func FlashFrom(ctx context.Context) string {
	s, _ := ctx.Value(flashKey).(string)
	return s
}

// zoneOf is the zone that the browser told in a cookie.
func zoneOf(r *http.Request) *time.Location {
	c, err := r.Cookie("tz")
	if err != nil || len(c.Value) > 64 || c.Value == "Local" {
		return time.UTC
	}
	if z, err := time.LoadLocation(c.Value); err == nil {
		return z
	}
	return time.UTC
}
