package bamboosim_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/rollcall-hr/rollcall/bamboosim"
)

func Example() {
	sim, err := bamboosim.New(bamboosim.Company{
		Subdomain: "acme",
		Today:     "2026-11-21",
		Employees: []bamboosim.Employee{{
			ID: 4, FirstName: "Ann", LastName: "Lee", WorkEmail: "ann@acme.test", HireDate: "2024-01-08",
			JobInfo: []bamboosim.JobRow{{Date: "2024-01-08", Department: "Engineering", JobTitle: "Engineer"}},
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	server := httptest.NewServer(sim)
	defer server.Close()
	ask := func(method, path, body string) string {
		req, err := http.NewRequest(method, server.URL+path, strings.NewReader(body))
		if err != nil {
			log.Fatal(err)
		}
		req.SetBasicAuth(bamboosim.DefaultKey, "x")
		req.Header.Set("Accept", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			log.Fatal(err)
		}
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		if err != nil {
			log.Fatal(err)
		}
		return string(answer)
	}
	// Ann leaves at the end of the month; nothing shows until the clock gets there.
	ask("POST", "/_sim/employees/4/terminate", `{"date":"2026-11-30"}`)
	const ann = "/api/v1/employees/4?fields=firstName,department,status"
	fmt.Println(ask("GET", ann, ""))
	ask("POST", "/_sim/clock", `{"now":"2026-11-30T00:00:00Z"}`)
	fmt.Println(ask("GET", ann, ""))
	// Output:
	// {"id":"4","firstName":"Ann","department":"Engineering","status":"Active"}
	// {"id":"4","firstName":"Ann","department":"Engineering","status":"Inactive"}
}
