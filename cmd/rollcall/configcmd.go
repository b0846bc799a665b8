package main

import (
	"fmt"

	"go.yaml.in/yaml/v4"

	"github.com/rollcall-hr/rollcall/policy"
)

type configCmd struct {
	settings
	output
}

// Run prints the effective configuration; a faulty one prints all its faults and exits 1.
func (c *configCmd) Run(a *app) error {
	read := a.configuration
	if c.Connection != "" {
		read = a.load
	}
	l, err := read(&c.settings)
	if err != nil {
		return err
	}
	if c.Connection != "" {
		one, err := l.Choose(c.Connection)
		if err != nil {
			return err
		}
		l.Connections = []policy.Connection{*one}
	}
	doc, err := l.Document()
	if err != nil {
		return err
	}
	if c.Output == "json" {
		return a.printJSON(doc)
	}
	text, err := yaml.Dump(doc)
	if err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	_, err = a.out.Write(text)
	return err
}
