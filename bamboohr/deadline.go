package bamboohr

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// limits bound one answer in time and decoded size (security §1.3).
type limits struct {
	firstByte time.Duration // from sending to the first byte of the body
	stall     time.Duration // between bytes
	total     time.Duration
	bytes     int64
}

// limitSet is the limits of each class of answer.
type limitSet struct {
	roster limits // streamed: the whole company in one body
	page   limits // a page of a roster, held in memory
	plain  limits // everything else
	photo  limits
}

func defaultLimits() limitSet {
	return limitSet{
		roster: limits{120 * time.Second, 60 * time.Second, 30 * time.Minute, 4 << 30},
		page:   limits{120 * time.Second, 60 * time.Second, 10 * time.Minute, 16 << 20},
		plain:  limits{10 * time.Second, 60 * time.Second, 120 * time.Second, 16 << 20},
		// A photo may come as base64 in JSON, a third longer; its bytes are measured after.
		photo: limits{10 * time.Second, 60 * time.Second, 120 * time.Second, maxPhoto*4/3 + 1<<10},
	}
}

// watch cancels a request that lets one of its limits pass.
type watch struct {
	limits
	cancel context.CancelCauseFunc
	first  *time.Timer // until the first byte
	idle   *time.Timer // between bytes
	whole  *time.Timer
}

func newWatch(lim limits, cancel context.CancelCauseFunc) *watch {
	w := &watch{limits: lim, cancel: cancel}
	expire := func(format string, d time.Duration) *time.Timer {
		return time.AfterFunc(d, func() { cancel(fault(ErrStalled, format, d)) })
	}
	w.first = expire("nothing came within %s", lim.firstByte)
	w.whole = expire("not finished within %s", lim.total)
	w.idle = expire("nothing came for %s", lim.stall)
	w.idle.Stop()
	return w
}

func (w *watch) stop() {
	w.first.Stop()
	w.idle.Stop()
	w.whole.Stop()
	w.cancel(nil)
}

// body reads an answer under its limits. Time that the caller spends between
// two reads counts only towards the total.
type body struct {
	ctx   context.Context // of the attempt; its cause tells a stall from a cancellation
	src   io.ReadCloser
	watch *watch
	read  int64 // decoded bytes so far
	begun bool
}

// Read returns io.EOF at the true end and an *Error for everything else.
func (b *body) Read(p []byte) (int, error) {
	if b.begun {
		b.watch.idle.Reset(b.watch.stall)
	}
	n, err := b.src.Read(p)
	b.watch.idle.Stop()
	if !b.begun {
		b.watch.first.Stop()
		b.begun = true
	}
	b.read += int64(n)
	if b.read > b.watch.bytes {
		return 0, fault(ErrTooLarge, "more than %d bytes", b.watch.bytes)
	}
	if err == nil || err == io.EOF && b.ctx.Err() == nil {
		return n, err
	}
	return n, b.broken(err)
}

// broken explains a read that failed.
func (b *body) broken(err error) *Error {
	if cause := context.Cause(b.ctx); cause != nil {
		return cancelled(cause)
	}
	why := err
	if op, ok := errors.AsType[*net.OpError](err); ok {
		why = op.Err // without the ports, so that the same failure reads the same
	}
	e := fault(ErrTruncated, "after %d bytes: %v", b.read, why)
	e.cause, e.transient = err, true
	if errors.Is(err, io.ErrUnexpectedEOF) {
		e.Message = fmt.Sprintf("after %d bytes", b.read)
	}
	return e
}

// cancelled is the error of a context that ended: our own stall, or the
// caller's deadline or cancellation.
func cancelled(cause error) *Error {
	if e, ok := errors.AsType[*Error](cause); ok {
		return e
	}
	return &Error{Kind: ErrCancelled, Message: cause.Error(), cause: cause}
}

// Close ends the request; an answer that was not read to its end costs the connection.
func (b *body) Close() error {
	err := b.src.Close()
	b.watch.stop()
	return err
}
