package notify

import (
	"fmt"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
)

// maxEntries is how many lines of a list a mail shows; the page behind its link shows all.
const maxEntries = 20

// product stands for an organisation without a name.
const product = "Rollcall"

// hiddenLink is shown where somebody else reads a mail with a secret.
const hiddenLink = "(only its recipient sees the link)"

// letter says what a mail says. secret is what its link carries.
func (s *Service) letter(m *Mail, organisation, secret string) letter {
	c := &m.Content
	var l letter
	switch m.Kind {
	case PasswordLink, Welcome:
		l = s.passwordLetter(m, organisation, secret)
	case Confirmation:
		l = s.confirmLetter(m, organisation, secret)
	case Failing:
		l = letter{Subject: c.Connection + " cannot be read",
			Opening: []string{
				fmt.Sprintf("Rollcall cannot read BambooHR through the connection %s any more, since %s.", c.Connection, c.moment(c.Since)),
				oneLine(c.Problem),
				"A reading that failed never deactivates anybody. Changes in BambooHR are not carried over until it works again; only dates of leaving that Rollcall knows already still count."},
			Button: "Open the connection", Link: s.link("connections", m.Connection),
			Closing: []string{c.nextTry() + "You get one more mail when it works again, and none in between."}}
	case Recovered:
		l = letter{Subject: c.Connection + " works again",
			Opening: []string{fmt.Sprintf("The connection %s reads BambooHR again. It had been failing since %s.", c.Connection, c.moment(c.Since)),
				"There is nothing to do. What changed in BambooHR meanwhile is carried over by the next runs."},
			Button: "Open the connection", Link: s.link("connections", m.Connection)}
	case PlanWaits:
		l = s.planLetter(m)
	case Troubled:
		l = letter{Subject: fmt.Sprintf("%s of %s %s attention", people(c.Total), c.Connection, verb(c.Total, "needs", "need")),
			Opening: []string{fmt.Sprintf("In the run of %s, Rollcall could not carry over %s. Everybody else was looked at as usual.", c.Connection, people(c.Total))},
			Button:  "See the run", Link: s.link("runs", m.RunID),
			Closing: []string{"Most of these are put right in BambooHR; the next run then carries them over. Each one is told once."}}
	case Digest:
		l = s.digestLetter(m)
	}
	l.Entries = c.Entries
	if m.Kind == Troubled && c.Total > len(c.Entries) {
		l.More = fmt.Sprintf("and %d more", c.Total-len(c.Entries))
	}
	if m.Kind != PasswordLink && m.Kind != Welcome {
		l.Subject = organisation + ": " + l.Subject
	}
	l.Subject = oneLine(l.Subject)
	if l.Footer == "" {
		l.Footer = fmt.Sprintf("Sent by Rollcall for %s, because this address is a recipient of notices about the connection %s. An administrator can change that in its settings.",
			organisation, c.Connection)
	}
	return l
}

func (s *Service) passwordLetter(m *Mail, organisation, secret string) letter {
	c := &m.Content
	l := letter{Greeting: greeting(c.Name, m.To), Link: hiddenLink,
		Closing: []string{fmt.Sprintf("The link works once, until %s.", c.moment(m.UselessAt))},
		Footer:  fmt.Sprintf("Sent by Rollcall for %s to %s.", organisation, m.To)}
	if m.UselessAt.IsZero() { // it is made when the mail goes out
		l.Closing[0] = "The link works once, for three days."
	}
	if secret != "" {
		l.Link = s.link("password", secret)
	}
	switch {
	case m.Kind == Welcome:
		l.Subject, l.Button = "Welcome to "+organisation+": set your password", "Set your password"
		l.Opening = []string{fmt.Sprintf("You have an account at %s now. Choose a password to start using it.", organisation)}
	case c.Purpose == account.Invite:
		l.Subject, l.Button = "Set your password for "+organisation, "Set your password"
		l.Opening = []string{fmt.Sprintf("You are invited to use your account at %s. Choose a password to start.", organisation)}
	default:
		l.Subject, l.Button = "Choose a new password for "+organisation, "Choose a new password"
		l.Opening = []string{fmt.Sprintf("Somebody, probably you, asked for a new password for your account at %s.", organisation)}
		l.Closing = append(l.Closing, "If it was not you, do nothing: your password stays as it is.")
		return l
	}
	l.Closing = append(l.Closing, "If it is too old when you open it, use \"Forgotten password\" on the sign-in page to get a new one.")
	return l
}

// greeting leaves out a name that is the address only.
func greeting(name, address string) string {
	if name = oneLine(name); name == "" || strings.EqualFold(name, address) {
		return "Hello,"
	}
	return "Hello " + name + ","
}

func (s *Service) confirmLetter(m *Mail, organisation, secret string) letter {
	l := letter{Subject: "confirm this address for notices", Button: "Confirm the address", Link: hiddenLink,
		Opening: []string{fmt.Sprintf("Somebody at %s entered %s as an address that learns when a BambooHR connection fails, or when changes wait for an approval.", organisation, m.To),
			"Such notices name employees, so they are only sent once you agree."},
		Closing: []string{fmt.Sprintf("The link works until %s. If you do not want these notices, do nothing.", m.Content.moment(m.UselessAt))},
		Footer:  fmt.Sprintf("Sent by Rollcall for %s to %s.", organisation, m.To)}
	if secret != "" {
		l.Link = s.link("recipients", secret)
	}
	return l
}

func (s *Service) planLetter(m *Mail) letter {
	c := &m.Content
	l := letter{Subject: "changes of " + c.Connection + " wait for you", Button: "Look at the changes", Link: s.link("plans", m.PlanID),
		Opening: []string{fmt.Sprintf("The last run of %s wants to do more than its guard lets through. What the guard holds back has not been done: %s.",
			c.Connection, list(c.Counts))}}
	if c.Reminder {
		l.Subject = "changes of " + c.Connection + " still wait for you"
	}
	l.Opening = append(l.Opening, c.Sentences...)
	who := "an owner or administrator"
	if len(c.Releasers) > 0 {
		who += " (" + list(c.Releasers) + ")"
	}
	switch {
	case c.Refused && c.Asker:
		l.Closing = append(l.Closing, fmt.Sprintf("Some of it is refused. It can be released by %s other than the one who asked for the run, by entering how many changes are meant.", who))
	case c.Refused:
		l.Closing = append(l.Closing, fmt.Sprintf("Some of it is refused. It can be released by %s, by entering how many changes are meant.", who))
	default:
		l.Closing = append(l.Closing, fmt.Sprintf("It can be approved by %s.", who))
	}
	l.Closing = append(l.Closing, "If it is not meant, correct BambooHR: the next run plans anew.")
	return l
}

func (s *Service) digestLetter(m *Mail) letter {
	c := &m.Content
	l := letter{Subject: "what " + c.Connection + " leaves aside", Button: "See who they are",
		Link:    s.link("plans", m.PlanID) + "?part=held",
		Opening: []string{fmt.Sprintf("Rollcall keeps %s in step by itself, but leaves aside what it cannot decide. After the last reading that is:", c.Connection)},
		Closing: []string{"Most of it is put right in BambooHR. This mail comes once a week while there is something to look at."}}
	if c.OnPurpose > 0 {
		l.More = fmt.Sprintf("Not counted: %s left alone on purpose, by a rule, a hold or a decision.", people(c.OnPurpose))
	}
	return l
}

// moment tells an instant in the reader's zone.
func (c *Content) moment(t time.Time) string {
	return t.In(zone(c.Zone)).Format("Monday 2 January 2006, 15:04 MST")
}

// zone is a time zone by its IANA name; UTC where this machine does not know it.
func zone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return z
}

func (c *Content) nextTry() string {
	if c.Next.IsZero() {
		return ""
	}
	return "Rollcall tries again by itself on " + c.moment(c.Next) + ". "
}

// list joins words as people do.
func list(words []string) string {
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
	return strings.Join(words, "")
}

func people(n int) string { return fmt.Sprintf("%d %s", n, verb(n, "person", "people")) }

// verb chooses the form for a number.
func verb(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// oneLine takes from a value what has no place on one line; names from HR are cleaned when they are read,
// so this is the second wall.
func oneLine(s string) string {
	s, _ = directory.CleanText(strings.Join(strings.Fields(s), " "))
	return s
}
