// Package openid speaks OpenID Connect with one provider: discovery, the authorization code flow with
// PKCE, state and nonce, and the check of the ID token. Whom an identity belongs to, and whether they may
// sign in, is left to package account.
package openid

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/rollcall-hr/rollcall/internal/account"
)

const (
	// flowFor is how long somebody may take to sign in at the provider.
	flowFor = 10 * time.Minute
	// describedFor is how long the provider's description of itself is good; a failure to read it is
	// remembered shortly, so that a provider that hangs is not asked for every visitor.
	describedFor = time.Hour
	failedFor    = 10 * time.Second

	requestTimeout = 10 * time.Second
	maxAnswer      = 1 << 20
	cookieRow      = "openid cookie" // what the state is sealed for
)

// Error says why a sign-in at the provider came to nothing, in a sentence for whoever signs in. What the
// provider answered is not in it (security §1.2); it is in the error that Unwrap returns.
type Error struct {
	Text  string
	Cause error
}

func (e *Error) Error() string { return e.Text }
func (e *Error) Unwrap() error { return e.Cause }

// Advice says to whoever sets the provider up why it cannot be used; of what it answered, no more than Error.
func (e *Error) Advice() string {
	if errors.Is(e.Cause, ErrPrivate) {
		return "This address is in a private network, where this server does not go. Whoever runs it can allow the host with \"rollcall serve --allow-private\"."
	}
	return "There is no OpenID Connect provider at this address. Check the issuer; it is the address before /.well-known/openid-configuration, with or without a slash at its end, as the provider writes it."
}

// Options are the parts of a Provider.
type Options struct {
	Settings account.OpenID
	Secret   string         // the client secret
	Sealer   account.Sealer // of the state that the browser keeps
	Now      func() time.Time
	Rand     io.Reader // Defaults to crypto/rand
	// Transport carries the requests; see Guarded. It must be set but with Loopback.
	Transport http.RoundTripper
	// Loopback lets the issuer be plain http on this machine; for tests only.
	Loopback bool
}

// Provider is one issuer with this application's client. It may be used by many goroutines.
type Provider struct {
	o      Options
	client *http.Client

	mu        sync.Mutex
	described *oidc.Provider
	failure   error
	until     time.Time // when the description, or the failure, is no longer good
}

// New checks the settings and builds a provider; nothing is requested yet.
func New(o Options) (*Provider, error) {
	if err := account.CheckIssuer(o.Settings.Issuer, o.Loopback); err != nil {
		return nil, err
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Transport == nil {
		if !o.Loopback {
			return nil, errors.New("there is no transport to reach a provider with")
		}
		o.Transport = http.DefaultTransport
	}
	client := &http.Client{Timeout: requestTimeout, Transport: bounded{o},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &Provider{o: o, client: client}, nil
}

// bounded requests https URLs only, and reads at most maxAnswer of an answer.
type bounded struct{ o Options }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	origin := url.URL{Scheme: r.URL.Scheme, Host: r.URL.Host}
	if err := account.CheckIssuer(origin.String(), b.o.Loopback); err != nil {
		return nil, fmt.Errorf("the provider names the address %s, which is not https", r.URL.Host)
	}
	res, err := b.o.Transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	res.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(res.Body, maxAnswer), res.Body}
	return res, nil
}

// Check reads the provider's description, for "Test sign-in" in the settings.
func (p *Provider) Check(ctx context.Context) error {
	_, err := p.describe(ctx)
	return err
}

// describe returns the provider's description of itself.
func (p *Provider) describe(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.o.Now()
	if now.Before(p.until) {
		return p.described, p.failure
	}
	d, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.o.Settings.Issuer)
	if err == nil {
		err = p.checkAuthURL(d.Endpoint().AuthURL)
	}
	if err != nil {
		if ctx.Err() != nil { // the visitor left; that says nothing of the provider
			return nil, context.Cause(ctx)
		}
		if errors.Is(err, ErrPrivate) {
			err = &Error{fmt.Sprintf("%s is in a private network, where this server does not go; whoever runs it can allow the host with \"rollcall serve --allow-private\". Sign in with your password",
				p.o.Settings.Name), err}
			p.described, p.failure, p.until = nil, err, now.Add(failedFor)
			return nil, err
		}
		err = &Error{fmt.Sprintf("%s cannot be reached or does not describe itself as %s; try again, or sign in with your password",
			p.o.Settings.Name, p.o.Settings.Issuer), err}
		p.described, p.failure, p.until = nil, err, now.Add(failedFor)
		return nil, err
	}
	p.described, p.failure, p.until = d, nil, now.Add(describedFor)
	return d, nil
}

// checkAuthURL looks at the one address that the browser and not the client visits.
func (p *Provider) checkAuthURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return fmt.Errorf("the provider names no authorization endpoint")
	}
	return account.CheckIssuer((&url.URL{Scheme: u.Scheme, Host: u.Host}).String(), p.o.Loopback)
}

// flow is what the browser keeps, sealed, while its user is at the provider.
type flow struct {
	Issuer   string    `json:"issuer"`
	Client   string    `json:"client"`
	State    string    `json:"state"`
	Nonce    string    `json:"nonce"`
	Verifier string    `json:"verifier"`
	Redirect string    `json:"redirect"`
	Person   string    `json:"person"` // who links an identity; "" to sign in
	Until    time.Time `json:"until"`
}

// Begin returns the URL to send the browser to, and the value of a cookie for it to bring back: HttpOnly,
// SameSite=Lax, ten minutes. redirectURL is where the provider sends the browser afterwards; personID is
// who wants to link an identity, "" to sign in.
func (p *Provider) Begin(ctx context.Context, redirectURL, personID string) (authURL, cookie string, err error) {
	d, err := p.describe(ctx)
	if err != nil {
		return "", "", err
	}
	f := flow{Issuer: p.o.Settings.Issuer, Client: p.o.Settings.ClientID, Redirect: redirectURL, Person: personID, Until: p.o.Now().Add(flowFor)}
	for _, v := range []*string{&f.State, &f.Nonce, &f.Verifier} {
		b := make([]byte, 32)
		if _, err := io.ReadFull(p.o.Rand, b); err != nil {
			return "", "", fmt.Errorf("draw a secret: %w", err)
		}
		*v = base64.RawURLEncoding.EncodeToString(b)
	}
	text, err := json.Marshal(f)
	if err != nil {
		return "", "", err
	}
	if cookie, err = p.o.Sealer.Seal(text, cookieRow); err != nil {
		return "", "", fmt.Errorf("seal the state of a sign-in: %w", err)
	}
	return p.config(d, redirectURL).AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)), cookie, nil
}

func (p *Provider) config(d *oidc.Provider, redirectURL string) *oauth2.Config {
	return &oauth2.Config{ClientID: p.o.Settings.ClientID, ClientSecret: p.o.Secret, Endpoint: d.Endpoint(), RedirectURL: redirectURL,
		Scopes: []string{oidc.ScopeOpenID, oidc.ScopeEmail}}
}

// Finish takes the cookie and the query that the provider sent the browser back with, and returns who
// signed in there, and who wanted to link that identity ("" for a sign-in). *Error says what went wrong.
func (p *Provider) Finish(ctx context.Context, cookie string, answer url.Values) (id account.Identity, personID string, err error) {
	f, err := p.open(cookie)
	if err != nil {
		return id, "", &Error{"this sign-in took too long, or was begun in another browser; start again", err}
	}
	if subtle.ConstantTimeCompare([]byte(f.State), []byte(answer.Get("state"))) != 1 {
		return id, "", &Error{"this answer does not belong to the sign-in that this browser began; start again", nil}
	}
	if iss := answer.Get("iss"); iss != "" && iss != p.o.Settings.Issuer {
		return id, "", &Error{"the answer comes from another provider; start again", nil}
	}
	if answer.Get("error") == "access_denied" {
		return id, "", &Error{fmt.Sprintf("%s did not let you in; you may not be assigned to this application", p.o.Settings.Name), nil}
	}
	if answer.Get("code") == "" {
		return id, "", &Error{fmt.Sprintf("%s ended the sign-in; try again", p.o.Settings.Name), nil}
	}
	d, err := p.describe(ctx)
	if err != nil {
		return id, "", err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	token, err := p.config(d, f.Redirect).Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return id, "", p.exchangeError(err)
	}
	id, err = p.identity(ctx, d, token, f.Nonce)
	if err != nil {
		return account.Identity{}, "", &Error{fmt.Sprintf("the answer of %s cannot be trusted; try again, or ask an administrator", p.o.Settings.Name), err}
	}
	return id, f.Person, nil
}

func (p *Provider) open(cookie string) (f flow, err error) {
	text, err := p.o.Sealer.Open(cookie, cookieRow)
	if err != nil {
		return f, err
	}
	if err := json.Unmarshal(text, &f); err != nil {
		return f, err
	}
	if f.State == "" || f.Issuer != p.o.Settings.Issuer || f.Client != p.o.Settings.ClientID || !p.o.Now().Before(f.Until) {
		return f, errors.New("the state is old, or of other settings")
	}
	return f, nil
}

// exchangeError words a refused code; the provider's own words stay in the cause.
func (p *Provider) exchangeError(err error) error {
	if r, ok := errors.AsType[*oauth2.RetrieveError](err); ok && (r.ErrorCode == "invalid_client" || r.ErrorCode == "unauthorized_client") {
		return &Error{fmt.Sprintf("%s refuses this application's client ID or secret; ask an owner to check the sign-in settings", p.o.Settings.Name), err}
	}
	return &Error{fmt.Sprintf("%s did not confirm the sign-in; try again", p.o.Settings.Name), err}
}

// claims are what is read of an ID token or of the user information.
type claims struct {
	Subject         string `json:"sub"`
	AuthorizedParty string `json:"azp"`
	Email           string `json:"email"`
	EmailVerified   truth  `json:"email_verified"`
}

// truth is a boolean, also as the text that some providers send.
type truth bool

// UnmarshalJSON takes true and "true"; everything else is false.
func (t *truth) UnmarshalJSON(b []byte) error {
	*t = string(b) == "true" || string(b) == `"true"`
	return nil
}

// identity checks the ID token and reads who it is about.
func (p *Provider) identity(ctx context.Context, d *oidc.Provider, token *oauth2.Token, nonce string) (id account.Identity, err error) {
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return id, errors.New("there is no ID token")
	}
	verified, err := d.Verifier(&oidc.Config{ClientID: p.o.Settings.ClientID, Now: p.o.Now}).Verify(ctx, raw)
	if err != nil {
		return id, err
	}
	if subtle.ConstantTimeCompare([]byte(verified.Nonce), []byte(nonce)) != 1 {
		return id, errors.New("the ID token is of another sign-in")
	}
	if verified.AccessTokenHash != "" {
		if err := verified.VerifyAccessToken(token.AccessToken); err != nil {
			return id, err
		}
	}
	var c claims
	if err := verified.Claims(&c); err != nil {
		return id, err
	}
	if c.Subject == "" || c.AuthorizedParty != "" && c.AuthorizedParty != p.o.Settings.ClientID {
		return id, errors.New("the ID token has no subject, or is for another application")
	}
	if c.Email == "" && d.UserInfoEndpoint() != "" {
		if c, err = userInfo(ctx, d, token, c); err != nil {
			return id, err
		}
	}
	return account.Identity{Issuer: p.o.Settings.Issuer, Subject: c.Subject, Email: c.Email,
		EmailVerified: bool(c.EmailVerified) || p.o.Settings.AllowUnverifiedEmail}, nil
}

// userInfo asks for the address that some providers leave out of the ID token.
func userInfo(ctx context.Context, d *oidc.Provider, token *oauth2.Token, c claims) (claims, error) {
	info, err := d.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return c, err
	}
	var more claims
	if err := info.Claims(&more); err != nil {
		return c, err
	}
	if more.Subject != c.Subject {
		return c, errors.New("the user information is about somebody else")
	}
	c.Email, c.EmailVerified = more.Email, more.EmailVerified
	return c, nil
}
