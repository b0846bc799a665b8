// Package gate holds every HTTP convention of the web application: routes with the permission they ask
// for, sessions and tokens, refusal of cross-site posts, security headers, errors in the viewer's words,
// forms and flashes. What a page shows is left to internal/web/page, what JSON says to internal/web/api.
package gate

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rollcall-hr/rollcall/internal/account"
)

// Handler answers a request, or returns an error that the gate words (see Classify).
type Handler func(w http.ResponseWriter, r *http.Request) error

// Route is one address of the application. The table of all routes is what the permission test walks.
type Route struct {
	Method     string
	Path       string             // as net/http patterns: /people/{id}
	Permission account.Permission // Public: nobody has to be signed in
	Handler    Handler
}

// Public marks a route that needs no session.
const Public account.Permission = ""

// Sessions tells who makes a request (account.Service).
type Sessions interface {
	// Session returns whoever a session secret belongs to; account.ErrNoSession when nobody.
	Session(ctx context.Context, secret string) (account.Viewer, error)
	// Token does the same for an API token.
	Token(ctx context.Context, secret string) (account.Viewer, error)
}

// Gate guards the routes of one organisation.
type Gate struct {
	Sessions Sessions
	Log      *slog.Logger
	Now      func() time.Time
	// URL is the address that people use, e.g. https://rollcall.acme.test; nil when only this machine does.
	// With https, cookies are __Host- and Secure.
	URL *url.URL
	// Proxies are the networks of proxies that are believed when they say whom they bring; nil: those on this
	// machine.
	Proxies []netip.Prefix
	// Page shows an error as a page.
	Page func(w http.ResponseWriter, r *http.Request, p Problem)

	told  sync.Once      // of a proxy that is not believed
	pages *http.ServeMux // what Pages made
}

type contextKey int

const (
	viewerKey contextKey = iota
	zoneKey
	flashKey
	nonceKey
)

// ViewerFrom returns who makes the request; the zero Viewer on public routes without a session.
func ViewerFrom(ctx context.Context) account.Viewer {
	v, _ := ctx.Value(viewerKey).(account.Viewer)
	return v
}

// WithViewer is for tests.
func WithViewer(ctx context.Context, v account.Viewer) context.Context {
	return context.WithValue(ctx, viewerKey, v)
}

// ZoneFrom returns the viewer's time zone, UTC until the browser told it.
func ZoneFrom(ctx context.Context) *time.Location {
	if z, ok := ctx.Value(zoneKey).(*time.Location); ok {
		return z
	}
	return time.UTC
}

// Pages returns the browser's part: session cookies, and a redirect to the sign-in page for whoever is
// not signed in.
func (g *Gate) Pages(routes []Route) http.Handler {
	mux := http.NewServeMux()
	for _, route := range routes {
		mux.Handle(route.Method+" "+route.Path, g.page(route))
	}
	mux.Handle("/", g.page(Route{Permission: Public, Handler: func(w http.ResponseWriter, r *http.Request) error { return g.noPage(mux, w, r) }}))
	g.pages = mux
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.Page(w, r, Problem{http.StatusForbidden, "cross_site", "This request came from another site",
			"Rollcall only takes changes that are made on its own pages. Open Rollcall in a tab of its own and try again."})
	}))
	return headers(cross.Handler(mux), g.secure())
}

var errNoPage = errors.New("no such page")

// noPage answers for what no route takes, as otherwise does for programs.
func (g *Gate) noPage(mux *http.ServeMux, w http.ResponseWriter, r *http.Request) error {
	takes := methods(mux, r)
	switch {
	case len(takes) == 0:
		return errNoPage
	case allow(w, r, takes):
		return nil
	}
	p := Problem{http.StatusMethodNotAllowed, "method_not_allowed", "This address does not take " + r.Method, "Nothing was changed. It takes " + strings.Join(takes, ", ") + "."}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		p.Title, p.Detail = "There is nothing to see at this address", "It only takes what a form sends, and nothing was sent now. Go back to the page with the form."
	}
	g.Page(w, r, p)
	return nil
}

func (g *Gate) page(route Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := context.WithValue(r.Context(), zoneKey, zoneOf(r))
		ctx = context.WithValue(ctx, flashKey, g.takeFlash(w, r))
		r = r.WithContext(ctx)
		v, err := g.viewer(r)
		if err != nil {
			g.fail(w, r, err)
			return
		}
		r = r.WithContext(WithViewer(r.Context(), v))
		if route.Permission != Public {
			if v.Role == "" {
				g.toSignIn(w, r)
				return
			}
			if !v.May(route.Permission) {
				g.fail(w, r, account.ErrForbidden)
				return
			}
		}
		most := int64(maxForm)
		if route.Permission == Public || route.Permission == account.Own {
			most = maxOwnForm
		}
		r.Body = http.MaxBytesReader(w, r.Body, most)
		if err = readForm(r); err == nil {
			err = route.Handler(w, r)
		}
		if err != nil {
			g.fail(w, r, err)
		}
	})
}

// readForm reads what was posted, so that no page takes half a form, or one that did not fit, for what somebody
// typed. Files are left to their pages.
func readForm(r *http.Request) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil
	}
	err := r.ParseForm()
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return large
	}
	if err != nil {
		return &InputError{Field: "form", Text: "it cannot be read; go back and send it again"}
	}
	return nil
}

// maxForm bounds what a form may send, an imported file included; maxOwnForm what everybody's forms may, those of
// strangers among them, who must not fill the memory.
const (
	maxForm    = 8 << 20
	maxOwnForm = 64 << 10
)

func (g *Gate) viewer(r *http.Request) (account.Viewer, error) {
	secret, ok := g.CookieFrom(r, sessionCookie)
	if !ok {
		return account.Viewer{}, nil
	}
	v, err := g.Sessions.Session(r.Context(), secret)
	if errors.Is(err, account.ErrNoSession) {
		return account.Viewer{}, nil
	}
	return v, err
}

// toSignIn remembers the page that somebody was on. Whoever sent something reads that it was not taken: a session also
// ends while a form is filled in.
func (g *Gate) toSignIn(w http.ResponseWriter, r *http.Request) {
	target := "/sign-in"
	if page := g.shown(Next(pageOf(r))); page != "/" {
		target += "?next=" + url.QueryEscape(page)
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		g.FlashWarn(w, "Your session had ended, and nothing was changed. Sign in to go on.")
	}
	if r.Header.Get("HX-Request") != "" {
		w.Header().Set("HX-Redirect", target)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	http.Redirect(w, r, target, http.StatusSeeOther)
}

// shown is a page itself where it can be looked at, and the nearest page above it where it only takes what a form sends:
// a form with an error in it stands at such an address.
func (g *Gate) shown(page string) string {
	u, err := url.Parse(page)
	for err == nil && u.Path != "/" {
		if _, pattern := g.pages.Handler(&http.Request{Method: http.MethodGet, URL: u}); pattern != "/" {
			return u.RequestURI()
		}
		u = &url.URL{Path: path.Dir(u.Path)}
	}
	return "/"
}

// pageOf is the address of the page that a request is for, or comes from when it is for less than a page.
func pageOf(r *http.Request) string {
	if r.Method == http.MethodGet && r.Header.Get("HX-Request") == "" {
		return r.URL.RequestURI()
	}
	from, err := url.Parse(r.Referer())
	if err != nil || from.Host != r.Host {
		return "/"
	}
	return from.RequestURI()
}

// Next returns the page to go to after signing in: a path on this site, "/" for anything else.
func Next(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || strings.ContainsAny(raw, "\\\r\n\t") {
		return "/"
	}
	return u.RequestURI()
}

// API returns the programs' part: bearer tokens only, and errors as problem+json.
func (g *Gate) API(routes []Route) http.Handler {
	mux := http.NewServeMux()
	for _, route := range routes {
		mux.Handle(route.Method+" "+route.Path, g.api(route))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { otherwise(mux, w, r) })
	return headers(mux, g.secure())
}

// otherwise answers for what no route takes: an address that there is tells which methods it takes.
func otherwise(mux *http.ServeMux, w http.ResponseWriter, r *http.Request) {
	takes := methods(mux, r)
	if len(takes) == 0 {
		WriteProblem(w, Problem{http.StatusNotFound, "not_found", "Not found", "There is no " + r.Method + " " + r.URL.Path + "; /api/v1/openapi.json lists what there is."})
		return
	}
	if allow(w, r, takes) {
		return
	}
	WriteProblem(w, Problem{http.StatusMethodNotAllowed, "method_not_allowed", "This address does not take " + r.Method,
		r.URL.Path + " takes " + strings.Join(takes, ", ") + "; /api/v1/openapi.json tells what each does."})
}

// methods are those that an address takes, none when there is no such address.
func methods(mux *http.ServeMux, r *http.Request) []string {
	var takes []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if _, pattern := mux.Handler(&http.Request{Method: method, URL: r.URL, Host: r.Host}); pattern != "/" {
			takes = append(takes, method)
		}
	}
	return takes
}

// allow names the methods that an address takes; who asked for no more than that has the answer, and done is true.
func allow(w http.ResponseWriter, r *http.Request, takes []string) (done bool) {
	w.Header().Set("Allow", strings.Join(append(takes, http.MethodOptions), ", "))
	if r.Method == http.MethodOptions {
		w.WriteHeader(http.StatusNoContent)
	}
	return r.Method == http.MethodOptions
}

func (g *Gate) api(route Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		err := func() error {
			if route.Permission == Public {
				return route.Handler(w, r)
			}
			secret, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
			if !ok {
				return account.ErrNoSession
			}
			v, err := g.Sessions.Token(r.Context(), strings.TrimSpace(secret))
			if err != nil {
				return err
			}
			if !v.May(route.Permission) {
				return account.ErrForbidden
			}
			return route.Handler(w, r.WithContext(WithViewer(r.Context(), v)))
		}()
		if err == nil {
			return
		}
		p := Classify(err)
		switch {
		case p.Status == http.StatusUnauthorized:
			w.Header().Set("WWW-Authenticate", `Bearer realm="rollcall"`)
			p.Detail = `Send "Authorization: Bearer TOKEN" with a token that is neither over nor revoked; Settings > API tokens makes one, as does "rollcall tokens create".`
		case p.Code == "forbidden":
			p.Detail = "The role of this token does not reach so far; GET /api/v1/me tells what it may do. Settings > API tokens makes one with another role."
		}
		g.log(r, p, err)
		WriteProblem(w, p)
	})
}

func (g *Gate) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := Classify(err)
	g.log(r, p, err)
	if r.Header.Get("HX-Request") != "" && p.Status == http.StatusUnauthorized {
		g.toSignIn(w, r)
		return
	}
	g.Page(w, r, p)
}

// log keeps the operator's detail; whoever looks at the screen gets the problem's text.
func (g *Gate) log(r *http.Request, p Problem, err error) {
	if p.Status >= 500 {
		g.Log.ErrorContext(r.Context(), "request", "method", r.Method, "route", r.Pattern, "status", p.Status, "code", p.Code, "error", err)
	}
}

// Address is the network address of whoever makes the request, and that of the proxy that says so, "" for
// none. Only the proxies that the operator named are believed, and only the address that they saw themselves: the
// last one that none of them has. One in a private network that is not among them is told of once.
func (g *Gate) Address(r *http.Request) (address, through string) {
	peer, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr, ""
	}
	seen := r.Header.Values("X-Forwarded-For")
	ip, err := netip.ParseAddr(peer)
	if err != nil || len(seen) == 0 {
		return peer, ""
	}
	if !g.believes(ip) {
		if ip.IsPrivate() {
			g.told.Do(func() {
				g.Log.WarnContext(r.Context(), "a proxy is not believed when it says whom it brings, so that all its visitors count as one; name it with --trusted-proxy", "proxy", peer)
			})
		}
		return peer, ""
	}
	hops := strings.Split(strings.Join(seen, ","), ",")
	for _, hop := range slices.Backward(hops) {
		client, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			return peer, ""
		}
		if client = client.WithZone("").Unmap(); len(g.Proxies) == 0 || !g.believes(client) {
			return client.String(), peer
		}
	}
	return peer, ""
}

// believes tells whether an address is that of a proxy whose word counts.
func (g *Gate) believes(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	if len(g.Proxies) == 0 {
		return ip.IsLoopback()
	}
	return slices.ContainsFunc(g.Proxies, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// Local reports a request that a browser on this machine makes for an address of this machine: none that a
// proxy brings, and none for a name that another site points here.
func Local(r *http.Request) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip"} {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	host := (&url.URL{Host: r.Host}).Hostname()
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
