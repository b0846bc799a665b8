package source

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/hr"
)

func file(text string) *CSV {
	return NewCSV("people.csv", func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }, Options{Now: noon})
}

func TestCSV(t *testing.T) {
	tests := []struct {
		name    string
		text    string
		fields  []string
		want    []string
		reading string
	}{
		{"aliases and names", "EEID,status,First Name,workEmail,Termination Date\n4,Active,Ann,ann@acme.test,\n0005,Inactive,Bo,,2026-01-31\n",
			[]string{"status", "firstName", "workEmail", "gender"},
			[]string{"4 Active Ann ann@acme.test <unreadable> | <unreadable> <unreadable> 4 Active <blank>",
				"5 Inactive Bo <blank> <unreadable> | <unreadable> <unreadable> 5 Inactive 2026-01-31"},
			"2 1/1 status:2/0/0 firstName:2/0/0 workEmail:1/1/0 gender!:0/0/2"},
		{"byte order mark and semicolons", "\ufeffid;firstName\n4;\"Ann; \"\"A\"\"\"\n", []string{"firstName"},
			[]string{`4 Ann; "A" | <unreadable> <unreadable> 4 <unreadable> <unreadable>`}, "1 0/0 firstName:1/0/0"},
		{"an export's apostrophes", "id\tworkPhone\tfirstName\n4\t'+31 20 555\t'Ann\n", []string{"workPhone", "firstName"},
			[]string{`4 +31 20 555 'Ann | <unreadable> <unreadable> 4 <unreadable> <unreadable>`}, "1 0/0 workPhone:1/0/0 firstName:1/0/0"},
		{"repeated and contradicting rows", "id,firstName\n4,Ann\n4,Ann\n5,Bo\n5,Di\n", []string{"firstName"},
			[]string{"4 Ann | <unreadable> <unreadable> 4 <unreadable> <unreadable>", "5 Bo | <unreadable> <unreadable> 5 <unreadable> <unreadable>",
				"5 problem: the file has two different rows with this id"}, "2 0/0 firstName:2/0/0"},
		{"only a header", "id,firstName\n", []string{"firstName"}, nil, "0 0/0 firstName:0/0/0"},
		{"bad UTF-8", "id,firstName\n4,A\xffn\n", []string{"firstName"}, []string{"4 A\ufffdn | <unreadable> <unreadable> 4 <unreadable> <unreadable>"}, "1 0/0 firstName:1/0/0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := file(tt.text)
			snap, err := c.Read(t.Context(), tt.fields, nil)
			if err != nil {
				t.Fatal(err)
			}
			records, reading, err := drain(t, snap)
			if err != nil {
				t.Fatal(err)
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

func TestCSVErrors(t *testing.T) {
	for name, text := range map[string]string{
		"empty":           "",
		"no id":           "firstName\nAnn\n",
		"a column twice":  "id,firstName,First Name\n4,Ann,Ann\n",
		"a column short":  "id,firstName\n4\n",
		"an open quote":   "id,firstName\n4,\"Ann\n",
		"a junk id":       "id,firstName\nx,Ann\n",
		"a row too short": "id,firstName\n4,Ann\n5\n",
	} {
		snap, err := file(text).Read(t.Context(), []string{"firstName"}, nil)
		if err == nil {
			_, _, err = drain(t, snap)
		}
		if !errors.Is(err, ErrData) || !strings.Contains(err.Error(), "people.csv") || Retryable(err) {
			t.Errorf("%s: got %v, want an error about the data of people.csv", name, err)
		}
	}
	gone := NewCSV("gone.csv", func() (io.ReadCloser, error) { return nil, errors.New("no such file") }, Options{})
	if _, err := gone.Read(t.Context(), nil, nil); err == nil {
		t.Error("a file that cannot be opened was read")
	}
}

func TestCSVUnchanged(t *testing.T) {
	read := func(text string, known hr.KnownFunc) []hr.Record {
		snap, err := file(text).Read(t.Context(), []string{"firstName", "status"}, known)
		if err != nil {
			t.Fatal(err)
		}
		records, _, err := drain(t, snap)
		if err != nil {
			t.Fatal(err)
		}
		return records
	}
	const head = "id,firstName,status,hireDate,terminationDate,employmentHistoryStatus\n"
	known := remember(read(head+"4,Ann,Active,,,\n5,Bo,Active,,,\n", nil))
	got := shown(read(head+"5,Bo,Active,,,\n4,Anna,Active,,,\n", known))
	if diff := cmp.Diff([]string{"5 unchanged", "4 Anna Active | <blank> <blank> 4 Active <blank>"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCSVResolve(t *testing.T) {
	c := file("id,Shirt size,First Name\n")
	got, err := c.Resolve(t.Context(), mapping("name:shirt size", "customWhatever", "name:First name"))
	if diff := cmp.Diff(map[string]string{"name:shirt size": "Shirt size", "name:First name": "firstName"}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, err := c.Resolve(t.Context(), mapping("name:Shoe size")); !errors.Is(err, ErrSettings) {
		t.Errorf("got %v, want a refusal", err)
	}
}

func TestCSVAnswers(t *testing.T) {
	c := file("id\n")
	readable, err := c.StatusReadable(t.Context(), []int64{4})
	if !readable[4] || err != nil || c.Requests() != 0 {
		t.Errorf("status readable: %v, %v", readable, err)
	}
	if deleted, err := c.Deleted(t.Context(), noon(), []int64{4}); len(deleted) != 0 || err != nil {
		t.Errorf("deleted: %v, %v", deleted, err)
	}
}
