// Package guard connects to public Internet addresses only; which company is
// called, and with what, it leaves to others.
package guard

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// Control judges an address after name resolution, as in net.Dialer.Control.
type Control = func(network, address string, c syscall.RawConn) error

// PublicOnly refuses every address that is not public, except the "ip:port"
// literals in except.
func PublicOnly(except ...string) Control {
	return func(_, address string, _ syscall.RawConn) error {
		if slices.Contains(except, address) {
			return nil
		}
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("dial %s: not an IP address and port", address)
		}
		if !public(at.Addr()) {
			return fmt.Errorf("dial %s: refused, it is not a public address", address)
		}
		return nil
	}
}

// Transport keeps connections alive, unpacks gzip, wants TLS 1.2 or newer, and
// uses no proxy: control could not see through one. exempt is the one
// host:port, as it is written in a URL, that control is not asked about.
func Transport(control Control, exempt string, idle int) *http.Transport {
	guarded := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second, Control: control}
	open := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if exempt != "" && address == exempt {
				return open.DialContext(ctx, network, address)
			}
			return guarded.DialContext(ctx, network, address)
		},
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    idle,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		MaxResponseHeaderBytes: 64 << 10,
		ReadBufferSize:         64 << 10,
	}
}

// public reports whether a is a global unicast address that is routed on the
// Internet (IANA special-purpose registries).
func public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if inner, ok := embedded(a); ok {
		return public(inner)
	}
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	return !slices.ContainsFunc(reserved(), func(p netip.Prefix) bool { return p.Contains(a) })
}

// embedded is the IPv4 address that a NAT64 or 6to4 address leads to.
func embedded(a netip.Addr) (netip.Addr, bool) {
	b := a.As16()
	switch {
	case !a.Is6():
		return netip.Addr{}, false
	case netip.MustParsePrefix("64:ff9b::/96").Contains(a):
		return netip.AddrFrom4([4]byte(b[12:16])), true
	case netip.MustParsePrefix("2002::/16").Contains(a):
		return netip.AddrFrom4([4]byte(b[2:6])), true
	}
	return netip.Addr{}, false
}

// reserved lists what IsGlobalUnicast and IsPrivate let through.
func reserved() []netip.Prefix {
	var out []netip.Prefix
	for _, p := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15",
		"198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"168.63.129.16/32",      // Azure's metadata and wire server
		"::/96",                 // IPv4-compatible
		"64:ff9b:1::/48",        // local NAT64
		"100::/64", "2001::/23", // discard, protocol assignments with Teredo
		"2001:db8::/32", "3fff::/20", // documentation
		"5f00::/16", "fec0::/10", // segment routing, old site-local
	} {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}
