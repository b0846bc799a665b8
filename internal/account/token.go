package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
)

// tokenPrefix lets people and secret scanners know a token when they see one.
const tokenPrefix = "rct_"

// NewToken is a token to be made; Expires zero means never.
type NewToken struct {
	Name    string
	Role    directory.Role
	Expires time.Time
}

// CreateToken makes an API token that acts with a role, never above the maker's, and returns its secret,
// which nobody can see again. Only people and the operator make tokens: a token that makes others would
// outlive its own end. ErrForbidden; *InputError on name, role or expires.
func (s *Service) CreateToken(ctx context.Context, by Viewer, n NewToken) (Token, string, error) {
	if !by.May(Accounts) || by.TokenID != "" {
		return Token{}, "", ErrForbidden
	}
	now := s.o.Now()
	name, err := checkName("name", n.Name)
	switch wrong := directory.WrongEnd(n.Expires, now); {
	case err != nil:
		return Token{}, "", err
	case name == "":
		return Token{}, "", &InputError{"name", "give the token a name that says what uses it"}
	case rank(n.Role) == 0:
		return Token{}, "", &InputError{"role", fmt.Sprintf("%q is no role; the roles are owner, admin, operator, auditor and member", n.Role)}
	case rank(n.Role) > rank(by.Role):
		return Token{}, "", &InputError{"role", "a token cannot have a role above your own"}
	case wrong != "":
		return Token{}, "", &InputError{"expires", "the token " + wrong}
	}
	id, err := s.id("tok")
	if err != nil {
		return Token{}, "", err
	}
	secret, h, err := s.tokenSecret()
	if err != nil {
		return Token{}, "", err
	}
	t := Token{ID: id, Name: name, Role: n.Role, PersonID: by.PersonID, CreatedBy: by.Actor(), CreatedAt: now, ExpiresAt: n.Expires}
	err = s.write(ctx, "create the token", func(tx Tx) error {
		if by.PersonID != "" {
			p, err := tx.Person(by.PersonID)
			if err != nil {
				return err
			}
			if p.Status != directory.Active || p.Role != by.Role { // changed since the request began
				return ErrForbidden
			}
		}
		if err := tx.AddToken(h, t); err != nil {
			return err
		}
		return tx.Audit(Event{At: now, Actor: by.Actor(), Name: "token_created", Subject: t.ID, After: string(t.Role), Detail: name})
	})
	if err != nil {
		return Token{}, "", err
	}
	return t, secret, nil
}

// Token returns who acts with a token: ErrNoSession when it is unknown, over or revoked, and when its
// person was deactivated or has another role by now.
func (s *Service) Token(ctx context.Context, secret string) (Viewer, error) {
	h, ok := hashed(secret)
	if !ok || !strings.HasPrefix(secret, tokenPrefix) {
		return Viewer{}, ErrNoSession
	}
	now := s.o.Now()
	var t Token
	err := s.read(ctx, "read the token", func(tx Tx) (err error) {
		if t, err = tx.TokenByHash(h); err == nil && t.PersonID != "" {
			var p Person
			if p, err = tx.Person(t.PersonID); err == nil && (p.Status != directory.Active || rank(t.Role) > rank(p.Role)) {
				return ErrNoSession
			}
		}
		if errors.Is(err, directory.ErrNotFound) {
			return ErrNoSession
		}
		return err
	})
	if err != nil {
		return Viewer{}, err
	}
	if !t.ExpiresAt.IsZero() && !now.Before(t.ExpiresAt) {
		return Viewer{}, ErrNoSession
	}
	if gone := now.Sub(t.UsedAt); gone >= seenEvery || gone < 0 {
		// As with sessions: what cannot be noted must not refuse a request.
		_ = s.o.Store.Write(ctx, func(tx Tx) error { return tx.UseToken(t.ID, now) })
	}
	return Viewer{PersonID: t.PersonID, Name: t.Name, Role: t.Role, TokenID: t.ID}, nil
}

// Tokens returns all tokens of the organisation, the newest first.
func (s *Service) Tokens(ctx context.Context) (out []Token, err error) {
	err = s.read(ctx, "list tokens", func(tx Tx) error {
		out, err = tx.Tokens()
		return err
	})
	return out, err
}

// RevokeToken ends a token at once. ErrForbidden for one above the viewer's role; an unknown one is
// directory.ErrNotFound.
func (s *Service) RevokeToken(ctx context.Context, by Viewer, id string) error {
	return s.write(ctx, "revoke token "+short(id), func(tx Tx) error {
		t, err := tx.Token(id)
		if err != nil {
			return err
		}
		own := by.TokenID == id || by.TokenID == "" && t.PersonID != "" && t.PersonID == by.PersonID
		if !own && (!by.May(Accounts) || rank(t.Role) > rank(by.Role)) {
			return ErrForbidden
		}
		if err := tx.DropToken(id); err != nil {
			return err
		}
		return tx.Audit(Event{At: s.o.Now(), Actor: by.Actor(), Name: "token_revoked", Subject: id, Before: string(t.Role), Detail: t.Name})
	})
}
