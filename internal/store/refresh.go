package store

import (
	"context"
	"fmt"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/linkpage"
	"github.com/rollcall-hr/rollcall/internal/store/internal/planread"
	"github.com/rollcall-hr/rollcall/internal/store/internal/planrow"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// ApplyRefreshes implements syncrun.Runs. An employee whose person, holds or decision was touched since
// the plan was begun keeps the state that makes the next run look again. Nothing is written once a newer plan of
// the connection knows some employees better, such as that of a look: when a part of this one waited for an approval,
// last days that were moved meanwhile would be moved back.
func (s *Store) ApplyRefreshes(ctx context.Context, l syncrun.Lease, planID string) (int, error) {
	var p planread.Plan
	overtaken := false
	if err := s.read(ctx, func(t tx) (err error) {
		if p, err = t.planByID(planID); err == nil {
			overtaken, err = t.first("select 1 from plans where org = $1 and connection = $2 and seq > $3 and finished = 1 and undo_of is null limit 1",
				nil, t.org, p.Connection, p.Info.Seq)
		}
		return err
	}); err != nil || overtaken {
		return 0, err
	}
	rows := 0
	wanted := func(kind int64) bool { return kind == planrow.Left || kind == planrow.Refresh }
	err := s.eachPage(ctx, planID, 0, wanted, func(page []syncrun.StoredItem) error {
		if len(page) == 0 {
			return nil
		}
		return s.write(ctx, func(t tx) error {
			if err := t.leased(l, &p); err != nil {
				return err
			}
			book, err := t.links(p.Connection)
			if err != nil {
				return err
			}
			for _, it := range page {
				ls := it.Refresh
				if it.Left != nil {
					ls = &it.Left.Link
				}
				written, err := refresh(book, &p, ls)
				if err != nil {
					return err
				}
				rows += int(sqldb.Int(written))
			}
			return nil
		})
	})
	if err != nil {
		return rows, fmt.Errorf("remember what plan %s read: %w", planID, err)
	}
	return rows, nil
}

// leased makes sure that the lease allows to write what a plan says that was read before, and that nobody has dropped
// it since; otherwise it is as it was, because it is finished.
func (t tx) leased(l syncrun.Lease, p *planread.Plan) error {
	conn, err := t.fenced(l)
	if err != nil {
		return err
	}
	if p.Connection != conn {
		return fmt.Errorf("plan %s is not of connection %s", p.Info.ID, l.Connection)
	}
	there, err := t.first("select 1 from plans where org = $1 and no = $2 and id = $3 and finished = 1", nil, t.org, p.No, p.Info.ID)
	if err == nil && !there {
		err = fmt.Errorf("plan %s: %w", p.Info.ID, directory.ErrNotFound)
	}
	return err
}

// refresh writes an employee's link state, unless it was touched since the plan was begun.
func refresh(book *linkpage.Book, p *planread.Plan, ls *directory.LinkState) (written bool, err error) {
	old, err := book.Find(ls.SourceID)
	touched := int64(0)
	if old != nil {
		touched = old.Touched
	}
	if err != nil || touched > p.Mark {
		return false, err
	}
	return true, book.Put(ls, touched)
}
