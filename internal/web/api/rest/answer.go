package rest

import (
	"io"
	"net/http"
	"time"

	"github.com/rollcall-hr/rollcall/internal/web/gate"
)

// Nothing is the answer of an endpoint that has none: 204.
type Nothing struct{}

// Answerer is an answer that writes itself.
type Answerer interface {
	Answer(w http.ResponseWriter, r *http.Request, status int) error
}

// Write answers with JSON, with nothing, or as the answer does itself.
func Write(w http.ResponseWriter, r *http.Request, status int, out any) error {
	switch out := out.(type) {
	case Nothing:
		w.WriteHeader(http.StatusNoContent)
		return nil
	case Answerer:
		return out.Answer(w, r, status)
	}
	return gate.WriteJSON(w, status, out)
}

// file is an Answerer that is no JSON; Media is its media type.
type file interface{ Media() string }

// Text is an answer that was made beforehand, such as settings as YAML.
type Text string

// Media is YAML, the only text that is answered.
func (Text) Media() string { return "application/yaml" }

// Answer implements Answerer.
func (t Text) Answer(w http.ResponseWriter, _ *http.Request, status int) error {
	return send(w, t.Media(), status, func(w io.Writer) error {
		_, err := io.WriteString(w, string(t))
		return err
	})
}

// Table is an answer as CSV, however long it is.
type Table func(w io.Writer) error

// Media is CSV.
func (Table) Media() string { return "text/csv" }

// Answer implements Answerer.
func (t Table) Answer(w http.ResponseWriter, _ *http.Request, status int) error {
	return send(w, t.Media(), status, t)
}

// Lines is an answer with a JSON object a line, however long it is.
type Lines func(w io.Writer) error

// Media is JSON lines.
func (Lines) Media() string { return "application/jsonl" }

// Answer implements Answerer.
func (l Lines) Answer(w http.ResponseWriter, _ *http.Request, status int) error {
	return send(w, l.Media(), status, l)
}

// send breaks the connection when something goes wrong once the answer has begun: a part of it must not pass for
// the whole.
func send(w http.ResponseWriter, media string, status int, write func(io.Writer) error) error {
	out := &begun{w: w, media: media, status: status}
	err := write(out)
	switch {
	case err != nil && out.yes:
		panic(http.ErrAbortHandler)
	case err == nil && !out.yes:
		_, err = out.Write(nil)
	}
	return err
}

// begun writes the head before the first byte, so that an error before it can still be told.
type begun struct {
	w      http.ResponseWriter
	media  string
	status int
	yes    bool
}

// Write implements io.Writer.
func (b *begun) Write(p []byte) (int, error) {
	if !b.yes {
		b.yes = true
		b.w.Header().Set("Content-Type", b.media)
		b.w.WriteHeader(b.status)
	}
	return b.w.Write(p)
}

// Instant is a time as answers have it.
func Instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Page is a list, or a part of one.
type Page[T any] struct {
	Items []T     `json:"items"`
	Next  *string `json:"next" doc:"Give it as after to get the items that follow; null at the end."`
}

// Whole is a list that has no more pages.
func Whole[T any](items []T) Page[T] {
	if items == nil {
		items = []T{}
	}
	return Page[T]{Items: items}
}

// PageOf is a part of a list, each record as answers show it; next is "" at the end.
func PageOf[R, T any](rows []R, next string, show func(*R) T) Page[T] {
	out := Page[T]{Items: make([]T, len(rows))}
	for i := range rows {
		out.Items[i] = show(&rows[i])
	}
	if next != "" {
		out.Next = &next
	}
	return out
}

// Paging is how every long list is asked for.
type Paging struct {
	After string `query:"after" doc:"The next of the list before, for the items that follow."`
	Limit int    `query:"limit" min:"1" max:"500" default:"50" doc:"How many items at most."`
}

// None is the input of endpoints that take nothing.
type None struct{}

// One is the input of endpoints that are about one record.
type One struct {
	ID string `path:"id"`
}
