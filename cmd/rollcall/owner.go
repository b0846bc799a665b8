package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/problem"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/store"
)

type ownerCmd struct {
	Create ownerCreate `cmd:"" help:"Make an owner, or make somebody one, and set the password." example:"rollcall owner create --email owner@acme.test"`
	Link   ownerLink   `cmd:"" help:"Make a link to set a new password, for somebody who is locked out." example:"rollcall owner link --email ann@acme.test --url https://rollcall.acme.test"`
}

// dataFlags are the flags of commands that need the data folder and no connection.
type dataFlags struct {
	Data        string `placeholder:"DIR" help:"Data folder; default $ROLLCALL_DATA, else ./rollcall-data."`
	DatabaseURL string `name:"database-url" placeholder:"URL" help:"PostgreSQL instead of the data folder; comes with a later version."`
}

// withAccounts does something with the accounts of the data folder.
func (a *app) withAccounts(d *dataFlags, do func(*account.Service) error) (err error) {
	dir, err := a.dataDir(&settings{Data: d.Data, DatabaseURL: d.DatabaseURL})
	if err != nil {
		return err
	}
	db, err := store.Open(a.ctx, dir, store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return do(account.New(account.Options{Organisation: organisation, Store: db.Org(organisation).Accounts(), Now: a.now}))
}

// inputError names the flag that an input came from.
func inputError(err error) error {
	if in, ok := errors.AsType[*account.InputError](err); ok {
		return problem.Usage("%s: %s", in.Field, in.Text)
	}
	return err
}

type ownerCreate struct {
	Email         string `required:"" placeholder:"EMAIL" help:"Address to sign in with."`
	Name          string `placeholder:"NAME" help:"Name to show."`
	PasswordStdin bool   `name:"password-stdin" help:"Read the password from the first line of stdin; needed without a terminal."`
	dataFlags
	output
}

type ownerView struct {
	PersonID string `json:"person_id"`
	Email    string `json:"email"`
	Created  bool   `json:"created"` // false: the person was there already
}

// Run makes an owner.
func (c *ownerCreate) Run(a *app) error {
	password, err := a.newPassword(c.PasswordStdin)
	if err != nil {
		return err
	}
	return a.withAccounts(&c.dataFlags, func(s *account.Service) error {
		id, created, err := s.CreateOwnerByOperator(a.ctx, account.Operator(actor()), account.Owner{Email: c.Email, Name: c.Name, Password: password})
		if err != nil {
			return inputError(err)
		}
		return a.print(c.Output, ownerView{id, c.Email, created}, func(p *text.Page) {
			if created {
				p.Linef("%s is an owner now and can sign in.", c.Email)
				return
			}
			p.Linef("%s was in the directory already: an owner now, with the new password; earlier sessions have ended.", c.Email)
		})
	})
}

// newPassword reads a password from stdin, or asks for it twice without showing it.
func (a *app) newPassword(stdin bool) (string, error) {
	if stdin {
		text, err := a.typed(func() (string, error) { return firstLine(a.in) })
		if err != nil {
			return "", fmt.Errorf("read the password from stdin: %w", err)
		}
		return text, nil
	}
	f, ok := a.in.(*os.File)
	if !ok || !a.inTerminal {
		return "", problem.Usage("there is no terminal to ask for the password at; give it on stdin with --password-stdin")
	}
	first, err := a.hidden(f, "Password: ")
	if err != nil {
		return "", err
	}
	second, err := a.hidden(f, "The same again: ")
	if err != nil {
		return "", err
	}
	if first != second {
		return "", problem.Usage("the two passwords differ; nothing was changed")
	}
	return first, nil
}

func (a *app) hidden(f *os.File, prompt string) (string, error) {
	fmt.Fprint(a.err, prompt)
	shown, err := term.GetState(int(f.Fd()))
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	text, err := a.typed(func() (string, error) {
		text, err := term.ReadPassword(int(f.Fd()))
		return string(text), err
	})
	if a.ctx.Err() != nil {
		err = errors.Join(err, term.Restore(int(f.Fd()), shown)) // the terminal shows again what is typed
	} else {
		fmt.Fprintln(a.err)
	}
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	return text, nil
}

// firstLine reads up to a line end, so that whoever types it need not end the input; a password is never longer
// than the limit.
func firstLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, 4096)).ReadString('\n')
	if err == io.EOF {
		err = nil
	}
	return strings.TrimRight(line, "\r\n"), err
}

type ownerLink struct {
	Email string `required:"" placeholder:"EMAIL" help:"Address of the person; not only an owner."`
	URL   string `name:"url" placeholder:"URL" help:"Where this Rollcall is served, to print a whole link; default only its path."`
	dataFlags
	output
}

type linkView struct {
	Email     string    `json:"email"`
	Link      string    `json:"link"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Run makes a link; whoever has it can set the password.
func (c *ownerLink) Run(a *app) error {
	base := strings.TrimRight(c.URL, "/")
	if base != "" && !strings.HasPrefix(base, "https://") && !strings.HasPrefix(base, "http://") {
		return problem.Usage("--url %q is no URL such as https://rollcall.acme.test", c.URL)
	}
	return a.withAccounts(&c.dataFlags, func(s *account.Service) error {
		secret, expires, err := s.MakeLinkByOperator(a.ctx, account.Operator(actor()), c.Email)
		if errors.Is(err, directory.ErrNotFound) {
			return problem.Missing("nobody has the address %s; \"rollcall owner create\" makes an owner", c.Email)
		}
		if err != nil {
			return inputError(err)
		}
		v := linkView{c.Email, base + "/password/" + secret, expires}
		return a.print(c.Output, v, func(p *text.Page) {
			p.Linef("%s", v.Link)
			p.Linef("Whoever opens it can set the password of %s, once, until %s. Older links no longer work.", v.Email, v.ExpiresAt.UTC().Format(time.RFC3339))
		})
	})
}
