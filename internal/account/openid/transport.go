package openid

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"
)

// ErrPrivate says that a provider is at an address that is not on the public Internet.
var ErrPrivate = errors.New("this address is not on the public Internet")

// Guarded is a transport that goes where an owner says, who is not the operator: it connects to addresses that
// public lets through after their name was resolved, and to the hosts that the operator allowed whatever their
// address (security §1.2). It uses no proxy: public could not see through one.
func Guarded(public func(network, address string, c syscall.RawConn) error, allowed []string) *http.Transport {
	open := &net.Dialer{Timeout: requestTimeout}
	guarded := &net.Dialer{Timeout: requestTimeout, Control: func(network, address string, c syscall.RawConn) error {
		if err := public(network, address, c); err != nil {
			return fmt.Errorf("%w: %w", ErrPrivate, err)
		}
		return nil
	}}
	return &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			host, _, err := net.SplitHostPort(address)
			if err == nil && slices.ContainsFunc(allowed, func(a string) bool { return strings.EqualFold(a, host) }) {
				return open.DialContext(ctx, network, address)
			}
			return guarded.DialContext(ctx, network, address)
		},
		ForceAttemptHTTP2:      true,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    requestTimeout,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		MaxResponseHeaderBytes: 64 << 10,
	}
}
