package syncrun

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rollcall-hr/rollcall/directory"
)

func TestSpoolKeepsTheLastOfEachInOrder(t *testing.T) {
	s := newSpool()
	defer s.close()
	long := strings.Repeat("x", 20_000)
	// More than the memory bound, in descending order, one of them twice.
	const n = 1000
	for i := n; i > 0; i-- {
		w := directory.Wanted{SourceID: int64(i), Name: fmt.Sprintf("%d %s", i, long)}
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
		if want := fmt.Sprintf("%d %s", i+1, long); i+1 != 7 && w.Name != want {
			t.Fatalf("employee %d came back as %.20q", i+1, w.Name)
		}
		if (w.Problem != "") != (i+1 == 7) {
			t.Fatalf("employee %d: problem %q", i+1, w.Problem)
		}
	}
}
