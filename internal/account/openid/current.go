package openid

import (
	"context"
	"fmt"
	"net/url"
	"sync"

	"github.com/rollcall-hr/rollcall/internal/account"
)

// Settings tells how the organisation's provider is set up right now (account.Service).
type Settings interface {
	OpenID(ctx context.Context) (account.OpenID, bool, error)
	OpenIDSecret(ctx context.Context) (string, error)
}

// Current speaks with the provider that the settings name right now: a change counts from the next
// sign-in on. It may be used by many goroutines.
type Current struct {
	settings Settings
	o        Options

	mu       sync.Mutex
	provider *Provider
}

// NewCurrent takes everything but Settings and Secret from o.
func NewCurrent(s Settings, o Options) *Current { return &Current{settings: s, o: o} }

// get returns the provider, the same one while the settings stay as they are.
func (c *Current) get(ctx context.Context) (*Provider, error) {
	o := c.o
	var ok bool
	var err error
	if o.Settings, ok, err = c.settings.OpenID(ctx); err != nil {
		return nil, err
	}
	if !ok {
		return nil, &Error{Text: "sign-in with another provider is not set up here; use your password"}
	}
	if o.Secret, err = c.settings.OpenIDSecret(ctx); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.provider; p != nil && p.o.Settings == o.Settings && p.o.Secret == o.Secret {
		return p, nil
	}
	p, err := New(o)
	if err != nil {
		return nil, fmt.Errorf("read the sign-in settings: %w", err)
	}
	c.provider = p
	return p, nil
}

// Begin is Provider.Begin with the provider of the settings.
func (c *Current) Begin(ctx context.Context, redirectURL, personID string) (authURL, cookie string, err error) {
	p, err := c.get(ctx)
	if err != nil {
		return "", "", err
	}
	return p.Begin(ctx, redirectURL, personID)
}

// Finish is Provider.Finish with the provider of the settings.
func (c *Current) Finish(ctx context.Context, cookie string, answer url.Values) (account.Identity, string, error) {
	p, err := c.get(ctx)
	if err != nil {
		return account.Identity{}, "", err
	}
	return p.Finish(ctx, cookie, answer)
}

// Check asks a provider that is not stored yet to describe itself. *account.InputError on field "issuer".
func (c *Current) Check(ctx context.Context, settings account.OpenID) error {
	o := c.o
	o.Settings = settings
	p, err := New(o)
	if err != nil {
		return err
	}
	return p.Check(ctx)
}
