package account

import (
	"context"
	"errors"

	"github.com/rollcall-hr/rollcall/directory"
)

// NeedsOwner reports a first start: nobody can sign in yet. Once anybody has had a password or an
// identity it is over for good, so that no later state of the directory opens it to a stranger.
func (s *Service) NeedsOwner(ctx context.Context) (bool, error) {
	some := false
	err := s.read(ctx, "look for an owner", func(tx Tx) (err error) {
		some, err = tx.AnybodySignsIn()
		return err
	})
	return !some, err
}

// Owner is who becomes an owner.
type Owner struct{ Email, Name, Password string }

// CreateOwner makes the first owner and returns the person's id: ErrOwnerExists once anybody can sign
// in, *InputError on email, name or password. An address that the directory knows already makes that
// person the owner.
func (s *Service) CreateOwner(ctx context.Context, o Owner, address string) (string, error) {
	if needed, err := s.NeedsOwner(ctx); err != nil {
		return "", err
	} else if !needed {
		return "", ErrOwnerExists
	}
	id, _, err := s.createOwner(ctx, Viewer{}, o, from(address))
	return id, err
}

// CreateOwnerByOperator makes an owner, or makes an owner of the person with that address, and sets the
// password; created tells which. It is the way back in when nobody can sign in any more.
func (s *Service) CreateOwnerByOperator(ctx context.Context, by Viewer, o Owner) (personID string, created bool, err error) {
	if by.Operator == "" {
		return "", false, ErrForbidden
	}
	return s.createOwner(ctx, by, o, "")
}

func (s *Service) createOwner(ctx context.Context, by Viewer, o Owner, detail string) (personID string, created bool, err error) {
	if o.Email, err = checkEmail(o.Email); err != nil {
		return "", false, err
	}
	if o.Name, err = checkName("name", o.Name); err != nil {
		return "", false, err
	}
	if err := CheckPassword(o.Password, o.Email, o.Name); err != nil {
		return "", false, err
	}
	hash, err := s.hash(ctx, o.Password)
	if err != nil {
		return "", false, err
	}
	fresh, err := s.id("p")
	if err != nil {
		return "", false, err
	}
	now := s.o.Now()
	err = s.write(ctx, "create the owner", func(tx Tx) error {
		if by.Operator == "" {
			if some, err := tx.AnybodySignsIn(); err != nil {
				return err
			} else if some {
				return ErrOwnerExists
			}
		}
		p, err := tx.PersonByEmail(o.Email)
		if created = errors.Is(err, directory.ErrNotFound); created {
			p = Person{ID: fresh}
			err = tx.CreatePerson(ownerPerson(p.ID, o, s), ownerActor(by, p.ID), "the owner was created")
		} else if err == nil {
			err = promote(tx, p, ownerActor(by, p.ID), s)
		}
		if err != nil {
			return err
		}
		personID = p.ID
		if err := setPassword(tx, p.ID, hash, "", now); err != nil {
			return err
		}
		return tx.Audit(Event{At: now, Actor: ownerActor(by, p.ID), Name: "owner_created", Subject: p.ID,
			Before: string(p.Role), After: string(directory.RoleOwner), Detail: detail})
	})
	return personID, created, err
}

// ownerActor is who made an owner: the first one makes themselves.
func ownerActor(by Viewer, personID string) string {
	if by.Operator != "" {
		return by.Operator
	}
	return personID
}

func ownerPerson(id string, o Owner, s *Service) directory.Person {
	p := directory.Person{ID: id, Status: directory.Active, Role: directory.RoleOwner, CreatedAt: s.o.Now()}
	p.Values.Set(directory.Email, directory.KindText, o.Email)
	if o.Name != "" {
		p.Values.Set(directory.DisplayName, directory.KindText, o.Name)
	}
	return p
}

// promote makes an active owner of somebody who is in the directory.
func promote(tx Tx, p Person, actor string, s *Service) error {
	if p.Status == directory.Deactivated {
		return &InputError{"email", "this person is deactivated; reactivate them first, or use another address"}
	}
	if p.Status == directory.Active && p.Role == directory.RoleOwner {
		return nil
	}
	return tx.ChangePerson(p, directory.Active, directory.RoleOwner, actor, "this person was made an owner", s.o.Now())
}
