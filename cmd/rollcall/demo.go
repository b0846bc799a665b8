package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

type demoCmd struct {
	Listen    string `placeholder:"ADDR" help:"Address to serve on; default 127.0.0.1:8080, or a free port when that is taken."`
	Employees int    `placeholder:"N" default:"250" help:"Size of the invented company, 10 to 1000000; default ${default}."`
	Seed      uint64 `placeholder:"S" default:"1" help:"The same seed and size invent the same people; default ${default}."`
	Data      string `placeholder:"DIR" help:"Data folder to make and keep; default a temporary one, gone at the end."`
	output
}

// demoView says where everything is. What belongs to the web application is null until there is one.
type demoView struct {
	URL      *string `json:"url"`
	Email    *string `json:"email"`
	Password *string `json:"password"`
	SimURL   string  `json:"sim_url"`
	Data     string  `json:"data"`
	APIToken *string `json:"api_token"`
}

// Run shows the story; on a terminal and with -o json the simulator goes on until interrupted.
func (c *demoCmd) Run(a *app) (err error) {
	company, err := bamboosim.Generate(bamboosim.GenerateOptions{Employees: c.Employees, Seed: c.Seed, Today: a.now().UTC().Format(time.DateOnly)})
	if err != nil {
		return err
	}
	handler, err := bamboosim.New(company)
	if err != nil {
		return err
	}
	dir, clean, err := c.folder()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, clean()) }()
	l, err := c.listen(a.ctx)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(a.ctx)
	served := make(chan error, 1)
	go func() { served <- serve(ctx, l, handler) }()
	defer func() {
		stop()
		err = errors.Join(err, <-served)
	}()
	return c.show(a, company, dir, "http://"+l.Addr().String())
}

func (c *demoCmd) listen(ctx context.Context) (net.Listener, error) {
	if c.Listen != "" {
		return listen(ctx, c.Listen)
	}
	l, err := listen(ctx, "127.0.0.1:8080")
	if err != nil {
		return listen(ctx, "127.0.0.1:0")
	}
	return l, nil
}

// folder makes the data folder and says how to clean up.
func (c *demoCmd) folder() (string, func() error, error) {
	if c.Data == "" {
		dir, err := os.MkdirTemp("", "rollcall-demo-")
		return dir, func() error { return os.RemoveAll(dir) }, err
	}
	if entries, err := os.ReadDir(c.Data); err == nil && len(entries) > 0 {
		return "", nil, badInput("%s is not empty; the demo makes its own data folder", c.Data)
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return "", nil, fmt.Errorf("make the data folder: %w", err)
	}
	dir, err := filepath.Abs(c.Data)
	return dir, func() error { return nil }, err
}

func (c *demoCmd) show(a *app, company bamboosim.Company, dir, base string) (err error) {
	x, err := openDemo(a, company, dir, base)
	if err != nil {
		return err
	}
	defer x.done(&err)
	if c.Output == "json" {
		if _, _, err := x.Preview(a.ctx, syncrun.PreviewOptions{Trigger: syncrun.TriggerManual}); err != nil {
			return err
		}
		if err := a.printJSON(demoView{SimURL: base, Data: dir}); err != nil {
			return err
		}
		<-a.ctx.Done()
		return nil
	}
	d := &demo{app: a, x: x, base: base, dir: dir, page: a.page()}
	if d.sim, err = newSimControl(base, company.Subdomain); err != nil {
		return err
	}
	if err := d.story(); err != nil {
		if a.ctx.Err() != nil {
			return nil // interrupted by whoever watched
		}
		return err
	}
	if !a.outTerminal {
		return d.page.flush()
	}
	d.goOn()
	if err := d.page.flush(); err != nil {
		return err
	}
	<-a.ctx.Done()
	return nil
}

// openDemo writes the demo's configuration into the data folder and opens it.
func openDemo(a *app, company bamboosim.Company, dir, base string) (*session, error) {
	text := fmt.Sprintf(`# Made by rollcall demo: a simulated BambooHR, nothing real.
connection:
  name: %s
  bamboohr: { subdomain: %s, base_url: %q }
  lifecycle: { initial: active }
`, company.Name, company.Subdomain, base)
	path := filepath.Join(dir, defaultConfig)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return nil, fmt.Errorf("write the demo's configuration: %w", err)
	}
	file, faults := policy.ParseFile([]byte(text), nil)
	if len(faults) > 0 {
		return nil, &faultsError{path: path, what: "configuration", faults: faults}
	}
	x, err := a.build(&loaded{File: file, path: path}, &file.Connections[0], dir, a.now)
	if err != nil {
		return nil, err
	}
	if err := x.connect(bamboosim.DefaultKey); err != nil {
		return nil, errors.Join(err, x.close())
	}
	return x, nil
}
