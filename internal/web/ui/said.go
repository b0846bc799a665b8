package ui

import (
	"regexp"
	"strings"
)

var (
	request  = regexp.MustCompile(`^(?:[^:]+: )*?BambooHR \S+ [A-Z]+ /\S+: (?:[0-9]{3} )?`)
	answerID = regexp.MustCompile(` \[request [^\]]*\]`)
	misfit   = regexp.MustCompile(`^(?:[^:]+: )*?the settings name fields that cannot be read: `)
	place    = regexp.MustCompile(`\bconnection\.mapping\.(?:custom\.)?([a-z0-9_.]+?)(?:\.from(?:\[[0-9]+\])?|\.expr)?: `)
)

// Said words for a screen why BambooHR could not be read: without the request that was made, which the run
// keeps, without the command that does what a page does here, and with mapped fields called as people call them.
func Said(text string) string {
	text = request.ReplaceAllString(text, "BambooHR: ")
	text = answerID.ReplaceAllString(text, "")
	text = strings.ReplaceAll(text, `"rollcall check"`, "the check")
	text = misfit.ReplaceAllString(text, "the mapping does not fit this company: ")
	return place.ReplaceAllStringFunc(text, func(s string) string {
		return strings.ReplaceAll(place.FindStringSubmatch(s)[1], "_", " ") + ": "
	})
}
