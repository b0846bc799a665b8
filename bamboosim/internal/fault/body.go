package fault

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"strings"
	"time"
)

// ErrReset tells the server to reset the connection now.
var ErrReset = errors.New("connection reset by fault")

// Body spoils the plain bytes of a body on their way to w, before compression.
func (p *Plan) Body(w io.Writer) io.Writer {
	if p.TruncateAt >= 0 {
		w = &cut{w: w, left: p.TruncateAt}
	}
	if p.BOM {
		w = &prefix{w: w, text: "\xef\xbb\xbf"}
	}
	return w
}

// Wire spoils the bytes that go over the connection. flush sends what was written; ctx ends with the client.
func (p *Plan) Wire(ctx context.Context, w io.Writer, flush func()) io.Writer {
	if p.Rate > 0 {
		w = &slow{ctx: ctx, w: w, flush: flush, rate: p.Rate}
	}
	if p.ResetAfter >= 0 {
		w = &reset{w: w, flush: flush, left: p.ResetAfter}
	}
	return w
}

// cut swallows everything after so many bytes.
type cut struct {
	w    io.Writer
	left int
}

func (c *cut) Write(b []byte) (int, error) {
	keep := min(len(b), c.left)
	c.left -= keep
	if _, err := c.w.Write(b[:keep]); err != nil {
		return 0, err
	}
	return len(b), nil
}

// prefix puts a text before the first byte.
type prefix struct {
	w    io.Writer
	text string
}

func (p *prefix) Write(b []byte) (int, error) {
	if p.text != "" {
		if _, err := io.WriteString(p.w, p.text); err != nil {
			return 0, err
		}
		p.text = ""
	}
	return p.w.Write(b)
}

// slow lets ten pieces a second through.
type slow struct {
	ctx   context.Context
	w     io.Writer
	flush func()
	rate  int
}

func (s *slow) Write(b []byte) (int, error) {
	size := max(s.rate/10, 1)
	pause := time.Duration(size) * time.Second / time.Duration(s.rate)
	for sent := 0; sent < len(b); sent += size {
		if _, err := s.w.Write(b[sent:min(sent+size, len(b))]); err != nil {
			return sent, err
		}
		s.flush()
		if err := Pause(s.ctx, pause); err != nil {
			return sent, err
		}
	}
	return len(b), nil
}

// reset ends the connection after so many bytes.
type reset struct {
	w     io.Writer
	flush func()
	left  int
}

func (r *reset) Write(b []byte) (int, error) {
	if len(b) <= r.left {
		r.left -= len(b)
		return r.w.Write(b)
	}
	if _, err := r.w.Write(b[:r.left]); err != nil {
		return 0, err
	}
	r.flush()
	return r.left, ErrReset
}

// Pause waits, or returns the reason why ctx ended; 0 waits until then.
func Pause(ctx context.Context, d time.Duration) error {
	if d == 0 {
		<-ctx.Done()
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// opening starts an answer that any reader of rows takes for a report with one person whose name goes on and on.
const opening = `{"title":"Report","fields":[{"id":"firstName","type":"text","name":"First Name"}],"employees":[{"id":"1","firstName":`

// Endless writes a body that never ends, until the client has enough.
func Endless(w io.Writer) error {
	piece := bytes.Repeat([]byte("a"), 64<<10)
	_, err := io.WriteString(w, opening+`"`)
	for err == nil {
		_, err = w.Write(piece)
	}
	return err
}

// Deep writes a body with a million nested arrays, correctly closed.
func Deep(w io.Writer) error {
	const depth = 1_000_000
	_, err := io.WriteString(w, opening+strings.Repeat("[", depth)+strings.Repeat("]", depth)+"}]}")
	return err
}

// GzipBomb writes about 5 MiB of gzip that unpack to more than 5 GiB of one name.
func GzipBomb(w io.Writer) error {
	if err := pack(w, []byte(opening+`"`)); err != nil {
		return err
	}
	const member, members = 16 << 20, 324
	var packed bytes.Buffer
	if err := pack(&packed, bytes.Repeat([]byte("a"), member)); err != nil {
		return err
	}
	for range members {
		if _, err := w.Write(packed.Bytes()); err != nil {
			return err
		}
	}
	return pack(w, []byte(`"}]}`))
}

func pack(w io.Writer, b []byte) error {
	z := gzip.NewWriter(w)
	if _, err := z.Write(b); err != nil {
		return err
	}
	return z.Close()
}
