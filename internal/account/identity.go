package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
)

// Identity is what an OpenID Connect provider says of somebody who has just signed in there. Issuer and
// Subject stay the same for one account; an address may change and be given to somebody else.
type Identity struct {
	Issuer, Subject string
	Email           string
	EmailVerified   bool // by the provider, or the organisation trusts its addresses (OpenID.AllowUnverifiedEmail)
}

// LinkedIdentity is an identity that belongs to somebody.
type LinkedIdentity struct {
	Issuer, Subject string
	LinkedAt        time.Time
}

// RefusedError says why somebody who signed in at a provider is not let in here, in the user's words.
// Code is stable: no_account, unverified, privileged, other_identity, deactivated, taken.
type RefusedError struct{ Code, Text string }

func (e *RefusedError) Error() string { return e.Text }

func refused(code, format string, a ...any) error {
	return &RefusedError{code, fmt.Sprintf(format, a...)}
}

// SignInIdentity opens a session for whom an identity belongs to. An identity that belongs to nobody is
// given to the person with its verified address, unless that is an owner or admin (security §3 #29), or
// somebody who has another account at that provider; nobody is ever created. *RefusedError says why not.
func (s *Service) SignInIdentity(ctx context.Context, id Identity, address, agent string) (secret string, v Viewer, err error) {
	now := s.o.Now()
	personID := ""
	err = s.write(ctx, "sign in with OpenID Connect", func(tx Tx) error {
		p, err := tx.PersonByIdentity(id.Issuer, id.Subject)
		if errors.Is(err, directory.ErrNotFound) {
			p, err = s.match(ctx, tx, id, now)
		}
		personID = p.ID
		if err != nil {
			return err
		}
		if !s.maySignIn(ctx, &p) {
			return unable(&p)
		}
		secret, v, err = s.open(tx, p, "oidc", address, agent, now)
		return err
	})
	if r, ok := errors.AsType[*RefusedError](err); ok {
		err = s.refuse(ctx, personID, fmt.Sprintf("oidc, %s, %s", r.Code, from(address)), now, err)
	}
	if err != nil {
		return "", Viewer{}, err
	}
	return secret, v, nil
}

func unable(p *Person) error {
	if p.Status == directory.Provisioned {
		return refused("deactivated", "this account can be used from %s on", p.HireDate)
	}
	return refused("deactivated", "this account is deactivated; ask an administrator")
}

// match finds the person an unknown identity belongs to, and links it. It returns the person it refuses
// too, for the audit trail.
func (s *Service) match(ctx context.Context, tx Tx, id Identity, now time.Time) (Person, error) {
	if !strings.Contains(id.Email, "@") {
		return Person{}, refused("no_account", "the provider tells no e-mail address for this account; let it release the scope \"email\"")
	}
	if !id.EmailVerified {
		return Person{}, refused("unverified", "the provider has not verified the address %s; verify it there, or ask an administrator", id.Email)
	}
	p, err := tx.PersonByEmail(id.Email)
	if errors.Is(err, directory.ErrNotFound) {
		return p, refused("no_account", "nobody here has the address %s; ask an administrator for an account", id.Email)
	}
	if err != nil {
		return p, err
	}
	if !s.maySignIn(ctx, &p) {
		return p, unable(&p)
	}
	if p.Role.Privileged() {
		return p, refused("privileged", "an %s's account is never found by its address alone; sign in with your password and link the provider in your profile first", p.Role)
	}
	linked, err := tx.IdentitiesOf(p.ID)
	if err != nil {
		return p, err
	}
	for _, l := range linked {
		if l.Issuer == id.Issuer {
			return p, refused("other_identity", "%s belongs to another account at this provider; ask an administrator", id.Email)
		}
	}
	return p, s.addIdentity(tx, p.ID, p.ID, id, "by address", now)
}

func (s *Service) addIdentity(tx Tx, actor, personID string, id Identity, how string, now time.Time) error {
	if err := tx.AddIdentity(personID, id.Issuer, id.Subject, now); err != nil {
		return err
	}
	return tx.Audit(Event{At: now, Actor: actor, Name: "identity_linked", Subject: personID, After: id.Issuer, Detail: how})
}

// LinkIdentity gives an identity to the viewer, who is signed in and has signed in at the provider too;
// the address does not matter. *RefusedError when it belongs to somebody else.
func (s *Service) LinkIdentity(ctx context.Context, v Viewer, id Identity) error {
	if v.Session == "" {
		return ErrForbidden
	}
	return s.write(ctx, "link an identity", func(tx Tx) error {
		p, err := tx.PersonByIdentity(id.Issuer, id.Subject)
		switch {
		case err == nil && p.ID == v.PersonID:
			return nil
		case err == nil:
			return refused("taken", "that account at the provider is linked to somebody else here; unlink it there first")
		case !errors.Is(err, directory.ErrNotFound):
			return err
		}
		return s.addIdentity(tx, v.Actor(), v.PersonID, id, "by the person", s.o.Now())
	})
}

// Identities returns somebody's identities.
func (s *Service) Identities(ctx context.Context, personID string) (out []LinkedIdentity, err error) {
	err = s.read(ctx, "list identities", func(tx Tx) error {
		out, err = tx.IdentitiesOf(personID)
		return err
	})
	return out, err
}

// UnlinkIdentity takes an identity from a person: their own, or of somebody not above the viewer. It is
// refused (*InputError on field "identity") for the last way to sign in of an owner.
func (s *Service) UnlinkIdentity(ctx context.Context, v Viewer, personID, issuer, subject string) error {
	return s.write(ctx, "unlink an identity", func(tx Tx) error {
		p, err := tx.Person(personID)
		if err != nil {
			return err
		}
		own := v.Session != "" && v.PersonID == personID
		if !own && (!v.May(Accounts) || rank(p.Role) > rank(v.Role)) {
			return ErrForbidden
		}
		linked, err := tx.IdentitiesOf(personID)
		if err != nil {
			return err
		}
		if p.Hash == "" && len(linked) < 2 && p.Role == directory.RoleOwner {
			return &InputError{"identity", "this is the owner's only way to sign in; set a password first"}
		}
		if err := tx.DropIdentity(personID, issuer, subject); err != nil {
			return err
		}
		return tx.Audit(Event{At: s.o.Now(), Actor: v.Actor(), Name: "identity_unlinked", Subject: personID, Before: issuer})
	})
}
