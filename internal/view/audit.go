package view

import (
	"strconv"
	"time"
)

// AuditQuery picks entries of the audit trail; what is blank does not filter.
type AuditQuery struct {
	Actor    string
	Event    string
	Subject  string
	From, To time.Time // at or after, and before
	Q        string    // part of actor, event, subject, what was before or after, run or detail; ASCII without regard to case
	After    string    // cursor
	Limit    int       // 0: 50; at most 1000
}

// AuditRecord is an entry as it is shown and exported.
type AuditRecord struct {
	Seq     int64     `json:"seq"`
	At      time.Time `json:"at"`
	Actor   string    `json:"actor"`
	Event   string    `json:"event"`
	Subject string    `json:"subject"`
	Before  string    `json:"before"`
	After   string    `json:"after"`
	RunID   string    `json:"run_id"`
	Detail  string    `json:"detail"`
	Hash    string    `json:"hash"` // hexadecimal; over the entry and the hash before it
}

// AuditColumns heads the table whose rows AuditRecord.Columns gives.
func AuditColumns() []string {
	return []string{"seq", "at", "actor", "event", "subject", "before", "after", "run_id", "detail", "hash"}
}

// Columns returns the entry as text, in the order of AuditColumns.
func (r *AuditRecord) Columns() []string {
	return []string{strconv.FormatInt(r.Seq, 10), r.At.Format(time.RFC3339Nano), r.Actor, r.Event, r.Subject, r.Before, r.After, r.RunID, r.Detail, r.Hash}
}
