package connection

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/policy"
)

// Recipient is an address that may learn about failures.
type Recipient struct {
	Email     string
	AskedAt   time.Time // zero: never asked
	AskedBy   string
	ExpiresAt time.Time // of the link in the mail that asked
	Confirmed time.Time // zero: not yet
}

// Recipients knows who agreed to be told; internal/notify does.
type Recipients interface {
	// Asked lists everybody who was ever asked.
	Asked(ctx context.Context) ([]Recipient, error)
	// CanAsk tells whether there is a way to ask: a mail server.
	CanAsk() bool
}

// asked lists who was asked; nil where nobody keeps that.
func (s *Service) asked(ctx context.Context) (*audience, error) {
	if s.o.Recipients == nil {
		return nil, nil
	}
	all, err := s.o.Recipients.Asked(ctx)
	if err != nil {
		return nil, fmt.Errorf("look up who agreed to be told: %w", err)
	}
	a := &audience{known: map[string]Recipient{}, canAsk: s.o.Recipients.CanAsk()}
	for _, r := range all {
		a.known[directory.EmailKey(r.Email)] = r
	}
	return a, nil
}

// audience is who was asked, by the key of the address.
type audience struct {
	known  map[string]Recipient
	canAsk bool
}

// recipients says of every address of some settings whether it agreed. The operator's file answers for its
// own (product, "A connection's states").
func (c *current) recipients(p *policy.Connection) []Recipient {
	out := make([]Recipient, len(p.Notify.Errors))
	for i, address := range p.Notify.Errors {
		if c.audience != nil {
			out[i] = c.audience.known[directory.EmailKey(address)]
		}
		out[i].Email = address
	}
	return out
}

// heard tells whether somebody who agreed learns of failures: nothing runs by itself without (contradiction C24).
func (c *current) heard(p *policy.Connection) bool {
	if c.audience == nil || c.file != nil || c.Origin == FromFile {
		return true
	}
	for _, r := range c.recipients(p) {
		if !r.Confirmed.IsZero() {
			return true
		}
	}
	return false
}

// unheard says what is missing before anybody learns of failures.
func (c *current) unheard() string {
	if !c.audience.canAsk {
		return "Automatic runs begin once somebody confirms an address for notices, and this server cannot ask: it has no mail server. Add smtp to its configuration file."
	}
	var asked []string
	for _, r := range c.recipients(&c.policy) {
		if r.AskedAt.IsZero() {
			asked = append(asked, r.Email+" was not asked yet")
			continue
		}
		asked = append(asked, fmt.Sprintf("%s was asked on %s", r.Email, r.AskedAt.In(c.policy.Zones().Connection()).Format("2 January 2006 at 15:04 MST")))
	}
	return "Automatic runs begin once somebody confirms an address for notices: " + strings.Join(asked, ", ") + "."
}

// loses refuses settings that take away the last address that agreed, while the connection runs by itself.
func (c *current) loses(p *policy.Connection) error {
	if c.policy.Enabled && c.heard(&c.policy) && !c.heard(p) {
		return fault("notify.errors", "nobody of these has confirmed the address yet, and somebody has to learn about failures; keep one that has until a new one did")
	}
	return nil
}
