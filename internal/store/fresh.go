package store

import (
	"errors"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// newPerson is a person to be inserted; conn is the number of the linked connection.
type newPerson struct {
	directory.Person
	conn int64
}

// fewPeople are collected until one more makes a statement.
const fewPeople = sqldb.BulkRows - 1

// fresh collects the people whom a batch creates and the link states of employees who most likely have none,
// to insert several at once.
type fresh struct {
	peopleBulk, linkBulk sqldb.Bulk

	people []newPerson
	links  []*directory.LinkState
}

// flush inserts what is left. It has to come before anything that changes these rows again.
func (b *batch) flush() error {
	if err := b.createPeople(0); err != nil {
		return err
	}
	n, err := b.t.insertLinks(&b.fresh.linkBulk, b.plan.Connection, b.fresh.links, b.audit)
	b.rows += n
	b.fresh.links = nil
	return err
}

// createPeople inserts collected people until no more than keep are left.
func (b *batch) createPeople(keep int) error {
	for list := &b.fresh.people; len(*list) > keep; {
		n, err := b.t.insertPeople(&b.fresh.peopleBulk, *list)
		if errors.Is(err, sqldb.ErrUnique) {
			return &syncrun.StaleRecordError{Key: directory.PersonKey((*list)[n].ID)}
		}
		if err != nil {
			return err
		}
		b.rows += n
		*list = append((*list)[:0], (*list)[n:]...)
	}
	return nil
}
