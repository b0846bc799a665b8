package bamboohr

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
)

// reportBody builds a custom report of n people with 27 columns each, about
// 714 bytes a person like the yardstick of performance §2.
func reportBody(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"title":"Report","fields":[{"id":"id","type":"int","name":"EEID"}],"employees":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"%d","employeeNumber":"%d","firstName":"Person%d","lastName":"Example","preferredName":null,"displayName":"Person%d Example","jobTitle":"Software Engineer","workPhone":"+31 20 555 %04d","mobilePhone":"+31 6 555 %04d","workEmail":"person%d@acme.test","homeEmail":"person%d@home.test","department":"Engineering","division":"Europe","location":"Amsterdam","supervisor":"Example, Boss","supervisorId":"%d","supervisorEId":"%d","supervisorEmail":"boss@acme.test","hireDate":"2021-03-01","originalHireDate":"0000-00-00","terminationDate":"0000-00-00","status":"Active","employmentHistoryStatus":"Full-Time","gender":"Female","dateOfBirth":"1990-02-03","city":"Utrecht","country":"Netherlands"}`,
			i+4, i+1, i, i, i%10000, i%10000, i, i, i/10+1, i/10+4)
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

func reportColumns() []string {
	return strings.Fields(`id employeeNumber firstName lastName preferredName displayName jobTitle workPhone mobilePhone
		workEmail homeEmail department division location supervisor supervisorId supervisorEId supervisorEmail hireDate
		originalHireDate terminationDate status employmentHistoryStatus gender dateOfBirth city country`)
}

const benchPeople = 20_000

// BenchmarkStream measures what a run pays per body, beside its floor: reading
// the bytes once. Compare the MB/s of one run with each other.
func BenchmarkStream(b *testing.B) {
	body := reportBody(benchPeople)
	run := func(name string, step func(b *testing.B)) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				step(b)
			}
		})
	}
	run("floor-read", func(*testing.B) { // copy through a window, find every quote
		window := make([]byte, 512<<10)
		quotes := 0
		for src := bytes.NewReader(body); ; {
			n, err := src.Read(window)
			quotes += bytes.Count(window[:n], []byte{'"'})
			if err == io.EOF {
				break
			}
		}
	})
	run("cut", func(b *testing.B) { each(b, body, func(Row) error { return nil }) })
	run("cut-id", func(b *testing.B) {
		each(b, body, func(r Row) error { _, err := r.ID(); return err })
	})
	d := NewDecoder(reportColumns()...)
	run("cut-decode-27", func(b *testing.B) {
		each(b, body, func(r Row) error { _, err := r.Decode(d); return err })
	})
	few := NewDecoder("id", "workEmail", "status")
	run("cut-decode-3", func(b *testing.B) {
		each(b, body, func(r Row) error { _, err := r.Decode(few); return err })
	})
	run("encoding-json", func(b *testing.B) {
		var v struct{ Employees []map[string]*string }
		if err := json.Unmarshal(body, &v); err != nil {
			b.Fatal(err)
		}
	})
}

// each runs through a report that is read in small pieces.
func each(tb testing.TB, body []byte, f func(Row) error) {
	tb.Helper()
	s, err := streamOf(bytes.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	for row, err := range s.Rows() {
		if err == nil {
			err = f(row)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	if got := s.Stats().Rows; got != benchPeople {
		tb.Fatalf("%d rows", got)
	}
}
