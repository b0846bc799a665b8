package bamboohr

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

const (
	domain   = ".bamboohr.com"
	maxLabel = 63
)

// A text consists of such characters when trimming them leaves nothing.
const (
	hexDigits  = "0123456789abcdef"
	labelSigns = "0123456789abcdefghijklmnopqrstuvwxyz-"
)

func isLabel(s string) bool {
	return s != "" && len(s) <= maxLabel && strings.Trim(s, labelSigns) == "" && strings.Trim(s, "-") == s
}

func isKeyLike(s string) bool { return len(s) == 40 && strings.Trim(s, hexDigits) == "" } // bamboohr-api §1.2

// ParseSubdomain reduces what people paste (acme, acme.bamboohr.com,
// https://acme.bamboohr.com/home) to the company's sub-domain, one lower-case
// DNS label (bamboohr-api §1.1). Anything else is an error: the sub-domain
// decides where the key is sent (security §1.2).
func ParseSubdomain(s string) (string, error) {
	host := strings.ToLower(strings.TrimSpace(s))
	if scheme, rest, ok := strings.Cut(host, "://"); ok {
		if scheme != "https" && scheme != "http" {
			return "", subdomainError(s)
		}
		host = rest
	}
	host, _, _ = strings.Cut(host, "/")
	host, _, _ = strings.Cut(host, "?")
	host, _, _ = strings.Cut(host, "#")
	label := strings.TrimSuffix(host, domain)
	if !isLabel(label) {
		return "", subdomainError(s)
	}
	if label != host && (label == "api" || label == "www") {
		return "", subdomainError(s)
	}
	if isKeyLike(label) {
		return "", errors.New("this looks like an API key, not like a BambooHR sub-domain")
	}
	return label, nil
}

func subdomainError(s string) error {
	return fmt.Errorf("%q is not a BambooHR sub-domain; enter the name before .bamboohr.com, such as acme", printable(s, 80))
}

// endpoint is where a company's API lives.
type endpoint struct {
	root   string // everything before the version: https://acme.bamboohr.com/api
	exempt string // host:port the dial guard lets through, "" without override
}

// vendorEndpoint is the documented address (bamboohr-api §1.1).
func vendorEndpoint(company string) endpoint {
	return endpoint{root: "https://" + company + domain + "/api"}
}

// overrideEndpoint is the operator's base URL: a bare address takes the
// gateway family, an address that already names a family is used as it is.
func overrideEndpoint(base, company string) (endpoint, error) {
	u, err := url.Parse(strings.TrimSpace(base))
	if err != nil {
		return endpoint{}, errors.New("the base URL cannot be read; give http://host:port")
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return endpoint{}, fmt.Errorf("base URL %q: give scheme, host and port only, such as http://127.0.0.1:9090", u.Redacted())
	}
	path := strings.TrimSuffix(strings.TrimSuffix(strings.TrimRight(u.Path, "/"), "/v1"), "/")
	const gateway = "/api/gateway.php/"
	switch i := strings.Index(path, gateway); {
	case i >= 0 && path[i+len(gateway):] != company:
		return endpoint{}, fmt.Errorf("base URL %q names another company than %s", u.Redacted(), company)
	case i >= 0, strings.HasSuffix(path, "/api"):
	default:
		path += gateway + company
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return endpoint{
		root:   u.Scheme + "://" + u.Host + path,
		exempt: net.JoinHostPort(u.Hostname(), port),
	}, nil
}
