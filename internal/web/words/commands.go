package words

import (
	"regexp"
	"sync"
)

// Rewordings are patterns of text for the command line, each with what a screen says instead; nil has none.
type Rewordings func() []rewording

type rewording struct {
	find *regexp.Regexp
	with string
}

// Table takes pairs of a pattern and its replacement, which are applied in that order. They are compiled when a
// screen first needs them: no command that ends soon does.
func Table(pairs [][2]string) Rewordings {
	return sync.OnceValue(func() []rewording {
		out := make([]rewording, len(pairs))
		for i, p := range pairs {
			out[i] = rewording{regexp.MustCompile(p[0]), p[1]}
		}
		return out
	})
}

// Reword takes the command line out of what the planner and the engine say. own is what the page says for
// what it does itself; what every page says in the same way follows.
func Reword(text string, own Rewordings) string {
	for _, table := range []Rewordings{own, everywhere} {
		if table == nil {
			continue
		}
		for _, r := range table() {
			text = r.find.ReplaceAllString(text, r.with)
		}
	}
	return text
}

// everywhere is a table constant in effect: a command, and where the pages do the same.
var everywhere = Table([][2]string{
	{`make a plan with "rollcall plan"`, "make a preview"},
	{`end the freeze with "rollcall freeze end [^"]*"`, "end the freeze on the page Holds of the connection"},
	{`"rollcall freeze end [^"]*"`, "end it on the page Holds of the connection"},
})
