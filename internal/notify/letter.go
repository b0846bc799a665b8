package notify

import (
	_ "embed"
	"fmt"
	"html/template"
	"strings"
	"sync"
	"unicode/utf8"
)

// letter is what a mail says, in one language, before it becomes text and HTML.
type letter struct {
	Language string // of HTML's lang
	Colon    string // of the language
	Subject  string
	Greeting string // "" for an address that several people may read
	Opening  []string
	Quote    quote
	Sections []section
	Button   string
	Link     string
	Sealed   bool   // Link only says that there is one
	NoButton string // above the link in full
	Closing  []string
	Footer   string // who sends this, and why
}

// quote is a sentence in English that no table of words has.
type quote struct{ Label, Text string }

// section is a list.
type section struct {
	Title string // "" when the opening says what it is
	Lines []line
	More  string // what Lines leave out
}

// line is an entry of a list: a name that stands out, and what there is to say.
type line struct{ Name, Text string }

//go:embed letter.html
var htmlText string

var htmlPage = sync.OnceValue(func() *template.Template { return template.Must(template.New("letter").Parse(htmlText)) })

// lineWidth is where lines of text break; a link never does.
const lineWidth = 72

// render writes the letter as text and as HTML.
func (l letter) render() (text, html string, err error) {
	var page strings.Builder
	if err := htmlPage().Execute(&page, l); err != nil {
		return "", "", fmt.Errorf("write the mail: %w", err)
	}
	return l.text(), page.String(), nil
}

func (l letter) text() string {
	var parts []string
	if l.Greeting != "" {
		parts = append(parts, l.Greeting)
	}
	for _, p := range l.Opening {
		parts = append(parts, wrap(p, ""))
	}
	if l.Quote.Text != "" {
		parts = append(parts, l.Quote.Label+"\n> "+wrap(l.Quote.Text, "> "))
	}
	for _, s := range l.Sections {
		parts = append(parts, s.text(l.Colon))
	}
	if l.Link != "" {
		parts = append(parts, l.Button+l.Colon+"\n"+l.Link)
	}
	for _, p := range l.Closing {
		parts = append(parts, wrap(p, ""))
	}
	return strings.Join(append(parts, "-- \n"+wrap(l.Footer, "")), "\n\n") + "\n"
}

func (s section) text(colon string) string {
	var list []string
	if s.Title != "" {
		list = append(list, wrap(s.Title, "")+colon)
	}
	for _, e := range s.Lines {
		list = append(list, "- "+wrap(e.text(colon), "  "))
	}
	if s.More != "" {
		list = append(list, wrap(s.More, ""))
	}
	return strings.Join(list, "\n")
}

func (e line) text(colon string) string {
	if e.Name == "" || e.Text == "" {
		return e.Name + e.Text
	}
	return e.Name + colon + " " + e.Text
}

// wrap breaks a paragraph into lines.
func wrap(s, indent string) string {
	var b strings.Builder
	width := len(indent)
	for i, word := range breakable(s) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case width+1+n > lineWidth:
			b.WriteString("\n" + indent)
			width = len(indent)
		default:
			b.WriteByte(' ')
			width++
		}
		b.WriteString(word)
		width += n
	}
	return b.String()
}
