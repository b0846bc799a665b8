package main

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/problem"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
)

type tokensCmd struct {
	Create tokensCreate `cmd:"" help:"Make an API token; its secret is shown once." example:"rollcall tokens create --role operator --expires 90d"`
	List   tokensList   `cmd:"" help:"List API tokens, the newest first; never their secrets." example:"rollcall tokens list"`
	Revoke tokensRevoke `cmd:"" help:"End an API token at once." example:"rollcall tokens revoke tok_7bqx4k2mzr5tnwch"`
}

type tokensCreate struct {
	Role    string `required:"" placeholder:"ROLE" help:"What the token may do: owner, admin, operator, auditor or member."`
	Name    string `default:"command line" placeholder:"NAME" help:"What uses the token; default \"command line\"."`
	Expires string `placeholder:"WHEN" help:"90d, 12h, or a day (YYYY-MM-DD, to its end in UTC); default never."`
	dataFlags
	output
}

// tokenView is a token as programs see it; Token only when it was just made.
type tokenView struct {
	ID        string         `json:"id"`
	Name      string         `json:"name"`
	Role      directory.Role `json:"role"`
	PersonID  *string        `json:"person_id"`
	CreatedBy string         `json:"created_by"`
	CreatedAt time.Time      `json:"created_at"`
	ExpiresAt *time.Time     `json:"expires_at"`
	UsedAt    *time.Time     `json:"used_at"`
	Token     string         `json:"token,omitempty"`
}

func viewToken(t account.Token) tokenView {
	v := tokenView{ID: t.ID, Name: t.Name, Role: t.Role, CreatedBy: t.CreatedBy, CreatedAt: t.CreatedAt,
		ExpiresAt: maybeTime(t.ExpiresAt), UsedAt: maybeTime(t.UsedAt)}
	if t.PersonID != "" {
		v.PersonID = &t.PersonID
	}
	return v
}

func maybeTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Run makes a token that belongs to the operator, not to a person.
func (c *tokensCreate) Run(a *app) error {
	expires, err := expiry(c.Expires, a.now())
	if err != nil {
		return err
	}
	return a.withAccounts(&c.dataFlags, func(s *account.Service) error {
		t, secret, err := s.CreateToken(a.ctx, account.Operator(actor()), account.NewToken{Name: c.Name, Role: directory.Role(c.Role), Expires: expires})
		if err != nil {
			return inputError(err)
		}
		v := viewToken(t)
		v.Token = secret
		return a.print(c.Output, v, func(p *text.Page) {
			p.Linef("%s", secret)
			p.Linef("Token %s with the role %s, good %s. It is not shown again.", v.ID, v.Role, until(v.ExpiresAt))
		})
	})
}

func until(t *time.Time) string {
	if t == nil {
		return "until it is revoked"
	}
	return "until " + t.UTC().Format(time.RFC3339)
}

// expiry reads 90d, 12h or a date; "" is never.
func expiry(text string, now time.Time) (time.Time, error) {
	bad := problem.Usage("--expires %q is none of 90d, 12h and a day (YYYY-MM-DD)", text)
	if text == "" {
		return time.Time{}, nil
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day.AddDate(0, 0, 1), nil
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n < 1 || n > 36500 {
			return time.Time{}, bad
		}
		return now.AddDate(0, 0, n), nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return time.Time{}, bad
	}
	return now.Add(d), nil
}

type tokensList struct {
	dataFlags
	output
}

// Run lists tokens.
func (c *tokensList) Run(a *app) error {
	return a.withAccounts(&c.dataFlags, func(s *account.Service) error {
		list, err := s.Tokens(a.ctx)
		if err != nil {
			return err
		}
		views := make([]tokenView, len(list))
		for i, t := range list {
			views[i] = viewToken(t)
		}
		return a.print(c.Output, views, func(p *text.Page) { printTokens(p, views, a.now()) })
	})
}

func printTokens(p *text.Page, views []tokenView, now time.Time) {
	if len(views) == 0 {
		p.Linef("There are no API tokens; \"rollcall tokens create\" makes one.")
		return
	}
	rows := make([][]string, len(views))
	for i, v := range views {
		owner, expires, used := "the operator", "never", "never"
		if v.PersonID != nil {
			owner = "id:" + *v.PersonID
		}
		if v.ExpiresAt != nil {
			expires = v.ExpiresAt.UTC().Format(time.RFC3339)
			if !now.Before(*v.ExpiresAt) {
				expires += " (over)"
			}
		}
		if v.UsedAt != nil {
			used = v.UsedAt.UTC().Format(time.RFC3339)
		}
		rows[i] = []string{v.ID, v.Name, string(v.Role), owner, expires, used}
	}
	p.Table([]string{"ID", "NAME", "ROLE", "OF", "EXPIRES", "LAST USED"}, rows)
}

type tokensRevoke struct {
	ID string `arg:"" name:"ID" help:"Token to end; \"rollcall tokens list\" shows them."`
	dataFlags
	output
}

// Run ends a token.
func (c *tokensRevoke) Run(a *app) error {
	return a.withAccounts(&c.dataFlags, func(s *account.Service) error {
		err := s.RevokeToken(a.ctx, account.Operator(actor()), c.ID)
		if errors.Is(err, directory.ErrNotFound) {
			return problem.Missing("there is no token %q; \"rollcall tokens list\" shows them", c.ID)
		}
		if err != nil {
			return err
		}
		return a.print(c.Output, map[string]string{"revoked": c.ID}, func(p *text.Page) { p.Linef("Token %s no longer works.", c.ID) })
	})
}
