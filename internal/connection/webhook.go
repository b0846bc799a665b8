package connection

import (
	"context"

	"github.com/rollcall-hr/rollcall/bamboohr"
	"github.com/rollcall-hr/rollcall/policy"
)

// Webhook is what a connection's settings say about being told of changes by BambooHR.
type Webhook struct {
	ID, Name string
	Asked    bool     // the settings ask for it
	On       bool     // and the connection runs by itself, or will when its pause ends
	Company  string   // sub-domain, where BambooHR is
	Base     string   // address of the simulator, "" for bamboohr.com
	Key      string   // fingerprint of the API key, "" without one
	Fields   []string // aliases and "name:…" references that a run reads, sorted
}

// Webhooks tells of every connection whether BambooHR shall tell it of changes. Those whose settings cannot be
// read are left out, and the error says why.
func (s *Service) Webhooks(ctx context.Context) ([]Webhook, error) {
	var out []Webhook
	err := s.readable(ctx, func(c *current) {
		var sum Summary
		noKey := s.keyHint(c, &sum)
		w := Webhook{ID: c.ID, Name: c.Name, Company: c.policy.BambooHR.Subdomain, Base: c.policy.BambooHR.BaseURL, Fields: policy.SourceFields(c.policy)}
		w.Asked = c.known && !c.absent() && c.policy.Changes.Webhook
		w.On = w.Asked && noKey == nil && c.timetable().On
		if sum.Key != nil {
			w.Key = sum.Key.Fingerprint
		}
		out = append(out, w)
	})
	return out, err
}

// Client asks BambooHR with a connection's key, with the patience of a question that somebody waits for. The
// caller closes it.
func (s *Service) Client(ctx context.Context, id string) (*bamboohr.Client, error) {
	c, err := s.current(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := c.reachable(); err != nil {
		return nil, err
	}
	r, err := s.openFor(c, &c.policy)
	if err != nil {
		return nil, err
	}
	return r.client, nil
}
