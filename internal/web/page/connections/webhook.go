package connections

import (
	"context"
	"strings"

	"github.com/rollcall-hr/rollcall/internal/hint"
	"github.com/rollcall-hr/rollcall/internal/web/page/connections/form"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
)

// Hints is what these pages ask of internal/hint.
type Hints interface {
	Status(ctx context.Context, id string) (hint.Status, error)
}

// webhook is how a connection's webhook stands; nil: nobody asked for one.
func (p *pages) webhook(ctx context.Context, id string) (*hint.Status, error) {
	if p.Hints == nil {
		return nil, nil
	}
	s, err := p.Hints.Status(ctx, id)
	if err != nil || s.State == hint.Off && s.Problem == "" {
		return nil, err
	}
	return &s, nil
}

// webhookTag words a state, with the look of its tag.
func webhookTag(s hint.State) (kind, text string) {
	switch s {
	case hint.Registered:
		return "good", "registered"
	case hint.Refused:
		return "bad", "not registered"
	case hint.Waiting:
		return "plain", "waiting"
	}
	return "plain", "off"
}

// fieldWords lists BambooHR fields as its screens call them.
func fieldWords(fields []string) string {
	words := make([]string, len(fields))
	for i, f := range fields {
		words[i] = form.Words(strings.TrimPrefix(f, "name:"))
	}
	return strings.Join(words, ", ")
}

// deliveries counts those of today.
func deliveries(s *hint.Status) string {
	text := ui.Count(s.Today, "delivery", "deliveries")
	if s.Refused > 0 {
		text += ", " + ui.Number(s.Refused) + " refused"
	}
	return text
}
