package policy

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNetwork(t *testing.T) {
	const text = "network: { trusted_proxies: [10.0.0.0/8, \"2001:db8::7\"], allow: [login.acme.test] }"
	f, faults := ParseFile([]byte(text), nil)
	want := Network{TrustedProxies: []string{"10.0.0.0/8", "2001:db8::7"}, Allow: []string{"login.acme.test"}}
	if diff := cmp.Diff(want, f.Network); diff != "" || len(faults) > 0 {
		t.Errorf("%v (-want +got):\n%s", faults, diff)
	}
	f, faults = ParseFile([]byte(text), func(place string) (string, bool) {
		return "192.0.2.1,192.0.2.2", place == "network.trusted_proxies"
	})
	if diff := cmp.Diff([]string{"192.0.2.1", "192.0.2.2"}, f.Network.TrustedProxies); diff != "" || len(faults) > 0 {
		t.Errorf("from the environment: %v (-want +got):\n%s", faults, diff)
	}
	if _, faults := ParseFile([]byte("network: { allow: [\"https://login.acme.test/x\"], proxies: [] }"), nil); len(faults) != 2 {
		t.Errorf("got %v", faults)
	}
	// Whom the server believes, and where it goes, is never a tenant's to say.
	_, faults = ParseSettings([]byte("bamboohr: { subdomain: acme }\n" + text))
	if len(faults) != 1 || faults[0].Place != "network" || !strings.HasPrefix(faults[0].Message, "unknown key") {
		t.Errorf("a tenant's settings: %v", faults)
	}
}
