package guard

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

func TestPublic(t *testing.T) {
	for addr, want := range map[string]bool{
		"8.8.8.8": true, "104.16.1.1": true, "2606:4700::1111": true, "::ffff:8.8.8.8": true, "64:ff9b::808:808": true, "2002:808:808::1": true,
		"127.0.0.1": false, "127.9.9.9": false, "::1": false, "0.0.0.0": false, "::": false, "0.1.2.3": false,
		"10.0.0.1": false, "172.16.0.1": false, "172.31.255.255": false, "172.32.0.1": true, "192.168.1.1": false,
		"169.254.169.254": false, "fe80::1%eth0": false, "fd00:ec2::254": false, "fc00::1": false, "fec0::1": false,
		"100.64.0.1": false, "100.100.100.200": false, "100.128.0.1": true, "168.63.129.16": false,
		"192.0.2.1": false, "198.51.100.7": false, "203.0.113.7": false, "198.18.0.1": false, "192.0.0.192": false,
		"224.0.0.1": false, "255.255.255.255": false, "240.0.0.1": false, "ff02::1": false,
		"::ffff:127.0.0.1": false, "::ffff:169.254.169.254": false, "::127.0.0.1": false, "64:ff9b::7f00:1": false,
		"64:ff9b::a9fe:a9fe": false, "64:ff9b:1::1": false, "2002:7f00:1::": false, "2002:a00:1::": false, "2001::1": false,
		"2001:db8::1": false, "3fff::1": false, "5f00::1": false, "100::1": false,
	} {
		if got := public(netip.MustParseAddr(addr)); got != want {
			t.Errorf("public(%s) = %v", addr, got)
		}
	}
	if public(netip.Addr{}) {
		t.Error("no address is public")
	}
}

func TestPublicOnly(t *testing.T) {
	judge := PublicOnly("127.0.0.1:9090")
	for address, ok := range map[string]bool{
		"8.8.8.8:443": true, "[2606:4700::1111]:443": true, "127.0.0.1:9090": true,
		"127.0.0.1:9091": false, "127.0.0.2:9090": false, "169.254.169.254:80": false, "[::1]:443": false, "acme.test:443": false,
	} {
		if err := judge("tcp", address, nil); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestTransportIsGuarded(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	at, _ := url.Parse(server.URL)
	_, port, _ := strings.Cut(at.Host, ":")

	get := func(rt *http.Transport, target string) error {
		defer rt.CloseIdleConnections()
		resp, err := (&http.Client{Transport: rt}).Get(target)
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	if err := get(Transport(PublicOnly(), "", 2), server.URL); err == nil || !strings.Contains(err.Error(), "not a public address") {
		t.Errorf("loopback was dialled: %v", err)
	}
	// The name is harmless, what it resolves to is not.
	if err := get(Transport(PublicOnly(), "", 2), "http://localhost:"+port); err == nil {
		t.Error("localhost was dialled")
	}
	if err := get(Transport(PublicOnly(), at.Host, 2), server.URL); err != nil {
		t.Errorf("the operator's base URL was refused: %v", err)
	}
	if err := get(Transport(PublicOnly(), "127.0.0.1:1", 2), server.URL); err == nil {
		t.Error("another port than the exempt one was dialled")
	}
}

func TestNoProxyFromTheEnvironment(t *testing.T) {
	if Transport(PublicOnly(), "", 2).Proxy != nil {
		t.Error("a proxy would hide the address from the guard")
	}
}
