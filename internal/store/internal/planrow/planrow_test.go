package planrow

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
)

// fill sets every field of a value to something that is not zero and differs from the others, so that a
// field which is added to a plan and forgotten here is noticed.
func fill(v reflect.Value, n *int) {
	*n++
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Unix(int64(*n)*1e6, 7).UTC()))
	case v.Type() == reflect.TypeFor[directory.Field]():
		v.SetString(fmt.Sprint("custom.f", *n))
	default:
		switch v.Kind() {
		case reflect.Pointer:
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem(), n)
		case reflect.Struct:
			for i := range v.NumField() {
				fill(v.Field(i), n)
			}
		case reflect.Slice:
			v.Set(reflect.MakeSlice(v.Type(), 2, 2))
			for i := range 2 {
				fill(v.Index(i), n)
			}
		case reflect.Array:
			for i := range v.Len() {
				fill(v.Index(i), n)
			}
		case reflect.Map:
			v.Set(reflect.MakeMap(v.Type()))
			for range 2 {
				k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
				fill(k, n)
				fill(e, n)
				v.SetMapIndex(k, e)
			}
		case reflect.String:
			v.SetString(fmt.Sprint("text ", *n))
		case reflect.Bool:
			v.SetBool(true)
		case reflect.Int64, reflect.Int:
			v.SetInt(-int64(*n))
		case reflect.Uint64, reflect.Uint8:
			v.SetUint(uint64(*n % 256))
		default:
			panic("fill: " + v.Type().String())
		}
	}
}

// fullItems returns one row of each kind with nothing left out.
func fullItems() []plan.Item {
	n := 0
	var change, department plan.Change
	var held plan.Held
	var left plan.Left
	var refresh directory.LinkState
	for _, v := range []any{&change, &department, &held, &left, &refresh} {
		fill(reflect.ValueOf(v).Elem(), &n)
	}
	change.Group = nil
	department.PersonID = "" // of groups
	department.Group.Kind = directory.KindTeam
	return []plan.Item{newcomer(), {Change: &change}, {Change: &department}, {Held: &held}, {Left: &left}, {Refresh: &refresh},
		{Change: &plan.Change{}}, {Held: &plan.Held{}}, {Left: &plan.Left{}}, {Refresh: &directory.LinkState{}}}
}

func TestRoundTrip(t *testing.T) {
	for _, words := range []*Words{NewWords(), nil} {
		for i, it := range fullItems() {
			h := HeadOf(&it)
			body := Append(nil, &it, words)
			var list []byte
			if words != nil {
				list = words.Pack()
			}
			r, err := NewReader(list)
			if err != nil {
				t.Fatal(err)
			}
			got, err := r.Unpack(&h, string(body))
			if err != nil {
				t.Fatalf("row %d: %v", i, err)
			}
			if d := cmp.Diff(it, got); d != "" {
				t.Errorf("row %d (-want +got):\n%s", i, d)
			}
		}
	}
}

// TestArena: what is restored in an arena is as it was until all of it is taken back, whatever lay there before.
func TestArena(t *testing.T) {
	words := NewWords()
	items := slices.Repeat(fullItems(), pileBlock/2)
	var bodies []string
	for i := range items {
		bodies = append(bodies, string(Append(nil, &items[i], words)))
	}
	r, err := NewReader(words.Pack())
	if err != nil {
		t.Fatal(err)
	}
	var arena Arena
	r.Arena = &arena
	var first *plan.Change
	for round := range 3 {
		for range round {
			slices.Reverse(items)
			slices.Reverse(bodies)
		}
		got := make([]plan.Item, len(items))
		for i := range items {
			h := HeadOf(&items[i])
			if got[i], err = r.Unpack(&h, bodies[i]); err != nil {
				t.Fatal(err)
			}
		}
		if d := cmp.Diff(items, got); d != "" {
			t.Fatalf("round %d (-want +got):\n%s", round, d)
		}
		at := slices.IndexFunc(got, func(it plan.Item) bool { return it.Change != nil })
		if round > 0 && got[at].Change != first {
			t.Error("the memory is not used again")
		}
		first = got[at].Change
		arena.Reset()
	}
	if n := len(append(arena.fieldChanges(3*pileBlock), arena.fieldChanges(0)...)); n != 3*pileBlock {
		t.Errorf("%d fields of one change, want %d", n, 3*pileBlock)
	}
}

// TestLayout pins the bytes: plans of older versions must stay readable.
func TestLayout(t *testing.T) {
	it := plan.Item{Change: &plan.Change{Action: plan.Deactivate, Version: 1, Sentence: "Ann left", StatusBefore: directory.Active, StatusAfter: directory.Deactivated,
		Fields: []plan.FieldChange{{Field: directory.JobTitle, Kind: directory.KindText, Before: "a", After: "b", From: "jobTitle"}}}}
	const rest = "\x00\x08Ann left\x02\x03\x01\x07\x26\x01a\x01b\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	words := NewWords()
	if got := string(Append(nil, &it, words)); got != "\x02"+rest {
		t.Errorf("body = %q, want %q; a changed layout needs another bodyVersion", got, "\x02"+rest)
	}
	r, err := NewReader(words.Pack())
	if err != nil {
		t.Fatal(err)
	}
	h := HeadOf(&it)
	for version, ok := range map[string]bool{"\x00": false, "\x01": true, "\x02": true, "\x03": false} {
		got, err := r.Unpack(&h, version+rest)
		if ok != (err == nil) || ok && cmp.Diff(it, got) != "" {
			t.Errorf("version %q: %v, %v", version, got, err)
		}
	}
}

// newcomer is a row as most of a first load are: what stands in the columns stands in the body again.
func newcomer() plan.Item {
	return plan.Item{Change: &plan.Change{Action: plan.Create, SourceID: 7, PersonID: "p_7", Name: "Ann Lee", Email: "ann@acme.test",
		Sentence: "Ann Lee is new in BambooHR.", StatusAfter: directory.Provisioned,
		Fields: []plan.FieldChange{{Field: directory.Email, Kind: directory.KindText, After: "ann@acme.test"},
			{Field: directory.DisplayName, Kind: directory.KindText, After: "Ann Lee"}, {Field: directory.JobTitle, Kind: directory.KindText, After: "Cook"}},
		Link: &directory.LinkState{SourceID: 7, PersonID: "p_7", Outcome: directory.OutcomeLinked}}}
}

// TestColumnsAreNotRepeated: a body leaves out what the columns say, and a word that was said before.
func TestColumnsAreNotRepeated(t *testing.T) {
	it, words := newcomer(), NewWords()
	Append(nil, &it, words)
	body := string(Append(nil, &it, words))
	for _, text := range []string{"Ann", "ann@", "p_7", "is new"} {
		if strings.Contains(body, text) {
			t.Errorf("the body %q repeats %q", body, text)
		}
	}
	r, err := NewReader(words.Pack())
	if err != nil {
		t.Fatal(err)
	}
	h := HeadOf(&it)
	if got, err := r.Unpack(&h, body); err != nil || cmp.Diff(it, got) != "" {
		t.Errorf("restored %v: %s", err, cmp.Diff(it, got))
	}
}

func TestEdit(t *testing.T) {
	c := &plan.Change{Action: plan.Update, Reason: plan.FieldChanged, PersonID: "p_1", Version: 3, Email: "ann@acme.test", Name: "Ann", Sentence: "s",
		Fields: []plan.FieldChange{{Field: "role", Kind: directory.KindText, Before: "member", After: "owner"}}}
	got, err := UnpackEdit(string(PackEdit(c)))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(plan.Item{Change: c}, got); d != "" {
		t.Error(d)
	}
	if _, err := UnpackEdit("\xff"); !errors.Is(err, ErrDamaged) {
		t.Errorf("a damaged edit: %v", err)
	}
}

// TestDamage cuts and changes bodies: that is an error or another row, never a panic or a huge allocation.
func TestDamage(t *testing.T) {
	items := fullItems()
	rapid.Check(t, func(t *rapid.T) {
		words := NewWords()
		it := rapid.SampledFrom(items).Draw(t, "row")
		h := HeadOf(&it)
		body := Append(nil, &it, words)
		r, err := NewReader(words.Pack())
		if err != nil {
			t.Fatal(err)
		}
		cut := rapid.IntRange(0, len(body)-1).Draw(t, "cut")
		if got, err := r.Unpack(&h, string(body[:cut])); err == nil && !cmp.Equal(got, beforeFreezes(it)) {
			t.Fatalf("a body of %d bytes cut at %d was read", len(body), cut)
		}
		body[cut] = rapid.Byte().Draw(t, "byte")
		r.Unpack(&h, string(body))
		r.Unpack(&h, rapid.String().Draw(t, "noise"))
		NewReader([]byte(rapid.String().Draw(t, "words")))
	})
}

// beforeFreezes is a held row as it was stored when there were no freezes: what they add stands at the end.
func beforeFreezes(it plan.Item) plan.Item {
	if it.Held == nil || it.Held.Frozen == nil {
		return plan.Item{}
	}
	h := *it.Held
	h.Frozen = nil
	return plan.Item{Held: &h}
}

func TestWordsAreBounded(t *testing.T) {
	words := NewWords()
	var bodies []string
	const n = maxWords + 10
	for i := range n {
		it := plan.Item{Refresh: &directory.LinkState{Revision: fmt.Sprint("rev ", i)}}
		bodies = append(bodies, string(Append(nil, &it, words)))
	}
	if words.Len() != maxWords {
		t.Errorf("%d words were kept", words.Len())
	}
	r, err := NewReader(words.Pack())
	if err != nil {
		t.Fatal(err)
	}
	for i, body := range bodies {
		got, err := r.Unpack(&Head{Kind: Refresh}, body)
		if err != nil || got.Refresh.Revision != fmt.Sprint("rev ", i) {
			t.Fatalf("row %d: %v, %v", i, got.Refresh, err)
		}
	}
}
