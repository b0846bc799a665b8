package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/adrg/strutil"
	"github.com/adrg/strutil/metrics"
	"go.yaml.in/yaml/v4"
)

// maxDocument bounds the text of settings; the largest real ones are a few kilobytes.
const maxDocument = 1 << 20

// origin says where settings come from, and so what they may say.
type origin uint8

const (
	fromOperator origin = iota // the operator's file: everything
	fromTenant                 // import by web or API: no operator-only keys
	fromPatch                  // as fromTenant, laid over existing settings
	fromPreset                 // embedded: no check that needs the whole
)

// reader walks a document and gathers every fault on the way.
type reader struct {
	origin origin
	env    func(place string) (string, bool)
	faults []Fault
	lines  map[string]int // place → line, for faults found after the walk
}

func newReader(o origin, env func(string) (string, bool)) *reader {
	return &reader{origin: o, env: env, lines: map[string]int{}}
}

func (r *reader) fault(place, format string, args ...any) {
	r.faults = append(r.faults, Fault{Place: place, Line: r.line(place), Message: fmt.Sprintf(format, args...)})
}

// line finds the line of a place, or of the nearest place around it that has one.
func (r *reader) line(place string) int {
	for {
		if n, ok := r.lines[place]; ok {
			return n
		}
		cut := strings.LastIndexAny(place, ".[")
		if cut < 0 {
			return 0
		}
		place = place[:cut]
	}
}

// sorted returns the faults by line, then in the order found.
func (r *reader) sorted() []Fault {
	slices.SortStableFunc(r.faults, func(a, b Fault) int { return a.Line - b.Line })
	return r.faults
}

// document parses the text; nil without fault means that it is empty.
func (r *reader) document(data []byte) *yaml.Node {
	if len(data) > maxDocument {
		r.fault("", "the settings have %d bytes, at most %d are read; split the file", len(data), maxDocument)
		return nil
	}
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	var root, next yaml.Node
	if err == nil {
		err = loader.Load(&root)
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err == nil {
		err = loader.Load(&next)
		if errors.Is(err, io.EOF) {
			return root.Content[0]
		}
		if err == nil {
			r.fault("", "the text holds several documents; keep the first and remove everything from its `---` on")
			return nil
		}
	}
	r.syntax(err)
	return nil
}

func (r *reader) syntax(err error) {
	f := Fault{Message: strings.TrimPrefix(err.Error(), "yaml: ")}
	var load *yaml.LoadError
	if errors.As(err, &load) {
		f.Line, f.Message = load.Mark.Line, load.Message
	}
	f.Message = "this is not YAML or JSON: " + f.Message
	r.faults = append(r.faults, f)
}

// section is one mapping of the document, or an empty one.
type section struct {
	r     *reader
	path  string
	nodes map[string]*yaml.Node
	keys  []string // in the order of the document
	known []string
}

// open reads a mapping; nil and null give an empty section.
func (r *reader) open(n *yaml.Node, path string) *section {
	s := &section{r: r, path: path, nodes: map[string]*yaml.Node{}}
	n = resolve(n)
	if isNull(n) {
		return s
	}
	r.lines[path] = n.Line
	if n.Kind != yaml.MappingNode {
		r.fault(path, "expected keys with values, found %s", describe(n))
		return s
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		place := s.place(key.Value)
		if key.Kind != yaml.ScalarNode {
			r.fault(path, "a key is %s; keys are single words", describe(key))
			continue
		}
		if _, twice := s.nodes[key.Value]; twice {
			r.faults = append(r.faults, Fault{place, key.Line, fmt.Sprintf("given twice (first in line %d); keep one", r.line(place))})
			continue
		}
		r.lines[place] = key.Line
		s.nodes[key.Value] = value
		s.keys = append(s.keys, key.Value)
	}
	return s
}

func (s *section) place(key string) string {
	if strings.ContainsFunc(key, unicode.IsControl) {
		key = strconv.Quote(key)
	}
	if s.path == "" {
		return key
	}
	return s.path + "." + key
}

// child notes the key as known and returns its node, nil when it is not given.
func (s *section) child(key string) *yaml.Node {
	s.known = append(s.known, key)
	return resolve(s.nodes[key])
}

func (s *section) has(key string) bool { return s.nodes[key] != nil }

func (s *section) section(key string) *section { return s.r.open(s.child(key), s.place(key)) }

// close reports the keys that nobody asked for.
func (s *section) close() {
	for _, key := range s.keys {
		if slices.Contains(s.known, key) {
			continue
		}
		place := s.place(key)
		switch {
		case s.r.origin != fromOperator && (key == "clock" || strings.HasSuffix(key, "_file")):
			s.r.fault(place, "%s is accepted only from the operator's own file or command line; remove it", key)
		case key == "api_key":
			s.r.fault(place, "a key never stands in settings; enter it on its own screen, or name the environment variable that holds it in api_key_env of the operator's file")
		default:
			s.r.fault(place, "unknown key; %s", suggest(key, s.known))
		}
	}
}

// suggest names the word that was probably meant, or all of them.
func suggest(word string, known []string) string {
	best, score := "", 0.0
	for _, k := range known {
		if sim := strutil.Similarity(word, k, metrics.NewJaroWinkler()); sim > score {
			best, score = k, sim
		}
	}
	if score >= 0.85 {
		return "did you mean " + best + "?"
	}
	return "use " + oneOf(known)
}

func resolve(n *yaml.Node) *yaml.Node {
	for n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func isMapping(n *yaml.Node) bool { return n != nil && n.Kind == yaml.MappingNode }

func isNull(n *yaml.Node) bool {
	return n == nil || n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}

func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "keys with values"
	case yaml.SequenceNode:
		return "a list"
	default:
		return "a single value"
	}
}
