package directory_test

import (
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/rollcall-hr/rollcall/directory"
)

func TestEmailKey(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"blank", "  ", ""},
		{"case and space", " Ann.Lee@ACME.test ", "ann.lee@acme.test"},
		{"IDNA host", "ann@B\u00fccher.test", "ann@xn--bcher-kva.test"},
		{"IDNA host in its other form", "ann@xn--bcher-kva.test", "ann@xn--bcher-kva.test"},
		{"no folding across scripts: Cyrillic a", "\u0430nn@acme.test", "\u0430nn@acme.test"},
		{"no folding across scripts: dotless i", "I\u0130@acme.test", "i\u0130@acme.test"},
		{"Kelvin sign is no k", "\u212a@acme.test", "\u212a@acme.test"},
		{"no address", "ANN", "ann"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := directory.EmailKey(tt.in); got != tt.want {
				t.Errorf("EmailKey(%+q) = %+q, want %+q", tt.in, got, tt.want)
			}
		})
	}
}

func TestNameKey(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"case and space", "  Human   Resources ", "human resources"},
		{"no-break space", "Human\u00a0Resources", "human resources"},
		{"tab", "Human\tResources", "human resources"},
		{"ligature", "O\ufb03ce", "office"},
		{"full width", "\uff32\uff06\uff24", "r&d"},
		{"NFD", "Cafe\u0301", "caf\u00e9"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := directory.NameKey(tt.in); got != tt.want {
				t.Errorf("NameKey(%+q) = %+q, want %+q", tt.in, got, tt.want)
			}
		})
	}
}

// NameKey takes short ways for plain names, which must lead to the same place.
func TestNameKeyIsNFKCLowerCaseWithSingleSpaces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.StringMatching(`[ \t\v\x{1f}A-Ca-c\x{e9}\x{a0}]{0,9}`), rapid.StringMatching(`[ \tA-C\-]{0,80}`), rapid.String()).Draw(t, "s")
		want := strings.Join(strings.Fields(strings.ToLower(norm.NFKC.String(s))), " ")
		if got := directory.NameKey(s); got != want {
			t.Fatalf("NameKey(%+q) = %+q, want %+q", s, got, want)
		}
		if got := string(directory.AppendNameKey([]byte("x "), s)); got != "x "+want {
			t.Fatalf("AppendNameKey(%+q) gives %+q behind another text, want %+q", s, got, "x "+want)
		}
	})
}

func TestKeysAreStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.StringMatching(`[ A-Za-z\x{e9}\x{130}\x{fb01}]{0,12}`), rapid.String()).Draw(t, "s")
		if key := directory.NameKey(s); directory.NameKey(" "+key+"\n") != key {
			t.Fatalf("NameKey is not idempotent: %+q, then %+q", key, directory.NameKey(key))
		}
		mail := directory.EmailKey(s + "@acme.test")
		if again := directory.EmailKey(" " + mail + " "); again != mail {
			t.Fatalf("EmailKey is not idempotent: %+q, then %+q", mail, again)
		}
	})
}

// Ids of people are derived, so that an apply repeated after a crash creates nobody twice. They are
// stored: if this test fails, every existing directory would see its people created again.
func TestDerivedIDsNeverChange(t *testing.T) {
	var ids directory.IDs // the ids of one do not depend on those before
	tests := []struct{ got, want string }{
		{ids.PersonID("org", "conn", "4"), "p_14_d3s2r0m1d755ahf9"},
		{ids.PersonID("or", "gconn", "4"), "p_14_h2gadfng7u5blsv4"},
		{ids.PersonID("org", "conn", "4"), "p_14_d3s2r0m1d755ahf9"},
		{directory.PersonID("org", "conn", "4"), "p_14_d3s2r0m1d755ahf9"},
		{directory.PersonID("or", "gconn", "4"), "p_14_h2gadfng7u5blsv4"},
		{directory.GroupID("org", directory.KindDepartment, "Human  Resources"), "g_oefpets2b9h27nn8"},
		{directory.GroupID("org", directory.KindTeam, "Human Resources"), "g_djtga26e4l9u40ad"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
	if a, b := directory.GroupID("o", directory.KindTeam, " R&D"), directory.GroupID("o", directory.KindTeam, "r&d"); a != b {
		t.Errorf("one name in two spellings gives two teams: %q and %q", a, b)
	}
}

func TestRecordKeys(t *testing.T) {
	if got, want := directory.PersonKey("p_1"), directory.Key("person:p_1"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := directory.GroupKey(directory.KindDepartment, "  R&D "), directory.Key("department:r&d"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
