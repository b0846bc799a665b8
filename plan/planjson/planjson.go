// Package planjson writes plans as JSON, in the one form that commands, API and exports have ("Plan as JSON"): blank is
// null, instants are RFC 3339 in UTC. What a plan means is left to package plan.
package planjson

import (
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
)

// Change is a change.
type Change struct {
	Action      plan.Action   `json:"action"`
	Reason      plan.Reason   `json:"reason"`
	Sentence    string        `json:"sentence"`
	Waiting     *plan.Waiting `json:"waiting"`
	SourceID    *string       `json:"source_id"`
	PersonID    *string       `json:"person_id"`
	Email       *string       `json:"email"`
	Name        string        `json:"name"`
	EffectiveAt string        `json:"effective_at"`
	Fields      []Field       `json:"fields"`
}

// Field is one field of a change; Before and After have the person JSON's types.
type Field struct {
	Name     directory.Field `json:"name"`
	Before   any             `json:"before"`
	After    any             `json:"after"`
	BeforeID any             `json:"before_id,omitempty"` // of the manager: a person's id or null; left out for other fields
	AfterID  any             `json:"after_id,omitempty"`
	From     *string         `json:"from"`
}

// Held is a held entry.
type Held struct {
	Kind       plan.HeldKind    `json:"kind"`
	Field      *directory.Field `json:"field"`
	Reason     plan.Reason      `json:"reason"`
	SourceID   *string          `json:"source_id"`
	PersonID   *string          `json:"person_id"`
	Name       string           `json:"name"`
	Email      *string          `json:"email"`
	Detail     string           `json:"detail"`
	Fix        *string          `json:"fix"`
	Candidates []Candidate      `json:"candidates"`
	Frozen     *Frozen          `json:"frozen,omitempty"`
}

// Frozen is what a freeze holds back: the value now, the one that waits, and since when.
type Frozen struct {
	Freeze   string  `json:"freeze"`
	Before   any     `json:"before"`
	After    any     `json:"after"`
	BeforeID any     `json:"before_id,omitempty"` // of the manager, as in Field
	AfterID  any     `json:"after_id,omitempty"`
	From     *string `json:"from"`
	Since    string  `json:"since"` // RFC 3339
}

// Candidate is a person whom a held employee may be.
type Candidate struct {
	PersonID string `json:"person_id"`
	Email    string `json:"email"`
	Name     string `json:"name"`
	Why      string `json:"why"`
}

// OfChange writes a change. h tells whether it waits, and the instant of a change that takes effect at once.
func OfChange(c *plan.Change, h *plan.Header) Change {
	out := Change{Action: c.Action, Reason: c.Reason, Sentence: c.Sentence, SourceID: ID(c.SourceID), PersonID: Text(c.PersonID),
		Email: Text(c.Email), Name: c.Name, EffectiveAt: Instant(c.EffectiveAt), Fields: []Field{}}
	if c.EffectiveAt.IsZero() {
		out.EffectiveAt = Instant(h.MadeAt)
	}
	if w := h.Waiting(c.Kinds); w != plan.NotWaiting {
		out.Waiting = &w
	}
	for i := range c.Fields {
		out.Fields = append(out.Fields, ofField(&c.Fields[i]))
	}
	return out
}

func ofField(f *plan.FieldChange) Field {
	out := Field{Name: f.Field, From: Text(f.From)}
	if f.Before != "" {
		out.Before = Value(f.Kind, f.Before)
	}
	if f.After != "" {
		out.After = Value(f.Kind, f.After)
	}
	if f.Field == directory.Manager {
		out.BeforeID, out.AfterID = Text(f.BeforeID), Text(f.AfterID)
	}
	return out
}

// OfHeld writes a held entry.
func OfHeld(h *plan.Held) Held {
	out := Held{Kind: h.Kind, Reason: h.Reason, SourceID: ID(h.SourceID), PersonID: Text(h.PersonID), Name: h.Name, Email: Text(h.Email),
		Detail: h.Detail, Fix: Text(h.Trace.Fix), Candidates: []Candidate{}}
	if h.Field != "" {
		out.Field = &h.Field
	}
	for _, c := range h.Candidates {
		out.Candidates = append(out.Candidates, Candidate(c))
	}
	if f := h.Frozen; f != nil {
		c := ofField(&f.Change)
		out.Frozen = &Frozen{Freeze: f.Freeze, Before: c.Before, After: c.After, BeforeID: c.BeforeID, AfterID: c.AfterID, From: c.From, Since: Instant(f.Since)}
	}
	return out
}

// Value gives canonical text the type it has in the person JSON: null when blank, a list of texts,
// a number, true or false, {"amount","currency"} for money, else text.
func Value(kind directory.Kind, text string) any {
	if text == "" {
		return nil
	}
	switch kind {
	case directory.KindList:
		return directory.SplitList(text)
	case directory.KindBoolean:
		return text == "true"
	case directory.KindNumber:
		return json.Number(text)
	case directory.KindMoney:
		amount, currency, _ := strings.Cut(text, " ")
		return map[string]string{"amount": amount, "currency": currency}
	}
	return text
}

// Text is null for blank text.
func Text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// ID writes the id of an employee; 0 is null.
func ID(id int64) *string {
	if id == 0 {
		return nil
	}
	s := strconv.FormatInt(id, 10)
	return &s
}

// Instant is RFC 3339 in UTC.
func Instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Head is what stands before the rows; doc is what the description of the API says of a field.
type Head struct {
	ID         string          `json:"id"`
	Hash       string          `json:"hash" doc:"Equal for plans that do the same."`
	Connection string          `json:"connection"`
	MadeAt     string          `json:"made_at"`
	AsOf       *string         `json:"as_of" doc:"YYYY-MM-DD when it shows a future day; such a plan can never be applied."`
	Unfrozen   bool            `json:"without_freezes,omitempty" doc:"Shows what would change if every freeze ended now; such a plan can never be applied."`
	Freezes    []string        `json:"freezes,omitempty" doc:"Ids of the freezes that it respects."`
	Snapshot   Snapshot        `json:"snapshot"`
	Verdict    plan.Verdict    `json:"verdict"`
	Reasons    []VerdictReason `json:"verdict_reasons"`
	Counts     plan.Counts     `json:"counts"`
	Seats      Seats           `json:"seats"`
}

// Snapshot is the reading that a plan was made from.
type Snapshot struct {
	ID          string   `json:"id"`
	TakenAt     string   `json:"taken_at"`
	Employees   int      `json:"employees"`
	Readable    []string `json:"readable_fields"`
	Unreadable  []string `json:"unreadable_fields"`
	Certificate string   `json:"certificate"`
	Warnings    []string `json:"warnings"`
}

// VerdictReason is why a plan waits or is refused.
type VerdictReason struct {
	Code     string       `json:"code"`
	Kind     plan.Kind    `json:"kind"`
	Count    int          `json:"count"`
	Of       int          `json:"of"`
	Limit    int          `json:"limit"`
	Waiting  plan.Waiting `json:"waiting"`
	Sentence string       `json:"sentence"`
}

// Seats are the billed people before a plan and after it.
type Seats struct {
	Before int `json:"before"`
	After  int `json:"after"`
}

func newHead(id, connection string, h *plan.Header) Head {
	ev := &h.Evidence
	out := Head{ID: id, Hash: h.Hash, Connection: connection, MadeAt: Instant(h.MadeAt), Verdict: h.Verdict, Reasons: []VerdictReason{},
		Unfrozen: h.WithoutFreezes, Freezes: h.Freezes,
		Counts: h.Counts, Seats: Seats{h.SeatsBefore, h.SeatsAfter},
		Snapshot: Snapshot{ID: ev.SnapshotID, TakenAt: Instant(ev.TakenAt), Employees: ev.Employees,
			Readable: append([]string{}, ev.Readable...), Unreadable: append([]string{}, ev.Unreadable...), Certificate: ev.Grade,
			Warnings: append([]string{}, ev.Warnings...)}}
	if h.AsOf != nil {
		out.AsOf = &h.AsOfDay
	}
	for _, r := range h.Reasons {
		out.Reasons = append(out.Reasons, VerdictReason(r))
	}
	slices.Sort(out.Snapshot.Readable)
	slices.Sort(out.Snapshot.Unreadable)
	return out
}

// Encoder writes a plan as the surface's JSON, one row at a time: NewEncoder, Item for every row in
// plan order, Close. Changes go out at once; held entries, which come after them, are kept as text
// until Close.
type Encoder struct {
	w       io.Writer
	h       *plan.Header
	changes int
	held    []byte
	err     error
}

// NewEncoder starts the document of a plan; connection is the connection's name. The first error of w
// is kept and returned by Close.
func NewEncoder(w io.Writer, id, connection string, h *plan.Header) *Encoder {
	e := &Encoder{w: w, h: h}
	head := e.marshal(newHead(id, connection, h))
	if len(head) > 0 {
		head = head[:len(head)-1] // the object goes on
	}
	e.write(head, []byte(`,"changes":[`))
	return e
}

// Item writes a row; rows that are neither changes nor held are no part of the document.
func (e *Encoder) Item(it *plan.Item) {
	switch {
	case it.Change != nil:
		if e.changes++; e.changes > 1 {
			e.write([]byte(","))
		}
		e.write([]byte("\n"), e.marshal(OfChange(it.Change, e.h)))
	case it.Held != nil:
		if len(e.held) > 0 {
			e.held = append(e.held, ',')
		}
		e.held = append(append(e.held, '\n'), e.marshal(OfHeld(it.Held))...)
	}
}

// Close ends the document and returns the first error.
func (e *Encoder) Close() error {
	e.write([]byte(`],"held":[`), e.held, []byte(`],"requests":`+strconv.Itoa(e.h.Evidence.Requests)+"}\n"))
	return e.err
}

func (e *Encoder) marshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil && e.err == nil {
		e.err = err
	}
	return b
}

func (e *Encoder) write(parts ...[]byte) {
	for _, p := range parts {
		if e.err == nil {
			_, e.err = e.w.Write(p)
		}
	}
}
