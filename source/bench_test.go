package source

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/rollcall-hr/rollcall/hr"
)

// benchFields are 26 fields of about 700 bytes a record (performance, "Work").
func benchFields() []string {
	return []string{"status", "hireDate", "terminationDate", "employmentHistoryStatus", "employeeNumber", "firstName", "lastName",
		"preferredName", "workEmail", "homeEmail", "jobTitle", "department", "division", "location", "supervisorEId", "supervisorId",
		"supervisorEmail", "workPhone", "mobilePhone", "originalHireDate", "gender", "dateOfBirth", "city", "country", "customTeams", "customBudget"}
}

func benchBodies(n int) (current, future []byte) {
	value := func(i int, f string) string {
		switch f {
		case "status":
			return `"Active"`
		case "terminationDate":
			return `"0000-00-00"`
		case "preferredName":
			return "null"
		case "employeeNumber", "supervisorEId", "supervisorId":
			return fmt.Sprintf(`"%d"`, 1+i*7%n)
		}
		return fmt.Sprintf(`"%s of %d"`, f[:4], i)
	}
	body := func(fields []string) []byte {
		var b bytes.Buffer
		head := people(fields)
		b.WriteString(strings.TrimSuffix(head, "]}"))
		for i := range n {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"id":"%d"`, i+1)
			for _, f := range fields[1:] {
				fmt.Fprintf(&b, `,"%s":%s`, f, value(i, f))
			}
			b.WriteByte('}')
		}
		b.WriteString("]}")
		return b.Bytes()
	}
	return body(append([]string{"id"}, benchFields()...)), body(later)
}

func packed(body []byte) func(*http.Request, map[string]any) reply {
	z := zipped(body)
	return func(*http.Request, map[string]any) reply {
		r, _ := gzip.NewReader(bytes.NewReader(z))
		return reply{reader: r}
	}
}

// BenchmarkRead reads 100,000 employees of 26 fields from two gzipped reports: the bar for unchanged
// records is 0.35 s (performance §7). Floor is gunzip and SHA-256 of the same bytes, nothing else.
func BenchmarkRead(b *testing.B) {
	const n = 100_000
	current, future := benchBodies(n)
	s := company("", "")
	s.answers["POST /v1/reports/custom true"] = packed(current)
	s.answers["POST /v1/reports/custom false"] = packed(future)
	reader := open(b, s, nil)
	known := make([]hr.Known, n+1)
	records, _ := mustRead(b, reader, benchFields(), nil)
	for _, r := range records {
		known[r.Num] = hr.Known{Fingerprint: r.Fingerprint, Coverage: r.Coverage}
	}
	run := func(b *testing.B, know hr.KnownFunc, want int) {
		b.SetBytes(int64(len(current) + len(future)))
		b.ReportAllocs()
		for b.Loop() {
			snap, err := reader.Read(b.Context(), benchFields(), know)
			if err != nil {
				b.Fatal(err)
			}
			unchanged := 0
			for r, err := range snap.Records {
				if err != nil {
					b.Fatal(err)
				}
				if r.Unchanged {
					unchanged++
				}
			}
			if unchanged != want {
				b.Fatalf("%d unchanged, want %d", unchanged, want)
			}
		}
	}
	b.Run("unchanged", func(b *testing.B) {
		run(b, func(id int64) (hr.Known, bool) { return known[id], true }, n)
	})
	b.Run("changed 1%", func(b *testing.B) {
		run(b, func(id int64) (hr.Known, bool) { return known[id], id%100 != 0 }, n-n/100)
	})
	b.Run("first", func(b *testing.B) { run(b, nil, 0) })
	b.Run("floor", func(b *testing.B) {
		b.SetBytes(int64(len(current) + len(future)))
		for b.Loop() {
			for _, body := range []func(*http.Request, map[string]any) reply{s.answers["POST /v1/reports/custom true"], s.answers["POST /v1/reports/custom false"]} {
				if _, err := io.Copy(sha256.New(), body(nil, nil).reader); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}
