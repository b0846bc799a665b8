package main

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/config"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/problem"
	"github.com/rollcall-hr/rollcall/policy"
)

// proxies are the networks of proxies that are believed: those of the flags, else those of environment and file; nil
// for this machine's own.
func (c *serveCmd) proxies(file policy.Network) (out []netip.Prefix, err error) {
	texts := c.TrustedProxy
	if len(texts) == 0 {
		texts = file.TrustedProxies
	}
	for _, text := range texts {
		p, err := config.Network(text)
		if err != nil {
			return nil, problem.Usage("--trusted-proxy: %v", err)
		}
		out = append(out, p)
	}
	return out, nil
}

// allowed are the hosts that may be in a private network.
func (c *serveCmd) allowed(file policy.Network) ([]string, error) {
	hosts := c.AllowPrivate
	if len(hosts) == 0 {
		hosts = file.Allow
	}
	for _, h := range hosts {
		if h == "" || strings.ContainsAny(h, "/:@ ") && !isIPv6(h) {
			return nil, problem.Usage("--allow-private %q is no host name such as login.acme.test; leave scheme, port and path out", h)
		}
	}
	return slices.Clone(hosts), nil
}

func isIPv6(host string) bool {
	at, err := netip.ParseAddr(host)
	return err == nil && at.Is6()
}
