package source

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rollcall-hr/rollcall/bamboohr"
	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/policy"
)

// Counter counts the requests of one client, retries included. Give its Observe to
// bamboohr.WithObserver and the counter to NewBambooHR. The zero Counter is ready; it may be used from
// several goroutines.
type Counter struct{ n atomic.Int64 }

// Observe counts one attempt.
func (c *Counter) Observe(bamboohr.Exchange) { c.n.Add(1) }

// Requests is how many were made so far.
func (c *Counter) Requests() int { return int(c.n.Load()) }

// Options are what a reader needs beside its settings.
type Options struct {
	Now     func() time.Time // when a snapshot was taken. Defaults to time.Now
	Counter *Counter         // observes the client; nil: nobody counts, Requests is 0
	OddKey  bool             // the key is not UsualKey: Check says so
	Key     string           // KeyPrint of the key; "" when nobody has to notice another one
	Secret  string           // makes fingerprints of records, see printer; another one makes others of the same bytes
}

// BambooHR reads one company. It may be used from several goroutines, but its client has two request
// slots, which a reading by reports takes until its records are exhausted.
type BambooHR struct {
	client *bamboohr.Client
	conn   *policy.Connection
	now    func() time.Time
	count  *Counter
	oddKey bool
	key    string
	secret string
	reads  atomic.Int64

	mu   sync.Mutex
	meta []bamboohr.Field // the field list, once it was asked for
}

// NewBambooHR makes a reader for a connection. It sends nothing.
func NewBambooHR(client *bamboohr.Client, conn *policy.Connection, o Options) *BambooHR {
	b := &BambooHR{client: client, conn: conn, now: o.Now, count: o.Counter, oddKey: o.OddKey, key: o.Key, secret: o.Secret}
	if b.now == nil {
		b.now = time.Now
	}
	if b.count == nil {
		b.count = &Counter{}
	}
	return b
}

// Requests is the number of HTTP requests made so far, retries included.
func (b *BambooHR) Requests() int { return b.count.Requests() }

// pass is one reading by one reader: its records, and the counts behind the last of them.
type pass struct {
	reader string
	build  *assembler
	run    func(yield func(hr.Record, error) bool)
}

// Read starts one complete reading of fields (aliases). The key is tried first, on employees/0, which
// also tells whose it is. Records whose bytes are known come back Unchanged, without values. The
// sequence of records can be ranged over once and must be, to its end or until it is broken off,
// because it holds the client's request slots; its errors are *Error, and one for which Retryable is
// true deserves one more Read.
func (b *BambooHR) Read(ctx context.Context, fields []string, known hr.KnownFunc) (*hr.Snapshot, error) {
	snap, _, err := b.read(ctx, fields, hr.NewSchema(policy.LifecycleFields()...), known)
	return snap, err
}

// read is Read with an ahead schema of choice, and also tells which reader it took.
func (b *BambooHR) read(ctx context.Context, fields []string, ahead *hr.Schema, known hr.KnownFunc) (*hr.Snapshot, string, error) {
	const doing = "read the employees"
	before, taken := b.Requests(), b.now()
	if err := askable(fields); err != nil {
		return nil, "", b.wrap(doing, err)
	}
	owner, err := b.keyOwner(ctx)
	if err != nil {
		return nil, "", b.wrap("try the API key", err)
	}
	schema := hr.NewSchema(fields...)
	p, err := b.open(ctx, schema, ahead, known)
	if err != nil {
		return nil, "", b.wrap(doing, err)
	}
	snap := b.snapshot(p, taken, before)
	snap.KeyOwner = owner
	return snap, p.reader, nil
}

// snapshot shows a pass; before is how many requests were made when it began.
func (b *BambooHR) snapshot(p *pass, taken time.Time, before int) *hr.Snapshot {
	return &hr.Snapshot{
		ID:      fmt.Sprintf("%s-%s-%d", b.client.Company(), taken.UTC().Format("20060102T150405Z"), b.reads.Add(1)),
		TakenAt: taken, Schema: p.build.main.schema, Ahead: p.build.ahead.schema, Shape: p.build.shape(),
		Records: once("read the employees", b.client.Company(), p.run),
		Reading: func() hr.Reading { return p.build.tally.reading(b.Requests() - before) },
	}
}

// once makes a sequence that names what was being done when it broke, and that cannot be ranged over
// again.
func once(doing, company string, run func(func(hr.Record, error) bool)) iter.Seq2[hr.Record, error] {
	used := false
	return func(yield func(hr.Record, error) bool) {
		if used {
			yield(hr.Record{}, wrap(doing, company, errors.New("the records of a snapshot are given once; read again")))
			return
		}
		used = true
		run(func(r hr.Record, err error) bool {
			return yield(r, midway(doing, company, err))
		})
	}
}

// open chooses the reader. On auto the datasets take over where BambooHR no longer gives custom reports
// to this key: 403, 404 or 410 (bamboohr-api §2.4: deprecated, no date).
func (b *BambooHR) open(ctx context.Context, schema, ahead *hr.Schema, known hr.KnownFunc) (*pass, error) {
	if b.conn.BambooHR.Reader == policy.ReaderDataset {
		return b.openDataset(ctx, schema, ahead, known)
	}
	p, err := b.openReports(ctx, schema, ahead, known)
	if err == nil || b.conn.BambooHR.Reader == policy.ReaderReport || !gone(err) {
		return p, err
	}
	p, second := b.openDataset(ctx, schema, ahead, known)
	if second != nil {
		return nil, fmt.Errorf("%w; and instead of the report the dataset: %w", err, second)
	}
	p.build.tally.warn("custom reports are not available to this key, the dataset was read instead: %v", err)
	return p, nil
}

func gone(err error) bool {
	e, ok := errors.AsType[*bamboohr.Error](err)
	return ok && (e.Status == 403 || e.Status == 404 || e.Status == 410)
}

// keyOwner is the id of the employee whose key this is, "" for a non-employee user.
func (b *BambooHR) keyOwner(ctx context.Context) (string, error) {
	who, err := b.client.Probe(ctx)
	if err != nil || who.EmployeeID == "" {
		return "", err
	}
	n, err := parseID(who.EmployeeID)
	return fmt.Sprint(n), err
}

func (b *BambooHR) wrap(doing string, err error) error { return wrap(doing, b.client.Company(), err) }

// askable refuses fields that must not be in a read, and more than one report can carry.
func askable(fields []string) error {
	for _, f := range fields {
		if why, yes := refused(f); yes {
			return fmt.Errorf("%w: %s %s", ErrSettings, f, why)
		}
	}
	if len(fields) > bamboohr.MaxFields {
		return fmt.Errorf("%w: they need %d fields, BambooHR gives %d at once; map fewer", ErrSettings, len(fields), bamboohr.MaxFields)
	}
	return nil
}
