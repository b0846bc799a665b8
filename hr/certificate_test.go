package hr_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/rollcall-hr/rollcall/hr"
)

// full is a column that everybody has a value in.
func full(field string, n int) hr.FieldCount {
	return hr.FieldCount{Field: field, Answered: true, Set: n}
}

func reading(n int, fields ...hr.FieldCount) hr.Reading {
	return hr.Reading{Employees: n, Active: n, Fields: fields}
}

// The rows of product's table "Reading" and faults 1 to 7 of security §3 that the counts can show.
func TestCertify(t *testing.T) {
	good := reading(100, full("status", 100), full("workEmail", 90), full("jobTitle", 80))
	last := hr.BaselineOf(good, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	critical := []string{"status", "workEmail"}
	tests := []struct {
		name    string
		reading hr.Reading
		last    *hr.Baseline
		want    hr.Grade
		codes   []string
	}{
		{"first reading", good, nil, hr.Complete, nil},
		{"the same again", good, &last, hr.Complete, nil},
		{"zero employees", reading(0), &last, hr.Failed, []string{"no_employees"}},
		{"zero employees at the first reading", reading(0), nil, hr.Failed, []string{"no_employees"}},
		{"five fewer", reading(95, full("status", 95), full("workEmail", 85)), &last, hr.Complete, nil},
		{"six fewer of 100", reading(94, full("status", 94), full("workEmail", 85)), &last, hr.Doubtful, []string{"head_count"}},
		{"more than before", reading(300, full("status", 300), full("workEmail", 85)), &last, hr.Complete, nil},
		{"status unreadable for everyone", reading(100, hr.FieldCount{Field: "status", Answered: true, Unreadable: 100}, full("workEmail", 90)),
			&last, hr.Failed, []string{"unreadable_column"}},
		{"status column not answered", reading(100, hr.FieldCount{Field: "status"}, full("workEmail", 90)),
			nil, hr.Failed, []string{"unreadable_column"}},
		{"status blank for everyone, even at the first reading", reading(100, hr.FieldCount{Field: "status", Answered: true, Blank: 100}, full("workEmail", 90)),
			nil, hr.Failed, []string{"status_blank"}},
		{"status readable for some", reading(100, hr.FieldCount{Field: "status", Answered: true, Set: 99, Unreadable: 1}, full("workEmail", 90)),
			&last, hr.Complete, nil},
		{"work e-mail gone for everyone", reading(100, full("status", 100), hr.FieldCount{Field: "workEmail", Answered: true, Blank: 100}),
			&last, hr.Failed, []string{"empty_column"}},
		{"work e-mail never there", reading(100, full("status", 100), hr.FieldCount{Field: "workEmail", Answered: true, Blank: 100}),
			nil, hr.Complete, nil},
		{"a column that decides nothing is unreadable", reading(100, full("status", 100), full("workEmail", 90), hr.FieldCount{Field: "jobTitle", Answered: true, Unreadable: 100}),
			&last, hr.Complete, nil},
		{"failed stays failed beside a doubt", reading(10, hr.FieldCount{Field: "status"}, full("workEmail", 10)),
			&last, hr.Failed, []string{"unreadable_column", "head_count"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := hr.Certify(tt.reading, tt.last, critical)
			var codes []string
			for _, d := range c.Doubts {
				codes = append(codes, d.Code)
				if d.Text == "" {
					t.Errorf("doubt %s has no text", d.Code)
				}
			}
			if c.Grade != tt.want {
				t.Errorf("grade %s, want %s", c.Grade, tt.want)
			}
			if diff := cmp.Diff(tt.codes, codes); diff != "" {
				t.Errorf("doubts (-want +got):\n%s", diff)
			}
		})
	}
}

// The limit is max(5, 5 %): both must be exceeded.
func TestCertifyHeadCountLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := rapid.IntRange(1, 10_000).Draw(t, "before")
		now := rapid.IntRange(1, 10_000).Draw(t, "now")
		want := hr.Complete
		if drop := before - now; drop > 5 && float64(drop) > 0.05*float64(before) {
			want = hr.Doubtful
		}
		if got := hr.Certify(reading(now), &hr.Baseline{Employees: before}, nil).Grade; got != want {
			t.Fatalf("%d → %d: %s, want %s", before, now, got, want)
		}
	})
}

func TestReadingColumns(t *testing.T) {
	r := reading(2, full("status", 2), hr.FieldCount{Field: "gender"}, hr.FieldCount{Field: "city", Answered: true, Unreadable: 2},
		hr.FieldCount{Field: "phone", Answered: true, Unreadable: 1, Blank: 1})
	if diff := cmp.Diff([]string{"gender", "city"}, r.UnreadableFields()); diff != "" {
		t.Errorf("unreadable (-want +got):\n%s", diff)
	}
	if _, ok := r.Field("nobody asked"); ok {
		t.Error("a column that was not asked for has no count")
	}
	want := hr.Baseline{Employees: 2, Set: map[string]int{"status": 2, "gender": 0, "city": 0, "phone": 0}}
	if diff := cmp.Diff(want, hr.BaselineOf(r, time.Time{}), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("baseline (-want +got):\n%s", diff)
	}
}

// Only a column that was read and is blank for all is empty; an unreadable one is not.
func TestEmptyFields(t *testing.T) {
	r := reading(3, full("status", 3), hr.FieldCount{Field: "workPhone", Answered: true, Blank: 3},
		hr.FieldCount{Field: "division", Answered: true, Blank: 2, Unreadable: 1}, hr.FieldCount{Field: "location", Unreadable: 3},
		hr.FieldCount{Field: "city", Answered: true, Set: 1, Blank: 2})
	if diff := cmp.Diff([]string{"workPhone", "division"}, r.EmptyFields()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
