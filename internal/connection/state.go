package connection

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/rollcall-hr/rollcall/internal/connection/note"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// maxFailures is how many readings in a row may fail before the connection is in error (product, "A
// connection's states").
const maxFailures = 3

// state follows from what is stored: draft → checked → awaiting_approval → enabled ⇄ paused, or error. A
// connection whose settings are not stored keeps the state it has.
func (c *current) state(now time.Time) State {
	switch {
	case !c.known:
		return c.State
	case c.Passed.IsZero():
		return Draft
	case c.failing():
		return Failing
	case c.unapproved() && (c.policy.Enabled || !c.Previewed.IsZero()):
		return AwaitingApproval
	case !c.policy.Enabled || c.policy.MayRunAlone() != nil || !c.heard(&c.policy):
		return Checked
	case c.paused(now):
		return Paused
	}
	return Enabled
}

// failing also tells credentials that were refused, which is an error at once: the state was set to error
// then, and a good reading, whoever makes it, sets Failures to 0.
func (c *current) failing() bool {
	return c.Failures >= maxFailures || c.State == Failing && c.Failures > 0
}

// unapproved tells that somebody has to approve the settings in force before they run by themselves.
// Name, schedule and recipients may change under an approval.
func (c *current) unapproved() bool {
	return c.policy.Approval == policy.ApprovalRequired && (c.Approved == nil ||
		c.Approved.Version != c.Version.Number && c.Approved.Revision != c.Version.Revision)
}

func (c *current) paused(now time.Time) bool {
	return c.Pause != nil && (c.Pause.Until.IsZero() || now.Before(c.Pause.Until))
}

// previewed tells that somebody has seen what the settings do; the operator's file counts as that unless
// it asks for an approval.
func (c *current) previewed() bool {
	return !c.Previewed.IsZero() || c.file != nil && c.policy.Approval != policy.ApprovalRequired
}

// ready says what is missing before the connection may run by itself, nil when nothing is.
func (c *current) ready() error {
	switch {
	case !c.known:
		return &SetupError{Missing: fmt.Sprintf("%s has no stored settings; set it up here first", c.Name)}
	case c.Passed.IsZero() || c.Check != nil && !c.Check.Passed():
		return &SetupError{Missing: "the connection has not passed a check yet; run the check first"}
	case !c.previewed():
		return &SetupError{Missing: "nobody has seen what these settings do; make a preview first"}
	}
	if err := c.policy.MayRunAlone(); err != nil {
		return &SetupError{Missing: err.Error()}
	}
	return nil
}

// problem is one sentence on what is wrong or missing, "" when nothing is.
func (c *current) problem(state State, keyErr error, last *syncrun.Run) string {
	switch {
	case c.Origin == FromFile && c.file == nil:
		return "The operator's configuration file no longer has this connection; it runs only from there."
	case !c.known:
		return "This connection runs from the command line, and its settings are not stored here. Set it up here under the same name to take it over."
	case keyErr != nil:
		return sentence(keyErr.Error())
	case state == Failing:
		return c.failure(last)
	case c.Check != nil && c.Check.Error != "":
		return sentence(c.Check.Error)
	case c.Check != nil && !c.Check.Report.OK && len(c.Check.Report.Warnings) > 0:
		return sentence(c.Check.Report.Warnings[0])
	case state == AwaitingApproval:
		return "The settings wait for an administrator to approve them."
	case state == Draft || state == Checked && c.policy.Enabled || state == Checked && !c.previewed():
		if err := c.ready(); err != nil {
			return sentence(err.Error())
		}
		if c.policy.Enabled && !c.heard(&c.policy) {
			return c.unheard()
		}
	}
	return ""
}

// failure is why the connection is in error: what the last run or check says.
func (c *current) failure(last *syncrun.Run) string {
	if c.Check != nil && c.Check.Error != "" && (last == nil || c.Check.At.After(last.StartedAt)) {
		return sentence(c.Check.Error)
	}
	if last != nil && len(last.Errors) > 0 {
		return sentence(last.Errors[0].Message)
	}
	return fmt.Sprintf("The last %d readings failed; run the check to see why.", c.Failures)
}

// nextRun is when the connection runs by itself again, zero when it does not.
func (c *current) nextRun(last *syncrun.Run, now time.Time) time.Time {
	started := time.Time{}
	if last != nil {
		started = last.StartedAt
	}
	return c.timetable().Next(now, started)
}

// List shows every connection by name.
func (s *Service) List(ctx context.Context) ([]Summary, error) {
	records, err := s.o.Settings.Connections(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the connections: %w", err)
	}
	asked, err := s.asked(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Summary, len(records))
	for i := range records {
		c, err := s.decode(&records[i], asked)
		if err != nil {
			return nil, err
		}
		if out[i], err = s.summary(ctx, c); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Get shows one connection; directory.ErrNotFound for one that is unknown or deleted.
func (s *Service) Get(ctx context.Context, id string) (Detail, error) {
	c, err := s.current(ctx, id)
	if err != nil {
		return Detail{}, err
	}
	return s.detail(ctx, c)
}

// Today is the day where somebody works, YYYY-MM-DD, by the clock of runs: in the zone of a location of the
// connection; in UTC for somebody of none.
func (s *Service) Today(ctx context.Context, id, location string) string {
	zone := time.UTC
	if id != "" {
		if c, err := s.current(ctx, id); err == nil { // else it was deleted, or its settings are of another version
			zone = c.policy.Zones().Of(location)
		}
	}
	return s.o.Now().In(zone).Format(time.DateOnly)
}

func (s *Service) detail(ctx context.Context, c *current) (Detail, error) {
	sum, err := s.summary(ctx, c)
	d := Detail{Summary: sum, Version: c.Version, Settings: c.policy, Check: c.Check, Previewed: c.Previewed}
	if c.Approved != nil && c.Approved.Version == c.Version.Number {
		d.Version.Approved = &c.Approved.Approval
	}
	if j := s.Job(ctx, c.ID); j != nil && !j.Done {
		d.Busy = j
	}
	return d, err
}

func (s *Service) summary(ctx context.Context, c *current) (Summary, error) {
	now := s.o.Now()
	runs, err := s.o.Store.RunList(ctx, c.ID, 1)
	if err != nil {
		return Summary{}, fmt.Errorf("list the runs of %s: %w", c.Name, err)
	}
	out := Summary{ID: c.ID, Name: c.Name, State: c.state(now), Origin: c.Origin, Preset: c.policy.Preset,
		Subdomain: c.policy.BambooHR.Subdomain, TimeZone: c.policy.TimeZone, Failures: c.Failures, Absent: c.absent()}
	if len(runs) > 0 {
		out.LastRun = &runs[0]
	}
	out.Recipients, out.Heard = c.recipients(&c.policy), len(c.policy.Notify.Errors) > 0 && c.heard(&c.policy)
	keyErr := s.keyHint(c, &out)
	if c.known {
		out.Schedule = note.Schedule(c.policy.Schedule)
	}
	if c.paused(now) {
		out.Pause = c.Pause
	}
	out.NextRun = c.nextRun(out.LastRun, now)
	out.Automatic = !out.NextRun.IsZero()
	out.Silent = c.policy.Enabled && out.State == Checked && !out.Heard
	out.Problem = c.problem(out.State, keyErr, out.LastRun)
	return out, nil
}

// absent tells a connection whose operator's file no longer has it.
func (c *current) absent() bool { return c.Origin == FromFile && c.file == nil }

// keyHint shows what may be shown of the key, and answers why there is none.
func (s *Service) keyHint(c *current, out *Summary) error {
	switch {
	case c.file != nil:
		key, err := c.file.key()
		if err != nil {
			return err
		}
		hint := s.hint(key)
		hint.SetBy = "operator"
		out.Key = &hint
	case c.Key != nil:
		hint := c.Key.KeyHint
		out.Key = &hint
	default:
		_, err := s.key(c)
		return err
	}
	return nil
}

// sentence makes an error's text one that can stand alone.
func sentence(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	s = string(unicode.ToUpper(first)) + s[size:]
	if strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}
