package source

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/rollcall-hr/rollcall/bamboohr"
)

// maxFilterIDs is how many ids go into one filter, which is part of the address.
const maxFilterIDs = 100

// StatusReadable tells, of these employees, whose employment status the key may see although it was
// blank: the employee list answers the column, does not name it in _restrictedFields, and shows no
// value where the report showed none (product, "No status"). An id that is missing is not confirmed.
func (b *BambooHR) StatusReadable(ctx context.Context, ids []int64) (map[int64]bool, error) {
	const column = "employmentStatusName"
	confirmed := make(map[int64]bool, len(ids))
	for chunk := range slices.Chunk(ids, maxFilterIDs) {
		texts := make([]string, len(chunk))
		for i, id := range chunk {
			texts[i] = strconv.FormatInt(id, 10)
		}
		_, err := b.list(ctx, bamboohr.ListQuery{Fields: []string{column}, IDs: texts}, []string{column},
			func(id int64, values []bamboohr.Scalar, restricted []string) {
				if slices.Contains(chunk, id) {
					confirmed[id] = values[0].Kind != bamboohr.Absent && values[0].Empty() && !slices.Contains(restricted, column)
				}
			})
		if err != nil {
			return nil, b.wrap(fmt.Sprintf("confirm the blank employment status of %d employees", len(ids)), err)
		}
	}
	return confirmed, nil
}

// list walks over the employee list and answers how many employees it announced. A record that cannot
// be read is passed over: it confirms nothing.
func (b *BambooHR) list(ctx context.Context, q bamboohr.ListQuery, columns []string, see func(id int64, values []bamboohr.Scalar, restricted []string)) (total int, err error) {
	stream, err := b.client.Employees(ctx, q)
	if err != nil {
		return 0, err
	}
	defer stream.Close()
	decoder := bamboohr.NewDecoder(columns...)
	for row, err := range stream.Rows() {
		if err == nil {
			err = show(row, decoder, see)
		}
		if _, single := errors.AsType[*bamboohr.RecordError](err); err != nil && !single {
			return 0, err
		}
	}
	return stream.Total(), nil
}

func show(row bamboohr.Row, d *bamboohr.Decoder, see func(int64, []bamboohr.Scalar, []string)) error {
	text, err := row.ID()
	if err != nil {
		return err
	}
	id, err := parseID(text)
	if err != nil {
		return err
	}
	restricted, err := row.Restricted()
	if err != nil {
		return err
	}
	values, err := row.Decode(d)
	if err != nil {
		return err
	}
	see(id, values, restricted)
	return nil
}

// Deleted tells which of these employees BambooHR lists as deleted since the instant given: the record
// was removed, which is not a termination (bamboohr-api §2.7).
func (b *BambooHR) Deleted(ctx context.Context, since time.Time, ids []int64) (map[int64]bool, error) {
	gone := map[int64]bool{}
	if len(ids) == 0 {
		return gone, nil
	}
	changes, err := b.client.ChangedSince(ctx, since, "deleted")
	if err != nil {
		return nil, b.wrap("ask for deleted employees", err)
	}
	for _, c := range changes.Employees {
		id, err := parseID(c.ID)
		if err == nil && c.Action == bamboohr.Deleted && slices.Contains(ids, id) {
			gone[id] = true
		}
	}
	return gone, nil
}
