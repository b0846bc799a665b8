package syncrun

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rollcall-hr/rollcall/directory"
)

func TestSpoolKeepsTheLastOfEachInOrder(t *testing.T) {
	for name, test := range map[string]struct {
		n, length  int
		descending bool
	}{
		"longer than what is read ahead": {1000, 20_000, true},
		"ascending":                      {12_000, 900, false},
		"descending":                     {12_000, 900, true},
	} {
		t.Run(name, func(t *testing.T) { testSpool(t, test.n, strings.Repeat("x", test.length), test.descending) })
	}
}

// testSpool keeps n people, more than fit in memory, and one of them twice.
func testSpool(t *testing.T, n int, text string, descending bool) {
	s := newSpool()
	defer s.close()
	for i := 1; i <= n; i++ {
		id := i
		if descending {
			id = n + 1 - i
		}
		w := directory.Wanted{SourceID: int64(id), Name: fmt.Sprintf("%d %s", id, text)}
		if err := s.add(&w); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.add(&directory.Wanted{SourceID: 7, Problem: "two different rows"}); err != nil {
		t.Fatal(err)
	}
	if s.file == nil {
		t.Fatal("the spool stayed in memory; the test does not test the file")
	}
	s.sort()
	if s.len() != n {
		t.Fatalf("%d records, want %d", s.len(), n)
	}
	var w directory.Wanted
	for i := range n {
		if err := s.read(i, &w); err != nil {
			t.Fatal(err)
		}
		if w.SourceID != int64(i+1) {
			t.Fatalf("record %d is employee %d", i, w.SourceID)
		}
		if want := fmt.Sprintf("%d %s", i+1, text); i+1 != 7 && w.Name != want {
			t.Fatalf("employee %d came back as %.20q", i+1, w.Name)
		}
		if (w.Problem != "") != (i+1 == 7) {
			t.Fatalf("employee %d: problem %q", i+1, w.Problem)
		}
	}
}
