package planrow

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/fold"
	"github.com/rollcall-hr/rollcall/plan"
)

// TestChunks: whatever rows are packed, they come back, with marks and searched text that say the same.
func TestChunks(t *testing.T) {
	full := fullItems()
	rapid.Check(t, func(t *rapid.T) {
		items := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) plan.Item {
			if rapid.IntRange(0, 9).Draw(t, "full") == 0 {
				return rapid.SampledFrom(full).Draw(t, "row")
			}
			c := &plan.Change{Action: plan.Action(rapid.StringN(0, 3, -1).Draw(t, "action")), SourceID: rapid.Int64().Draw(t, "employee"),
				PersonID: rapid.String().Draw(t, "person"), Name: rapid.String().Draw(t, "name"), Email: rapid.String().Draw(t, "address"),
				Version: rapid.Int64().Draw(t, "version"), Kinds: plan.KindSet(rapid.Uint8().Draw(t, "kinds"))}
			if rapid.Bool().Draw(t, "new") {
				c.StatusBefore = rapid.SampledFrom([]directory.Status{"", directory.Active}).Draw(t, "before")
				c.Action, c.StatusAfter = plan.Create, rapid.SampledFrom([]directory.Status{directory.Active, directory.Deactivated}).Draw(t, "status")
			}
			for _, f := range rapid.SliceOfN(rapid.SampledFrom([]directory.Field{directory.Email, directory.HireDate, directory.Location, "custom.x"}), 0, 4).Draw(t, "fields") {
				c.Fields = append(c.Fields, plan.FieldChange{Field: f, After: rapid.SampledFrom([]string{"", "2026-11-21", "2026-11-22", "2026-11-23", "Rome"}).Draw(t, "value")})
			}
			return plan.Item{Change: c}
		}), 1, 40).Draw(t, "rows")
		words := NewWords()
		b := Builder{Since: "2026-11-22"}
		for i := range items {
			if i%2 == 0 {
				b.Add(&items[i], words)
				continue
			}
			row := Pack(&items[i], words)
			b.AddRow(&row)
		}
		c := b.Chunk()
		reader, err := NewReader(words.Pack())
		if err != nil {
			t.Fatal(err)
		}
		var rows Rows
		if err := rows.Open(&c); err != nil {
			t.Fatal(err)
		}
		h := HeadOf(&items[0])
		if c.Rows != int64(len(items)) || rows.Marks.Rows() != len(items) || len(rows.Heads) != len(items) || c.First != h.Key() {
			t.Fatalf("%d rows from %v, marks %d, heads %d; want %d from %v", c.Rows, c.First, rows.Marks.Rows(), len(rows.Heads), len(items), h.Key())
		}
		later := map[int][2]string{}
		rows.Marks.Later(func(row int, day, location string) { later[row] = [2]string{day, location} })
		for i, row := range rows.All() {
			want := Pack(&items[i], words)
			about := want.About
			if want.About.New == StartsLater && want.About.Day < b.Since {
				want.About.New, want.About.Day, want.About.Location = Starts, "", ""
			}
			if d := cmp.Diff(want, row); d != "" {
				t.Fatalf("packed row %d (-want +got):\n%s", i, d)
			}
			if at, ok := later[i]; ok != (want.About.New == StartsLater) || ok && at != [2]string{about.Day, about.Location} {
				t.Fatalf("row %d starts %v, want %+v", i, at, about)
			}
		}
		lines := strings.Split(c.Found, "\n")
		for i := range items {
			got, err := rows.Item(i, reader)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(items[i], got); d != "" {
				t.Fatalf("row %d (-want +got):\n%s", i, d)
			}
			h := HeadOf(&items[i])
			want := Mark{h.Rank, h.Kind, plan.Action(h.Action), plan.Reason(h.Reason), plan.KindSet(h.Kinds), aboutOf(&items[i]).Fields, rows.Marks.Of(i).New, aboutOf(&items[i]).Seats}
			if *rows.Marks.Of(i) != want || rows.Marks.List[rows.Marks.No(i)] != want {
				t.Fatalf("mark %+v, want %+v", rows.Marks.Of(i), want)
			}
			if line := fold.Text(h.Name) + "\t" + fold.Text(h.Email); lines[i] != line && (h.Kind == Change || h.Kind == Held) {
				t.Fatalf("searched text %q, want %q", lines[i], line)
			}
		}
		if b.Rows() != 0 || len(b.marks)+len(b.found)+len(b.heads.b)+len(b.names)+len(b.bodies)+len(b.ahead.b) != 0 {
			t.Fatal("the next chunk is not empty")
		}
	})
}

// TestFull: a chunk ends when it has rows or text enough, and a byte numbers its marks even when each row has its own.
func TestFull(t *testing.T) {
	var rows Rows
	for name, tt := range map[string]struct {
		item func(i int) plan.Item
		want int64
	}{
		"rows":  {func(i int) plan.Item { return plan.Item{Refresh: &directory.LinkState{SourceID: int64(i)}} }, ChunkRows},
		"marks": {func(i int) plan.Item { return plan.Item{Held: &plan.Held{Reason: plan.Reason(fmt.Sprint(i))}} }, ChunkRows},
		"text":  {func(i int) plan.Item { return plan.Item{Held: &plan.Held{Detail: strings.Repeat("x", chunkBytes/4)}} }, 4},
	} {
		var b Builder
		for i := 0; !b.Full(); i++ {
			it := tt.item(i)
			b.Add(&it, NewWords())
		}
		if b.Rows() != tt.want {
			t.Errorf("%s: full after %d, want %d", name, b.Rows(), tt.want)
		}
		c := b.Chunk()
		if err := rows.Open(&c); err != nil || int64(len(rows.Heads)) != tt.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDamagedChunk: bytes that changed are an error or other rows, never a panic.
func TestDamagedChunk(t *testing.T) {
	words := NewWords()
	var b Builder
	for _, it := range fullItems() {
		b.Add(&it, words)
	}
	whole := b.Chunk()
	reader, err := NewReader(words.Pack())
	if err != nil {
		t.Fatal(err)
	}
	var rows Rows
	rapid.Check(t, func(t *rapid.T) {
		c := whole
		part := rapid.SampledFrom([]*string{&c.Marks, &c.Heads, &c.Names, &c.Bodies}).Draw(t, "part")
		bytes := []byte(*part)
		at := rapid.IntRange(0, len(bytes)-1).Draw(t, "at")
		if rapid.Bool().Draw(t, "cut") {
			*part = string(bytes[:at])
		} else {
			bytes[at] = rapid.Byte().Draw(t, "byte")
			*part = string(bytes)
		}
		err := rows.Open(&c)
		for i := 0; err == nil && i < len(rows.Heads); i++ {
			rows.Item(i, reader)
		}
	})
	if _, err := UnpackRefs([]byte("\x02\x02\x06\x01\xff")); err == nil {
		t.Error("a cut list of chunks was read")
	}
}

// TestRefs: a position is found in the chunk that has it, and what is asked about somebody in those that may.
func TestRefs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Key {
			return Key{Rank: People, Source: rapid.Int64Range(0, 9).Draw(t, "employee"), Person: rapid.StringOfN(rapid.RuneFrom([]rune("ab")), 0, 2, -1).Draw(t, "person")}
		}), 1, 30).Draw(t, "rows")
		slices.SortFunc(keys, Key.Compare)
		var refs []Ref
		in := make([]int, len(keys))
		for i, k := range keys {
			if i == 0 || rapid.Bool().Draw(t, "another") {
				refs = append(refs, Ref{No: int64(7 * len(refs)), First: k, Before: int64(i)})
			}
			refs[len(refs)-1].Rows++
			in[i] = len(refs) - 1
		}
		got, err := UnpackRefs(PackRefs(refs))
		if err != nil || cmp.Diff(refs, got) != "" {
			t.Fatalf("%v: %s", err, cmp.Diff(refs, got))
		}
		for i, k := range keys {
			if After(refs, int64(i)) != in[i] {
				t.Fatalf("the row after %d is in chunk %d, want %d", i, After(refs, int64(i)), in[i])
			}
			from, to := Around(refs, func(o Key) int { return o.Compare(k) })
			if in[i] < from || in[i] >= to {
				t.Fatalf("row %d is in chunk %d, looked for in [%d, %d)", i, in[i], from, to)
			}
		}
		if After(refs, int64(len(keys))) != len(refs) {
			t.Fatal("there is a row behind the last")
		}
	})
}
