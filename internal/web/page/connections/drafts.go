package connections

import (
	"net/url"
	"sync"
	"time"
)

const (
	maxDrafts = 200
	draftLife = 2 * time.Hour
)

// drafts keeps what somebody typed into a form when they looked at its effect before saving, so that the
// form is still there afterwards. It lives in memory: lost with the program, it costs some typing.
type drafts struct {
	now func() time.Time

	mu   sync.Mutex
	kept map[draftKey]draft
}

// draftKey is one form of one connection in one person's hands.
type draftKey struct{ actor, connection, form string }

type draft struct {
	values url.Values
	at     time.Time
}

func newDrafts(now func() time.Time) *drafts { return &drafts{now: now, kept: map[draftKey]draft{}} }

func (d *drafts) put(k draftKey, values url.Values) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.kept[k] = draft{values, d.now()}
	for len(d.kept) > maxDrafts {
		oldest := k
		for other, have := range d.kept {
			if have.at.Before(d.kept[oldest].at) {
				oldest = other
			}
		}
		if oldest == k { // all of the same instant: any but the new one
			for other := range d.kept {
				if other != k {
					oldest = other
				}
			}
		}
		delete(d.kept, oldest)
	}
}

// get returns what was typed, nil when nothing is kept.
func (d *drafts) get(k draftKey) url.Values {
	d.mu.Lock()
	defer d.mu.Unlock()
	have, ok := d.kept[k]
	if !ok || d.now().Sub(have.at) > draftLife {
		delete(d.kept, k)
		return nil
	}
	return have.values
}

func (d *drafts) drop(k draftKey) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.kept, k)
}
