package ui

import (
	"regexp"
	"strings"
	"sync"
)

// What Said looks for, compiled when a screen first needs it.
var (
	request = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:[^:]+: )*?BambooHR \S+ [A-Z]+ /\S+: (?:[0-9]{3} )?`)
	})
	answerID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(` \[request [^\]]*\]`) })
	misfit   = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:[^:]+: )*?the settings name fields that cannot be read: `)
	})
	place = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`\bconnection\.mapping\.(?:custom\.)?([a-z0-9_.]+?)(?:\.from(?:\[[0-9]+\])?|\.expr)?: `)
	})
)

// Said words for a screen why BambooHR could not be read: without the request that was made, which the run
// keeps, without the command that does what a page does here, and with mapped fields called as people call them.
func Said(text string) string {
	text = request().ReplaceAllString(text, "BambooHR: ")
	text = answerID().ReplaceAllString(text, "")
	text = strings.ReplaceAll(text, `"rollcall check"`, "the check")
	text = misfit().ReplaceAllString(text, "the mapping does not fit this company: ")
	return place().ReplaceAllStringFunc(text, func(s string) string {
		return strings.ReplaceAll(place().FindStringSubmatch(s)[1], "_", " ") + ": "
	})
}
