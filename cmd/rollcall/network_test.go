package main

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/rollcall-hr/rollcall/policy"
)

func TestTrustedProxies(t *testing.T) {
	file := policy.Network{TrustedProxies: []string{"10.1.2.3/8"}, Allow: []string{"login.acme.test"}}
	for _, c := range []struct {
		flags []string
		file  policy.Network
		want  []netip.Prefix
	}{
		{nil, policy.Network{}, nil},
		{nil, file, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}},
		{[]string{"192.0.2.1", "2001:db8::/32"}, file, []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("2001:db8::/32")}},
	} {
		got, err := (&serveCmd{TrustedProxy: c.flags}).proxies(c.file)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%v over %v: %v, %v", c.flags, c.file, got, err)
		}
	}
	if hosts, err := (&serveCmd{}).allowed(file); err != nil || !slices.Equal(hosts, []string{"login.acme.test"}) {
		t.Errorf("hosts of the file: %v, %v", hosts, err)
	}
}

func TestBadNetwork(t *testing.T) {
	c := call{env: map[string]string{"ROLLCALL_DATA": t.TempDir() + "/data"}}
	for _, bad := range [][]string{{"--trusted-proxy", "proxy.acme.test"}, {"--trusted-proxy", "10.0.0.0/99"}, {"--allow-private", "https://login.acme.test"}, {"--allow-private", "login.acme.test:8443"}} {
		if code := c.run(t, append([]string{"serve"}, bad...)...); code != 1 || !strings.Contains(c.err.String(), bad[0]) || !strings.Contains(c.err.String(), bad[1]) {
			t.Errorf("%q: exit code %d, %s", bad, code, &c.err)
		}
	}
	c.env["ROLLCALL_CONFIG"] = write(t, t.TempDir(), "rollcall.yaml", "network: { trusted_proxies: [everybody] }\n")
	if code := c.run(t, "serve"); code != 1 || !strings.Contains(c.err.String(), `network.trusted_proxies: "everybody" is neither an address`) {
		t.Errorf("exit code %d, %s", code, &c.err)
	}
}

// The address that people use is checked wherever it comes from: links in mails are made of it.
func TestBadAddress(t *testing.T) {
	c := call{env: map[string]string{"ROLLCALL_DATA": t.TempDir() + "/data", "ROLLCALL_URL": "rollcall.acme.test"}}
	for _, args := range [][]string{{"serve"}, {"serve", "--url", "rollcall.acme.test"}} {
		if code := c.run(t, append(args, "--listen", "256.0.0.1:0")...); code != 1 || !strings.Contains(c.err.String(), `--url, or ROLLCALL_URL, "rollcall.acme.test" is no address such as`) {
			t.Errorf("%q: exit code %d, %s", args, code, &c.err)
		}
	}
}
