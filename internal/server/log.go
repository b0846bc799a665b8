package server

import (
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
	"sync"
)

const hidden = "[hidden]"

// secretKeys are the names of attributes, parameters and JSON members whose value is a secret.
const secretKeys = `authorization|cookie|api_key|apikey|token|access_token|id_token|refresh_token|code|code_verifier|state|password|secret|client_secret|setup_code`

// Where secrets stand inside text: the error of a library quotes addresses, headers and bodies as it likes. Both are
// compiled with the first line of the log: most commands write none.
var (
	secretName  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)^(?:` + secretKeys + `)$`) })
	secretParts = sync.OnceValue(func() []*regexp.Regexp {
		return []*regexp.Regexp{
			regexp.MustCompile(`(/(?:password|recipients|setup)/)[A-Za-z0-9_-]{16,}()`),            // links in mails
			regexp.MustCompile(`(?i)((?:^|[?&;\s"'({])(?:` + secretKeys + `)=)[^&\s"'#)}]+()`),     // queries and forms
			regexp.MustCompile(`(?i)((?:%3f|%26)(?:` + secretKeys + `)%3d)[^&\s"']+()`),            // the same inside a query
			regexp.MustCompile(`(?i)(\\?"(?:` + secretKeys + `)\\?"\s*:\s*\\?")[^"\\]*(\\?")`),     // JSON
			regexp.MustCompile(`(?i)(\b(?:bearer|basic)\s+)[A-Za-z0-9+/=._~-]{8,}()`),              // headers
			regexp.MustCompile(`(://)[^/\s@:"]+:[^/\s@"]+(@)`),                                     // a name and password in an address
			regexp.MustCompile(`()\b(?:rct_[a-z2-7]{20,}|v1\.[0-9a-f]{16}\.[A-Za-z0-9_-]{30,})()`), // API tokens, sealed values
		}
	})
)

// newLog writes what happens, for the operator. What stands in it may be read by more people than may read the
// secrets, so it hides them, by the name of an attribute and inside every text (security §1.15).
func newLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{ReplaceAttr: func(groups []string, at slog.Attr) slog.Attr {
		if secretName().MatchString(at.Key) && !(len(groups) == 0 && at.Key == "code") { // a problem's code is no secret
			return slog.String(at.Key, hidden)
		}
		switch at.Value.Kind() {
		case slog.KindString:
			at.Value = slog.StringValue(withoutSecrets(at.Value.String()))
		case slog.KindAny:
			if _, level := at.Value.Any().(slog.Level); !level {
				at.Value = slog.StringValue(withoutSecrets(fmt.Sprintf("%+v", at.Value.Any())))
			}
		}
		return at
	}}))
}

// withoutSecrets hides what looks like a secret.
func withoutSecrets(text string) string {
	if !strings.ContainsAny(text, "=/:. ") { // most values are a word
		return text
	}
	for _, part := range secretParts() {
		text = part.ReplaceAllString(text, "${1}"+hidden+"${2}")
	}
	return text
}
