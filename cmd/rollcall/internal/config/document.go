package config

import (
	"cmp"
	"fmt"

	"go.yaml.in/yaml/v4"

	"github.com/rollcall-hr/rollcall/policy"
)

// Hidden stands where a secret is set.
const Hidden = "(set, not shown)"

// Document is the merged configuration as a document that could stand in the file.
func (l *Loaded) Document() (map[string]any, error) {
	doc := map[string]any{"language": cmp.Or(l.Language, policy.Languages()[0])}
	var list []any
	for _, conn := range l.Connections {
		one, err := connectionDocument(conn)
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	switch len(list) {
	case 0: // they are made in the browser
	case 1:
		doc["connection"] = list[0]
	default:
		doc["connections"] = list
	}
	if m := l.SMTP; m != nil {
		smtp := map[string]any{"host": m.Host, "port": m.Port, "from": m.From, "tls": string(m.TLS)}
		if m.Username != "" {
			smtp["username"], smtp["password"] = m.Username, Hidden
		}
		doc["smtp"] = smtp
	}
	network := map[string]any{}
	for key, list := range map[string][]string{"trusted_proxies": l.Network.TrustedProxies, "allow": l.Network.Allow} {
		if len(list) > 0 {
			network[key] = list
		}
	}
	if len(network) > 0 {
		doc["network"] = network
	}
	if l.Clock != "" {
		doc["clock"] = l.Clock
	}
	return doc, nil
}

func connectionDocument(conn policy.Connection) (any, error) {
	var out map[string]map[string]any
	if err := yaml.Unmarshal(policy.Export(conn), &out); err != nil {
		return nil, fmt.Errorf("print the settings of %s: %w", conn.Name, err)
	}
	one := out["connection"]
	bamboo, ok := one["bamboohr"].(map[string]any)
	if !ok {
		return one, nil
	}
	bamboo["api_key_env"] = KeyVariable(&conn)
	if conn.BambooHR.BaseURL != "" {
		bamboo["base_url"] = conn.BambooHR.BaseURL
	}
	return one, nil
}
