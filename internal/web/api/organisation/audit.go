package organisation

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/rollcall-hr/rollcall/internal/sheet"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/api/rest"
)

// auditFilter picks entries.
type auditFilter struct {
	Event   string `query:"event"`
	Actor   string `query:"actor"`
	Subject string `query:"subject" doc:"Id of the person, plan, connection or token it is about."`
	Q       string `query:"q" doc:"Part of any column."`
	From    string `query:"from" doc:"Then or later: RFC 3339."`
	To      string `query:"to" doc:"Before: RFC 3339."`
}

func (f *auditFilter) query() (q view.AuditQuery, err error) {
	q = view.AuditQuery{Actor: f.Actor, Event: f.Event, Subject: f.Subject, Q: f.Q}
	q.From, q.To, err = rest.Between(f.From, f.To)
	return q, err
}

type auditQuery struct {
	rest.Paging
	auditFilter
}

// auditView is an entry of the audit trail: ids and states, never values.
type auditView struct {
	Seq     int64   `json:"seq"`
	At      string  `json:"at" doc:"RFC 3339."`
	Actor   string  `json:"actor"`
	Event   string  `json:"event"`
	Subject *string `json:"subject"`
	Before  *string `json:"before"`
	After   *string `json:"after"`
	RunID   *string `json:"run_id"`
	Detail  *string `json:"detail"`
	Hash    string  `json:"hash" doc:"Hexadecimal SHA-256 over the entry and the hash before it."`
}

func viewAudit(e *view.AuditRecord) auditView {
	return auditView{e.Seq, e.At.UTC().Format(time.RFC3339Nano), e.Actor, e.Event, optional(e.Subject), optional(e.Before),
		optional(e.After), optional(e.RunID), optional(e.Detail), e.Hash}
}

func (p *part) listAudit(r *http.Request, in auditQuery) (rest.Page[auditView], error) {
	q, err := in.query()
	if err != nil {
		return rest.Page[auditView]{}, err
	}
	q.After, q.Limit = in.After, in.Limit
	rows, err := p.Views.Audit(r.Context(), q)
	return rest.PageOf(rows.Items, rows.Next, viewAudit), err
}

// auditCSV is for a spreadsheet; the hashes let anybody check the chain again.
func (p *part) auditCSV(r *http.Request, in auditFilter) (rest.Table, error) {
	q, err := in.query()
	return func(w io.Writer) error {
		return sheet.Write(w, view.AuditColumns(), func(yield func(sheet.Row, error) bool) {
			for e, err := range p.Views.EachAudit(r.Context(), q) {
				if !yield(e.Columns(), err) || err != nil {
					return
				}
			}
		})
	}, err
}

func (p *part) auditLines(r *http.Request, in auditFilter) (rest.Lines, error) {
	q, err := in.query()
	return func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		for e, err := range p.Views.EachAudit(r.Context(), q) {
			if err == nil {
				err = enc.Encode(&e)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}, err
}

// chainView tells whether every entry fits the one before it.
type chainView struct {
	Whole  bool   `json:"whole"`
	Broken *int64 `json:"broken_at" doc:"The first entry that does not fit: it, or one before it, was changed or removed outside Rollcall."`
}

func (p *part) verifyAudit(r *http.Request, _ rest.None) (chainView, error) {
	err := p.Verify(r.Context())
	broken, ok := errors.AsType[interface {
		error
		FirstBroken() int64
	}](err)
	switch {
	case err == nil:
		return chainView{Whole: true}, nil
	case ok:
		at := broken.FirstBroken()
		return chainView{Broken: &at}, nil
	}
	return chainView{}, fmt.Errorf("verify the audit trail: %w", err)
}
