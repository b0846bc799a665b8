package main

import (
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/completion"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" name:"SHELL" help:"bash, zsh or fish."`
}

// Run prints a script that completes commands and flags; load it with: source <(rollcall completion bash).
func (c *completionCmd) Run(a *app) error {
	return a.printText(func(p *text.Page) { completion.Write(p, c.Shell, a.parser.Model.Node) })
}
