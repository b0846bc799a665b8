package bamboohr

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/rollcall-hr/rollcall/bamboohr/internal/flatjson"
)

// MaxFields is how many fields one report or employee may be asked for
// (bamboohr-api §2.2, §2.4).
const MaxFields = 400

// ReportQuery asks for a custom report.
type ReportQuery struct {
	Title  string   // Defaults to "Report", BambooHR's own default
	Fields []string // aliases, 1 to MaxFields

	// OnlyCurrent leaves out history values that lie in the future: then a
	// future hire has no job, and a future termination no date (bamboohr-api §3.5).
	OnlyCurrent bool

	ChangedSince time.Time // only people changed since; zero: everybody
	IncludeNull  bool      // with ChangedSince: also people without a change date
	EmployeeIDs  []string  // only these people; none: everybody
}

// ReportField is a column that a report answers. A column that was asked for
// and is not here does not exist, or the key may not read it (bamboohr-api §2.4).
type ReportField struct {
	ID   string // the alias, or the number of a field without one
	Type string // text, list, date, email, …; "" for a new-style saved report
	Name string // as shown in BambooHR
}

// ReportStream is a report whose columns are known before its first record.
type ReportStream struct {
	*Stream
	title  string
	fields []ReportField
}

// Title is the report's title.
func (r *ReportStream) Title() string { return r.title }

// Fields lists the answered columns.
func (r *ReportStream) Fields() []ReportField { return r.fields }

// CustomReport reads fields of everybody the key may see, Active and Inactive,
// in one request (bamboohr-api §2.4). Row.ID is the internal id, whether it
// was asked for or not.
func (c *Client) CustomReport(ctx context.Context, q ReportQuery) (*ReportStream, error) {
	r, err := c.reportCall(q)
	if err != nil {
		return nil, err
	}
	return c.report(ctx, r)
}

func (c *Client) reportCall(q ReportQuery) (call, error) {
	if n := len(q.Fields); n == 0 || n > MaxFields {
		return call{}, fmt.Errorf("report of %s: %d fields asked for, between 1 and %d are possible", c.company, n, MaxFields)
	}
	type changed struct {
		IncludeNull string `json:"includeNull"`
		Value       string `json:"value"`
	}
	type filters struct {
		LastChanged *changed `json:"lastChanged,omitempty"`
		EmployeeIDs []int64  `json:"employeeIds,omitempty"`
	}
	body := struct {
		Title   string   `json:"title,omitempty"`
		Fields  []string `json:"fields"`
		Filters *filters `json:"filters,omitempty"`
	}{Title: q.Title, Fields: q.Fields}
	if !q.ChangedSince.IsZero() {
		null := map[bool]string{true: "yes", false: "no"}[q.IncludeNull]
		body.Filters = &filters{LastChanged: &changed{null, since(q.ChangedSince)}}
	}
	for _, id := range q.EmployeeIDs {
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			return call{}, fmt.Errorf("report of %s: employee id %q is not a number", c.company, printable(id, 60))
		}
		if body.Filters == nil {
			body.Filters = &filters{}
		}
		body.Filters.EmployeeIDs = append(body.Filters.EmployeeIDs, n)
	}
	r, err := c.send(http.MethodPost, body, "v1", "reports", "custom")
	r.write = false // a POST that reads
	r.query = url.Values{"format": {"JSON"}, "onlyCurrent": {strconv.FormatBool(q.OnlyCurrent)}}
	return r, err
}

// Directory reads the company directory: who the company shows there, with
// the columns it shows. Somebody's absence says nothing (bamboohr-api §2.3).
// ErrForbidden means that it is not shared, ErrNotFound that it is empty.
func (c *Client) Directory(ctx context.Context, onlyCurrent bool) (*ReportStream, error) {
	query := url.Values{"onlyCurrent": {strconv.FormatBool(onlyCurrent)}}
	return c.report(ctx, c.get(query, "v1", "employees", "directory"))
}

// LegacyReport runs a saved report of the old kind (bamboohr-api §2.5).
func (c *Client) LegacyReport(ctx context.Context, id string, onlyCurrent bool) (*ReportStream, error) {
	query := url.Values{"format": {"JSON"}, "fd": {"yes"}, "onlyCurrent": {strconv.FormatBool(onlyCurrent)}}
	return c.report(ctx, c.get(query, "v1", "reports", id))
}

// report streams an answer of the form {"fields":[…],"employees":[…]}.
func (c *Client) report(ctx context.Context, r call) (*ReportStream, error) {
	var out ReportStream
	var err error
	out.Stream, err = c.stream(ctx, r, "employees", &rowShape{id: "id"}, func(d *flatjson.Document) (err error) {
		out.title = textOf(d.Side["title"])
		out.fields, err = reportFields(d.Side["fields"])
		return err
	})
	if err != nil {
		return nil, err
	}
	return &out, nil
}

func textOf(raw json.RawMessage) string {
	v, _ := parseScalar(raw) // a title is for show; what is no text is none
	return v.Text
}

// reportFields reads the columns, whose description differs by the report's kind.
func reportFields(raw json.RawMessage) ([]ReportField, error) {
	if raw == nil {
		return nil, fault(ErrShape, "the columns do not come before the records")
	}
	var list keyed[struct {
		ID    ID
		Type  string
		Name  ID
		Label string
	}]
	if err := decode(raw, &list); err != nil {
		return nil, err
	}
	fields := make([]ReportField, len(list))
	for i, f := range list {
		v := f.value
		fields[i] = ReportField{ID: string(v.ID), Type: v.Type, Name: string(v.Name)}
		if v.ID == "" { // new-style saved reports: {name,label}
			fields[i] = ReportField{ID: string(v.Name), Name: v.Label}
		}
		if fields[i].ID == "" {
			return nil, fault(ErrShape, "column %d has no id", i+1)
		}
	}
	return fields, nil
}

// SavedReport is a report that somebody keeps in BambooHR.
type SavedReport struct {
	ID   ID
	Name string
}

// SavedReports lists the saved reports that the key may run.
func (c *Client) SavedReports(ctx context.Context) ([]SavedReport, error) {
	return catalogue[SavedReport](ctx, c, "reports", "v1", "custom-reports")
}

// SavedReport runs a saved report. Its columns carry dataset names; Row.ID
// needs the column eeid in the report.
func (c *Client) SavedReport(ctx context.Context, id string) (*ReportStream, error) {
	out := &ReportStream{}
	page, last := 0, 1
	var err error
	out.Stream, err = c.walk(&rowShape{id: "eeid"}, func(s *Stream) (*flatjson.Document, error) {
		if page == last {
			return nil, nil
		}
		page++
		query := url.Values{"page": {strconv.Itoa(page)}, "page_size": {"1000"}}
		return s.page(ctx, c.get(query, "v1", "custom-reports", id), "data", func(d *flatjson.Document) (err error) {
			var p pagination
			if err := p.read(d.Side["pagination"], page); err != nil {
				return err
			}
			last = max(p.TotalPages, page)
			out.fields, err = reportFields(d.Side["fields"])
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
