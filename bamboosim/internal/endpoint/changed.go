package endpoint

import (
	"cmp"
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

// changeEntry is one changed person, small because a million may have changed.
type changeEntry struct {
	at     int64
	id     int32
	action uint8 // index of actions
}

const (
	inserted = iota
	updated
	deleted
)

func (e changeEntry) name() string { return [...]string{"Inserted", "Updated", "Deleted"}[e.action] }

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
	c.KeepRows()
	entries, latest := c.changes(since.Unix(), kind)
	// A map by id, an object also when empty ([D] get-changed-employee-ids; not recorded, bamboohr-api §10).
	asJSON := c.WantsJSON()
	open, sep, end, mediaType := `{"latest":"`+company.Stamp(latest)+`","employees":{`, ",", "}}", "application/json"
	if !asJSON { // [D] employees-changed
		open, sep, end, mediaType = "<changeList><latest>"+company.Stamp(latest)+"</latest>", "", "</changeList>", answer.XMLType
	}
	w := c.Begin(http.StatusOK, mediaType)
	buf := []byte(open)
	for i, e := range entries {
		if i > 0 {
			buf = append(buf, sep...)
		}
		id, at := strconv.Itoa(int(e.id)), company.Stamp(e.at)
		if asJSON {
			buf = append(buf, `"`+id+`":{"id":"`+id+`","action":"`+e.name()+`","lastChanged":"`+at+`"}`...)
		} else {
			buf = append(buf, `<employee id="`+id+`" action="`+e.name()+`" lastChanged="`+at+`"/>`...)
		}
		if buf, ok = answer.Spill(w, buf); !ok {
			return
		}
	}
	_, _ = w.Write(append(buf, end...))
}

// changes are the entries of one kind by id, and the latest instant among them.
func (c *call) changes(since int64, kind string) (entries []changeEntry, latest int64) {
	latest = since
	add := func(id int, action uint8, at int64) {
		e := changeEntry{at, int32(id), action}
		if kind == "all" || strings.EqualFold(kind, e.name()) {
			entries = append(entries, e)
			latest = max(latest, at)
		}
	}
	for p := range c.Walk(c.Snapshot().ChangedSince(since), true) {
		switch {
		case !p.Visible:
		case p.Person.Created >= since:
			add(p.Person.ID, inserted, p.Person.Changed)
		default:
			add(p.Person.ID, updated, p.Person.Changed)
		}
	}
	for id, at := range c.Store.Tombstones() {
		if at >= since {
			add(id, deleted, at)
		}
	}
	slices.SortFunc(entries, func(a, b changeEntry) int { return cmp.Compare(a.id, b.id) })
	return entries, latest
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
	c.KeepRows()
	asJSON := c.WantsJSON()
	open, sep, end, mediaType := `{"table":"`+table+`","employees":{`, ",", "}}", "application/json"
	if !asJSON { // [C] yabhrg
		open, sep, end, mediaType = "<?xml version=\"1.0\"?>\n<table id=\""+table+"\">", "", "</table>\n", answer.XMLType
	}
	w := c.Begin(http.StatusOK, mediaType)
	buf := []byte(open)
	first := true
	for p := range c.Walk(c.Snapshot().ChangedSince(since.Unix()), true) {
		if !p.Visible {
			continue
		}
		if !first {
			buf = append(buf, sep...)
		}
		first = false
		if buf, ok = answer.Spill(w, c.appendChangedRows(buf, p, table, asJSON)); !ok {
			return
		}
	}
	_, _ = w.Write(append(buf, end...))
}

func (c *call) appendChangedRows(buf []byte, p answer.Person, table string, asJSON bool) []byte {
	id, at := strconv.Itoa(p.Person.ID), strings.Replace(company.Stamp(p.Person.Changed), "+00:00", "Z", 1)
	if !asJSON {
		buf = append(buf, `<employee id="`+id+`" lastChanged="`+at+`">`...)
		for _, r := range c.tableRows(p, table) {
			buf = append(c.appendRowFields(append(buf, "<row>\n"...), r, table), "</row>"...)
		}
		return append(buf, "</employee>"...)
	}
	buf = append(buf, `"`+id+`":{"lastChanged":"`+at+`","rows":[`...)
	for i, r := range c.tableRows(p, table) {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = c.appendRow(buf, r, table, false)
	}
	return append(buf, "]}"...)
}
