package source

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/bamboohr"
	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/policy"
)

// show writes a record as text: "4 set:Active blank …", the values ahead behind a bar.
func showRecord(r hr.Record) string {
	if r.Problem != "" {
		return r.ID + " problem: " + r.Problem
	}
	if r.Unchanged {
		return r.ID + " unchanged"
	}
	value := func(v hr.Value) string {
		if v.IsSet() {
			return v.Text()
		}
		return "<" + v.State().String() + ">"
	}
	out := []string{r.ID}
	for _, v := range r.Values {
		out = append(out, value(v))
	}
	out = append(out, "|")
	for _, v := range r.Ahead {
		out = append(out, value(v))
	}
	return strings.Join(out, " ")
}

func shown(records []hr.Record) []string {
	var out []string
	for _, r := range records {
		out = append(out, showRecord(r))
	}
	return out
}

const tail = " | Full-Time 2024-01-08 %d Active <blank>"

func TestReadReports(t *testing.T) {
	tests := []struct {
		name            string
		fields          []string
		current, future string
		want            []string
		reading         string // employees active/inactive, then per field answered set/blank/unreadable
	}{
		{
			name: "two employees", fields: []string{"status", "firstName", "workEmail"},
			current: people(cols, row(4, "Ann", "ann@acme.test"), row(5, "Bo", "")),
			future:  people(later, ahead(4), ahead(5)),
			want: []string{
				"4 Active Ann ann@acme.test" + fmt.Sprintf(tail, 4),
				"5 Active Bo <blank>" + fmt.Sprintf(tail, 5),
			},
			reading: "2 2/0 status:2/0/0 firstName:2/0/0 workEmail:1/1/0",
		},
		{
			name: "nobody", fields: []string{"status"},
			current: people(cols), future: people(later),
			reading: "0 0/0 status:0/0/0",
		},
		{
			name: "a column that was not answered is unreadable for everybody (fault 7)", fields: []string{"status", "gender"},
			current: people(cols, row(4, "Ann", "")), future: people(later, ahead(4)),
			want:    []string{"4 Active <unreadable>" + fmt.Sprintf(tail, 4)},
			reading: "1 1/0 status:1/0/0 gender!:0/0/1",
		},
		{
			name: "a status of null is blank, never inactive (fault 3)", fields: []string{"status"},
			current: people(cols, `{"id":"4","status":null}`), future: people(later, ahead(4)),
			want:    []string{"4 <blank>" + fmt.Sprintf(tail, 4)},
			reading: "1 0/0 status:0/1/0",
		},
		{
			name: "a status that one row lacks is unreadable (fault 8)", fields: []string{"status"},
			current: people(cols, `{"id":"4"}`, row(5, "Bo", "")), future: people(later, ahead(4), ahead(5)),
			want:    []string{"4 <unreadable>" + fmt.Sprintf(tail, 4), "5 Active" + fmt.Sprintf(tail, 5)},
			reading: "2 1/0 status:1/0/1",
		},
		{
			name: "unknown status and other case (fault 4)", fields: []string{"status"},
			current: people(cols, `{"id":"4","status":"INACTIVE"}`, `{"id":"5","status":"Resting"}`), future: people(later, ahead(4), ahead(5)),
			want:    []string{"4 INACTIVE" + fmt.Sprintf(tail, 4), "5 Resting" + fmt.Sprintf(tail, 5)},
			reading: "2 0/1 status:2/0/0",
		},
		{
			name: "every empty form (bamboohr-api §3.3)", fields: []string{"a", "b", "c", "d", "e", "f", "g"},
			current: people([]string{"a", "b", "c", "d", "e", "f", "g"},
				`{"id":"4","a":null,"b":"","c":" \t","d":"0000-00-00","e":"0000-00-00T00:00:00+00:00","f":" USD","g":[]}`),
			future:  people(later, ahead(4)),
			want:    []string{"4" + strings.Repeat(" <blank>", 7) + fmt.Sprintf(tail, 4)},
			reading: "1 0/0 a:0/1/0 b:0/1/0 c:0/1/0 d:0/1/0 e:0/1/0 f:0/1/0 g:0/1/0",
		},
		{
			name: "numbers, booleans, lists", fields: []string{"a", "b", "c"},
			current: people([]string{"a", "b", "c"}, `{"id":"4","a":12.50,"b":true,"c":["Red","Blue"]}`), future: people(later, ahead(4)),
			want:    []string{"4 12.5 true Red,Blue" + fmt.Sprintf(tail, 4)},
			reading: "1 0/0 a:1/0/0 b:1/0/0 c:1/0/0",
		},
		{
			name: "ids as numbers and with leading zeros are the same id (fault 28)", fields: []string{"id", "firstName"},
			current: people(cols, `{"id":12,"firstName":"Ann"}`, `{"id":"0013","firstName":"Bo"}`), future: people(later, ahead("012"), ahead(13)),
			want: []string{"12 12 Ann" + fmt.Sprintf(tail, 12), "13 13 Bo" + fmt.Sprintf(tail, 13)}, reading: "2 0/0 id:2/0/0 firstName:2/0/0",
		},
		{
			name: "identical rows are merged (fault 22)", fields: []string{"firstName"},
			current: people(cols, row(4, "Ann", ""), row(4, "Ann", ""), row(5, "Bo", "")), future: people(later, ahead(4), ahead(5), ahead(5)),
			want:    []string{"4 Ann" + fmt.Sprintf(tail, 4), "5 Bo" + fmt.Sprintf(tail, 5)},
			reading: "2 0/0 firstName:2/0/0",
		},
		{
			name: "differing rows take each other back (fault 22)", fields: []string{"firstName"},
			current: people(cols, row(4, "Ann", ""), row(4, "Anna", ""), row(4, "Anne", ""), row(5, "Bo", "")), future: people(later, ahead(4), ahead(5)),
			want:    []string{"4 Ann" + fmt.Sprintf(tail, 4), "4 problem: " + twoRecords, "5 Bo" + fmt.Sprintf(tail, 5)},
			reading: "2 0/0 firstName:2/0/0",
		},
		{
			name: "differing rows whose other half comes late", fields: []string{"firstName"},
			current: people(cols, row(4, "Ann", ""), row(4, "Anna", ""), row(9, "Ida", "")), future: people(later, ahead(9), ahead(4)),
			want:    []string{"4 problem: " + twoRecords, "9 Ida" + fmt.Sprintf(tail, 9), "4 problem: " + twoRecords},
			reading: "2 0/0 firstName:1/0/1",
		},
		{
			name: "the reads come in different orders", fields: []string{"firstName"},
			current: people(cols, row(9, "Ida", ""), row(4, "Ann", ""), row(5, "Bo", "")), future: people(later, ahead(5), ahead(9), ahead(4)),
			want:    []string{"9 Ida" + fmt.Sprintf(tail, 9), "4 Ann" + fmt.Sprintf(tail, 4), "5 Bo" + fmt.Sprintf(tail, 5)},
			reading: "3 0/0 firstName:3/0/0",
		},
		{
			name: "a record that is too long is that employee's problem only (fault 18)", fields: []string{"firstName"},
			current: people(cols, row(4, strings.Repeat("x", 2<<20), ""), row(5, "Bo", "")), future: people(later, ahead(4), ahead(5)),
			want:    []string{"4 problem: long", "5 Bo" + fmt.Sprintf(tail, 5)},
			reading: "2 0/0 firstName:1/0/1",
		},
		{
			name: "byte order mark, bad UTF-8 and a field twice (fault 20)", fields: []string{"firstName"},
			current: "\ufeff" + people(cols, "{\"id\":\"4\",\"firstName\":\"A\xffn\"}", `{"id":"5","firstName":"No","firstName":"Bo"}`), future: people(later, ahead(4), ahead(5)),
			want:    []string{"4 A\ufffdn" + fmt.Sprintf(tail, 4), "5 Bo" + fmt.Sprintf(tail, 5)},
			reading: "2 0/0 firstName:2/0/0",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			records, reading := mustRead(t, open(t, company(tt.current, tt.future), nil), tt.fields, nil)
			for i, r := range records {
				if strings.HasPrefix(r.Problem, "the record cannot be read") {
					records[i].Problem = "long"
				}
			}
			if diff := cmp.Diff(tt.want, shown(records)); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
			if got := showReading(reading); got != tt.reading {
				t.Errorf("reading is %q, want %q", got, tt.reading)
			}
		})
	}
}

func showReading(r hr.Reading) string {
	out := fmt.Sprintf("%d %d/%d", r.Employees, r.Active, r.Inactive)
	for _, f := range r.Fields {
		mark := "!"
		if f.Answered {
			mark = ""
		}
		out += fmt.Sprintf(" %s%s:%d/%d/%d", f.Field, mark, f.Set, f.Blank, f.Unreadable)
	}
	return out
}

// TestReadRequests: one probe and two reports, as performance §7 allows, with the id in front and
// nothing that changes by itself.
func TestReadRequests(t *testing.T) {
	s := two()
	var asked [][]any
	s.answers["POST /v1/reports/custom true"] = func(_ *http.Request, body map[string]any) reply {
		asked = append(asked, body["fields"].([]any))
		return reply{body: people(cols, row(4, "Ann", ""))}
	}
	s.answers["POST /v1/reports/custom false"] = fixed(people(later, ahead(4)))
	_, reading := mustRead(t, open(t, s, nil), []string{"status", "firstName", "id"}, nil)
	if reading.Requests != 3 || len(s.calls) != 3 {
		t.Errorf("%d requests counted, %d made, want 3", reading.Requests, len(s.calls))
	}
	if diff := cmp.Diff([][]any{{"id", "status", "firstName"}}, asked); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	for _, alias := range []string{"photoUrl", "age", "lastChanged", "employmentStatus"} {
		if _, err := open(t, s, nil).Read(t.Context(), []string{alias}, nil); !errors.Is(err, ErrSettings) {
			t.Errorf("reading %s gives %v, want a refusal", alias, err)
		}
	}
}

func TestReadKeyOwner(t *testing.T) {
	s := two()
	s.answers["GET /v1/employees/0"] = fixed(`{"id":"0005"}`)
	snap, err := open(t, s, nil).Read(t.Context(), []string{"status"}, nil)
	if err != nil || snap.KeyOwner != "5" {
		t.Fatalf("key owner %q, %v; want 5", snap.KeyOwner, err)
	}
	if _, _, err := drain(t, snap); err != nil {
		t.Fatal(err)
	}
	if _, _, err := drain(t, snap); err == nil {
		t.Error("the records of one snapshot were given twice")
	}
}

// TestReadUnchanged: equal bytes need no decoding; a lost column, a value that could not be read and a
// schema that is too long make everybody decoded (performance §6.1).
func TestReadUnchanged(t *testing.T) {
	fields := []string{"status", "firstName", "workEmail"}
	records, before := mustRead(t, open(t, two(), nil), fields, nil)
	known := remember(records)

	same, after := mustRead(t, open(t, two(), nil), fields, known)
	if diff := cmp.Diff([]string{"4 unchanged", "5 unchanged"}, shown(same)); diff != "" {
		t.Errorf("unchanged (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("the certificate's facts differ (-decoded +known):\n%s", diff)
	}

	s := two()
	s.answers["POST /v1/reports/custom false"] = fixed(people(later, ahead(4), strings.Replace(ahead(5), "0000-00-00", "2026-12-31", 1)))
	changed, _ := mustRead(t, open(t, s, nil), fields, known)
	if changed[0].Unchanged != true || changed[1].Unchanged != false {
		t.Errorf("a date ahead changed: %v", shown(changed))
	}

	s = two()
	s.answers["POST /v1/reports/custom true"] = fixed(people([]string{"id", "status", "firstName"}, row(4, "Ann", "ann@acme.test"), row(5, "Bo", "bo@acme.test")))
	lost, _ := mustRead(t, open(t, s, nil), fields, known)
	if lost[0].Unchanged || lost[1].Unchanged {
		t.Errorf("a column was lost although the rows are the same: %v", shown(lost))
	}

	partly := company(people(cols, `{"id":"4","status":"Active"}`), people(later, ahead(4)))
	first, _ := mustRead(t, open(t, partly, nil), fields, nil)
	if !first[0].Fingerprint.IsZero() {
		t.Error("a record with an unreadable value got a fingerprint")
	}

	long := []string{"status"}
	for i := range hr.MaxTrackedFields {
		long = append(long, fmt.Sprintf("custom%d", i))
	}
	records, _ = mustRead(t, open(t, two(), nil), long, nil)
	again, _ := mustRead(t, open(t, two(), nil), long, remember(records))
	if again[0].Unchanged {
		t.Error("a schema that coverage cannot hold took the short cut")
	}
}

// TestReadHash: equal content has an equal hash in any order, other content has not.
func TestReadHash(t *testing.T) {
	hash := func(s *stub) string {
		_, r := mustRead(t, open(t, s, nil), []string{"firstName"}, nil)
		return r.Hash
	}
	ann, bo := row(4, "Ann", ""), row(5, "Bo", "")
	a := hash(company(people(cols, ann, bo), people(later, ahead(4), ahead(5))))
	if b := hash(company(people(cols, bo, ann), people(later, ahead(5), ahead(4)))); b != a {
		t.Error("the order of the rows changes the hash")
	}
	for name, s := range map[string]*stub{
		"a value":   company(people(cols, row(4, "Anna", ""), bo), people(later, ahead(4), ahead(5))),
		"a person":  company(people(cols, ann), people(later, ahead(4))),
		"a column":  company(people(cols[:2], ann, bo), people(later, ahead(4), ahead(5))),
		"two rows":  company(people(cols, ann, row(4, "Anna", ""), bo), people(later, ahead(4), ahead(5))),
		"the other": company(people(cols, ann, bo), people(later, ahead(4), strings.Replace(ahead(5), "Full-Time", "Intern", 1))),
	} {
		if hash(s) == a {
			t.Errorf("%s does not change the hash", name)
		}
	}
}

func TestReaderChoice(t *testing.T) {
	tests := []struct {
		reader policy.Reader
		status int
		want   string // endpoint that was read, "" for an error
	}{
		{policy.ReaderAuto, 200, "report"}, {"", 200, "report"},
		{policy.ReaderAuto, 403, "dataset"}, {policy.ReaderAuto, 404, "dataset"}, {policy.ReaderAuto, 410, "dataset"},
		{policy.ReaderAuto, 400, ""}, {policy.ReaderAuto, 500, ""},
		{policy.ReaderReport, 403, ""}, {policy.ReaderDataset, 200, "dataset"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s %d", tt.reader, tt.status), func(t *testing.T) {
			s := datasetCompany()
			if tt.status != 200 {
				s.answers["POST /v1/reports/custom true"] = refuse(tt.status, "")
				s.answers["POST /v1/reports/custom false"] = refuse(tt.status, "")
			}
			b := open(t, s, &policy.Connection{BambooHR: policy.BambooHR{Reader: tt.reader}})
			snap, got, err := b.read(t.Context(), []string{"status"}, hr.NewSchema(policy.LifecycleFields()...), nil)
			if err == nil {
				_, _, err = drain(t, snap)
			}
			if got != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("read %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func TestAskable(t *testing.T) {
	fields := slices.Repeat([]string{"x"}, bamboohr.MaxFields+1)
	if _, err := open(t, two(), nil).Read(t.Context(), fields, nil); !errors.Is(err, ErrSettings) {
		t.Errorf("%d fields give %v", len(fields), err)
	}
}
