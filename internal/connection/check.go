package connection

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rollcall-hr/rollcall/bamboohr"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/source"
)

// The patience of a question that somebody waits for at a screen: tries, and time for all of them. Runs
// have the client's own, which is longer.
const (
	screenTries = 2
	screenTotal = 30 * time.Second
)

// reader asks BambooHR with a connection's settings and key.
type reader struct {
	*source.BambooHR
	client *bamboohr.Client
}

// open makes a reader, which must be closed. It sends nothing.
func (s *Service) open(p *policy.Connection, key string, options ...bamboohr.Option) (*reader, error) {
	client, r, err := source.Dial(p, key, source.Program{Version: s.o.Version, Now: s.o.Now, Sleep: s.o.Sleep}, options...)
	if err != nil {
		return nil, err
	}
	return &reader{r, client}, nil
}

func (r *reader) close() { r.client.Close() }

// openFor is open with the connection's own key, for somebody who waits at a screen.
func (s *Service) openFor(c *current, p *policy.Connection) (*reader, error) {
	key, err := s.key(c)
	if err != nil {
		return nil, err
	}
	return s.open(p, key, bamboohr.WithRetry(screenTries, screenTotal))
}

// Check tests the connection with its key and settings in force, and keeps the result: draft becomes
// checked when it passes, credentials that BambooHR refuses put a running connection in error at once, and a
// good one takes it out again. What BambooHR says is in the Check; an error means that it was not asked.
func (s *Service) Check(ctx context.Context, actor, id string) (Check, error) {
	c, err := s.current(ctx, id)
	if err != nil {
		return Check{}, err
	}
	if err := c.reachable(); err != nil {
		return Check{}, err
	}
	r, err := s.openFor(c, &c.policy)
	if err != nil {
		return Check{}, err
	}
	defer r.close()
	result, cause := s.check(ctx, r)
	if err := context.Cause(ctx); err != nil {
		return Check{}, fmt.Errorf("check %s: %w", c.Name, err)
	}
	of := c.Record
	_, err = s.change(ctx, actor, id, func(c *current) ([]Event, error) {
		if c.Version.Revision != of.Version.Revision || fingerprint(c.Key) != fingerprint(of.Key) {
			return nil, &VersionError{Have: of.Version.Number, Now: c.Version.Number}
		}
		c.Check = &result
		word := "not passed"
		switch {
		case result.Passed():
			c.Passed, c.Failures, word = result.At, 0, "passed"
		case refused(cause) && !c.Passed.IsZero():
			c.State, c.Failures = Failing, max(c.Failures, 1)
		}
		return []Event{{Name: "connection_checked", After: word}}, nil
	})
	if err == nil {
		s.seen(ctx, id)
	}
	return result, err
}

func fingerprint(k *SealedKey) string {
	if k == nil {
		return ""
	}
	return k.Fingerprint
}

func (s *Service) check(ctx context.Context, r *reader) (Check, error) {
	report, err := r.Check(ctx)
	result := Check{At: s.o.Now(), Report: report}
	if err != nil {
		result.Report, result.Error = source.Report{}, err.Error()
	}
	return result, err
}

// refused tells an answer that only a person can mend, such as a key that BambooHR does not take.
func refused(err error) bool {
	e, ok := errors.AsType[*source.Error](err)
	return ok && e.Credentials()
}

// CheckDraft tests credentials and settings that are not saved, and keeps nothing: a new connection's (id
// ""), or an existing one's where key and sub-domain may be blank for those it has. settings are a whole file
// for a new connection, else a patch; nil for none.
func (s *Service) CheckDraft(ctx context.Context, id, subdomain, key string, settings []byte) (Check, error) {
	p, stored, err := s.unsaved(ctx, id, subdomain, key, settings)
	if err != nil {
		return Check{}, err
	}
	if stored != "" {
		key = stored
	}
	r, err := s.open(&p, trimKey(key), bamboohr.WithRetry(screenTries, screenTotal))
	if err != nil {
		return Check{}, err
	}
	defer r.close()
	result, _ := s.check(ctx, r)
	return result, nil
}

// unsaved is what CheckDraft tests, with the stored key when none was typed.
func (s *Service) unsaved(ctx context.Context, id, subdomain, key string, settings []byte) (p policy.Connection, stored string, err error) {
	if id == "" {
		p, err := NewConnection{Subdomain: subdomain, Key: cmp.Or(key, " "), Settings: settings}.settings()
		p.BambooHR.BaseURL = s.o.BaseURL
		return p, "", err
	}
	c, err := s.current(ctx, id)
	if err != nil {
		return p, "", err
	}
	if p, err = c.draft(settings); err != nil {
		return p, "", err
	}
	if subdomain != "" {
		if p.BambooHR.Subdomain, err = policy.ParseSubdomain(subdomain); err != nil {
			return p, "", fault("bamboohr.subdomain", err.Error())
		}
	}
	if key == "" {
		stored, err = s.key(c)
		return p, stored, err
	}
	if why := keyFault(key); why != "" {
		err = fault("api_key", why)
	}
	return p, "", err
}

// Recipe tells, click by click, how to make a BambooHR key that can read exactly what the settings need. For
// a connection that does not exist yet (id ""), patch is a whole file.
func (s *Service) Recipe(ctx context.Context, id string, patch []byte) ([]string, error) {
	if id == "" {
		p, err := NewConnection{Subdomain: "example", Settings: patch}.settings()
		return source.Recipe(&p, nil), err
	}
	c, err := s.current(ctx, id)
	if err != nil {
		return nil, err
	}
	p, err := c.draft(patch)
	if err != nil {
		return nil, err
	}
	return source.Recipe(&p, s.live.Aliases(id)), nil
}
