package config

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/adrg/strutil/metrics"

	"github.com/rollcall-hr/rollcall/policy"
)

// The variables that are no key of the file.
const (
	FileVariable     = "ROLLCALL_CONFIG"
	DataVariable     = "ROLLCALL_DATA"
	DatabaseVariable = "ROLLCALL_DATABASE_URL"
	ListenVariable   = "ROLLCALL_LISTEN"
	URLVariable      = "ROLLCALL_URL"
	MetricsVariable  = "ROLLCALL_METRICS"
)

const prefix = "ROLLCALL_"

var noKeys = []string{FileVariable, DataVariable, DatabaseVariable, ListenVariable, URLVariable, MetricsVariable}

// Variables are all that Rollcall reads, sorted, beside those that a file gives a name to: the variable of an API key,
// and those of what stands in a list or has no fixed name.
func Variables() []string {
	names := slices.Clone(noKeys)
	for _, place := range places() {
		names = append(names, EnvName(place))
		if secret(place) {
			names = append(names, EnvName(place)+"_FILE")
		}
	}
	slices.Sort(names)
	return names
}

// places are the keys that the environment can give without a file: those that the parser asks for when every section
// is begun.
func places() []string {
	asked := map[string]bool{}
	// The parser of files is asked, so that no second list of keys can fall behind.
	policy.ParseFile([]byte("{connection: {bamboohr: {subdomain: acme}}, smtp: {host: mail.acme.test, from: it@acme.test}}"), func(place string) (string, bool) {
		asked[place] = true
		return "", false
	})
	return slices.Sorted(maps.Keys(asked))
}

// unread is a variable ROLLCALL_… that nothing reads.
type unread struct {
	name  string
	meant string // the nearest name that is read, "" when none is near
}

// String says what is wrong, without the variable's name, and never with its value.
func (u unread) String() string {
	if u.meant != "" {
		return "nothing reads this variable; did you mean " + u.meant + "?"
	}
	return "nothing reads this variable; a key's is " + prefix + " and its path, such as " + EnvName("connection.time_zone") + ", and mapping, rules and lists of keys stand in the file only"
}

// fatal reports a variable that was meant for a connection: without it, a run would go by other settings than somebody
// decided. An unknown key of the file is refused for the same reason.
func (u unread) fatal() bool {
	word, _, _ := strings.Cut(strings.TrimPrefix(u.name, prefix), "_")
	return min(distance(word, "CONNECTION"), distance(word, "CONNECTIONS")) <= 2
}

// unread finds the variables that nothing reads, sorted by name; also are names that are read beside Variables.
func (e Environment) unread(also map[string]bool) (out []unread) {
	var known []string
	for _, name := range slices.Sorted(slices.Values(e.Names)) {
		if !strings.HasPrefix(name, prefix) || also[name] || slices.Contains(noKeys, name) || e.ofService(name) {
			continue
		}
		if known == nil { // hardly ever is one left to look at
			known = Variables()
		}
		if _, read := slices.BinarySearch(known, name); !read {
			out = append(out, unread{name, meant(name, known)})
		}
	}
	return out
}

// tell tells of the variables that are no reason to refuse, and returns the others.
func (e Environment) tell(also map[string]bool) (fatal []unread) {
	for _, u := range e.unread(also) {
		if u.fatal() {
			fatal = append(fatal, u)
		} else {
			e.told(u)
		}
	}
	return fatal
}

func (e Environment) told(u unread) {
	name := u.name
	if strings.ContainsFunc(name, func(r rune) bool { return !strconv.IsGraphic(r) }) {
		name = strconv.Quote(name)
	}
	e.Tell(name + ": " + u.String())
}

// tellIdle tells of the variables that are some key's, but none of this configuration's: what somebody decided there does
// not come about. asked are those that were asked for.
func (e Environment) tellIdle(asked map[string]bool, l *Loaded) {
	known := Variables()
	for _, name := range slices.Sorted(slices.Values(e.Names)) {
		_, is := slices.BinarySearch(known, name)
		if is && !slices.Contains(noKeys, name) && !asked[name] && !asked[strings.TrimSuffix(name, "_FILE")] && !e.ofService(name) {
			e.Tell(name + ": this variable has no effect here, because " + idle(name, l))
		}
	}
}

// idle says why a variable has no effect.
func idle(name string, l *Loaded) string {
	switch {
	case !strings.HasPrefix(name, EnvName("connection")):
		return "no mail server is configured (smtp.host)"
	case len(l.Connections) == 0:
		return "no connection is configured (connection.bamboohr.subdomain)"
	}
	return "the configuration has a list of connections; the variables of the first one begin with " + EnvName("connections[0]") + "_"
}

// TellOfData is for commands that read no file: it tells of variables that were meant to name the data folder.
func (e Environment) TellOfData() {
	for _, u := range e.unread(nil) {
		if u.meant == DataVariable || u.meant == DatabaseVariable {
			e.told(u)
		}
	}
}

// ofService reports a variable that Kubernetes sets in every container for a service that is called rollcall or
// rollcall-…; one of them ends in _SERVICE_HOST.
func (e Environment) ofService(name string) bool {
	return slices.ContainsFunc(e.Names, func(host string) bool {
		service, is := strings.CutSuffix(host, "_SERVICE_HOST")
		rest, of := strings.CutPrefix(name, service+"_")
		return is && of && (strings.HasPrefix(rest, "SERVICE_") || rest == "PORT" || strings.HasPrefix(rest, "PORT_"))
	})
}

// meant finds the nearest of the known names, "" when none is near. Sections that were left out, as in
// CONNECTION_SUBDOMAIN, count like one wrong letter each.
func meant(name string, known []string) string {
	best, least := "", 1+max(2, (len(name)-len(prefix))/4)
	try := func(candidate, as string, more int) {
		if d := distance(name, as) + more; d < least {
			best, least = candidate, d
		}
	}
	for _, k := range known {
		try(k, k, 0)
	}
	for _, place := range places() {
		parts := strings.Split(place, ".")
		for from := range parts {
			for to := from + 1; to < len(parts); to++ { // the last one is never left out
				kept := slices.Concat(parts[:from], parts[to:])
				try(EnvName(place), EnvName(strings.Join(kept, ".")), to-from)
			}
		}
	}
	return best
}

func distance(a, b string) int { return metrics.NewLevenshtein().Distance(a, b) }
