package notify

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/notify/words"
	"github.com/rollcall-hr/rollcall/policy"
)

// maxEntries is how many lines of a list a mail shows; the page behind its link shows all.
const maxEntries = 20

// product stands for an organisation without a name.
const product = "Rollcall"

// writer writes one mail in one language.
type writer struct {
	*words.Language
	s            *Service
	m            *Mail
	c            *Content
	organisation string
	secret       string // what the link carries
}

// letter says what a mail says. Without its secret a mail has no link.
func (s *Service) letter(m *Mail, in house, secret string) letter {
	code := m.Content.Language
	if code == "" {
		code = in.language
	}
	w := &writer{words.In(code), s, m, &m.Content, in.name, secret}
	l := w.letter()
	l.Language, l.NoButton, l.Colon = w.Code, w.NoButton, w.Colon()
	if m.Kind != PasswordLink && m.Kind != Welcome {
		l.Subject = w.organisation + l.Colon + " " + l.Subject
	}
	l.Subject = oneLine(l.Subject)
	return l
}

func (w *writer) letter() letter {
	switch w.m.Kind {
	case PasswordLink, Welcome:
		return w.password()
	case Confirmation:
		return w.confirm()
	case Approval:
		return w.approval()
	}
	l := w.notice()
	if w.m.Kind != PlanWaits && w.m.Kind != Digest { // which say it earlier
		l.Closing = append(l.Closing, w.paused()...)
	}
	l.Footer = w.fill(w.FooterNotice)
	return l
}

// notice is a letter to the recipients of a connection.
func (w *writer) notice() letter {
	switch w.m.Kind {
	case Failing:
		return w.failing()
	case Recovered:
		return letter{Subject: w.fill(w.RecoveredSubject), Opening: []string{w.fill(w.RecoveredOpening), w.RecoveredNothing},
			Button: w.OpenConnection, Link: w.s.link("connections", w.m.Connection)}
	case Overdue:
		return w.missed()
	case PlanWaits:
		return w.planWaits()
	case PlanExpired:
		return w.planExpired()
	case Troubled:
		return w.troubled()
	case Digest:
		return w.digest()
	}
	return letter{}
}

// fill puts what a mail knows in the places of a sentence.
func (w *writer) fill(text string) string {
	return words.Fill(text, w.pairs()...)
}

func (w *writer) pairs() []string {
	return []string{"organisation", w.organisation, "address", w.m.To, "connection", w.c.Connection, "since", w.moment(w.c.Since),
		"next", w.moment(w.c.Next), "expires", w.moment(w.c.Expires), "until", w.moment(w.m.UselessAt),
		"version", strconv.FormatInt(w.c.Version, 10)}
}

// count is fill of a sentence about n things.
func (w *writer) count(p words.Plural, n int) string { return w.Count(p, n, w.pairs()...) }

// moment tells an instant in the reader's zone.
func (w *writer) moment(t time.Time) string { return w.Moment(t, zone(w.c.Zone)) }

func (w *writer) password() letter {
	l := letter{Greeting: w.greeting(), Footer: w.fill(w.FooterTo), Button: w.SetPassword, Closing: []string{w.fill(w.LinkUntil)}}
	w.addLink(&l, "password")
	if w.m.UselessAt.IsZero() { // it is made when the mail goes out
		l.Closing[0] = w.LinkThreeDays
	}
	switch {
	case w.m.Kind == Welcome:
		l.Subject, l.Opening = w.fill(w.WelcomeSubject), []string{w.fill(w.WelcomeOpening)}
	case w.c.Purpose == account.Invite:
		l.Subject, l.Opening = w.fill(w.InviteSubject), []string{w.fill(w.InviteOpening)}
	default:
		l.Subject, l.Opening, l.Button = w.fill(w.ResetSubject), []string{w.fill(w.ResetOpening)}, w.NewPassword
		l.Closing = append(l.Closing, w.ResetIgnore)
		return l
	}
	l.Closing = append(l.Closing, w.LinkTooOld)
	return l
}

// greeting leaves out a name that is the address only.
func (w *writer) greeting() string {
	name := oneLine(w.c.Name)
	if name == "" || strings.EqualFold(name, w.m.To) {
		return w.GreetingNobody
	}
	return words.Fill(w.Greeting, "name", name)
}

// addLink adds the link that carries the secret, or says where somebody else reads the mail that there is one.
func (w *writer) addLink(l *letter, page string) {
	if l.Link = w.HiddenLink; w.secret != "" {
		l.Link = w.s.link(page, w.secret)
	}
	l.Sealed = w.secret == ""
}

func (w *writer) confirm() letter {
	l := letter{Subject: w.ConfirmSubject, Button: w.ConfirmButton, Opening: []string{w.fill(w.ConfirmOpening), w.ConfirmWhy},
		Closing: []string{w.fill(w.ConfirmUntil)}, Footer: w.fill(w.FooterTo)}
	w.addLink(&l, "recipients")
	return l
}

func (w *writer) approval() letter {
	return letter{Subject: w.fill(w.ApprovalSubject), Button: w.ApprovalButton, Link: w.s.link("connections", w.m.Connection),
		Opening: []string{w.fill(w.ApprovalOpening), w.ApprovalMeaning}, Footer: w.fill(w.FooterAdministrator)}
}

func (w *writer) failing() letter {
	l := letter{Subject: w.fill(w.FailingSubject), Button: w.OpenConnection, Link: w.s.link("connections", w.m.Connection),
		Opening: []string{w.fill(w.FailingOpening)}, Quote: quote{w.InEnglish, oneLine(w.c.Problem)}, Closing: []string{w.FailingMeaning}}
	last := w.FailingOnce
	if !w.c.Next.IsZero() {
		last = w.fill(w.FailingNext) + " " + last
	}
	l.Closing = append(l.Closing, last)
	return l
}

func (w *writer) planWaits() letter {
	l := letter{Subject: w.fill(w.PlanSubject), Button: w.PlanButton, Link: w.s.link("plans", w.m.PlanID),
		Opening: []string{w.fill(w.PlanOpening)}, Sections: []section{{Lines: w.waits()}}}
	if w.c.Reminder {
		l.Subject = w.fill(w.PlanSubjectAgain)
	}
	if paused := w.paused(); len(paused) > 0 {
		l.Closing = append(paused, w.PausedDecide)
	}
	if !w.c.Former.IsZero() {
		l.Closing = append(l.Closing, words.Fill(w.PlanFormer, "since", w.moment(w.c.Former)))
	}
	l.Closing = append(l.Closing, w.releasers()...)
	if !w.c.Expires.IsZero() {
		l.Closing = append(l.Closing, w.fill(w.PlanExpires))
	}
	l.Closing = append(l.Closing, w.PlanElse)
	return l
}

// releasers says who may let go ahead what waits: as the page of the plan does, and from the same source.
func (w *writer) releasers() (out []string) {
	refused := func(x Wait) bool { return x.Refused }
	approve := w.PlanApprove
	if slices.ContainsFunc(w.c.Waits, refused) {
		out, approve = []string{w.release()}, w.PlanApproveRest
	}
	if slices.ContainsFunc(w.c.Waits, func(x Wait) bool { return !x.Refused }) {
		out = append(out, words.Fill(approve, "who", w.administrator(w.c.Approvers)))
	}
	return out
}

// release says who may release what is refused, or what helps where nobody may.
func (w *writer) release() string {
	l := w.c.Later
	if l == nil {
		return words.Fill(w.PlanRelease, "who", w.administrator(w.c.Releasers))
	}
	then := w.PlanNobodyFrom
	switch {
	case len(l.Names) == 0:
		return w.PlanNobodyKnown
	case l.From.IsZero():
		then = w.PlanNobodyAsked
	}
	return w.PlanNobody + " " + words.Fill(then, "names", w.names(l.Names), "from", w.moment(l.From))
}

// administrator is one of those with a name, or any where nobody is named.
func (w *writer) administrator(names []string) string {
	if len(names) == 0 {
		return w.Administrator
	}
	return words.Fill(w.AdministratorNamed, "names", w.names(names))
}

// names lists who may do something, as many as a sentence bears.
func (w *writer) names(all []string) string {
	if more := len(all) - maxEntries; more > 0 {
		return strings.Join(all[:maxEntries], ", ") + " " + w.Count(w.More, more)
	}
	return w.List(all)
}

// waits says what the guard holds back.
func (w *writer) waits() []line {
	var out []line
	for _, x := range w.c.Waits {
		out = append(out, line{Text: w.Count(w.Guard[x.Kind], x.Count, "of", w.Number(x.Of), "limit", w.Number(x.Limit), "hours", w.Number(x.Hours))})
	}
	return out
}

func (w *writer) planExpired() letter {
	l := letter{Subject: w.fill(w.ExpiredSubject), Button: w.OpenConnection, Link: w.s.link("connections", w.m.Connection),
		Opening: []string{w.fill(w.ExpiredOpening)}, Sections: []section{{Lines: w.waits()}}, Closing: []string{w.ExpiredNoNext}}
	if !w.c.Next.IsZero() {
		l.Closing[0] = w.fill(w.ExpiredNext)
	}
	return l
}

func (w *writer) troubled() letter {
	list := section{}
	for _, e := range w.c.Entries {
		list.Lines = append(list.Lines, line{w.nameOf(e), w.why(e)})
	}
	if more := w.c.Total - len(w.c.Entries); more > 0 {
		list.More = w.Count(w.More, more)
	}
	return letter{Subject: w.count(w.TroubledSubject, w.c.Total), Opening: []string{w.count(w.TroubledOpening, w.c.Total)},
		Sections: []section{list}, Button: w.TroubledButton, Link: w.s.link("runs", w.m.RunID), Closing: []string{w.TroubledClosing}}
}

func (w *writer) nameOf(e Entry) string {
	if e.Name == "" && e.Source != 0 {
		return words.Fill(w.Employee, "number", strconv.FormatInt(e.Source, 10))
	}
	return e.Name
}

// why says what went wrong with a record: as the planner says it, in English, else by its reason.
func (w *writer) why(e Entry) string {
	if text := w.Held[e.Reason]; text != "" && (w.Code != "en" || e.Text == "") {
		return text
	}
	return e.Text
}

func (w *writer) digest() letter {
	l := letter{Subject: w.fill(w.DigestSubject), Opening: []string{w.fill(w.DigestOpening)}, Button: w.DigestButton,
		Link: w.s.link("connections", w.m.Connection), Closing: []string{w.DigestClosing}}
	if w.m.PlanID != "" {
		l.Link = w.s.link("plans", w.m.PlanID)
	}
	if paused := w.paused(); len(paused) > 0 {
		if l.Opening = paused; w.c.Failed > 0 || w.c.Total > 0 || len(w.c.Waits) > 0 || len(w.c.Holds) > 0 {
			l.Opening = append(l.Opening, w.DigestPausedRest)
		}
	}
	add := func(title string, lines []line, more string) {
		if len(lines) > 0 {
			l.Sections = append(l.Sections, section{title, lines, more})
		}
	}
	add(w.DigestWaiting, w.waits(), "")
	onPurpose := ""
	if w.c.OnPurpose > 0 {
		onPurpose = w.Count(w.DigestOnPurpose, w.c.OnPurpose)
	}
	add(w.DigestHeld, w.aside(), onPurpose)
	var holds []line
	for _, e := range w.c.Holds {
		text := words.Fill(w.DigestHoldUntil, "until", w.moment(e.Until))
		if e.Text != "" {
			text += " (" + e.Text + ")"
		}
		name := e.Name
		if len(e.Frozen) > 0 {
			name = words.Fill(w.DigestFrozen, "fields", w.fields(e.Frozen))
		}
		holds = append(holds, line{name, text})
	}
	add(w.DigestHolds, holds, "")
	if w.c.Failed > 0 {
		add(w.DigestFailures, []line{{Text: w.count(w.DigestFailed, w.c.Failed)}}, "")
	}
	return l
}

// fields lists what is frozen; a company's own fields are called what it calls them.
func (w *writer) fields(names []string) string {
	out := make([]string, len(names))
	for i, name := range names {
		if out[i] = w.Fields[name]; out[i] == "" {
			name = strings.TrimPrefix(strings.TrimPrefix(name, policy.CustomPrefix), policy.BudgetPrefix)
			out[i] = oneLine(strings.ReplaceAll(name, "_", " "))
		}
	}
	return w.List(out)
}

// paused says that automatic runs of the connection are paused; nothing when they are not.
func (w *writer) paused() []string {
	p := w.c.Pause
	if p == nil {
		return nil
	}
	text := w.PausedUntil
	if p.Until.IsZero() {
		text = w.PausedOpen
	}
	out := []string{words.Fill(text, "connection", w.c.Connection, "since", w.moment(p.Since), "until", w.moment(p.Until))}
	if p.Reason != "" {
		out = append(out, words.Fill(w.PausedWhy, "reason", p.Reason))
	}
	return out
}

// aside lists what is left aside by reason, with the first names of each.
func (w *writer) aside() []line {
	var out []line
	for _, e := range w.c.Entries {
		var names []string
		for _, one := range e.First {
			names = append(names, w.nameOf(one))
		}
		text := strings.Join(names, ", ")
		if more := e.Count - len(names); more > 0 {
			text += " " + w.Count(w.More, more)
		}
		reason := w.Held[e.Reason]
		if reason == "" {
			reason = strings.ReplaceAll(string(e.Reason), "_", " ")
		}
		out = append(out, line{reason + " (" + w.Number(e.Count) + ")", text})
	}
	return out
}

// zone is a time zone by its IANA name; UTC where this machine does not know it.
func zone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return z
}

// people counts them for the audit trail.
func people(n int) string {
	if n == 1 {
		return "1 person"
	}
	return strconv.Itoa(n) + " people"
}

// oneLine takes from a value what has no place on one line; names from HR are cleaned when they are read,
// so this is the second wall.
func oneLine(s string) string {
	s, _ = directory.CleanText(strings.Join(breakable(s), " "))
	return s
}

// breakable splits a text where a line may break: not at a no-break space, as before a colon in French.
func breakable(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) && r != '\u00a0' && r != '\u202f' })
}
