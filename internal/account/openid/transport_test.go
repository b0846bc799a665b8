package openid

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/internal/account"
)

// nowhere refuses every address, as a guard does this machine's.
func nowhere(_, address string, _ syscall.RawConn) error {
	return fmt.Errorf("dial %s: refused", address)
}

// A provider in a private network is visited when the operator allowed its host, and never sent elsewhere.
func TestGuarded(t *testing.T) {
	visits := 0
	var provider *httptest.Server
	provider = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		visits++
		fmt.Fprintf(w, `{"issuer":%q,"authorization_endpoint":"%s/a","token_endpoint":"%s/t","jwks_uri":"%s/k"}`, provider.URL, provider.URL, provider.URL, provider.URL)
	}))
	defer provider.Close()
	check := func(allowed ...string) error {
		transport := Guarded(nowhere, allowed)
		transport.TLSClientConfig.RootCAs = x509.NewCertPool()
		transport.TLSClientConfig.RootCAs.AddCert(provider.Certificate())
		defer transport.CloseIdleConnections()
		p, err := New(Options{Settings: account.OpenID{Name: "Acme", Issuer: provider.URL, ClientID: "c"}, Now: time.Now, Transport: transport})
		if err != nil {
			t.Fatal(err)
		}
		return p.Check(t.Context())
	}
	for _, allowed := range [][]string{nil, {"login.acme.test"}, {strings.TrimPrefix(provider.URL, "https://")}} {
		err := check(allowed...)
		if told, ok := errors.AsType[*Error](err); !ok || !strings.Contains(told.Text, "--allow-private") || strings.Contains(told.Text, "127.0.0.1") || visits != 0 {
			t.Errorf("allowed %q: %v after %d visits", allowed, err, visits)
		}
	}
	if err := check("127.0.0.1"); err != nil || visits != 1 {
		t.Errorf("allowed: %v after %d visits", err, visits)
	}
}

func TestNoTransportNoProvider(t *testing.T) {
	if _, err := New(Options{Settings: account.OpenID{Name: "Acme", Issuer: "https://login.acme.test", ClientID: "c"}}); err == nil {
		t.Error("a provider without a guarded transport")
	}
}
