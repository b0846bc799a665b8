package planrow

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Span is a range of positions in a plan, both ends included, that one run applied.
type Span struct {
	From, To int64
	Run      string
}

// Spans are the applied positions of one plan, in order, none twice.
type Spans []Span

// Of returns the run that applied a position, "" when none did.
func (s Spans) Of(seq int64) string {
	i, ok := slices.BinarySearchFunc(s, seq, func(x Span, seq int64) int {
		switch {
		case x.To < seq:
			return -1
		case x.From > seq:
			return 1
		}
		return 0
	})
	if !ok {
		return ""
	}
	return s[i].Run
}

// FormatSeqs writes positions in order, e.g. "1-1000,1005".
func FormatSeqs(seqs []int64) string {
	var b strings.Builder
	for i := 0; i < len(seqs); {
		j := i
		for j+1 < len(seqs) && seqs[j+1] == seqs[j]+1 {
			j++
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatInt(seqs[i], 10))
		if j > i {
			b.WriteByte('-')
			b.WriteString(strconv.FormatInt(seqs[j], 10))
		}
		i = j + 1
	}
	return b.String()
}

// ParseSpans reads what FormatSeqs wrote, as applied by a run.
func ParseSpans(text, run string) (Spans, error) {
	var out Spans
	for part := range strings.SplitSeq(text, ",") {
		a, b, isRange := strings.Cut(part, "-")
		from, err := strconv.ParseInt(a, 10, 64)
		to := from
		if err == nil && isRange {
			to, err = strconv.ParseInt(b, 10, 64)
		}
		if err != nil {
			return nil, fmt.Errorf("journal of run %s: %q is no list of positions", run, text)
		}
		out = append(out, Span{from, to, run})
	}
	return out, nil
}
