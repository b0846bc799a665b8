package directory_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/rollcall-hr/rollcall/directory"
)

func drawWant(t *rapid.T) directory.Want {
	w := directory.Want{State: directory.WantState(rapid.IntRange(0, 4).Draw(t, "state"))}
	if w.State == directory.NotMapped {
		return w
	}
	w.From = rapid.SampledFrom([]string{"", "workEmail", "customShirt", "expr"}).Draw(t, "from")
	if w.State == directory.WantSet {
		w.Text = rapid.String().Draw(t, "text")
	}
	return w
}

func drawTime(t *rapid.T) time.Time {
	return rapid.SampledFrom([]time.Time{
		{}, time.Unix(0, 0).UTC(), time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2200, 12, 31, 23, 0, 0, 5, time.UTC),
	}).Draw(t, "time")
}

func drawWanted(t *rapid.T) *directory.Wanted {
	text := rapid.String()
	w := &directory.Wanted{
		SourceID: rapid.Int64().Draw(t, "id"), Name: text.Draw(t, "name"),
		Account: directory.Account(rapid.IntRange(0, 4).Draw(t, "account")), AccountText: text.Draw(t, "account text"),
		HireDate: text.Draw(t, "hire"), StartsAt: drawTime(t), ProvisionAt: drawTime(t),
		NoStatus: rapid.Bool().Draw(t, "no status"), FutureRow: rapid.Bool().Draw(t, "future row"), KeyOwner: rapid.Bool().Draw(t, "owner"),
		Problem: text.Draw(t, "problem"), Coverage: rapid.Uint64().Draw(t, "coverage"),
		Manager: directory.ManagerRef{State: directory.WantState(rapid.IntRange(0, 4).Draw(t, "manager")),
			SourceID: rapid.Int64().Draw(t, "manager id"), Number: text.Draw(t, "number"), Email: text.Draw(t, "mail"), From: "supervisorEId"},
		Scope: directory.ScopeDecision{Verdict: directory.ScopeVerdict(rapid.IntRange(0, 2).Draw(t, "scope")),
			Rule: text.Draw(t, "rule"), Field: "department", Value: text.Draw(t, "value")},
	}
	copy(w.Fingerprint[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "fingerprint"))
	for i := range w.Fields {
		w.Fields[i] = drawWant(t)
	}
	for range rapid.IntRange(0, 3).Draw(t, "lists") {
		w.Extras = append(w.Extras, directory.WantExtra{Field: "custom.x", Kind: directory.KindNumber, Want: drawWant(t)})
		w.Match = append(w.Match, directory.MatchKey{Name: "work_email", Value: text.Draw(t, "key")})
		w.Signals = append(w.Signals, directory.Signal{Kind: directory.SignalStatus, Action: "deactivate", At: drawTime(t),
			GraceDays: rapid.Int().Draw(t, "grace"), Date: "2026-01-31", Value: text.Draw(t, "signal")})
		w.Notes = append(w.Notes, directory.Note{Field: directory.Email, Reason: "invalid_value", Detail: text.Draw(t, "detail")})
	}
	return w
}

func TestCodecRoundTrip(t *testing.T) {
	var got directory.Wanted // reused: nothing of the record before may show through
	names := &directory.Names{}
	rapid.Check(t, func(t *rapid.T) {
		want := drawWanted(t)
		b := want.AppendBinary([]byte("front"), names)
		if err := directory.DecodeWanted(string(b[len("front"):]), names, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, &got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("round trip (-want +got):\n%s", diff)
		}
		for cut := range len(b) - len("front") {
			if err := directory.DecodeWanted(string(b[len("front"):len(b)-1-cut]), names, &got); !errors.Is(err, directory.ErrEncoding) {
				t.Fatalf("%d bytes short: %v, want ErrEncoding", cut+1, err)
			}
		}
		if err := directory.DecodeWanted(string(append(b[len("front"):], 0)), names, &got); !errors.Is(err, directory.ErrEncoding) {
			t.Fatalf("one byte more: %v, want ErrEncoding", err)
		}
	})
}

func TestCodecNeedsItsNames(t *testing.T) {
	w := directory.Wanted{Manager: directory.ManagerRef{From: "supervisorEId"}}
	b := w.AppendBinary(nil, &directory.Names{})
	if err := directory.DecodeWanted(string(b), &directory.Names{}, &w); !errors.Is(err, directory.ErrEncoding) {
		t.Errorf("decoding with another table: %v, want ErrEncoding", err)
	}
}

// A length larger than what is left must neither panic nor make room for it.
func TestCodecRefusesHugeLengths(t *testing.T) {
	huge := []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}
	empty := (&directory.Wanted{}).AppendBinary(nil, &directory.Names{})
	for at := range empty {
		b := append(append(append([]byte{}, empty[:at]...), huge...), empty[at:]...)
		var w directory.Wanted
		err := directory.DecodeWanted(string(b), &directory.Names{}, &w) // a number may be huge, where one stands
		if nameLength := 1; at == nameLength && !errors.Is(err, directory.ErrEncoding) {
			t.Errorf("a name of 2^64-1 bytes: %v, want ErrEncoding", err)
		}
	}
}

func FuzzDecodeWanted(f *testing.F) {
	names := &directory.Names{}
	w := sample()
	f.Add(w.AppendBinary(nil, names))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f})
	f.Fuzz(func(t *testing.T, b []byte) {
		var got directory.Wanted
		if err := directory.DecodeWanted(string(b), names, &got); err != nil {
			return
		}
		var again directory.Wanted
		if err := directory.DecodeWanted(string(got.AppendBinary(nil, names)), names, &again); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&got, &again, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("what was decoded does not survive (-first +second):\n%s", diff)
		}
	})
}

func TestCloneAndReset(t *testing.T) {
	w := sample()
	c := w.Clone()
	if diff := cmp.Diff(&w, c); diff != "" {
		t.Fatalf("clone (-original +clone):\n%s", diff)
	}
	w.Match[0].Value, w.Signals[0].Value, w.Notes[0].Detail, w.Extras[0].Want.Text = "x", "x", "x", "x"
	want := sample()
	if diff := cmp.Diff(&want, c); diff != "" {
		t.Errorf("the clone changed with its original (-want +got):\n%s", diff)
	}
	w.Reset()
	if diff := cmp.Diff(&directory.Wanted{}, &w, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("after Reset (-want +got):\n%s", diff)
	}
}

func TestWantedWant(t *testing.T) {
	w := sample()
	if got := w.Text(directory.JobTitle); got != "Text of a usual length" {
		t.Errorf("job title %q", got)
	}
	if got := w.Text("custom.shirt"); got != "M" {
		t.Errorf("custom.shirt %q", got)
	}
	if got := w.Want("custom.unknown"); got != (directory.Want{}) {
		t.Errorf("unknown field %v", got)
	}
}

// sample is a record of 26 values, as large as they usually are.
func sample() directory.Wanted {
	w := directory.Wanted{SourceID: 4711, Name: "Ann Lee", Account: directory.AccountActive, AccountText: "Active", HireDate: "2024-01-08",
		StartsAt: time.Date(2024, 1, 8, 0, 0, 0, 0, time.UTC), ProvisionAt: time.Date(2024, 1, 8, 0, 0, 0, 0, time.UTC),
		Manager: directory.ManagerRef{State: directory.WantSet, SourceID: 9, Number: "1009", Email: "bo@acme.test", From: "supervisorEId"},
		Scope:   directory.ScopeDecision{Verdict: directory.ScopeIn}, Coverage: 0xffff}
	for i, f := range directory.Standard() {
		w.Fields[i] = directory.Want{State: directory.WantSet, Text: "Text of a usual length", From: string(f)}
	}
	for _, f := range []directory.Field{"budgets.learning", "custom.area", "custom.level", "custom.shirt"} {
		w.Extras = append(w.Extras, directory.WantExtra{Field: f, Kind: directory.KindText, Want: directory.Want{State: directory.WantSet, Text: "M", From: string(f)}})
	}
	w.Match = []directory.MatchKey{{Name: "employee_number", Value: "1001"}, {Name: "work_email", Value: "ann@acme.test"}}
	w.Signals = []directory.Signal{{Kind: directory.SignalTermination, Action: "deactivate", Date: "2026-01-31", At: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)}}
	w.Notes = []directory.Note{{Field: directory.Phone, Detail: "cleaned"}}
	return w
}

func BenchmarkEncodeWanted(b *testing.B) {
	w, names, buf := sample(), &directory.Names{}, []byte(nil)
	b.ReportAllocs()
	for b.Loop() {
		buf = w.AppendBinary(buf[:0], names)
	}
}

func BenchmarkDecodeWanted(b *testing.B) {
	w, names := sample(), &directory.Names{}
	buf := string(w.AppendBinary(nil, names))
	b.ReportAllocs()
	for b.Loop() {
		if err := directory.DecodeWanted(buf, names, &w); err != nil {
			b.Fatal(err)
		}
	}
}
