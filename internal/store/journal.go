package store

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// span is a range of positions in a plan, both ends included, that one run applied.
type span struct {
	from, to int64
	run      string
}

// spans are the applied positions of one plan, in order, none twice.
type spans []span

// of returns the run that applied a position, "" when none did.
func (s spans) of(seq int64) string {
	i, ok := slices.BinarySearchFunc(s, seq, func(x span, seq int64) int {
		switch {
		case x.to < seq:
			return -1
		case x.from > seq:
			return 1
		}
		return 0
	})
	if !ok {
		return ""
	}
	return s[i].run
}

// applied reads what was applied of a plan.
func (t tx) applied(plan int64) (spans, error) {
	return t.spans("select run_id, seqs from journal where org = $1 and plan = $2 order by no", plan)
}

func (t tx) spans(query string, args ...any) (spans, error) {
	var out spans
	err := t.each(query, func(st stmt) error {
		list, err := parseSpans(st.ColText(1), st.ColText(0))
		out = append(out, list...)
		return err
	}, append([]any{t.org}, args...)...)
	slices.SortFunc(out, func(a, b span) int { return int(a.from - b.from) })
	return out, err
}

// formatSeqs writes positions in order, e.g. "1-1000,1005".
func formatSeqs(seqs []int64) string {
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

func parseSpans(text, run string) (spans, error) {
	var out spans
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
		out = append(out, span{from, to, run})
	}
	return out, nil
}
