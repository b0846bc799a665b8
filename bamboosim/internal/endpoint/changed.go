package endpoint

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/bamboosim/internal/answer"
	"github.com/rollcall-hr/rollcall/bamboosim/internal/company"
)

// parseInstant reads an ISO 8601 instant with Z, +hh:mm or +hhmm. A plus sign that was not escaped has become a space,
// which is no instant ([D] bamboohr-api §2.7, gotcha 15).
func parseInstant(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05-0700"} {
		if at, err := time.Parse(layout, s); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// changeEntry is one changed person.
type changeEntry struct {
	id     int
	action string
	at     int64
}

// changed lists who changed at or after an instant, Deleted ones too ([D] bamboohr-api §2.7).
func (c *call) changed() {
	since, ok := parseInstant(c.Request.URL.Query().Get("since"))
	if !ok {
		c.Fail(http.StatusBadRequest, "Missing or invalid since parameter")
		return
	}
	kind := strings.ToLower(or(c.Request.URL.Query().Get("type"), "all"))
	if !slices.Contains([]string{"all", "inserted", "updated", "deleted"}, kind) {
		c.Fail(http.StatusBadRequest, "Invalid type parameter")
		return
	}
	latest := since.Unix()
	var entries []changeEntry
	add := func(e changeEntry) {
		if kind == "all" || strings.EqualFold(kind, e.action) {
			entries = append(entries, e)
			latest = max(latest, e.at)
		}
	}
	for p := range c.Walk(c.Snapshot().ChangedSince(since.Unix()), true) {
		if !p.Visible {
			continue
		}
		action := "Updated"
		if p.Person.Created >= since.Unix() {
			action = "Inserted"
		}
		add(changeEntry{p.Person.ID, action, p.Person.Changed})
	}
	for id, at := range c.Store.Tombstones() {
		if at >= since.Unix() {
			add(changeEntry{id, "Deleted", at})
		}
	}
	slices.SortFunc(entries, func(a, b changeEntry) int { return a.id - b.id })
	if c.WantsJSON() {
		c.Text(http.StatusOK, "application/json", changedJSON(entries, latest))
		return
	}
	c.Text(http.StatusOK, answer.XMLType, changedXML(entries, latest))
}

// changedJSON is a map by id; none is an empty array, as PHP writes it (assumed: bamboohr-api §10).
func changedJSON(entries []changeEntry, latest int64) []byte {
	buf := append(company.AppendString([]byte(`{"latest":`), company.Stamp(latest)), `,"employees":`...)
	if len(entries) == 0 {
		return append(buf, "[]}"...)
	}
	for i, e := range entries {
		sep := byte(',')
		if i == 0 {
			sep = '{'
		}
		id := strconv.Itoa(e.id)
		buf = append(buf, sep)
		buf = append(buf, `"`+id+`":{"id":"`+id+`","action":"`+e.action+`","lastChanged":"`+company.Stamp(e.at)+`"}`...)
	}
	return append(buf, "}}"...)
}

// changedXML is the same as [D] employees-changed shows it.
func changedXML(entries []changeEntry, latest int64) []byte {
	buf := []byte("<changeList><latest>" + company.Stamp(latest) + "</latest>")
	for _, e := range entries {
		buf = append(buf, `<employee id="`+strconv.Itoa(e.id)+`" action="`+e.action+`" lastChanged="`+company.Stamp(e.at)+`"/>`...)
	}
	return append(buf, "</changeList>"...)
}

// changedTable lists all rows of everybody who changed, whatever changed about them ([R] changed-tables-jobInfo).
func (c *call) changedTable() {
	table := c.Args["table"]
	if tableColumns(table) == nil {
		c.Fail(http.StatusNotFound, "Table not found")
		return
	}
	since, ok := parseInstant(c.Request.URL.Query().Get("since"))
	if !ok {
		c.Fail(http.StatusBadRequest, "Missing or invalid since parameter")
		return
	}
	w := c.Begin(http.StatusOK, "application/json") // only seen as JSON
	buf := append(company.AppendString([]byte(`{"table":`), table), `,"employees":{`...)
	first := true
	for p := range c.Walk(c.Snapshot().ChangedSince(since.Unix()), true) {
		if !p.Visible {
			continue
		}
		if !first {
			buf = append(buf, ',')
		}
		first = false
		stamp := strings.Replace(company.Stamp(p.Person.Changed), "+00:00", "Z", 1)
		buf = append(buf, `"`+strconv.Itoa(p.Person.ID)+`":{"lastChanged":"`+stamp+`","rows":[`...)
		for i, r := range c.tableRows(p, table) {
			if i > 0 {
				buf = append(buf, ',')
			}
			buf = c.appendRow(buf, r, table, false)
		}
		buf = append(buf, "]}"...)
		if len(buf) >= answer.FlushAt {
			if _, err := w.Write(buf); err != nil {
				return
			}
			buf = buf[:0]
		}
	}
	_, _ = w.Write(append(buf, "}}"...))
}
