package bamboohr

import (
	"context"
	"io"
	"iter"
	"unicode/utf8"

	"github.com/rollcall-hr/rollcall/bamboohr/internal/flatjson"
)

// Stats is what a stream has seen so far.
type Stats struct {
	Rows          int   // records, also the unusable ones
	Bytes         int64 // decoded
	Pages         int   // answers
	InvalidUTF8   int   // records with bytes that are not UTF-8
	DuplicateKeys int   // records with a wanted column twice, of those that were decoded
	Oversized     int   // records given as a *RecordError because of their size
	ByteOrderMark bool
	Complete      bool // the last byte was read and everything added up
}

// Stream gives the records of one or several answers, one after the other. It
// holds a connection and one of the client's two request slots while an answer
// is open, so close it. It is not safe for use by several goroutines.
type Stream struct {
	client *Client
	shape  *rowShape
	doc    *flatjson.Document
	body   io.Closer                          // of a body that is read while it arrives
	locate func(*Error)                       // fills an error of doc
	turn   func() (*flatjson.Document, error) // gets the next page; nil, nil behind the last
	see    func(Row)                          // is shown every record; may be nil
	stats  Stats
	past   int64 // bytes of earlier pages
	err    error // why the stream ended
}

// Rows ranges over the records. Breaking off and ranging again goes on where
// it stopped; the records are given once. A *RecordError concerns one record
// and more follow; any other error is the last thing yielded. The stream is
// whole only when the range ends without one.
func (s *Stream) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for {
			row, err := s.next()
			if err == io.EOF {
				return
			}
			if !yield(row, err) || s.err != nil {
				return
			}
		}
	}
}

// next is one step; io.EOF at the good end, which repeats like any final error.
func (s *Stream) next() (Row, error) {
	for s.err == nil {
		raw, err := s.doc.Next()
		switch {
		case err == nil:
			return s.row(raw)
		case raw != nil:
			return Row{}, s.oversized(raw, err)
		case err == io.EOF:
			s.turnPage()
		default:
			s.end(s.located(err))
		}
	}
	return Row{}, s.err
}

func (s *Stream) row(raw []byte) (Row, error) {
	s.stats.Rows++
	if !utf8.Valid(raw) {
		s.stats.InvalidUTF8++
	}
	row := Row{raw: raw, number: s.stats.Rows, shape: s.shape, stats: &s.stats}
	if s.see != nil {
		s.see(row)
	}
	return row, nil
}

func (s *Stream) oversized(beginning []byte, err error) error {
	s.stats.Rows++
	s.stats.Oversized++
	return &RecordError{ID: s.shape.nameOf(beginning), Number: s.stats.Rows, Err: s.located(err)}
}

func (s *Stream) located(err error) error {
	e := asError(err, ErrShape)
	s.locate(e)
	return e
}

// turnPage goes to the next answer, or ends the stream.
func (s *Stream) turnPage() {
	if s.turn != nil {
		doc, err := s.turn()
		if err != nil {
			s.end(err)
			return
		}
		if doc != nil {
			s.show(doc)
			return
		}
	}
	s.stats.Complete = true
	s.end(io.EOF)
}

func (s *Stream) show(doc *flatjson.Document) {
	if s.doc != nil {
		s.past += s.doc.Offset()
	}
	s.doc = doc
	s.stats.Pages++
	s.stats.ByteOrderMark = s.stats.ByteOrderMark || doc.BOM
}

func (s *Stream) end(err error) {
	s.err = err
	if s.body != nil {
		s.body.Close()
		s.body = nil
	}
}

// Stats tells what was seen so far; after the end it is final.
func (s *Stream) Stats() Stats {
	stats := s.stats
	stats.Bytes = s.past + s.doc.Offset()
	return stats
}

// Close lets go of the connection. It is needed when the records are not
// ranged over to their end, and harmless otherwise.
func (s *Stream) Close() error {
	if s.err == nil {
		s.end(errClosed)
	}
	return nil
}

// stream opens a roster that comes in one body; header checks what stands
// before the records.
func (c *Client) stream(ctx context.Context, r call, rowsKey string, shape *rowShape, header func(*flatjson.Document) error) (*Stream, error) {
	r.limits = c.limits.roster
	s := &Stream{client: c, shape: shape}
	err := c.do(ctx, r, func(a *answer) error {
		doc := flatjson.NewDocument(a.body, rowsKey)
		if err := open(doc); err != nil {
			return err
		}
		if err := header(doc); err != nil {
			return err
		}
		a.kept, s.body, s.locate = true, a.body, a.finish
		s.show(doc)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// open goes to the first record, or tells which error stands in its place.
func open(doc *flatjson.Document) error {
	err := doc.Open()
	if e := errorObject(doc.Side["error"]); err != nil && e != nil {
		return e
	}
	return err
}

// page gets one page of a roster into memory and checks it to its last byte,
// so that a broken page is asked for again; header checks what stands beside
// the records.
func (s *Stream) page(ctx context.Context, r call, rowsKey string, header func(*flatjson.Document) error) (*flatjson.Document, error) {
	r.limits = s.client.limits.page
	var doc *flatjson.Document
	err := s.client.do(ctx, r, func(a *answer) error {
		raw, err := readAll(a)
		if err != nil {
			return err
		}
		doc, s.locate = flatjson.NewPage(raw, rowsKey), a.finish
		if err := open(doc); err != nil {
			return err
		}
		return header(doc)
	})
	return doc, err
}

// walk streams several pages: turn gets each of them, also the first.
func (c *Client) walk(shape *rowShape, turn func(*Stream) (*flatjson.Document, error)) (*Stream, error) {
	s := &Stream{client: c, shape: shape}
	s.turn = func() (*flatjson.Document, error) { return turn(s) }
	doc, err := s.turn()
	if err != nil {
		return nil, err
	}
	s.show(doc)
	return s, nil
}
