package account

import (
	"context"
	"fmt"
	"slices"

	"github.com/rollcall-hr/rollcall/directory"
)

// SetRole gives somebody another role, which ends their sessions, tokens and links to set a password.
// ErrForbidden unless the viewer may give both the old role and the new one, or steps down; ErrLastOwner
// when nobody who can sign in would be an owner any more; *InputError on field "role" for none of Roles.
func (s *Service) SetRole(ctx context.Context, by Viewer, personID string, role directory.Role) error {
	if !slices.Contains(Roles(), role) {
		return &InputError{"role", fmt.Sprintf("%q is no role; the roles are owner, admin, operator, auditor and member", role)}
	}
	if !by.May(Accounts) {
		return ErrForbidden
	}
	now := s.o.Now()
	return s.write(ctx, "change a role", func(tx Tx) error {
		p, err := tx.Person(personID)
		if err != nil {
			return err
		}
		down := by.is(p.ID) && rank(role) <= rank(p.Role)
		if !down && (!by.MayGive(p.Role) || !by.MayGive(role)) {
			return ErrForbidden
		}
		if p.Role == role {
			return nil
		}
		if p.Role == directory.RoleOwner {
			if err := keepsOwner(tx, &p); err != nil {
				return err
			}
		}
		if err := tx.ChangePerson(p, p.Status, role, by.Actor(), fmt.Sprintf("the role was changed from %s to %s", p.Role, role), now); err != nil {
			return err
		}
		if err := tx.DropLinks(p.ID); err != nil { // made for an account that was worth less
			return err
		}
		return tx.Audit(Event{At: now, Actor: by.Actor(), Name: "role_changed", Subject: p.ID, Before: string(p.Role), After: string(role)})
	})
}

// KeepsOwner says ErrLastOwner when the organisation would lose its last owner who can sign in, were
// this person deactivated or given another role.
func (s *Service) KeepsOwner(ctx context.Context, personID string) error {
	return s.read(ctx, "look for another owner", func(tx Tx) error {
		p, err := tx.Person(personID)
		if err != nil || p.Role != directory.RoleOwner {
			return err
		}
		return keepsOwner(tx, &p)
	})
}

// keepsOwner looks for an owner beside p: one who can sign in when p can, else any active one.
func keepsOwner(tx Tx, p *Person) error {
	if p.Status != directory.Active {
		return nil
	}
	able, err := signsIn(tx, p)
	if err != nil {
		return err
	}
	owners, err := tx.Owners()
	if err != nil {
		return err
	}
	for i := range owners {
		if owners[i].ID == p.ID {
			continue
		}
		other, err := signsIn(tx, &owners[i])
		if err != nil {
			return err
		}
		if other || !able {
			return nil
		}
	}
	return ErrLastOwner
}
