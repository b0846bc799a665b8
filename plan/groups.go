package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/adrg/strutil/metrics"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/policy"
)

// groups knows the departments and teams that exist and those that the plan creates.
type groups struct {
	organisation string
	modes        map[directory.GroupKind]policy.GroupMode
	existing     map[directory.Key]directory.Group // by the key of the name and of every alias
	created      map[directory.Key]*newGroup
	keys         map[groupName]directory.Key // of the names that came up; few, and each of many employees
}

type groupName struct {
	kind directory.GroupKind
	name string
}

// newGroup is a department or team that a plan creates.
type newGroup struct {
	kind  directory.GroupKind
	name  string // as the employee with the smallest id has it
	users int    // changes that need it
}

func newGroups(in Input) groups {
	g := groups{organisation: in.Organisation, existing: map[directory.Key]directory.Group{}, created: map[directory.Key]*newGroup{}, keys: map[groupName]directory.Key{},
		modes: map[directory.GroupKind]policy.GroupMode{directory.KindDepartment: in.Policy.Departments, directory.KindTeam: in.Policy.Teams}}
	for _, x := range in.Groups {
		for _, alias := range x.Aliases {
			g.existing[directory.GroupKey(x.Kind, alias)] = x
		}
	}
	for _, x := range in.Groups {
		g.existing[directory.GroupKey(x.Kind, x.Name)] = x
	}
	return g
}

// creates tells whether the settings let a run create groups of a kind (promise BW12).
func (g *groups) creates(kind directory.GroupKind) bool {
	return g.modes[kind] == policy.GroupCreate || g.modes[kind] == ""
}

// key is directory.GroupKey.
func (g *groups) key(kind directory.GroupKind, name string) directory.Key {
	key, ok := g.keys[groupName{kind, name}]
	if !ok {
		key = directory.GroupKey(kind, name)
		g.keys[groupName{kind, strings.Clone(name)}] = key
	}
	return key
}

// missing tells whether a name would have to be created.
func (g *groups) missing(kind directory.GroupKind, name string) bool {
	if name == "" || !g.creates(kind) {
		return false
	}
	_, ok := g.existing[g.key(kind, name)]
	return !ok
}

// identity is what two names of one group have in common.
func (g *groups) identity(kind directory.GroupKind, name string) string {
	key := g.key(kind, name)
	if x, ok := g.existing[key]; ok {
		return x.ID
	}
	return string(key)
}

// resolve returns the name under which a group is stored, and the key of the group when the plan has to
// create it. Without the right to create it says why not.
func (g *groups) resolve(kind directory.GroupKind, name string) (stored string, needs directory.Key, fault string) {
	key := g.key(kind, name)
	if x, ok := g.existing[key]; ok {
		return x.Name, "", ""
	}
	if x, ok := g.created[key]; ok {
		return x.name, key, ""
	}
	switch {
	case g.creates(kind):
		return name, key, ""
	case g.modes[kind] == policy.GroupAsk:
		return "", "", fmt.Sprintf("there is no %s %q yet; give it to somebody with \"rollcall person edit\" to create it, or let runs do so (setting %ss: create)%s", kind, name, kind, g.similar(kind, name))
	}
	return "", "", fmt.Sprintf("there is no %s %q, and the settings only match existing ones%s", kind, name, g.similar(kind, name))
}

// use counts a change that needs groups; the first one names a new group.
func (g *groups) use(needs []need) {
	for _, n := range needs {
		x, ok := g.created[n.key]
		if !ok {
			x = &newGroup{kind: n.kind, name: n.name}
			g.created[n.key] = x
		}
		x.users++
	}
}

// need is a group that a change needs and that does not exist yet.
type need struct {
	kind directory.GroupKind
	key  directory.Key
	name string
}

// nearDuplicate is the similarity from which two names are near-duplicates (product, "Mapping").
const nearDuplicate = 0.92

// maxComparisons bounds the search for near-duplicates; beyond it the guard stops the departments anyway.
const maxComparisons = 200_000

// Alike reports that two names of departments or teams are near-duplicates, which are shown to a human and
// never merged alone (product, "Mapping").
func Alike(a, b string) bool {
	return metrics.NewJaroWinkler().Compare(directory.NameKey(a), directory.NameKey(b)) >= nearDuplicate
}

// similar names the existing groups that look like a name, "" for none.
func (g *groups) similar(kind directory.GroupKind, name string) string {
	var near []string
	for _, x := range g.existing {
		if x.Kind == kind && Alike(name, x.Name) {
			near = append(near, x.Name)
		}
	}
	if len(near) == 0 {
		return ""
	}
	slices.Sort(near)
	near = slices.Compact(near)
	return fmt.Sprintf(" (similar: %s)", joinNames(near, len(near)))
}

// changes returns the creations, departments first, by name.
func (g *groups) changes() []Change {
	keys := make([]directory.Key, 0, len(g.created))
	for k := range g.created {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b directory.Key) int {
		return cmp.Or(cmp.Compare(rankGroup(g.created[a].kind), rankGroup(g.created[b].kind)), strings.Compare(string(a), string(b)))
	})
	out := make([]Change, len(keys))
	compare := len(keys)*len(g.existing) <= maxComparisons
	for i, k := range keys {
		out[i] = g.change(g.created[k], compare)
	}
	return out
}

func (g *groups) change(x *newGroup, compare bool) Change {
	group := directory.Group{ID: directory.GroupID(g.organisation, x.kind, x.name), Kind: x.kind, Name: x.name}
	c := Change{Action: CreateTeam, Reason: NewInHR, Name: x.name, Group: &group}
	if x.kind == directory.KindDepartment {
		c.Action, c.Kinds = CreateDepartment, KindSet(0).With(KindNewDepartments)
	}
	c.Sentence = fmt.Sprintf("The %s %s is new in BambooHR; %s.", x.kind, x.name, plural(x.users, "change needs it", "changes need it"))
	if compare {
		if near := g.similar(x.kind, x.name); near != "" {
			c.Sentence = strings.TrimSuffix(c.Sentence, ".") + near + "."
		}
	}
	return c
}

func rankGroup(k directory.GroupKind) int {
	if k == directory.KindDepartment {
		return 0
	}
	return 1
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
