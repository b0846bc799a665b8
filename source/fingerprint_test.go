package source

import (
	"strings"
	"testing"

	"github.com/rollcall-hr/rollcall/hr"
)

// TestFingerprints: they are the same for the same bytes, whatever was hashed before, and others for another byte, another
// secret, and another way to read the bytes.
func TestFingerprints(t *testing.T) {
	long := strings.Repeat("x", 70_000)
	records := [][2]string{{`{"id":"1"}`, `{"id":"1"}`}, {`{"id":"1"}`, `{"id":"1","status":"Inactive"}`}, {`{"id":"1","status":"Inactive"}`, `{"id":"1"}`},
		{`{"id":"1"}`, ""}, {"", ""}, {long, ""}, {long + "y", ""}}
	seen := map[hr.Fingerprint]string{}
	for _, secret := range []string{"", "one", "another"} {
		for _, text := range []string{"report", "dataset"} {
			p, again := newPrinter(secret, text), newPrinter(secret, text)
			for _, r := range records {
				name := secret + " " + text + " " + r[0][:min(len(r[0]), 40)] + " " + r[1]
				f := p.of([]byte(r[0]), []byte(r[1]))
				if other, ok := seen[f]; ok || f.IsZero() {
					t.Errorf("%s: %x, as %s", name, f, other)
				}
				seen[f] = name
				again.of([]byte(long), []byte("what came before"))
				if g := again.of([]byte(r[0]), []byte(r[1])); g != f {
					t.Errorf("%s: %x, then %x", name, f, g)
				}
			}
			// What is stored beside the fingerprints tells two ways of reading apart, and nothing of the secret.
			if a, b := newPrinter("one", text).seed, newPrinter("another", text).seed; a != b {
				t.Errorf("%s: the seed depends on the secret", text)
			}
		}
	}
}

// BenchmarkFingerprint is one employee of a usual size.
func BenchmarkFingerprint(b *testing.B) {
	main, ahead := []byte(strings.Repeat("m", 780)), []byte(strings.Repeat("a", 130))
	for name, secret := range map[string]string{"keyed": "secret", "plain": ""} {
		b.Run(name, func(b *testing.B) {
			p := newPrinter(secret, "report")
			b.ReportAllocs()
			for b.Loop() {
				p.of(main, ahead)
			}
		})
	}
}
