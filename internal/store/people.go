package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/personrow"
	"github.com/rollcall-hr/rollcall/internal/store/internal/planrow"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// ErrLastOwner refuses a human edit that would leave the organisation without an active owner.
var ErrLastOwner = errors.New("this is the last active owner; make another owner first")

// Person implements syncrun.Directory.
func (s *Store) Person(ctx context.Context, id string) (p directory.Person, err error) {
	err = s.read(ctx, func(t tx) error {
		p, err = t.person(id)
		return err
	})
	return p, err
}

// PersonsByID implements syncrun.Directory.
func (s *Store) PersonsByID(ctx context.Context, ids []string) ([]directory.Person, error) {
	out := make([]directory.Person, 0, len(ids))
	err := s.read(ctx, func(t tx) error {
		r, err := t.personReader()
		if err != nil {
			return err
		}
		for _, id := range ids {
			p, ok, err := r.byID(id)
			if err != nil {
				return err
			}
			if ok {
				out = append(out, p)
			}
		}
		return nil
	})
	return out, err
}

// PersonBySource implements syncrun.Directory.
func (s *Store) PersonBySource(ctx context.Context, connection, sourceID string) (p directory.Person, err error) {
	err = s.read(ctx, func(t tx) error {
		conn, err := t.connection(connection)
		if err != nil {
			return err
		}
		person := ""
		if id, err := personrow.SourceNumber(sourceID); err == nil {
			if person, err = t.personOf(conn, id); err != nil {
				return err
			}
		}
		if person == "" {
			return fmt.Errorf("employee %s: %w", sourceID, directory.ErrNotFound)
		}
		p, err = t.person(person)
		return err
	})
	return p, err
}

// Briefs implements syncrun.Directory.
func (s *Store) Briefs(ctx context.Context, unlinkedOnly bool) iter.Seq2[*directory.Brief, error] {
	return func(yield func(*directory.Brief, error) bool) {
		err := s.read(ctx, func(t tx) error {
			conns, err := t.connections()
			if err != nil {
				return err
			}
			where := "org = $1 and connection is null"
			if !unlinkedOnly {
				if where, err = t.asTheyLie(); err != nil {
					return err
				}
			}
			r := briefReader{connections: conns}
			return r.each(t, where, yield, t.org)
		})
		yieldError(err, yield)
	}
}

// asTheyLie is the condition for everybody on $1, the organisation. With one organisation it makes the database
// read the table's rows as they lie on the disk, which is cheaper than finding each by an index.
func (t tx) asTheyLie() (string, error) {
	others, err := t.first("select 1 from organisations where no <> $1", nil, t.org)
	if err != nil || others {
		return "org = $1", err
	}
	return "org + 0 = $1", nil // in no index
}

// AllPeople implements syncrun.Directory; people without an address come first.
func (s *Store) AllPeople(ctx context.Context) iter.Seq2[*directory.Person, error] {
	return func(yield func(*directory.Person, error) bool) {
		err := s.read(ctx, func(t tx) error {
			r, err := t.personReader()
			if err != nil {
				return err
			}
			for _, part := range []string{"is null order by id", "is not null order by email_key"} {
				if err := r.each("email_key "+part, yield); err != nil {
					return err
				}
			}
			return nil
		})
		yieldError(err, yield)
	}
}

// FindPeople implements syncrun.Directory; by is email, employee_id or name. Names and employee ids are
// looked up without an index: first loads would pay more for one than look-ups ever save.
func (s *Store) FindPeople(ctx context.Context, by, value string, limit int) ([]directory.Person, error) {
	var condition string
	switch by {
	case "email":
		condition, value = "email_key = $2", directory.EmailKey(value)
	case "employee_id":
		condition = "employee_id = $2"
	case "name":
		condition, value = "(name_key = $2 or display_name is not null)", directory.NameKey(value)
	default:
		return nil, fmt.Errorf("find people by %q: it is none of email, employee_id, name", by)
	}
	if value == "" || limit <= 0 {
		return nil, nil
	}
	var out []directory.Person
	err := s.read(ctx, func(t tx) error {
		r, err := t.personReader()
		if err != nil {
			return err
		}
		err = r.each(condition+" order by id", func(p *directory.Person, _ error) bool {
			if by == "name" && personrow.NameKey(&p.Values) != value && directory.NameKey(p.Values.Get(directory.DisplayName)) != value {
				return true
			}
			out = append(out, *p)
			return len(out) < limit
		}, value)
		if errors.Is(err, errStopped) {
			err = nil
		}
		return err
	})
	return out, err
}

// Groups implements syncrun.Directory: departments, then teams, by name.
func (s *Store) Groups(ctx context.Context) ([]directory.Group, error) {
	var out []directory.Group
	err := s.read(ctx, func(t tx) (err error) {
		out, err = t.groups()
		return err
	})
	return out, err
}

func (t tx) groups() ([]directory.Group, error) {
	var out []directory.Group
	err := t.each("select id, kind, name, aliases, version from groups where org = $1 order by kind, name_key", func(st stmt) error {
		g := directory.Group{ID: st.ColText(0), Kind: directory.GroupKind(st.ColText(1)), Name: st.ColText(2), Version: st.ColInt(4)}
		if !st.ColNull(3) {
			if err := json.Unmarshal([]byte(st.ColText(3)), &g.Aliases); err != nil {
				return fmt.Errorf("aliases of %s %s: %w", g.Kind, g.ID, err)
			}
		}
		out = append(out, g)
		return nil
	}, t.org)
	return out, err
}

// insertGroup writes a new group and returns 0 when its id or name is taken.
func (t tx) insertGroup(g *directory.Group) (int, error) {
	aliases := any(nil)
	if len(g.Aliases) > 0 {
		text, err := json.Marshal(g.Aliases)
		if err != nil {
			return 0, err
		}
		aliases = string(text)
	}
	return t.exec("insert into groups (org, id, kind, name, name_key, aliases, version) values ($1, $2, $3, $4, $5, $6, 1) on conflict do nothing",
		t.org, g.ID, string(g.Kind), g.Name, directory.NameKey(g.Name), aliases)
}

// Owners implements syncrun.Directory: the ids of active owners, only those who can sign in where one can.
func (s *Store) Owners(ctx context.Context) ([]string, error) {
	var all, able []string
	err := s.read(ctx, func(t tx) error {
		return t.each("select id, "+signsIn+" from people where org = $1 and role = 'owner' and status = 'active' order by id", func(st stmt) error {
			all = append(all, st.ColText(0))
			if st.ColInt(1) != 0 {
				able = append(able, st.ColText(0))
			}
			return nil
		}, t.org)
	})
	if len(able) > 0 {
		return able, err
	}
	return all, err
}

// SavePerson implements syncrun.Directory. A deactivation keeps the state before it; departments and teams
// that the person names come into being.
func (s *Store) SavePerson(ctx context.Context, p directory.Person, change plan.Change, actor string, now time.Time) (directory.Person, error) {
	people := []directory.Person{p}
	_, err := s.SavePeople(ctx, people, []plan.Change{change}, actor, now)
	if err != nil {
		return directory.Person{}, err
	}
	return people[0], nil
}

// SavePeople implements syncrun.Directory.
func (s *Store) SavePeople(ctx context.Context, people []directory.Person, changes []plan.Change, actor string, now time.Time) (failed int, err error) {
	saved := slices.Clone(people)
	err = s.write(ctx, func(t tx) error {
		for i := range people {
			saved[i] = people[i]
			if err := t.savePerson(&saved[i], changes[i], actor, now); err != nil {
				failed = i
				return fmt.Errorf("save person %s: %w", people[i].ID, err)
			}
		}
		for i := range people {
			if people[i].Version == 0 || !drawsLine(&changes[i]) {
				continue
			}
			if err := t.keepLines([]string{people[i].ID}); err != nil {
				failed = i
				return fmt.Errorf("save person %s: %w", people[i].ID, err)
			}
		}
		return nil
	})
	if err == nil {
		copy(people, saved)
	}
	return failed, err
}

func (t tx) savePerson(p *directory.Person, change plan.Change, actor string, now time.Time) error {
	read := p.Version
	p.Version, p.UpdatedAt = read+1, now
	conn := int64(0)
	if p.Link != nil {
		var err error
		if conn, err = t.connection(p.Link.Connection); err != nil {
			return err
		}
	}
	if err := t.free(p); err != nil {
		return err
	}
	if read > 0 {
		if err := t.replacePerson(p, read, conn); err != nil {
			return err
		}
		return t.recordEdit(p, change, actor, now)
	}
	if p.CreatedAt.IsZero() {
		p.CreatedAt = now
	}
	if _, err := t.insertPerson(p, conn); errors.Is(err, sqldb.ErrUnique) {
		return &syncrun.StaleRecordError{Key: directory.PersonKey(p.ID)}
	} else if err != nil {
		return err
	}
	return t.recordEdit(p, change, actor, now)
}

// replacePerson writes a person over the version that was read.
func (t tx) replacePerson(p *directory.Person, read, conn int64) error {
	old, err := t.person(p.ID)
	if err != nil {
		return err
	}
	if old.Version != read {
		return &syncrun.StaleRecordError{Key: directory.PersonKey(p.ID)}
	}
	if p.Status == directory.Deactivated && old.Status != directory.Deactivated && p.PreviousStatus == "" {
		p.PreviousStatus = old.Status
	}
	if _, err := t.updatePerson(p, conn); err != nil {
		return err
	}
	if key := directory.EmailKey(p.Values.Get(directory.Email)); key != directory.EmailKey(old.Values.Get(directory.Email)) {
		if err := t.setEmailKey(p.ID, key); err != nil {
			return err
		}
	}
	if was, is := activeOwner(&old), activeOwner(p); was && !is {
		left, err := t.ownersLeft()
		if err == nil && !left {
			err = ErrLastOwner
		}
		return err
	}
	return nil
}

func activeOwner(p *directory.Person) bool {
	return p.Role == directory.RoleOwner && p.Status == directory.Active
}

// free refuses an address that is another person's.
func (t tx) free(p *directory.Person) error {
	email := p.Values.Get(directory.Email)
	owner := ""
	_, err := t.first("select id from people where org = $1 and email_key = $2", func(st stmt) { owner = st.ColText(0) },
		t.org, sqldb.Optional(directory.EmailKey(email)))
	if err == nil && owner != "" && owner != p.ID {
		err = &syncrun.ConflictError{Field: directory.Email, Value: email, Owner: owner}
	}
	return err
}

// recordEdit writes what goes with a human edit: audit, history, groups, and the next run's second look.
func (t tx) recordEdit(p *directory.Person, change plan.Change, actor string, now time.Time) error {
	if err := t.audit(AuditEntry{At: now, Actor: actor, Event: "save_person", Subject: p.ID, Before: string(change.StatusBefore),
		After: string(p.Status), Detail: fmt.Sprintf("%s, version %d", change.Action, p.Version)}); err != nil {
		return err
	}
	seq, err := t.auditSeq()
	if err != nil {
		return err
	}
	if _, err := t.exec("insert into edits (org, person_id, version, at, actor, audit, body) values ($1, $2, $3, $4, $5, $6, $7)",
		t.org, p.ID, p.Version, now, actor, seq, planrow.PackEdit(&change)); err != nil {
		return err
	}
	if err := t.ensureGroups(p); err != nil {
		return err
	}
	return t.unclean(p.Link)
}

// ensureGroups creates the department and the teams that a human gave somebody, unless a group has that
// name or alias.
func (t tx) ensureGroups(p *directory.Person) error {
	names := map[directory.Key]directory.Group{}
	add := func(kind directory.GroupKind, name string) {
		if directory.NameKey(name) != "" {
			names[directory.GroupKey(kind, name)] = directory.Group{ID: directory.GroupID(t.orgID, kind, name), Kind: kind, Name: name}
		}
	}
	add(directory.KindDepartment, p.Values.Get(directory.Department))
	for _, name := range p.Values.List(directory.Teams) {
		add(directory.KindTeam, name)
	}
	if len(names) == 0 {
		return nil
	}
	groups, err := t.groups()
	if err != nil {
		return err
	}
	for _, g := range groups {
		delete(names, directory.GroupKey(g.Kind, g.Name))
		for _, alias := range g.Aliases {
			delete(names, directory.GroupKey(g.Kind, alias))
		}
	}
	for _, g := range names {
		if _, err := t.insertGroup(&g); err != nil {
			return err
		}
	}
	return nil
}
