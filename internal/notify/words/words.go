// Package words has every sentence of the mails in each of their languages, with the plural forms, dates and
// numbers of that language. Which sentence a mail needs is left to package notify.
package words

import (
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"github.com/rollcall-hr/rollcall/plan"
)

// Plural is a sentence about {n} things.
type Plural struct{ One, Other string }

// Language is one language. Its texts have places in braces, which are the same in every language; Fill and
// Count put values there.
type Language struct {
	Code      string // of policy.Languages, as in HTML's lang
	tag       language.Tag
	weekdays  [7]string // from Sunday
	months    [12]string
	date      string // {weekday} {day} {month} {year} {hour} {minute} {zone}
	first     string // the first day of a month, where it is written in another way; else ""
	thousands string // between groups of digits
	colon     string // with the space before it that the language wants

	And, Greeting, GreetingNobody, NoButton, HiddenLink, InEnglish string
	FooterTo, FooterNotice, FooterAdministrator                    string
	Employee                                                       string
	More                                                           Plural

	SetPassword, NewPassword                               string // buttons
	WelcomeSubject, WelcomeOpening                         string
	InviteSubject, InviteOpening                           string
	ResetSubject, ResetOpening, ResetIgnore                string
	LinkUntil, LinkThreeDays, LinkTooOld                   string
	ConfirmSubject, ConfirmOpening, ConfirmWhy             string
	ConfirmButton, ConfirmUntil                            string
	OpenConnection                                         string // button
	FailingSubject, FailingOpening, FailingMeaning         string
	FailingNext, FailingOnce                               string
	RecoveredSubject, RecoveredOpening, RecoveredNothing   string
	MissedSubject, MissedOpening, MissedNobody             string
	MissedMeaning, MissedOnce                              string
	PlanSubject, PlanSubjectAgain, PlanOpening, PlanButton string
	PlanFormer, PlanExpires, PlanElse                      string
	PlanApprove, PlanApproveRest, PlanRelease              string
	Administrator, AdministratorNamed                      string // who may do it, within the three before
	PlanNobody, PlanNobodyFrom, PlanNobodyAsked            string // may release, and one of the two what helps
	PlanNobodyKnown                                        string // as PlanNobody, where nothing but a new plan helps
	ExpiredSubject, ExpiredOpening                         string
	ExpiredNext, ExpiredNoNext                             string
	ApprovalSubject, ApprovalOpening                       string
	ApprovalMeaning, ApprovalButton                        string
	TroubledSubject, TroubledOpening                       Plural
	TroubledClosing, TroubledButton                        string
	DigestSubject, DigestOpening, DigestClosing            string
	DigestButton, DigestHeld, DigestWaiting, DigestHolds   string
	DigestFailures, DigestHoldUntil, DigestFrozen          string
	PausedUntil, PausedOpen, PausedWhy, PausedDecide       string
	DigestPausedRest                                       string
	DigestFailed, DigestOnPurpose                          Plural

	// Guard says what waits of a kind, and what would go through by itself.
	Guard map[plan.Kind]Plural
	// Held says why records are left aside.
	Held map[plan.Reason]string
	// Fields names what can be frozen: groups of fields, and fields that every company has.
	Fields map[string]string
}

// In returns a language of policy.Languages, English for every other text.
func In(code string) *Language {
	switch code {
	case "de":
		return german()
	case "nl":
		return dutch()
	case "fr":
		return french()
	case "es":
		return spanish()
	}
	return english()
}

// Fill puts values in the places of a text: name, value, name, value, …
func Fill(text string, pairs ...string) string {
	in := make([]string, len(pairs))
	for i, s := range pairs {
		if i%2 == 0 {
			s = "{" + s + "}"
		}
		in[i] = s
	}
	return strings.NewReplacer(in...).Replace(text) // once: what a value has in braces stays
}

// Count is Fill of the form that a number needs; the number is {n}.
func (l *Language) Count(p Plural, n int, pairs ...string) string {
	text := p.Other
	if plural.Cardinal.MatchPlural(l.tag, n, 0, 0, 0, 0) == plural.One {
		text = p.One
	}
	return Fill(text, append([]string{"n", l.Number(n)}, pairs...)...)
}

// Number writes a whole number.
func (l *Language) Number(n int) string {
	digits := strconv.Itoa(n)
	if n < 10_000 { // four digits read well as they are
		return digits
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(l.thousands)
		}
		b.WriteRune(d)
	}
	return b.String()
}

// Colon is the mark between a name and what is said of it; a space or a line follows. Spaces before it do not break.
func (l *Language) Colon() string { return l.colon }

// List joins words as people do.
func (l *Language) List(words []string) string {
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " " + l.And + " " + words[n-1]
	}
	return strings.Join(words, "")
}

// Moment writes an instant as a zone's clocks show it, with the zone's name.
func (l *Language) Moment(t time.Time, zone *time.Location) string {
	t = t.In(zone)
	day := strconv.Itoa(t.Day())
	if t.Day() == 1 && l.first != "" {
		day = l.first
	}
	return Fill(l.date, "weekday", l.weekdays[t.Weekday()], "day", day, "month", l.months[t.Month()-1], "year", strconv.Itoa(t.Year()),
		"hour", t.Format("15"), "minute", t.Format("04"), "zone", zone.String())
}
