package connections

import (
	"net/url"
	"testing"
	"time"
)

func TestDraftsAreBounded(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	d := newDrafts(func() time.Time { return now })
	for i := range maxDrafts + 50 {
		d.put(draftKey{actor: string(rune('a' + i)), form: "mapping"}, url.Values{})
		now = now.Add(time.Second)
	}
	if len(d.kept) != maxDrafts {
		t.Errorf("%d drafts are kept", len(d.kept))
	}
	newest := draftKey{actor: string(rune('a' + maxDrafts + 49)), form: "mapping"}
	if d.get(newest) == nil || d.get(draftKey{actor: "a", form: "mapping"}) != nil {
		t.Error("the oldest do not go first")
	}
	now = now.Add(draftLife + time.Second)
	if d.get(newest) != nil {
		t.Error("a draft outlives its time")
	}
}
