package bamboohr

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
)

func TestParseSubdomain(t *testing.T) {
	good := map[string]string{
		"acme": "acme", " Acme ": "acme", "acme.bamboohr.com": "acme", "ACME.BambooHR.com": "acme",
		"https://acme.bamboohr.com/home": "acme", "https://acme.bamboohr.com/employees/employee.php?id=4#x": "acme",
		"acme.bamboohr.com/": "acme", "a-1": "a-1", strings.Repeat("a", 63): strings.Repeat("a", 63),
	}
	for in, want := range good {
		if got, err := ParseSubdomain(in); got != want || err != nil {
			t.Errorf("ParseSubdomain(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{
		"", " ", "acme.example.test", "acme.bamboohr.com.evil.test", "evil.test/acme.bamboohr.com", "acme@evil.test",
		"acme.bamboohr.com:8080", "user@acme.bamboohr.com", "a.b.bamboohr.com", "-acme", "acme-", "ac me", "ac\nme",
		"ftp://acme.bamboohr.com", "127.0.0.1", "[::1]", "acmé", "ac_me", "acme%2e", "api.bamboohr.com", "www.bamboohr.com",
		".bamboohr.com", "bamboohr.com", "https://", strings.Repeat("a", 64), testKey,
	} {
		if got, err := ParseSubdomain(in); err == nil {
			t.Errorf("ParseSubdomain(%q) = %q; want an error", in, got)
		}
	}
	if _, err := ParseSubdomain(testKey); strings.Contains(fmt.Sprint(err), testKey) {
		t.Errorf("the key pasted into the wrong box is repeated: %v", err)
	}
}

func TestBaseURL(t *testing.T) {
	for base, want := range map[string]endpoint{
		"http://127.0.0.1:9090":                                {"http://127.0.0.1:9090/api/gateway.php/acme", "127.0.0.1:9090"},
		"http://127.0.0.1:9090/":                               {"http://127.0.0.1:9090/api/gateway.php/acme", "127.0.0.1:9090"},
		"https://sim.test":                                     {"https://sim.test/api/gateway.php/acme", "sim.test:443"},
		"http://[::1]":                                         {"http://[::1]/api/gateway.php/acme", "[::1]:80"},
		"http://127.0.0.1:9090/api/v1":                         {"http://127.0.0.1:9090/api", "127.0.0.1:9090"},
		"http://127.0.0.1:9090/api":                            {"http://127.0.0.1:9090/api", "127.0.0.1:9090"},
		"http://127.0.0.1:9090/api/gateway.php/acme/v1":        {"http://127.0.0.1:9090/api/gateway.php/acme", "127.0.0.1:9090"},
		"http://127.0.0.1:9090/proxy/api/gateway.php/acme/v1/": {"http://127.0.0.1:9090/proxy/api/gateway.php/acme", "127.0.0.1:9090"},
		"http://127.0.0.1:9090/proxy":                          {"http://127.0.0.1:9090/proxy/api/gateway.php/acme", "127.0.0.1:9090"},
	} {
		if got, err := overrideEndpoint(base, "acme"); got != want || err != nil {
			t.Errorf("%s: %+v, %v; want %+v", base, got, err, want)
		}
	}
	for _, base := range []string{
		"127.0.0.1:9090", "ftp://127.0.0.1", "http://", "http://u:p@127.0.0.1", "http://127.0.0.1/?x=1", "http://127.0.0.1/#x",
		"http://127.0.0.1/api/gateway.php/other/v1", "http://[::1", "/api/v1",
	} {
		if got, err := overrideEndpoint(base, "acme"); err == nil {
			t.Errorf("%s: %+v; want an error", base, got)
		}
	}
	if got := vendorEndpoint("acme").root; got != "https://acme.bamboohr.com/api" {
		t.Errorf("default address %s", got)
	}
}

func TestNewRefusesBadKeys(t *testing.T) {
	for _, key := range []string{"", "  ", "two words", "colon:inside", "line\nbreak", "ключ"} {
		_, err := New("acme", key)
		if err == nil {
			t.Errorf("key %q was taken", key)
		} else if len(key) > 3 && strings.Contains(err.Error(), key) {
			t.Errorf("the error repeats the key: %v", err)
		}
	}
	if c, err := New("https://acme.bamboohr.com/home", " "+testKey+"\n"); err != nil || c.Company() != "acme" {
		t.Errorf("a key pasted with white space: %v, %v", c, err)
	}
	if _, err := New("acme", testKey, WithBaseURL("nonsense")); err == nil {
		t.Error("a senseless base URL was taken")
	}
}

func TestUserAgentIsOneCleanLine(t *testing.T) {
	if got, want := userAgent("1.2.3\r\nX: y"), "rollcall/1.2.3X:y (+https://github.com/rollcall-hr/rollcall)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	x := serve(t, says(200, `{"id":"8"}`), WithVersion("1.2.3"))
	if _, err := x.Probe(t.Context()); err != nil || !strings.HasPrefix(x.requests[0].UserAgent(), "rollcall/1.2.3 (") {
		t.Errorf("%s, %v", x.requests[0].UserAgent(), err)
	}
}

func TestWithDialControlSeesEveryAddress(t *testing.T) {
	var dialled []string
	x := serve(t, says(200, `{"id":"8"}`), WithDialControl(func(_, address string, _ syscall.RawConn) error {
		dialled = append(dialled, address)
		return nil
	}))
	if _, err := x.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(dialled) != 1 || !strings.HasPrefix(dialled[0], "127.0.0.1:") {
		t.Errorf("dialled %q", dialled)
	}
}

// Without the operator's base URL nothing but the public Internet is called.
func TestClientIsGuarded(t *testing.T) {
	c, err := New("acme", testKey, WithRetry(1, 0))
	if err != nil {
		t.Fatal(err)
	}
	c.endpoint.root = "http://127.0.0.1:1/api"
	if _, err := c.Probe(t.Context()); err == nil || !strings.Contains(err.Error(), "not a public address") {
		t.Error(err)
	}
	if err := PublicOnly("127.0.0.1:1")("tcp", "127.0.0.1:1", nil); err != nil {
		t.Error(err)
	}
}
