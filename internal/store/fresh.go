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

// fresh collects the people whom a batch creates, to insert several at once.
type fresh struct {
	bulk   sqldb.Bulk
	people []newPerson
}

// createPeople inserts collected people until no more than keep are left. None may be left before anything changes
// these rows again.
func (b *batch) createPeople(keep int) error {
	for list := &b.fresh.people; len(*list) > keep; {
		n, err := b.t.insertPeople(&b.fresh.bulk, *list)
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
