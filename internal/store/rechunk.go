package store

import (
	"fmt"

	"github.com/rollcall-hr/rollcall/internal/store/internal/planrow"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
)

// chunkedSince is the migration after which the rows of plans are stored in chunks.
const chunkedSince = 12

// chunkPlans packs the rows of all plans, which had a table row each, into chunks. Plans that nobody finished
// keep none; they go by themselves.
func chunkPlans(c sqldb.Conn) error {
	type numbered struct {
		org, no int64
		words   []byte
	}
	var plans []numbered
	err := sqldb.Each(c, "select org, no, words from plans where finished = 1", func(st stmt) error {
		plans = append(plans, numbered{st.ColInt(0), st.ColInt(1), st.ColBytes(2, nil)})
		return nil
	})
	for _, p := range plans {
		if err == nil {
			err = chunkPlan(tx{Conn: c, org: p.org}, p.no, p.words)
		}
		if err != nil {
			return fmt.Errorf("pack plan %d: %w", p.no, err)
		}
	}
	if err != nil {
		return err
	}
	return c.Script("update plans set chunks = null where finished = 0; drop table plan_items")
}

func chunkPlan(t tx, no int64, old []byte) error {
	r, err := planrow.NewReader(old)
	if err != nil {
		return err
	}
	var next planrow.Builder
	var refs []planrow.Ref
	words := planrow.NewWords()
	seal := func() error {
		c := next.Chunk()
		refs = append(refs, planrow.Ref{No: int64(len(refs) + 1), Rows: c.Rows, First: c.First})
		return t.insertChunk(no, int64(len(refs)), &c)
	}
	err = t.each(`select rank, source_id, person_id, kind, action, reason, name, email, kinds, version, body from plan_items
		where org = $1 and plan = $2 order by rank, source_id, person_id, n`, func(st stmt) error {
		if next.Full() {
			if err := seal(); err != nil {
				return err
			}
		}
		h := planrow.Head{Rank: st.ColInt(0), Source: st.ColInt(1), Person: st.ColText(2), Kind: st.ColInt(3), Action: st.ColText(4),
			Reason: st.ColText(5), Name: st.ColText(6), Email: st.ColText(7), Kinds: st.ColInt(8), Version: st.ColInt(9)}
		it, err := r.Unpack(&h, string(st.ColBytes(10, nil)))
		if err == nil {
			next.Add(&it, words)
		}
		return err
	}, t.org, no)
	if err == nil && next.Rows() > 0 {
		err = seal()
	}
	if err != nil {
		return err
	}
	_, err = t.exec("update plans set words = $1, chunks = $2 where org = $3 and no = $4", words.Pack(), planrow.PackRefs(refs), t.org, no)
	return err
}
