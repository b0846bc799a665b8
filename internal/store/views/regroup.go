package views

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/linkpage"
	"github.com/rollcall-hr/rollcall/internal/store/internal/orgtx"
	"github.com/rollcall-hr/rollcall/internal/store/internal/personrow"
	"github.com/rollcall-hr/rollcall/internal/store/internal/planrow"
	"github.com/rollcall-hr/rollcall/plan"
)

// MergeGroups makes one department or team a part of another of its kind: its people move, and its name
// and aliases become aliases of the other, so that runs keep them together. directory.ErrNotFound when
// one of the two is missing.
func (s *Store) MergeGroups(ctx context.Context, from, into, actor string, now time.Time) (Regrouped, error) {
	var out Regrouped
	err := s.org.Write(ctx, func(t tx) error {
		old, err := group(t, from)
		if err != nil {
			return err
		}
		g, err := group(t, into)
		if err != nil {
			return err
		}
		if old.ID == g.ID || old.Kind != g.Kind {
			return fmt.Errorf("%s %q cannot become a part of %s %q; choose another one of the same kind", old.Kind, old.Name, g.Kind, g.Name)
		}
		if _, err := t.Exec("delete from groups where org = $1 and id = $2", t.Org, old.ID); err != nil {
			return err
		}
		r := regroup{t: t, actor: actor, now: now, group: g, sentence: fmt.Sprintf("%s was merged into %s", old.Name, g.Name)}
		out, err = r.do(orgtx.Entry{Event: "merge_groups", Before: old.ID, After: g.ID}, append(old.Aliases, old.Name))
		return err
	})
	if err != nil {
		return Regrouped{}, fmt.Errorf("merge %s into %s: %w", from, into, err)
	}
	return out, nil
}

// RenameGroup gives a department or team another name. Its identity stays, and the old name becomes an
// alias, because BambooHR still says the old one. *NameTakenError when another one of its kind has the
// name; directory.ErrNotFound when it is missing.
func (s *Store) RenameGroup(ctx context.Context, id, name, actor string, now time.Time) (Regrouped, error) {
	var out Regrouped
	name, _ = directory.CleanText(name)
	if directory.NameKey(name) == "" || utf8.RuneCountInString(name) > directory.MaxText {
		return out, fmt.Errorf("a name needs 1 to %d characters", directory.MaxText)
	}
	err := s.org.Write(ctx, func(t tx) error {
		g, err := group(t, id)
		if err != nil {
			return err
		}
		groups, err := groupsOf(t, g.Kind)
		if err != nil {
			return err
		}
		for _, x := range groups {
			if x.ID != g.ID && slices.ContainsFunc(append(x.Aliases, x.Name), sameName(name)) {
				return &NameTakenError{Group: x}
			}
		}
		old := g.Name
		g.Name = name
		r := regroup{t: t, actor: actor, now: now, group: g, sentence: fmt.Sprintf("%s was renamed to %s", old, name)}
		out, err = r.do(orgtx.Entry{Event: "rename_group", Before: id, After: id}, []string{old})
		return err
	})
	if taken := (*NameTakenError)(nil); errors.As(err, &taken) {
		return Regrouped{}, taken
	}
	if err != nil {
		return Regrouped{}, fmt.Errorf("rename %s: %w", id, err)
	}
	return out, nil
}

func sameName(name string) func(string) bool {
	key := directory.NameKey(name)
	return func(other string) bool { return directory.NameKey(other) == key }
}

// regroup writes a group that has got further names, and the people who have them.
type regroup struct {
	t        tx
	actor    string
	now      time.Time
	group    directory.Group // with its new name
	sentence string          // for the people's history
	audit    int64
}

func (r *regroup) do(entry orgtx.Entry, further []string) (Regrouped, error) {
	if err := r.save(further); err != nil {
		return Regrouped{}, err
	}
	people, err := r.people()
	if err != nil {
		return Regrouped{}, err
	}
	entry.At, entry.Actor, entry.Subject = r.now, r.actor, r.group.ID
	entry.Detail = fmt.Sprintf("%s; people of this %s: %d", r.sentence, r.group.Kind, len(people)) // names, which ids lose
	if err := r.t.Audit(entry); err != nil {
		return Regrouped{}, err
	}
	if _, err := r.t.First("select max(seq) from audit where org = $1", func(st stmt) { r.audit = st.ColInt(0) }, r.t.Org); err != nil {
		return Regrouped{}, err
	}
	conns := map[string]int64{}
	if err := r.t.Each("select id, no from connections where org = $1", func(st stmt) error {
		conns[st.ColText(0)] = st.ColInt(1)
		return nil
	}, r.t.Org); err != nil {
		return Regrouped{}, err
	}
	for i := range people {
		if err := r.move(&people[i], conns); err != nil {
			return Regrouped{}, err
		}
	}
	return Regrouped{Group: r.group, Moved: len(people)}, nil
}

// save writes the group with its aliases: none twice, none that is its name.
func (r *regroup) save(further []string) error {
	var aliases []string
	for _, alias := range append(slices.Clone(r.group.Aliases), further...) {
		if same := sameName(alias); !same(r.group.Name) && !slices.ContainsFunc(aliases, same) {
			aliases = append(aliases, alias)
		}
	}
	r.group.Aliases = aliases
	r.group.Version++
	stored := any(nil)
	if len(aliases) > 0 {
		text, err := json.Marshal(aliases)
		if err != nil {
			return err
		}
		stored = string(text)
	}
	_, err := r.t.Exec("update groups set name = $1, name_key = $2, aliases = $3, version = $4 where org = $5 and id = $6",
		r.group.Name, directory.NameKey(r.group.Name), stored, r.group.Version, r.t.Org, r.group.ID)
	return err
}

// rewrite returns a department or list of teams in which every name of the group is its first.
func (r *regroup) rewrite(text string) string {
	var out []string
	for _, name := range directory.SplitList(text) {
		same := sameName(name)
		if same(r.group.Name) || slices.ContainsFunc(r.group.Aliases, same) {
			name = r.group.Name
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return directory.JoinList(out)
}

// people returns everybody whose record names the group otherwise than it is called now.
func (r *regroup) people() ([]directory.Person, error) {
	column, _ := groupColumn(r.group.Kind)
	var texts []string
	if err := r.t.Each("select distinct "+column+" from people where org = $1 and "+column+" is not null order by "+column, func(st stmt) error {
		if text := st.ColText(0); r.rewrite(text) != text {
			texts = append(texts, text)
		}
		return nil
	}, r.t.Org); err != nil {
		return nil, err
	}
	conns, err := connections(r.t)
	if err != nil {
		return nil, err
	}
	reader := personrow.NewReader(conns)
	var out []directory.Person
	for _, text := range texts {
		if err := r.t.Each("select "+personrow.Columns+" from people where org = $1 and "+column+" = $2 order by id", func(st stmt) error {
			out = append(out, directory.Person{})
			return reader.Scan(st, &out[len(out)-1])
		}, r.t.Org, text); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// move writes the group's name into a person's record and history, and has the next run look at them.
func (r *regroup) move(p *directory.Person, conns map[string]int64) error {
	column, field := groupColumn(r.group.Kind)
	before := p.Values.Get(field)
	after := r.rewrite(before)
	email := p.Values.Get(directory.Email)
	change := plan.Change{Action: plan.Update, Reason: plan.FieldChanged, Sentence: r.sentence, PersonID: p.ID, Email: email, Version: p.Version,
		Name:         personrow.DisplayName(p.Values.Get(directory.DisplayName), p.Values.Get(directory.FirstName), p.Values.Get(directory.LastName), email),
		StatusBefore: p.Status, StatusAfter: p.Status,
		Fields: []plan.FieldChange{{Field: field, Kind: field.Kind(), Before: before, After: after}}}
	if _, err := r.t.Exec("update people set "+column+" = $1, version = $2, updated_at = $3 where org = $4 and id = $5",
		after, p.Version+1, r.now, r.t.Org, p.ID); err != nil {
		return err
	}
	if _, err := r.t.Exec("insert into edits (org, person_id, version, at, actor, audit, body) values ($1, $2, $3, $4, $5, $6, $7)",
		r.t.Org, p.ID, p.Version+1, r.now, r.actor, r.audit, planrow.PackEdit(&change)); err != nil {
		return err
	}
	if p.Link == nil {
		return nil
	}
	source, err := personrow.SourceNumber(p.Link.SourceID)
	if err != nil {
		return err
	}
	return linkpage.Unclean(r.t, r.t.Org, conns[p.Link.Connection], source, r.audit)
}
