package bamboohr

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

// Another unpacker changes nothing but who unpacks: good answers, packed or not, torn and damaged ones, and bombs.
func TestGunzip(t *testing.T) {
	pack := func(text string) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		io.WriteString(z, text)
		z.Close()
		return b.Bytes()
	}
	good := `{"fields":[],"employees":[` + strings.Repeat(`{"id":"4","firstName":"Ann"},`, 999) + `{"id":"4","firstName":"Ann"}]}`
	damaged := pack(good)
	damaged[len(damaged)-6] ^= 1 // in the checksum
	small := func(o *options) { o.limits.roster.bytes = 1 << 20 }
	for _, c := range []struct {
		name   string
		packed bool
		body   []byte
		rows   int
		want   error
	}{
		{"packed", true, pack(good), 1000, nil},
		{"plain", false, []byte(good), 1000, nil},
		{"torn", true, pack(good)[:90], -1, ErrTruncated},
		{"torn in its header", true, pack(good)[:4], -1, ErrTruncated},
		{"damaged", true, damaged, -1, ErrTruncated},
		{"not packed", true, []byte(good), -1, ErrTruncated},
		{"empty", true, nil, -1, ErrShape},
		{"bomb", true, pack(`{"fields":[],"employees":[` + strings.Repeat(`{"id":"4"},`, 1<<20)), -1, ErrTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			opened, answers := 0, []error{}
			open := WithGunzip(func(r io.Reader) (io.Reader, error) {
				opened++
				return gzip.NewReader(r)
			})
			for _, opts := range [][]Option{{small}, {small, open}} {
				x := serve(t, func(w http.ResponseWriter, r *http.Request) {
					if got := r.Header.Get("Accept-Encoding"); got != "gzip" {
						t.Errorf("asked for %q", got)
					}
					w.Header().Set("Content-Type", "application/json")
					if c.packed {
						w.Header().Set("Content-Encoding", "gzip")
					}
					w.Write(c.body)
				}, append(opts, WithRetry(1, 0))...)
				var rows string
				s, err := x.CustomReport(t.Context(), everybody())
				if err == nil {
					rows, err = ids(s.Stream)
				}
				if !errors.Is(err, c.want) || c.want == nil && strings.Count(rows, "4") != c.rows {
					t.Errorf("%d rows and %v, not %d and %v", strings.Count(rows, "4"), err, c.rows, c.want)
				}
				answers = append(answers, err)
			}
			if a, b := answers[0], answers[1]; (a == nil) != (b == nil) || a != nil && a.Error() != b.Error() {
				t.Errorf("unpacked by the transport: %v; by the option: %v", a, b)
			}
			if (opened > 0) != c.packed {
				t.Errorf("opened %d times", opened)
			}
		})
	}
}
