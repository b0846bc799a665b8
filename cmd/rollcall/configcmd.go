package main

import (
	"fmt"

	"go.yaml.in/yaml/v4"

	"github.com/rollcall-hr/rollcall/policy"
)

// hiddenSecret stands where a secret is set.
const hiddenSecret = "(set, not shown)"

type configCmd struct {
	settings
	output
}

// Run prints the effective configuration; a faulty one prints all its faults and exits 1.
func (c *configCmd) Run(a *app) error {
	l, err := a.load(&c.settings)
	if err != nil {
		return err
	}
	if c.Connection != "" {
		one, err := l.choose(c.Connection)
		if err != nil {
			return err
		}
		l.Connections = []policy.Connection{*one}
	}
	doc, err := effective(a, l)
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

// effective is the merged configuration as a document that could stand in the file.
func effective(a *app, l *loaded) (map[string]any, error) {
	doc := map[string]any{}
	var list []any
	for _, conn := range l.Connections {
		one, err := connectionDocument(a, conn)
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	if len(list) == 1 {
		doc["connection"] = list[0]
	} else {
		doc["connections"] = list
	}
	if m := l.SMTP; m != nil {
		smtp := map[string]any{"host": m.Host, "port": m.Port, "from": m.From, "tls": string(m.TLS)}
		if m.Username != "" {
			smtp["username"], smtp["password"] = m.Username, hiddenSecret
		}
		doc["smtp"] = smtp
	}
	if l.Clock != "" {
		doc["clock"] = l.Clock
	}
	return doc, nil
}

func connectionDocument(a *app, conn policy.Connection) (any, error) {
	var out map[string]map[string]any
	if err := yaml.Unmarshal(policy.Export(conn), &out); err != nil {
		return nil, fmt.Errorf("print the settings of %s: %w", conn.Name, err)
	}
	one := out["connection"]
	bamboo, ok := one["bamboohr"].(map[string]any)
	if !ok {
		return one, nil
	}
	bamboo["api_key_env"] = keyVariable(&conn)
	if conn.BambooHR.BaseURL != "" {
		bamboo["base_url"] = conn.BambooHR.BaseURL
	}
	return one, nil
}
