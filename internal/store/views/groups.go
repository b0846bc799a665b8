package views

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
)

// Groups returns all departments, or all teams, by name.
func (s *Store) Groups(ctx context.Context, kind directory.GroupKind) ([]GroupRow, error) {
	var out []GroupRow
	err := s.everybody(ctx, func(t tx, x *peopleIndex) error {
		groups, err := groupsOf(t, kind)
		if err != nil {
			return err
		}
		index := map[string]int{}
		for i, g := range groups {
			out = append(out, GroupRow{Group: g})
			for _, alias := range g.Aliases {
				index[directory.NameKey(alias)] = i
			}
		}
		for i, g := range groups {
			index[directory.NameKey(g.Name)] = i
		}
		column := departmentColumn
		if kind == directory.KindTeam {
			column = teamsColumn
		}
		named := make([][]int, len(x.texts[column].list)) // the groups that a text names
		for i, text := range x.texts[column].list {
			named[i] = groupsNamed(index, text)
		}
		statuses := x.texts[statusColumn].list
		for i := range x.rows {
			status := directory.Status(statuses[x.rows[i].codes[statusColumn]])
			for _, g := range named[x.rows[i].codes[column]] {
				if status != directory.Deactivated {
					out[g].People++
				}
				if status == directory.Active {
					out[g].Active++
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list %ss: %w", kind, err)
	}
	return out, nil
}

// groupsNamed returns the groups that a department or a list of teams names, each once.
func groupsNamed(index map[string]int, text string) []int {
	var out []int
	for _, name := range directory.SplitList(text) {
		if i, ok := index[directory.NameKey(name)]; ok && !slices.Contains(out, i) {
			out = append(out, i)
		}
	}
	return out
}

// groupColumn returns where people name groups of a kind; a department is a list of one.
func groupColumn(kind directory.GroupKind) (column string, field directory.Field) {
	if kind == directory.KindTeam {
		return "teams", directory.Teams
	}
	return "department", directory.Department
}

func groupsOf(t tx, kind directory.GroupKind) ([]directory.Group, error) {
	var out []directory.Group
	err := t.Each("select id, kind, name, aliases, version from groups where org = $1 and kind = $2 order by name_key", func(st stmt) error {
		g, err := scanGroup(st)
		out = append(out, g)
		return err
	}, t.Org, string(kind))
	return out, err
}

func scanGroup(st stmt) (directory.Group, error) {
	g := directory.Group{ID: st.ColText(0), Kind: directory.GroupKind(st.ColText(1)), Name: st.ColText(2), Version: st.ColInt(4)}
	if st.ColNull(3) {
		return g, nil
	}
	err := json.Unmarshal([]byte(st.ColText(3)), &g.Aliases)
	if err != nil {
		err = fmt.Errorf("aliases of %s %s: %w", g.Kind, g.ID, err)
	}
	return g, err
}

// group returns a group; directory.ErrNotFound when there is none.
func group(t tx, id string) (g directory.Group, err error) {
	found := false
	err = t.Each("select id, kind, name, aliases, version from groups where org = $1 and id = $2", func(st stmt) error {
		found = true
		g, err = scanGroup(st)
		return err
	}, t.Org, id)
	if err == nil && !found {
		err = fmt.Errorf("department or team %s: %w", id, directory.ErrNotFound)
	}
	return g, err
}

// maxCompared bounds the search for near-duplicates; the work grows with the square.
const maxCompared = 1000

// NearDuplicates returns pairs of departments, or of teams, whose names look alike, by name. They are
// never merged alone (product, "Mapping"). Among more than 1,000 it does not search: ok is false.
func (s *Store) NearDuplicates(ctx context.Context, kind directory.GroupKind) (pairs [][2]directory.Group, ok bool, err error) {
	var groups []directory.Group
	err = s.org.Read(ctx, func(t tx) error {
		groups, err = groupsOf(t, kind)
		return err
	})
	if err != nil {
		return nil, false, fmt.Errorf("compare %ss: %w", kind, err)
	}
	if len(groups) > maxCompared {
		return nil, false, nil
	}
	for i, a := range groups {
		for _, b := range groups[i+1:] {
			if plan.Alike(a.Name, b.Name) {
				pairs = append(pairs, [2]directory.Group{a, b})
			}
		}
	}
	return pairs, true, nil
}
