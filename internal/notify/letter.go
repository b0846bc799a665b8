package notify

import (
	_ "embed"
	"fmt"
	"html/template"
	"strings"
	"unicode/utf8"
)

// letter is what a mail says, before it becomes text and HTML.
type letter struct {
	Subject  string
	Greeting string // "" for an address that several people may read
	Opening  []string
	Entries  []Entry
	More     string // what Entries leave out
	Button   string
	Link     string
	Closing  []string
	Footer   string // who sends this, and why
}

//go:embed letter.html
var htmlText string

var htmlPage = template.Must(template.New("letter").Parse(htmlText))

// lineWidth is where lines of text break; a link never does.
const lineWidth = 72

// render writes the letter as text and as HTML.
func (l letter) render() (text, html string, err error) {
	var page strings.Builder
	if err := htmlPage.Execute(&page, l); err != nil {
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
	var list []string
	for _, e := range l.Entries {
		list = append(list, "- "+wrap(e.line(), "  "))
	}
	if l.More != "" {
		list = append(list, wrap(l.More, ""))
	}
	if len(list) > 0 {
		parts = append(parts, strings.Join(list, "\n"))
	}
	if l.Link != "" {
		parts = append(parts, l.Button+":\n"+l.Link)
	}
	for _, p := range l.Closing {
		parts = append(parts, wrap(p, ""))
	}
	return strings.Join(append(parts, "-- \n"+wrap(l.Footer, "")), "\n\n") + "\n"
}

func (e Entry) line() string {
	if e.Text == "" {
		return e.Name
	}
	return e.Name + ": " + e.Text
}

// wrap breaks a paragraph into lines.
func wrap(s, indent string) string {
	var b strings.Builder
	width := len(indent)
	for i, word := range strings.Fields(s) {
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
