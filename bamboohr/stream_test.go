package bamboohr

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestCustomReport(t *testing.T) {
	x := serve(t, says(200, report(`[{"id":"4","firstName":"Ann"},{"id":"9","firstName":null}]`)))
	s, err := x.CustomReport(t.Context(), ReportQuery{
		Title: "Rollcall", Fields: []string{"id", "firstName", "ssn"}, EmployeeIDs: []string{"4", "9"},
		ChangedSince: time.Date(2026, 11, 1, 2, 3, 4, 0, time.FixedZone("", 7200)), IncludeNull: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	r := x.requests[0]
	if r.Method != "POST" || r.URL.RequestURI() != "/api/gateway.php/acme/v1/reports/custom?format=JSON&onlyCurrent=false" {
		t.Errorf("%s %s", r.Method, r.URL.RequestURI())
	}
	want := `{"title":"Rollcall","fields":["id","firstName","ssn"],"filters":{"lastChanged":{"includeNull":"yes","value":"2026-11-01T00:03:04Z"},"employeeIds":[4,9]}}`
	if x.bodies[0] != want {
		t.Errorf("body %s", x.bodies[0])
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json", "Accept": "application/json", "Accept-Encoding": "gzip",
		"User-Agent": "rollcall/dev (+https://github.com/rollcall-hr/rollcall)",
	} {
		if got := strings.Join(r.Header.Values(name), "|"); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if user, password, _ := r.BasicAuth(); user != testKey || password != "x" {
		t.Errorf("signed as %s:%s", user, password)
	}
	fields := []ReportField{{"id", "int", "EEID"}, {"firstName", "text", "First Name"}}
	if diff := cmp.Diff(fields, s.Fields()); diff != "" || s.Title() != "Report" {
		t.Errorf("%s %s", s.Title(), diff)
	}
	d := NewDecoder("firstName", "id", "ssn")
	var got [][]Scalar
	for row, err := range s.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		v, err := row.Decode(d)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, append([]Scalar(nil), v...))
	}
	rows := [][]Scalar{{{String, "Ann"}, {String, "4"}, {}}, {{Null, ""}, {String, "9"}, {}}}
	if diff := cmp.Diff(rows, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A column that nobody wants is still checked: the record is broken.
func TestUnwantedColumnsAreChecked(t *testing.T) {
	d := NewDecoder("id")
	for _, raw := range []string{`{"id":"4","x":"\q"}`, `{"id":"4","x":01}`, `{"id":"4","x":[}]}`, `{"id":"4","x\q":1}`, `{"id":"4"}}`, `{"id":"4" "x":1}`} {
		_, err := (Row{raw: []byte(raw), number: 7, shape: &rowShape{id: "id"}, stats: &Stats{}}).Decode(d)
		if bad, ok := errors.AsType[*RecordError](err); !ok || bad.ID != "4" || bad.Number != 7 || !errors.Is(err, ErrShape) {
			t.Errorf("%s: %v", raw, err)
		}
	}
}

func TestReportsThatCannotBeAsked(t *testing.T) {
	x := serve(t, says(200, ""))
	for _, q := range []ReportQuery{{}, {Fields: make([]string, MaxFields+1)}, {Fields: []string{"id"}, EmployeeIDs: []string{"4;5"}}} {
		if _, err := x.CustomReport(t.Context(), q); err == nil {
			t.Errorf("%d fields, ids %q: no error", len(q.Fields), q.EmployeeIDs)
		}
	}
	if len(x.requests) != 0 {
		t.Error("it was asked")
	}
}

func TestOtherReports(t *testing.T) {
	directory := `{"fields":[{"id":"displayName","type":"text","name":"Display name"}],"employees":[{"id":"4","displayName":"Ann Lee","photoUploaded":true,"canUploadPhoto":1}]}`
	x := serve(t, says(200, directory))
	s, err := x.Directory(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ids(s.Stream); got != "4" || err != nil || x.requests[0].URL.RequestURI() != "/api/gateway.php/acme/v1/employees/directory?onlyCurrent=true" {
		t.Errorf("%s, %v, %s", got, err, x.requests[0].URL)
	}
	x = serve(t, says(403, "", "X-BambooHR-Error-Message", "Directory disabled for this account"))
	if _, err := x.Directory(t.Context(), false); !errors.Is(err, ErrForbidden) || !strings.Contains(err.Error(), "Directory disabled") {
		t.Error(err)
	}

	x = serve(t, says(200, `{"title":"Leave","fields":[{"id":"4354.4","type":"decimal2","name":"Taken"},{"id":1610,"type":"x","name":"Access"}],"employees":[{"1610":"Yes","id":"4","4354.4":"0"}]}`))
	s, err = x.LegacyReport(t.Context(), "100", false)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ids(s.Stream); got != "4" || err != nil || s.Fields()[1].ID != "1610" || x.requests[0].URL.RequestURI() != "/api/gateway.php/acme/v1/reports/100?fd=yes&format=JSON&onlyCurrent=false" {
		t.Errorf("%s, %v, %v, %s", got, err, s.Fields(), x.requests[0].URL)
	}
}

func TestSavedReport(t *testing.T) {
	page := func(n int, rows string) http.HandlerFunc {
		return says(200, fmt.Sprintf(`{"data":[%s],"fields":[{"name":"eeid","label":"EEID"}],"aggregations":[],"pagination":{"current_page":%d,"total_pages":2}}`, rows, n))
	}
	x := serve(t, script(page(1, `{"eeid":"4"}`), page(2, `{"eeid":"5"}`)))
	s, err := x.SavedReport(t.Context(), "7")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ids(s.Stream); got != "4 5" || err != nil || s.Stats().Pages != 2 || s.Fields()[0] != (ReportField{ID: "eeid", Name: "EEID"}) {
		t.Errorf("%s, %v, %+v", got, err, s.Fields())
	}
	x = serve(t, page(1, `{"eeid":"4"}`)) // out of range is clamped: page 1 again
	s, err = x.SavedReport(t.Context(), "7")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ids(s.Stream); got != "4" || !errors.Is(err, ErrShape) {
		t.Errorf("%s, %v", got, err)
	}
}

// The caller reads the same people twice at once and joins them by id.
func TestTwoStreamsInLockstep(t *testing.T) {
	x := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var rows []string
		for i := range 30_000 {
			rows = append(rows, fmt.Sprintf(`{"id":"%d","firstName":"%s"}`, i, r.URL.Query().Get("onlyCurrent")))
		}
		says(200, report("["+strings.Join(rows, ",")+"]"))(w, r)
	})
	open := func(onlyCurrent bool) (*ReportStream, func() (Row, error, bool), func()) {
		s, err := x.CustomReport(t.Context(), ReportQuery{Fields: []string{"id"}, OnlyCurrent: onlyCurrent})
		if err != nil {
			t.Fatal(err)
		}
		next, stop := iter.Pull2(s.Rows())
		return s, next, stop
	}
	now, nextNow, stopNow := open(true)
	defer stopNow()
	later, nextLater, stopLater := open(false)
	defer stopLater()

	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if _, err := x.Probe(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a third request did not wait: %v", err)
	}

	d, e := NewDecoder("id", "firstName"), NewDecoder("id", "firstName")
	for i := 0; ; i++ {
		a, errA, okA := nextNow()
		b, errB, okB := nextLater()
		if okA != okB || errA != nil || errB != nil {
			t.Fatalf("row %d: %v %v, %v %v", i, okA, okB, errA, errB)
		}
		if !okA {
			break
		}
		va, _ := a.Decode(d)
		vb, _ := b.Decode(e)
		if id := strconv.Itoa(i); va[0].Text != id || vb[0].Text != id || va[1].Text != "true" || vb[1].Text != "false" {
			t.Fatalf("row %d: %v, %v", i, va, vb)
		}
	}
	if !now.Stats().Complete || !later.Stats().Complete || len(x.slots) != 0 {
		t.Errorf("%+v %+v, %d open", now.Stats(), later.Stats(), len(x.slots))
	}
}

func TestStreamStopsAndGoesOn(t *testing.T) {
	x := serve(t, says(200, report(`[{"id":"4"},{"id":"5"},{"id":"6"}]`)))
	s, err := x.CustomReport(t.Context(), everybody())
	if err != nil {
		t.Fatal(err)
	}
	for row, err := range s.Rows() {
		if id, _ := row.ID(); id != "4" || err != nil || row.Number() != 1 || string(row.Raw()) != `{"id":"4"}` {
			t.Errorf("%s, %v", id, err)
		}
		break
	}
	for range s.Rows() {
		break
	}
	if s.Stats().Rows != 2 || s.Stats().Complete {
		t.Errorf("%+v", s.Stats())
	}
	s.Close()
	s.Close()
	n := 0
	for _, err := range s.Rows() {
		if n++; !errors.Is(err, errClosed) {
			t.Error(err)
		}
	}
	if n != 1 || len(x.slots) != 0 || s.Stats().Complete {
		t.Errorf("%d steps after Close, %d open requests", n, len(x.slots))
	}
}

// A body that fits the window is checked to its end before its first row, so
// a cut one is simply asked for again.
func TestCutReportIsAskedForAgain(t *testing.T) {
	good := report(`[{"id":"4"},{"id":"5"}]`)
	x := serve(t, script(says(200, good[:len(good)-5]), sendRaw(okHead+"Content-Length: 999\r\n\r\n"+good, false), says(200, good)))
	s, err := x.CustomReport(t.Context(), everybody())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ids(s.Stream); got != "4 5" || err != nil || len(x.requests) != 3 || x.bodies[2] != x.bodies[0] {
		t.Errorf("%s, %v after %d requests", got, err, len(x.requests))
	}
}

// datasetServer answers pages of two records out of items.
func datasetServer(items []string, change func(page int, items []string) (rows []string, total, answered int)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		page := 0
		fmt.Sscanf(r.Header.Get("X-Test-Page"), "%d", &page)
		total, answered := len(items), page
		rows := items[min((page-1)*2, len(items)):min(page*2, len(items))]
		if change != nil {
			rows, total, answered = change(page, rows)
		}
		says(200, fmt.Sprintf(`{"data":[%s],"links":[],"meta":{"page":%d,"pageSize":2,"totalPages":%d,"totalItems":%d}}`,
			strings.Join(rows, ","), answered, (total+1)/2, total))(w, r)
	}
}

// paged tells the handler the page that the body asks for.
func paged(h http.HandlerFunc) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		raw, _ := io.ReadAll(r.Body)
		var body struct{ Page int }
		if err := json.Unmarshal(raw, &body); err != nil {
			return nil, err
		}
		r.Header.Set("X-Test-Page", strconv.Itoa(body.Page))
		w := &recorder{header: http.Header{}}
		h(w, r)
		return &http.Response{StatusCode: w.status, Header: w.header, Body: io.NopCloser(strings.NewReader(w.body.String()))}, nil
	}
}

type recorder struct {
	header http.Header
	status int
	body   strings.Builder
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

func TestDatasetRows(t *testing.T) {
	var items []string
	for i := range 5 {
		items = append(items, fmt.Sprintf(`{"fields":{"eeid":"%d","email":"p%d@acme.test"}}`, i+4, i))
	}
	for name, c := range map[string]struct {
		change func(int, []string) ([]string, int, int)
		ids    string
		kind   Kind
	}{
		"whole": {nil, "4 5 6 7 8", ""},
		"one twice, none missing": {func(page int, rows []string) ([]string, int, int) {
			if page == 1 {
				rows = append(rows[:2:2], rows[0])
			}
			return rows, 5, page
		}, "4 5 4 6 7 8", ""},
		"one twice, one missing": {func(page int, rows []string) ([]string, int, int) {
			if page == 2 {
				rows = []string{items[1], items[2]}
			}
			return rows, 5, page
		}, "4 5 5 6 8", ErrDrift},
		"one missing": {func(page int, rows []string) ([]string, int, int) {
			if page == 3 {
				rows = nil
			}
			return rows, 5, page
		}, "4 5 6 7", ErrDrift},
		"total changes":  {func(page int, rows []string) ([]string, int, int) { return rows, 4 + page, page }, "4 5", ErrDrift},
		"page 1 again":   {func(_ int, rows []string) ([]string, int, int) { return rows, 5, 1 }, "4 5", ErrShape},
		"empty for ever": {func(page int, _ []string) ([]string, int, int) { return nil, 1 << 40, page }, "", ErrDrift},
		"nobody":         {func(page int, _ []string) ([]string, int, int) { return nil, 0, page }, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			x := serve(t, nil, WithTransport(paged(datasetServer(items, c.change))))
			s, err := x.DatasetRows(t.Context(), DatasetQuery{Fields: []string{"email"}})
			if err != nil {
				t.Fatal(err)
			}
			got, err := ids(s)
			if got != c.ids || c.kind == "" && err != nil || c.kind != "" && !errors.Is(err, c.kind) || s.Stats().Complete != (c.kind == "") {
				t.Errorf("%s, %v; want %s, %q", got, err, c.ids, c.kind)
			}
		})
	}
}

func TestDatasetRequest(t *testing.T) {
	x := serve(t, says(200, `{"data":[{"fields":{"eeid":"4","employeeNumber":""},"_restrictedFields":["employee_employeeNumber"]}],"links":{"next":"https://evil.test/"},"meta":{"page":1,"totalPages":1,"totalItems":1}}`))
	s, err := x.DatasetRows(t.Context(), DatasetQuery{Fields: []string{"employeeNumber"}, Filter: "status eq 'Active'", PageSize: 5000})
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"fields":["eeid","employeeNumber"],"filter":"status eq 'Active'","orderBy":"eeid asc","page":1,"pageSize":1000}`; x.bodies[0] != want || !strings.HasSuffix(x.requests[0].URL.Path, "/v2/datasets/employee/data") {
		t.Errorf("%s %s", x.requests[0].URL, x.bodies[0])
	}
	d := NewDecoder("employeeNumber")
	for row, err := range s.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		v, err := row.Decode(d)
		hidden, e := row.Restricted()
		if err != nil || e != nil || v[0] != (Scalar{String, ""}) || fmt.Sprint(hidden) != "[employee_employeeNumber]" {
			t.Errorf("%v %v %v %v", v, hidden, err, e)
		}
	}
	for body, kind := range map[string]Kind{
		`{"data":[]}`:                        ErrShape,
		`{"data":[],"meta":{"page":1}}`:      ErrShape,
		`{"data":[],"meta":[]}`:              ErrShape,
		`{"meta":{}}`:                        ErrShape,
		`{"data":[{"fields":[]}],"meta":{"`:  ErrTruncated,
		`{"data":null,"meta":{"totalPages"}`: ErrShape,
	} {
		x := serve(t, says(200, body), WithRetry(1, time.Hour))
		if _, err := x.DatasetRows(t.Context(), DatasetQuery{Fields: []string{"email"}}); !errors.Is(err, kind) {
			t.Errorf("%s: %v", body, err)
		}
	}
	x = serve(t, says(400, `{"title":"Bad Request","status":400,"code":"INVALID_ARGUMENT","detail":"Invalid field name: employee_workEmail"}`))
	_, err = x.DatasetRows(t.Context(), DatasetQuery{Fields: []string{"workEmail"}})
	if e, ok := errors.AsType[*Error](err); !ok || e.Kind != ErrRejected || e.Code != "INVALID_ARGUMENT" || e.Message != "Invalid field name: employee_workEmail" {
		t.Error(err)
	}
	if _, err := x.DatasetRows(t.Context(), DatasetQuery{}); err == nil {
		t.Error("a dataset without fields was asked for")
	}
}

// A broken page is asked for again; what was read before stays good.
func TestBrokenPageIsAskedForAgain(t *testing.T) {
	first := `{"data":[{"employeeId":"4"}],"meta":{"total":2,"page":{"nextCursor":"c1"}}}`
	second := `{"data":[{"employeeId":"5"}],"meta":{"total":2,"page":{"nextCursor":null}}}`
	x := serve(t, script(says(200, first), says(200, second[:30]), says(502, ""), says(200, second)))
	s, err := x.Employees(t.Context(), ListQuery{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ids(s.Stream); got != "4 5" || err != nil || len(x.requests) != 4 {
		t.Errorf("%s, %v, %d requests", got, err, len(x.requests))
	}
}

func TestEmployees(t *testing.T) {
	pages := []string{
		`{"data":[{"employeeId":"4","firstName":"Ann","_restrictedFields":[]},{"employeeId":"5","status":null,"_restrictedFields":["status","photoUrl"]}],
		  "meta":{"total":3,"page":{"limit":2,"nextCursor":"a+b=","prevCursor":null}},"_links":{"next":{"href":"https://evil.test/api/v1/employees"}}}`,
		`{"data":[{"employeeId":"6"}],"meta":{"total":3,"page":{"limit":2,"nextCursor":null,"prevCursor":"x"}},"_links":{"self":{"href":"x"}}}`,
	}
	x := serve(t, script(says(200, pages[0]), says(200, pages[1])))
	s, err := x.Employees(t.Context(), ListQuery{Fields: []string{"workEmail", "hireDate"}, Filter: map[string]string{"status": "active"}, IDs: []string{"4", "5"}, PageSize: 2})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for row, err := range s.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		id, _ := row.ID()
		hidden, _ := row.Restricted()
		got = append(got, fmt.Sprint(id, hidden))
	}
	if fmt.Sprint(got) != "[4[] 5[status photoUrl] 6[]]" || s.Total() != 3 || !s.Stats().Complete || s.Stats().Bytes != int64(len(pages[0])+len(pages[1])) {
		t.Errorf("%v, %d, %+v", got, s.Total(), s.Stats())
	}
	for i, after := range []string{"", "a+b="} {
		q := x.requests[i].URL.Query()
		if q.Get("page[after]") != after || q.Get("page[limit]") != "2" || q.Get("sort") != "employeeId" ||
			q.Get("fields") != "workEmail,hireDate" || q.Get("filter[status]") != "active" || q.Get("filter[ids]") != "4,5" {
			t.Errorf("page %d: %s", i+1, x.requests[i].URL)
		}
	}
}

func TestEmployeesGoesWrong(t *testing.T) {
	page := func(cursor string) http.HandlerFunc {
		return says(200, `{"data":[{"employeeId":"4"}],"meta":{"total":9,"page":{"nextCursor":"`+cursor+`"}}}`)
	}
	for name, c := range map[string]struct {
		h    http.HandlerFunc
		kind Kind
		code string
	}{
		"boundary gone": {script(page("a"), says(400, `{"error":{"code":"BadPage","message":"gone"}}`)), ErrBadPage, "BadPage"},
		"bad request":   {script(page("a"), says(400, `{"error":{"code":"BadRequest","message":"sort"}}`)), ErrRejected, "BadRequest"},
		"circle":        {script(page("a"), page("b"), page("a")), ErrShape, ""},
		"key revoked":   {script(page("a"), says(401, "")), ErrUnauthorized, ""},
		"no meta":       {script(page("a"), says(200, `{"data":[]}`)), ErrShape, ""},
		"no page":       {script(page("a"), says(200, `{"data":[],"meta":{"total":1}}`)), ErrShape, ""},
	} {
		t.Run(name, func(t *testing.T) {
			x := serve(t, c.h)
			s, err := x.Employees(t.Context(), ListQuery{})
			if err != nil {
				t.Fatal(err)
			}
			_, err = ids(s.Stream)
			if e, ok := errors.AsType[*Error](err); !ok || e.Kind != c.kind || e.Code != c.code || s.Stats().Complete {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestAllTableRows(t *testing.T) {
	x := serve(t, says(200, `[{"id":"38563","employeeId":"4","date":"2024-01-08","teams":null},{"id":1,"employeeId":5}]`))
	s, err := x.AllTableRows(t.Context(), "jobInfo")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ids(s); got != "4 5" || err != nil || !strings.HasSuffix(x.requests[0].URL.Path, "/v1/employees/all/tables/jobInfo") {
		t.Errorf("%s, %v", got, err)
	}
	for body, kind := range map[string]Kind{`{}`: ErrShape, `{"error":{"message":"x"}}`: ErrShape, `[{"id":"1"}`: ErrTruncated, `[null]`: ErrShape, `[] []`: ErrShape, "<x>": ErrNotJSON} {
		x := serve(t, says(200, body), WithRetry(1, time.Hour))
		if _, err := x.AllTableRows(t.Context(), "jobInfo"); !errors.Is(err, kind) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// The decoder gives what encoding/json gives, for any columns in any order.
func TestDecoderIsEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.SampledFrom([]string{"id", "ids", "firstName", "workEmail", "a"}), rapid.StringN(1, 5, -1))
		value := rapid.OneOf(rapid.Just[any](nil), rapid.Map(rapid.String(), func(s string) any { return s }),
			rapid.Map(rapid.Int(), func(n int) any { return n }), rapid.Map(rapid.Bool(), func(b bool) any { return b }))
		columns := rapid.SliceOfNDistinct(name, 1, 6, rapid.ID[string]).Draw(t, "columns")
		d := NewDecoder(columns...)
		for _, record := range rapid.SliceOfN(rapid.MapOfN(name, value, 0, 6), 1, 6).Draw(t, "records") {
			record["id"] = "4"
			raw, _ := json.Marshal(record)
			row := Row{raw: raw, shape: &rowShape{id: "id"}, stats: &Stats{}}
			got, err := row.Decode(d)
			if err != nil {
				t.Fatalf("%s: %v", raw, err)
			}
			for i, column := range columns {
				v, ok := record[column]
				want := Scalar{}
				switch v := v.(type) {
				case nil:
					if ok {
						want.Kind = Null
					}
				case string:
					want = Scalar{String, v}
				case int:
					want = Scalar{Number, strconv.Itoa(v)}
				case bool:
					want = Scalar{Bool, strconv.FormatBool(v)}
				}
				if got[i] != want {
					t.Fatalf("%s: %q is %+v, want %+v", raw, column, got[i], want)
				}
			}
			if id, err := row.ID(); id != "4" || err != nil {
				t.Fatalf("%s: id %q, %v", raw, id, err)
			}
		}
	})
}
