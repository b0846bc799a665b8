package source

import (
	"errors"
	"iter"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/policy"
)

// remembered is what a reading leaves of everybody.
func remembered(t *testing.T, b *BambooHR, fields []string) (map[int64]hr.Known, hr.Reading, string) {
	t.Helper()
	snap, err := b.Read(t.Context(), fields, nil)
	if err != nil {
		t.Fatal(err)
	}
	records, reading, err := drain(t, snap)
	if err != nil {
		t.Fatal(err)
	}
	out := map[int64]hr.Known{}
	for _, r := range records {
		out[r.Num] = hr.Known{Fingerprint: r.Fingerprint, Coverage: r.Coverage}
	}
	return out, reading, snap.Shape
}

// rest is everybody in known who is not read again.
func rest(known map[int64]hr.Known, read ...int64) iter.Seq2[int64, hr.Known] {
	return func(yield func(int64, hr.Known) bool) {
		for id, k := range known {
			if !slices.Contains(read, id) && !yield(id, k) {
				return
			}
		}
	}
}

// TestReadSome: who is not read counts as remembered, so that a reading of some comes to the same as one of
// everybody; whoever was not asked for is passed over.
func TestReadSome(t *testing.T) {
	fields := []string{"status", "firstName", "workEmail"}
	s := two()
	b := open(t, s, nil)
	known, whole, shape := remembered(t, b, fields)
	knows := func(id int64) (hr.Known, bool) { k, ok := known[id]; return k, ok && id == 5 }
	snap, err := b.ReadSome(t.Context(), fields, hr.Partial{IDs: []int64{4}, Known: knows, Rest: rest(known, 4)})
	if err != nil {
		t.Fatal(err)
	}
	records, reading, err := drain(t, snap)
	if err != nil || len(records) != 2 || !records[0].Unchanged || records[0].Num != 5 || records[1].Unchanged || records[1].Values[1].Text() != "Ann" {
		t.Errorf("%v %+v", err, records)
	}
	reading.Requests = whole.Requests
	if diff := cmp.Diff(whole, reading); diff != "" || snap.Shape != shape {
		t.Errorf("shape %s, %s (-whole +some):\n%s", shape, snap.Shape, diff)
	}

	snap, err = b.ReadSome(t.Context(), fields, hr.Partial{IDs: []int64{4, 77}, Known: knows, Rest: rest(known, 4), Others: 3})
	if err != nil {
		t.Fatal(err)
	}
	if records, reading, err = drain(t, snap); err != nil || len(records) != 2 || reading.Employees != 5 {
		t.Errorf("%v: %d records of %d employees; nobody is made up", err, len(records), reading.Employees)
	}

	s.answers["POST /v1/reports/custom true"] = fixed(people([]string{"id", "status", "workEmail"}, row(4, "Ann", "ann@acme.test")))
	if snap, err = b.ReadSome(t.Context(), fields, hr.Partial{IDs: []int64{4}, Known: knows, Rest: rest(known, 4)}); err != nil {
		t.Fatal(err)
	}
	for range snap.Records {
		break
	}
	if snap.Shape == shape {
		t.Error("a column that is not answered makes another shape")
	}
}

// TestReadSomeNeedsAll: where some cannot be read alone, that is said.
func TestReadSomeNeedsAll(t *testing.T) {
	many := make([]string, hr.MaxTrackedFields+1)
	for i := range many {
		many[i] = "custom" + string(rune('A'+i%26)) + string(rune('a'+i/26))
	}
	for name, test := range map[string]struct {
		reader policy.Reader
		fields []string
		ids    []int64
		refuse bool
	}{
		"dataset":          {policy.ReaderDataset, cols, []int64{4}, false},
		"too many fields":  {policy.ReaderAuto, many, []int64{4}, false},
		"nobody":           {policy.ReaderAuto, cols, nil, false},
		"reports are gone": {policy.ReaderAuto, cols, []int64{4}, true},
	} {
		s := two()
		if test.refuse {
			s.answers["POST /v1/reports/custom true"] = refuse(403, "")
		}
		conn := &policy.Connection{Name: "Acme HR", BambooHR: policy.BambooHR{Reader: test.reader}}
		_, err := open(t, s, conn).ReadSome(t.Context(), test.fields, hr.Partial{IDs: test.ids, Rest: rest(nil)})
		if !errors.Is(err, hr.ErrWhole) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestChanged(t *testing.T) {
	s := two()
	s.answers["GET /v1/employees/changed"] = func(r *http.Request, _ map[string]any) reply {
		if got := r.URL.Query().Get("since"); got != "2026-11-21T11:00:00Z" {
			t.Errorf("since %s", got)
		}
		return reply{body: `{"latest":"2026-11-21T11:30:00+00:00","employees":{
			"9":{"id":"9","action":"Deleted","lastChanged":"2026-11-21T11:30:00+00:00"},"4":{"id":"4","action":"Inserted","lastChanged":""}}}`}
	}
	b := open(t, s, nil)
	got, err := b.Changed(t.Context(), noon().Add(-time.Hour))
	late := noon().Add(-30 * time.Minute)
	slices.SortFunc(got.Employees, func(x, y hr.Change) int { return int(x.ID - y.ID) })
	if diff := cmp.Diff(hr.Changes{Latest: late, Employees: []hr.Change{{ID: 4}, {ID: 9, At: late, Deleted: true}}}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	s.answers["GET /v1/employees/changed"] = refuse(403, "")
	if _, err := b.Changed(t.Context(), noon()); !errors.Is(err, hr.ErrWhole) {
		t.Errorf("a question that only this key may not ask: %v", err)
	}
	s.answers["GET /v1/employees/0"] = refuse(403, "")
	if e, ok := errors.AsType[*Error](second(b.Changed(t.Context(), noon()))); !ok || !e.Credentials() {
		t.Errorf("a key that is refused: %v", e)
	}
	if KeyPrint("acme", "a") == KeyPrint("acme", "b") || KeyPrint("acme", "a") == KeyPrint("beta", "a") {
		t.Error("two keys look the same")
	}
}

func second(_ hr.Changes, err error) error { return err }
