package admin

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/rollcall-hr/rollcall/internal/sheet"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
)

// auditColumns heads the CSV; the hashes let anybody check the chain again.
func auditColumns() []string {
	return []string{"seq", "at", "actor", "event", "subject", "before", "after", "run_id", "detail", "hash"}
}

// auditCSV downloads all entries that the filters pick, oldest first, for a spreadsheet.
func (p *pages) auditCSV(w http.ResponseWriter, r *http.Request) error {
	out := csv.NewWriter(w)
	if err := out.Write(auditColumns()); err != nil { // stays in the writer's buffer
		return err
	}
	write := func(e *view.AuditRecord) error {
		row := e.Columns()
		for i := range row {
			row[i] = sheet.Safe(row[i])
		}
		return out.Write(row)
	}
	return p.download(w, r, "csv", "text/csv; charset=utf-8", write, func() error {
		out.Flush()
		return out.Error()
	})
}

// auditLines downloads the same as JSON, one entry a line, for a program.
func (p *pages) auditLines(w http.ResponseWriter, r *http.Request) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	write := func(e *view.AuditRecord) error { return enc.Encode(e) }
	return p.download(w, r, "jsonl", "application/jsonl", write, func() error { return nil })
}

// download streams the entries. Once some are out nothing can be said any more: the connection is cut
// then, so that half a log never looks like a whole one.
func (p *pages) download(w http.ResponseWriter, r *http.Request, ext, kind string, write func(*view.AuditRecord) error, end func() error) error {
	query, errs := auditQuery(r.URL.Query(), gate.ZoneFrom(r.Context()))
	for _, field := range []string{"from", "to"} {
		if errs[field] != "" {
			return &gate.InputError{Field: field, Text: errs[field]}
		}
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="rollcall-audit-%s.%s"`, p.Now().UTC().Format(time.DateOnly), ext))
	begun := false
	for e, err := range p.Views.EachAudit(r.Context(), query) {
		if err == nil {
			err = write(&e)
		}
		if err != nil && !begun {
			h.Del("Content-Disposition")
			return err
		}
		if err != nil {
			p.cut(r, err)
		}
		begun = true
	}
	if err := end(); err != nil {
		p.cut(r, err)
	}
	return nil
}

// cut ends an answer that cannot be finished.
func (p *pages) cut(r *http.Request, err error) {
	if r.Context().Err() == nil { // else whoever asked is gone
		p.Gate.Log.ErrorContext(r.Context(), "export the audit trail", "error", err)
	}
	panic(http.ErrAbortHandler)
}

func seq(n int64) string { return strconv.FormatInt(n, 10) }
