package store

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/linkpage"
	"github.com/rollcall-hr/rollcall/internal/store/internal/personrow"
)

// errStopped ends a query whose reader has seen enough.
var errStopped = errors.New("stopped")

// yieldError hands the error of an iteration to its reader, who must still be listening.
func yieldError[T any](err error, yield func(T, error) bool) {
	if err != nil && !errors.Is(err, errStopped) {
		var none T
		yield(none, err)
	}
}

// LinkStates implements syncrun.Connections.
func (s *Store) LinkStates(ctx context.Context, connection string, full bool) iter.Seq2[*directory.LinkState, error] {
	return func(yield func(*directory.LinkState, error) bool) {
		err := s.read(ctx, func(t tx) error {
			conn, err := t.connection(connection)
			if err != nil {
				return err
			}
			return linkpage.Each(t, t.org, conn, full, func(e *linkpage.Entry) error {
				if !yield(e.LinkState, nil) {
					return errStopped
				}
				return nil
			})
		})
		yieldError(err, yield)
	}
}

// LinkStatesOf implements syncrun.Connections.
func (s *Store) LinkStatesOf(ctx context.Context, connection string, ids []int64) (map[int64]directory.LinkState, error) {
	out := make(map[int64]directory.LinkState, len(ids))
	err := s.read(ctx, func(t tx) error {
		conn, err := t.connection(connection)
		if err != nil {
			return err
		}
		r := linkpage.NewReader(t, t.org, conn)
		for _, id := range ids {
			e, found, err := r.Find(id)
			if err != nil {
				return err
			}
			if found {
				out[id] = *e.LinkState
			}
		}
		return nil
	})
	return out, err
}

// DueBy implements syncrun.Connections, by instant, then by employee.
func (s *Store) DueBy(ctx context.Context, connection string, at time.Time) ([]directory.LinkState, error) {
	var out []directory.LinkState
	err := s.read(ctx, func(t tx) error {
		conn, err := t.connection(connection)
		if err != nil {
			return err
		}
		ids, err := linkpage.DueBy(t, t.org, conn, at)
		r := linkpage.NewReader(t, t.org, conn)
		for _, id := range ids {
			if err != nil {
				return err
			}
			e, found, bad := r.Find(id)
			if err = bad; found {
				out = append(out, *e.LinkState)
			}
		}
		return err
	})
	return out, err
}

// personOf returns the id of an employee's person, "" when there is none.
func (t tx) personOf(conn, sourceID int64) (string, error) {
	e, found, err := linkpage.NewReader(t, t.org, conn).Find(sourceID)
	if err != nil || !found {
		return "", err
	}
	return e.PersonID, nil
}

// links is the book in which this transaction writes a connection's link states; whoever writes them must do it there,
// and it is closed before the transaction ends.
func (t tx) links(conn int64) (*linkpage.Book, error) {
	if b := t.under.books[conn]; b != nil {
		return b, nil
	}
	b, err := linkpage.Open(t, t.org, conn)
	if err != nil {
		return nil, err
	}
	if t.under.books == nil {
		t.under.books = map[int64]*linkpage.Book{}
	}
	t.under.books[conn] = b
	return b, nil
}

// closeLinks writes what stands in the transaction's books.
func (t tx) closeLinks() error {
	for _, conn := range slices.Sorted(maps.Keys(t.under.books)) {
		if err := t.under.books[conn].Close(); err != nil {
			return err
		}
	}
	return nil
}

// unclean makes the next run look at a person again. It belongs to the transaction's last audit entry.
func (t tx) unclean(link *directory.Link) error {
	if link == nil {
		return nil
	}
	conn, err := t.connection(link.Connection)
	if err != nil {
		return err
	}
	id, err := personrow.SourceNumber(link.SourceID)
	if err != nil {
		return err
	}
	return t.uncleanSource(conn, id)
}

func (t tx) uncleanSource(conn, sourceID int64) error {
	seq, err := t.auditSeq()
	if err != nil {
		return err
	}
	book, err := t.links(conn)
	if err != nil {
		return err
	}
	return book.Unclean(sourceID, seq)
}
