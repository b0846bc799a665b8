// Package config reads the configuration in force: file and environment merged, all faults at once. What the
// settings of a connection mean is left to policy, the flags to the commands.
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/problem"
	"github.com/rollcall-hr/rollcall/policy"
)

// DefaultFile is the file that is read when none is named and it exists.
const DefaultFile = "rollcall.yaml"

// Environment is the process's.
type Environment struct {
	Lookup func(name string) (string, bool)
	Names  []string          // of all variables; without values, so that none can be told
	Tell   func(line string) // is called for each variable ROLLCALL_… that nothing reads or that has no effect, unless Load refuses it
}

// Loaded is the configuration in force: file, environment and presets merged.
type Loaded struct {
	policy.File
	Path   string            // of the file, "" without one
	origin map[string]string // place → environment variable that supplied it
}

// Load reads the configuration (surface, "Configuration file"); all its faults come as one error. named is a file,
// "" for the usual one. It may name no connection at all.
func Load(named string, env Environment) (*Loaded, error) {
	path, data, err := env.text(named)
	if err != nil {
		env.tell(nil)
		return nil, err
	}
	l := &Loaded{Path: path, origin: map[string]string{}}
	read := map[string]bool{}
	var unreadable []policy.Fault
	var faults []policy.Fault
	l.File, faults = policy.ParseFile(data, func(place string) (string, bool) {
		read[EnvName(place)] = true
		text, variable, err := env.value(place)
		if err != nil {
			unreadable = append(unreadable, policy.Fault{Place: place, Message: err.Error()})
		}
		if variable != "" {
			l.origin[place] = variable
		}
		return text, variable != ""
	})
	faults = append(append(faults, unreadable...), networkFaults(l.Network)...)
	for i := range l.Connections {
		key := KeyVariable(&l.Connections[i])
		read[key], read[key+"_FILE"] = true, true
	}
	for _, u := range env.tell(read) {
		l.origin[u.name] = u.name
		faults = append(faults, policy.Fault{Place: u.name, Message: u.String()})
	}
	if len(faults) > 0 {
		return nil, &problem.Faults{Path: path, What: "configuration", List: faults, Origin: l.origin}
	}
	env.tellIdle(read, l)
	return l, nil
}

// text finds and reads the file. No file is no error: the environment may say everything.
func (e Environment) text(path string) (string, []byte, error) {
	named := path != ""
	if !named {
		if path, named = e.Lookup(FileVariable); !named || path == "" {
			path, named = DefaultFile, false
		}
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return "", nil, nil
	}
	if err != nil {
		return path, nil, problem.Coded("config", fmt.Errorf("read the configuration: %w", err))
	}
	return path, data, nil
}

// EnvName is the environment name of a place: ROLLCALL_ and its path in capitals with underscores.
func EnvName(place string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		case r == ']':
			return -1
		}
		return '_'
	}, place)
	return prefix + name
}

// secret reports a place whose value may also stand in a file named by …_FILE.
func secret(place string) bool { return strings.HasSuffix(place, ".password") }

// value answers for a place from the environment, with the name of the variable, "" when unset.
func (e Environment) value(place string) (text, variable string, err error) {
	name := EnvName(place)
	if text, ok := e.Lookup(name); ok {
		return text, name, nil
	}
	if !secret(place) {
		return "", "", nil
	}
	if path, ok := e.Lookup(name + "_FILE"); ok {
		text, err := SecretFile(path)
		return text, name + "_FILE", err
	}
	return "", "", nil
}

// SecretFile reads a secret without the line end that editors add.
func SecretFile(path string) (string, error) {
	data, err := os.ReadFile(path)
	return strings.TrimRight(string(data), "\r\n"), err
}

// Choose picks the connection to work on.
func (l *Loaded) Choose(name string) (*policy.Connection, error) {
	names := make([]string, len(l.Connections))
	for i := range l.Connections {
		names[i] = l.Connections[i].Name
	}
	if name == "" && len(names) == 1 {
		return &l.Connections[0], nil
	}
	if i := slices.Index(names, name); i >= 0 {
		return &l.Connections[i], nil
	}
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = fmt.Sprintf("%q", n)
	}
	if name == "" {
		return nil, problem.Usage("%s has several connections; choose one with --connection: %s", l.Path, strings.Join(quoted, ", "))
	}
	return nil, problem.Usage("%s has no connection %q; it has %s", l.Path, name, strings.Join(quoted, ", "))
}

// KeyVariable names the environment variable that holds a connection's API key.
func KeyVariable(conn *policy.Connection) string {
	if conn.BambooHR.APIKeyEnv != "" {
		return conn.BambooHR.APIKeyEnv
	}
	return "BAMBOOHR_API_KEY"
}

// Network reads an address, or a network as CIDR.
func Network(text string) (netip.Prefix, error) {
	if p, err := netip.ParsePrefix(text); err == nil {
		return p.Masked(), nil
	}
	at, err := netip.ParseAddr(text)
	if err != nil || at.Zone() != "" {
		return netip.Prefix{}, fmt.Errorf("%q is neither an address such as 10.0.0.7 nor a network such as 10.0.0.0/8", text)
	}
	return netip.PrefixFrom(at, at.BitLen()), nil
}

// networkFaults says what is wrong with network of the file.
func networkFaults(n policy.Network) (out []policy.Fault) {
	for _, text := range n.TrustedProxies {
		if _, err := Network(text); err != nil {
			out = append(out, policy.Fault{Place: "network.trusted_proxies", Message: err.Error()})
		}
	}
	return out
}
