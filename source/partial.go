package source

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"github.com/rollcall-hr/rollcall/bamboohr"
	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/policy"
)

// KeyPrint is a short hash of a company's key, by which another key is noticed. It tells nothing of the key.
func KeyPrint(subdomain, key string) string {
	sum := sha256.Sum256([]byte("key of " + subdomain + "\x00" + key))
	return hex.EncodeToString(sum[:4])
}

// KeyPrint is that of the key it reads with, as Options gave it.
func (b *BambooHR) KeyPrint() string { return b.key }

// Changed asks BambooHR, in one request, who changed at or after an instant by its own clock. hr.ErrWhole means
// that the key is good, and that this question is not open to it.
func (b *BambooHR) Changed(ctx context.Context, since time.Time) (hr.Changes, error) {
	const doing = "ask who changed"
	answer, err := b.client.ChangedSince(ctx, since, "")
	if gone(err) {
		if _, bad := b.keyOwner(ctx); bad != nil {
			return hr.Changes{}, b.wrap("try the API key", bad)
		}
		err = fmt.Errorf("%w: BambooHR does not tell this key who changed", hr.ErrWhole)
	}
	if err != nil {
		return hr.Changes{}, b.wrap(doing, err)
	}
	out := hr.Changes{Latest: answer.Latest, Employees: make([]hr.Change, 0, len(answer.Employees))}
	for _, c := range answer.Employees {
		id, err := parseID(c.ID)
		if err != nil {
			return hr.Changes{}, b.wrap(doing, err)
		}
		out.Employees = append(out.Employees, hr.Change{ID: id, At: c.At, Deleted: c.Action == bamboohr.Deleted})
	}
	return out, nil
}

// ReadSome is Read, but asks only for some employees; everybody else stands as remembered. It yields those
// who stand first, and passes over an employee whom BambooHR does not show, or in one of its two reads only:
// the caller has to notice. hr.ErrWhole means that the settings' reader, or the one this key may use, cannot
// read some alone.
func (b *BambooHR) ReadSome(ctx context.Context, fields []string, part hr.Partial) (*hr.Snapshot, error) {
	const doing = "read the employees who changed"
	before, taken := b.Requests(), b.now()
	switch {
	case b.conn.BambooHR.Reader == policy.ReaderDataset:
		return nil, b.wrap(doing, fmt.Errorf("%w: the dataset cannot be asked for single employees", hr.ErrWhole))
	case len(part.IDs) == 0: // a filter without ids is none
		return nil, b.wrap(doing, fmt.Errorf("%w: nobody is to be read", hr.ErrWhole))
	case len(fields) > hr.MaxTrackedFields:
		return nil, b.wrap(doing, fmt.Errorf("%w: more than %d fields are read, and not all of them are remembered", hr.ErrWhole, hr.MaxTrackedFields))
	}
	if err := askable(fields); err != nil {
		return nil, b.wrap(doing, err)
	}
	owner, err := b.keyOwner(ctx)
	if err != nil {
		return nil, b.wrap("try the API key", err)
	}
	p, err := b.openSome(ctx, hr.NewSchema(fields...), hr.NewSchema(policy.LifecycleFields()...), part)
	if err != nil && b.conn.BambooHR.Reader != policy.ReaderReport && gone(err) {
		err = fmt.Errorf("%w: custom reports are not available to this key", hr.ErrWhole)
	}
	if err != nil {
		return nil, b.wrap(doing, err)
	}
	snap := b.snapshot(p, taken, before)
	snap.KeyOwner = owner
	return snap, nil
}

func (b *BambooHR) openSome(ctx context.Context, schema, ahead *hr.Schema, part hr.Partial) (*pass, error) {
	texts := make([]string, len(part.IDs))
	for i, id := range part.IDs {
		texts[i] = strconv.FormatInt(id, 10)
	}
	r := &reports{client: b.client, columns: [2][]string{idFirst(schema.Names()), idFirst(ahead.Names())}}
	streams, err := r.open(ctx, texts)
	if err != nil {
		return nil, err
	}
	for i, s := range streams {
		r.fields[i] = answeredBy(s)
	}
	build := r.assembler(b.secret, schema, ahead, part.Known)
	build.tally.employees = part.Others
	return &pass{"report", build, func(yield func(hr.Record, error) bool) {
		defer closeAll(streams)
		for id, k := range part.Rest {
			if !yield(build.stand(id, k), nil) {
				return
			}
		}
		j := r.join(streams, build, yield)
		j.main.only, j.ahead.only = part.IDs, part.IDs
		more, err := j.run()
		if err != nil {
			yield(hr.Record{}, err)
		} else if more {
			noteStats(build.tally, streams[0].Stats(), j.main)
			noteStats(build.tally, streams[1].Stats(), j.ahead)
		}
	}}, nil
}
