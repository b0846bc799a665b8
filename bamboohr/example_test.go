package bamboohr_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/rollcall-hr/rollcall/bamboohr"
)

const key = "0123456789abcdef0123456789abcdef01234567"

// pretend is a BambooHR that answers everything with one body.
func pretend(status int, body string) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		io.WriteString(w, body)
	}))
}

// A key that belongs to no employee is the right one for an integration.
func Example_probe() {
	server := pretend(200, `{"id":"0"}`)
	defer server.Close()
	c, err := bamboohr.New("https://acme.bamboohr.com/home", key, bamboohr.WithBaseURL(server.URL))
	if err != nil {
		fmt.Println(err)
		return
	}
	who, err := c.Probe(context.Background())
	fmt.Println(c, "is good:", err == nil, "employee:", who.EmployeeID != "")
	// Output: BambooHR client of acme is good: true employee: false
}

// Everything that can go wrong has a kind, and a sentence for people.
func Example_errors() {
	server := pretend(401, "")
	defer server.Close()
	c, err := bamboohr.New("acme", key, bamboohr.WithBaseURL(server.URL))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = c.Probe(context.Background())
	fmt.Println(err)
	if e, ok := errors.AsType[*bamboohr.Error](err); ok && errors.Is(err, bamboohr.ErrUnauthorized) {
		fmt.Println(e.Status, e.Path)
	}
	// Output:
	// BambooHR acme GET /v1/employees/0: 401 the API key was refused; make a new key in BambooHR and enter it
	// 401 /v1/employees/0
}

func ExampleClient_CustomReport() {
	server := pretend(200, `{"title":"Rollcall",
		"fields":[{"id":"id","type":"int","name":"EEID"},{"id":"workEmail","type":"email","name":"Work Email"}],
		"employees":[{"id":"4","workEmail":"ann@acme.test"},{"id":"5","workEmail":null}]}`)
	defer server.Close()
	c, err := bamboohr.New("acme", key, bamboohr.WithBaseURL(server.URL))
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := c.CustomReport(context.Background(), bamboohr.ReportQuery{Fields: []string{"id", "workEmail", "status"}, OnlyCurrent: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer report.Close()
	fmt.Println(len(report.Fields()), "of 3 columns may be read")
	columns := bamboohr.NewDecoder("id", "workEmail", "status")
	for row, err := range report.Rows() {
		if err != nil {
			fmt.Println(err)
			return
		}
		v, err := row.Decode(columns)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(v[0].Text, v[1].Text, "blank:", v[1].Empty(), "unknown:", v[2].Kind == bamboohr.Absent)
	}
	fmt.Println("complete:", report.Stats().Complete)
	// Output:
	// 2 of 3 columns may be read
	// 4 ann@acme.test blank: false unknown: true
	// 5  blank: true unknown: true
	// complete: true
}

// Two readings of the same people are walked through side by side.
func ExampleStream_Rows_lockstep() {
	server := pretend(200, `{"fields":[{"id":"id"}],"employees":[{"id":"4"},{"id":"5"}]}`)
	defer server.Close()
	c, err := bamboohr.New("acme", key, bamboohr.WithBaseURL(server.URL))
	if err != nil {
		fmt.Println(err)
		return
	}
	read := func(onlyCurrent bool) *bamboohr.ReportStream {
		r, err := c.CustomReport(context.Background(), bamboohr.ReportQuery{Fields: []string{"id"}, OnlyCurrent: onlyCurrent})
		if err != nil {
			panic(err)
		}
		return r
	}
	now, later := read(true), read(false)
	defer now.Close()
	defer later.Close()
	next, stop := iter.Pull2(later.Rows())
	defer stop()
	for a, err := range now.Rows() {
		b, err2, ok := next()
		if err != nil || err2 != nil || !ok {
			fmt.Println("the readings differ")
			return
		}
		left, _ := a.ID()
		right, _ := b.ID()
		fmt.Println(left, right)
	}
	// Output:
	// 4 4
	// 5 5
}

func ExampleClient_ChangedSince() {
	server := pretend(200, `{"latest":"2026-11-20T14:02:11+00:00","employees":{"4":{"id":"4","action":"Updated","lastChanged":"2026-11-20T14:02:11+00:00"}}}`)
	defer server.Close()
	c, err := bamboohr.New("acme", key, bamboohr.WithBaseURL(server.URL))
	if err != nil {
		fmt.Println(err)
		return
	}
	changes, err := c.ChangedSince(context.Background(), time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC), "")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range changes.Employees {
		fmt.Println(e.ID, e.Action)
	}
	fmt.Println("next:", changes.Latest.Format(time.RFC3339))
	// Output:
	// 4 Updated
	// next: 2026-11-20T14:02:11Z
}

func ExampleParseSubdomain() {
	for _, s := range []string{"acme", "https://acme.bamboohr.com/home", "acme.evil.test"} {
		fmt.Println(bamboohr.ParseSubdomain(s))
	}
	// Output:
	// acme <nil>
	// acme <nil>
	//  "acme.evil.test" is not a BambooHR sub-domain; enter the name before .bamboohr.com, such as acme
}

func ExampleVerifySignature() {
	body := []byte(`{"employees":[{"id":"4","action":"Updated","timestamp":"2026-11-21T12:00:00+0000","changedFields":["First Name"],"fields":{"First Name":"Ann"}}]}`)
	fmt.Println(bamboohr.VerifySignature("00112233445566778899aabbccddeeff", body, "1795262400",
		"13842b326f6d0c62f54d58ecd613575506f77b800ffe7d982f29331f7b93bfd2"))
	// Output: true
}
