// Package accounts keeps passwords, sessions, links, tokens, identities and preferences of one
// organisation in the store's database. What they mean, and who may do what with them, is left to
// package account.
package accounts

import (
	"context"
	"time"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/store/internal/orgtx"
)

// Store implements account.Store.
type Store struct{ org *orgtx.Organisation }

var _ account.Store = (*Store)(nil)

// New returns the accounts of an organisation.
func New(org *orgtx.Organisation) *Store { return &Store{org} }

// Read implements account.Store.
func (s *Store) Read(ctx context.Context, f func(account.Tx) error) error {
	return s.org.Read(ctx, func(t orgtx.Tx) error { return f(tx{t}) })
}

// Write implements account.Store.
func (s *Store) Write(ctx context.Context, f func(account.Tx) error) error {
	return s.org.Write(ctx, func(t orgtx.Tx) error { return f(tx{t}) })
}

// Preference returns the JSON kept under a name; ok is false when there is none.
func (s *Store) Preference(ctx context.Context, name string) (value string, ok bool, err error) {
	err = s.Read(ctx, func(t account.Tx) error {
		value, ok, err = t.Preference(name)
		return err
	})
	return value, ok, err
}

// SetPreference keeps JSON under a name.
func (s *Store) SetPreference(ctx context.Context, name, value, by string, now time.Time) error {
	return s.Write(ctx, func(t account.Tx) error { return t.SetPreference(name, value, by, now) })
}

// tx implements account.Tx; every statement takes the organisation from it.
type tx struct{ orgtx.Tx }

// Audit implements account.Tx.
func (t tx) Audit(e account.Event) error {
	return t.Tx.Audit(orgtx.Entry{At: e.At, Actor: e.Actor, Event: e.Name, Subject: e.Subject, Before: e.Before, After: e.After, Detail: e.Detail})
}

// run executes a statement of which the number of rows does not matter.
func (t tx) run(sql string, args ...any) error {
	_, err := t.Exec(sql, args...)
	return err
}
