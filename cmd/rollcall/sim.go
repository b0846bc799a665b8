package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/problem"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
)

type simCmd struct {
	Company   *string `placeholder:"FILE" xor:"company,employees" help:"Company file (JSON) to serve."`
	Employees *int    `placeholder:"N" xor:"employees" help:"Invent a company of this size, 10 to 1000000; default 250."`
	Seed      *uint64 `placeholder:"S" help:"The same seed and size invent the same people; default 1."`
	Listen    string  `placeholder:"ADDR" default:"127.0.0.1:9090" help:"Address to serve on; port 0 picks a free one. Default ${default}."`
	Today     string  `placeholder:"DATE" help:"Day on which the simulator's clock stands (YYYY-MM-DD); beats the file. Default the file's, else today."`
	output
}

// simView says where a simulator is and how to sign in to it.
type simView struct {
	BaseURL string   `json:"base_url"`
	Company string   `json:"company"` // the first one of a file with several
	APIKeys []string `json:"api_keys"`
}

// Run serves until interrupted.
func (c *simCmd) Run(a *app) error {
	companies, err := c.companies(a)
	if err != nil {
		return err
	}
	handler, err := bamboosim.NewCompanies(companies)
	if err != nil {
		return err
	}
	l, err := listen(a.ctx, "--listen", c.Listen)
	if err != nil {
		return err
	}
	v := simView{BaseURL: "http://" + l.Addr().String(), Company: companies[0].Subdomain, APIKeys: keysOf(companies[0])}
	err = a.print(c.Output, v, func(p *text.Page) {
		p.Linef("%s  (control: %s/_sim/)", p.Paint(text.Bold, "Simulated BambooHR at "+v.BaseURL), v.BaseURL)
		for _, company := range companies {
			p.Linef("  company %s, API keys: %s", company.Subdomain, strings.Join(keysOf(company), ", "))
		}
		p.Linef("")
		p.Linef("Put this into rollcall.yaml, then run the two commands in another terminal:")
		p.Linef("  connection:")
		p.Linef("    name: %s", v.Company)
		p.Linef("    bamboohr: { subdomain: %s, base_url: %q }", v.Company, v.BaseURL)
		if len(v.APIKeys) > 0 {
			p.Linef("  export BAMBOOHR_API_KEY=%s", v.APIKeys[0])
		}
		p.Linef("  rollcall plan")
		p.Linef("Press Ctrl-C to stop.")
	})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	return serve(a.ctx, l, handler)
}

func (c *simCmd) companies(a *app) ([]bamboosim.Company, error) {
	if c.Today != "" {
		if _, err := time.Parse(time.DateOnly, c.Today); err != nil {
			return nil, problem.Usage("--today %q is no date; write YYYY-MM-DD", c.Today)
		}
	}
	today := c.Today
	if today == "" {
		today = a.now().UTC().Format(time.DateOnly)
	}
	if c.Company != nil {
		if c.Seed != nil {
			return nil, problem.Usage("--seed invents people and --company reads them; give one of them")
		}
		return c.fromFile(*c.Company, today)
	}
	o := bamboosim.GenerateOptions{Today: today}
	if c.Employees != nil {
		if o.Employees = *c.Employees; o.Employees == 0 {
			return nil, problem.Usage("--employees 0 is no company; give a number from 10 to 1000000")
		}
	}
	if c.Seed != nil {
		o.Seed = *c.Seed
	}
	company, err := bamboosim.Generate(o)
	return []bamboosim.Company{company}, err
}

// fromFile reads the company file; today is the day of a company that names none, or of all with --today.
func (c *simCmd) fromFile(file, today string) ([]bamboosim.Company, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the company file: %w", err)
	}
	companies, err := bamboosim.ParseCompanyFile(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for i := range companies {
		if c.Today != "" || companies[i].Today == "" {
			companies[i].Today = today
		}
	}
	return companies, nil
}

// keysOf are the keys that a company accepts; one without users gets the well-known key.
func keysOf(c bamboosim.Company) []string {
	if c.Users == nil {
		return []string{bamboosim.DefaultKey}
	}
	keys := []string{}
	for _, u := range c.Users {
		if !u.Disabled {
			keys = append(keys, u.APIKeys...)
		}
	}
	return keys
}

// listen opens an address for a server; flag is what chooses it.
func listen(ctx context.Context, flag, address string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w; choose another address with %s, port 0 picks a free one", address, err, flag)
	}
	return l, nil
}

// serve answers until the context ends, then lets requests finish for a moment.
func serve(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve on %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := server.Shutdown(stop); err != nil {
		return server.Close()
	}
	return nil
}
