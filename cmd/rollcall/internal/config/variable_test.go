package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheNearestVariableIsNamed(t *testing.T) {
	for name, want := range map[string]string{
		"ROLLCALL_DATTA":                                     "ROLLCALL_DATA",
		"ROLLCALL_CONFIG_FILE":                               "",
		"ROLLCALL_SMTP_PASWORD_FILE":                         "ROLLCALL_SMTP_PASSWORD_FILE",
		"ROLLCALL_PASSWORD":                                  "ROLLCALL_SMTP_PASSWORD",
		"ROLLCALL_DEACTIVATE_PERCENT":                        "ROLLCALL_CONNECTION_GUARD_DEACTIVATE_PERCENT",
		"ROLLCALL_CONNECTION_SUBDOMIAN":                      "ROLLCALL_CONNECTION_BAMBOOHR_SUBDOMAIN",
		"ROLLCALL_CONNECTION_GUARD_DEACTIVATE_REFUSEPERCENT": "ROLLCALL_CONNECTION_GUARD_DEACTIVATE_REFUSE_PERCENT",
		"ROLLCALL_CONECTION_TIMEZONE":                        "ROLLCALL_CONNECTION_TIME_ZONE",
		"ROLLCALL_CONNECTION_LEAVING":                        "ROLLCALL_CONNECTION_LIFECYCLE_LEAVING",
		"ROLLCALL_VERSION":                                   "",
		"ROLLCALL_":                                          "",
	} {
		if got := meant(name, Variables()); got != want {
			t.Errorf("%s: did you mean %q; want %q", name, got, want)
		}
	}
}

// TestWhatNothingReadsIsTold: what a connection would miss is refused, the rest is told of; what is read, or is none of
// ours, is neither.
func TestWhatNothingReadsIsTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rollcall.yaml")
	text := "connections:\n- bamboohr: { subdomain: acme, api_key_env: ROLLCALL_ACME_KEY }\n  scope: { include: [{ field: city, is: Utrecht }] }\n  mapping: { custom.shirt: { from: customShirt } }\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	quiet := []string{"PATH", "ROLLCALL", "ROLLCALL_CONFIG", "ROLLCALL_LISTEN", "ROLLCALL_ACME_KEY", "ROLLCALL_ACME_KEY_FILE", "ROLLCALL_LANGUAGE",
		"ROLLCALL_CONNECTIONS_0_SCOPE_INCLUDE_0_IS", "ROLLCALL_CONNECTIONS_0_MAPPING_CUSTOM_SHIRT_TYPE",
		// Kubernetes has services called rollcall and rollcall-connection.
		"ROLLCALL_SERVICE_HOST", "ROLLCALL_SERVICE_PORT", "ROLLCALL_SERVICE_PORT_HTTP", "ROLLCALL_PORT", "ROLLCALL_PORT_8080_TCP_ADDR",
		"ROLLCALL_CONNECTION_SERVICE_HOST", "ROLLCALL_CONNECTION_PORT_80_TCP"}
	for _, x := range []struct {
		name          string
		told, refused []string
	}{
		{"PATH", nil, nil},
		{"ROLLCALL_VERSION", []string{"ROLLCALL_VERSION"}, nil},
		{"ROLLCALL_\x1b[2J", []string{`"ROLLCALL_\x1b[2J"`}, nil},
		{"ROLLCALL_WEB_PORT", []string{"ROLLCALL_WEB_PORT"}, nil},
		{"ROLLCALL_TIME_ZONE", []string{"ROLLCALL_TIME_ZONE"}, nil},
		{"ROLLCALL_CONNECTION_SUBDOMIAN", nil, []string{"ROLLCALL_CONNECTION_SUBDOMIAN"}},
		{"ROLLCALL_CONECTION_SUBDOMAIN", nil, []string{"ROLLCALL_CONECTION_SUBDOMAIN"}},
		{"ROLLCALL_CONNECTIONS_1_NAME", nil, []string{"ROLLCALL_CONNECTIONS_1_NAME"}},
		{"ROLLCALL_CONNECTION_MAPPING_EMAIL_FROM", nil, []string{"ROLLCALL_CONNECTION_MAPPING_EMAIL_FROM"}},
	} {
		var told, refused []string
		env := Environment{Names: append([]string{x.name}, quiet...), Lookup: func(string) (string, bool) { return "", false },
			Tell: func(line string) { told = append(told, line[:strings.Index(line, ": ")]) }}
		_, err := Load(path, env)
		if err != nil {
			for line := range strings.Lines(err.Error()) {
				refused = append(refused, line[:strings.Index(line, ": ")])
			}
		}
		if diff := cmp.Diff([][]string{x.told, x.refused}, [][]string{told, refused}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", x.name, diff)
		}
	}
}

// TestWhatHasNoEffectIsTold: a key's variable that this configuration does not ask for, with the reason; not what only
// other commands read, for one environment serves all of them.
func TestWhatHasNoEffectIsTold(t *testing.T) {
	list := "connections:\n- bamboohr: { subdomain: acme }\n"
	one := "connection: { bamboohr: { subdomain: acme } }\n"
	mails := "smtp: { host: mail.acme.test, from: it@acme.test }\n"
	for _, x := range []struct{ file, name, told string }{
		{list, "ROLLCALL_CONNECTION_TIME_ZONE", "ROLLCALL_CONNECTION_TIME_ZONE: this variable has no effect here, because the configuration has a list of connections; the variables of the first one begin with ROLLCALL_CONNECTIONS_0_"},
		{list, "ROLLCALL_CONNECTIONS_0_TIME_ZONE", ""},
		{one, "ROLLCALL_CONNECTION_TIME_ZONE", ""},
		{mails, "ROLLCALL_CONNECTION_TIME_ZONE", "ROLLCALL_CONNECTION_TIME_ZONE: this variable has no effect here, because no connection is configured (connection.bamboohr.subdomain)"},
		{mails, "ROLLCALL_SMTP_PASSWORD_FILE", ""},
		{one, "ROLLCALL_SMTP_PASSWORD_FILE", "ROLLCALL_SMTP_PASSWORD_FILE: this variable has no effect here, because no mail server is configured (smtp.host)"},
		{one, "ROLLCALL_SMTP_HOST", ""},
		{one, "ROLLCALL_LISTEN", ""},
		{one, "ROLLCALL_CLOCK", ""},
	} {
		path := filepath.Join(t.TempDir(), "rollcall.yaml")
		if err := os.WriteFile(path, []byte(x.file), 0o600); err != nil {
			t.Fatal(err)
		}
		var told []string
		env := Environment{Names: []string{x.name}, Lookup: func(string) (string, bool) { return "", false }, Tell: func(line string) { told = append(told, line) }}
		if _, err := Load(path, env); err != nil || strings.Join(told, "\n") != x.told {
			t.Errorf("%s with %q: %v, told %q; want %q", x.name, x.file, err, told, x.told)
		}
	}
}
