package store

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/linkpage"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
)

// pagedSince is the migration after which link states are stored in pages.
const pagedSince = 18

// pageLinks packs the link states of all connections, which had a table row each, into pages.
func pageLinks(c sqldb.Conn) error {
	type connection struct{ org, no int64 }
	var all []connection
	err := sqldb.Each(c, "select distinct org, connection from links", func(st stmt) error {
		all = append(all, connection{st.ColInt(0), st.ColInt(1)})
		return nil
	})
	for _, conn := range all {
		if err == nil {
			err = pageLinksOf(c, conn.org, conn.no)
		}
		if err != nil {
			return fmt.Errorf("pack what is remembered of the employees of connection %d: %w", conn.no, err)
		}
	}
	if err != nil {
		return err
	}
	return c.Script("drop table links")
}

func pageLinksOf(c sqldb.Conn, org, conn int64) error {
	book, err := linkpage.Open(c, org, conn)
	if err != nil {
		return err
	}
	err = sqldb.Each(c, `select source_id, person_id, outcome, adopted, fingerprint, coverage, revision, clean, due_at, due_action, due_reason,
		due_date, since, hire_date, touched from links where org = $1 and connection = $2 order by source_id`, func(st stmt) error {
		ls := directory.LinkState{SourceID: st.ColInt(0), PersonID: st.ColText(1), Outcome: directory.Outcome(st.ColText(2)), Adopted: st.ColInt(3) != 0,
			Coverage: uint64(st.ColInt(5)), Revision: st.ColText(6), Clean: st.ColInt(7) != 0, HireDate: st.ColText(13)}
		copy(ls.Fingerprint[:], st.ColBytes(4, nil))
		if !st.ColNull(8) {
			ls.Due = &directory.Due{At: sqldb.Instant(st.ColInt(8)), Action: st.ColText(9), Reason: st.ColText(10), Date: st.ColText(11)}
		}
		if !st.ColNull(12) {
			var since map[directory.SignalKind]int64
			if err := json.Unmarshal(st.ColBytes(12, nil), &since); err != nil {
				return err
			}
			ls.Since = make(map[directory.SignalKind]time.Time, len(since))
			for kind, ms := range since {
				ls.Since[kind] = sqldb.Instant(ms)
			}
		}
		return book.Put(&ls, st.ColInt(14))
	}, org, conn)
	if err != nil {
		return err
	}
	return book.Close()
}
