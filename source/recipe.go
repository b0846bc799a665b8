package source

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/policy"
)

// Recipe tells, click by click, how to make a BambooHR key that can read exactly what these settings
// need: the access level, the non-employee user and the key (promises AY6–AY8, AL5–AL10, PM1–PM10,
// SI6). It needs no key, so a set-up page can show it first. aliases are what Resolve answered; nil is
// good enough.
func Recipe(conn *policy.Connection, aliases map[string]string) []string {
	steps := []string{
		`In BambooHR open Settings > Access Levels > + > Custom Access Level and name it "Rollcall".`,
		`On "What this Access Level Can Do" leave everything off` + reporting(conn) + `.`,
	}
	var custom []string
	for _, tab := range []string{"Personal", "Job"} {
		if sections := tabSections(tab, conn, aliases); len(sections) > 0 {
			steps = append(steps, fmt.Sprintf(`On "What this Access Level Can See", tab %s, give View Only to: %s.`, tab, strings.Join(sections, "; ")))
		}
	}
	known := columnsByAlias()
	for _, f := range policy.SourceFields(*conn) {
		name, named := policy.SourceField(f).Name()
		if alias := aliases[f]; named && known[alias].tab == "" || !named && strings.HasPrefix(f, "custom") {
			custom = append(custom, cmp.Or(name, f))
		}
	}
	if len(custom) > 0 {
		steps = append(steps, "On the same page, wherever your account shows them, give View Only to your own fields: "+strings.Join(custom, ", ")+".")
	}
	return append(steps,
		`On "can access the information below for" choose All Employees, inactive ones included: whom the key cannot see looks gone.`,
		`If the key's user is an employee, give the level the same under "See about themselves", Status above all: BambooHR hides one's own status otherwise. A non-employee user avoids it.`,
		`On the new access level click the gear > Add a Non-Employee BambooHR User: first name, last name and an e-mail address you can read (an alias such as you+rollcall@example.com is fine), and give the user this access level.`,
		`Sign in to BambooHR as that user, so that the key has this access and no more. Click the name or picture (upper right, on newer pages lower left) > "API Keys" or "My Devices & API Keys" > Add New Key, name it "Rollcall", and click Generate Key.`,
		`Copy the key into Rollcall at once: BambooHR shows it only now and cannot show it again. Do not mail it.`,
		`Full Admins and Account Owners see the key, and can revoke it, under Settings > Account > API Management.`,
	)
}

func reporting(conn *policy.Connection) string {
	if conn.BambooHR.Reader == policy.ReaderReport {
		return ""
	}
	return ", except access to reports (BambooHR's datasets need it)"
}

// tabSections lists what a tab has to show, by section, in the order of the page.
func tabSections(tab string, conn *policy.Connection, aliases map[string]string) []string {
	want := needed(conn, aliases)
	type section struct {
		name   string
		fields []string
	}
	var sections []section
	for _, c := range columns() {
		if c.tab != tab || !want[c.alias] {
			continue
		}
		i := slices.IndexFunc(sections, func(s section) bool { return s.name == c.section })
		if i < 0 {
			i = len(sections)
			sections = append(sections, section{name: c.section})
		}
		name, _, _ := strings.Cut(c.name, " (") // "Reports To (EEID)" is one right with "Reports To"
		if !slices.Contains(sections[i].fields, name) {
			sections[i].fields = append(sections[i].fields, name)
		}
	}
	out := make([]string, len(sections))
	for i, s := range sections {
		out[i] = strings.Join(s.fields, ", ")
		if s.name != "" {
			out[i] = s.name + ": " + out[i]
		}
	}
	if tab == "Personal" && conn.Pictures {
		out = append(out, "Photo")
	}
	return out
}

// needed are the aliases whose rights the settings need.
func needed(conn *policy.Connection, aliases map[string]string) map[string]bool {
	want := map[string]bool{}
	for _, f := range policy.SourceFields(*conn) {
		want[cmp.Or(aliases[f], f)] = true
	}
	for composed, parts := range map[string][]string{
		"displayName": {"firstName", "lastName", "preferredName"},
		"fullName1":   {"firstName", "lastName"},
		"fullName2":   {"firstName", "lastName"},
		"bestEmail":   {"workEmail", "homeEmail"},
		"birthday":    {"dateOfBirth"},
	} {
		if want[composed] {
			delete(want, composed)
			for _, p := range parts {
				want[p] = true
			}
		}
	}
	return want
}
