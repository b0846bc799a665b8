package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/exporter"
	"github.com/rollcall-hr/rollcall/internal/store/internal/personrow"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
)

var _ exporter.Journal = (*Store)(nil)

// SaveExport implements exporter.Journal.
func (s *Store) SaveExport(ctx context.Context, e exporter.Export) error {
	held, err := json.Marshal(e.Held)
	if err != nil {
		return err
	}
	err = s.write(ctx, func(t tx) error {
		conn, err := t.connection(e.Connection)
		if err != nil {
			return err
		}
		if _, err := t.exec(`insert into exports (org, id, connection, company, actor, made_at, employees, held)
			values ($1, $2, $3, $4, $5, $6, $7, $8)`, t.org, e.ID, conn, e.Company, e.Actor, e.MadeAt, e.Employees, string(held)); err != nil {
			return err
		}
		no, err := t.export(conn, e.ID)
		if err != nil {
			return err
		}
		for _, r := range e.Rows {
			fields, err := json.Marshal(r.Fields)
			if err != nil {
				return err
			}
			if _, err := t.exec(`insert into export_rows (org, export, seq, person_id, version, name, email, fields, manager, manager_name, state,
				attempts, employee_id, line_done, detail) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
				t.org, no, r.Seq, r.PersonID, r.Version, r.Name, r.Email, string(fields), sqldb.Optional(r.ManagerID), sqldb.Optional(r.Manager), string(r.State), r.Attempts,
				sqldb.Optional(r.EmployeeID), r.LineDone, sqldb.Optional(r.Detail)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("save export %s: %w", e.ID, err)
	}
	return nil
}

// export returns the number of a connection's export.
func (t tx) export(conn int64, id string) (no int64, err error) {
	ok, err := t.first("select no from exports where org = $1 and connection = $2 and id = $3", func(st stmt) { no = st.ColInt(0) }, t.org, conn, id)
	if err == nil && !ok {
		err = fmt.Errorf("export %s: %w", id, directory.ErrNotFound)
	}
	return no, err
}

// Export implements exporter.Journal.
func (s *Store) Export(ctx context.Context, connection, id string) (exporter.Export, error) {
	e := exporter.Export{Connection: connection}
	err := s.read(ctx, func(t tx) error {
		conn, err := t.connection(connection)
		if err != nil {
			return err
		}
		no, held := int64(0), ""
		ok, err := t.first(`select no, id, company, actor, made_at, employees, held from exports where org = $1 and connection = $2
			and (id = $3 or $3 = '') order by no desc limit 1`, func(st stmt) {
			no, e.ID, e.Company, e.Actor, held = st.ColInt(0), st.ColText(1), st.ColText(2), st.ColText(3), st.ColText(6)
			e.MadeAt, e.Employees = sqldb.Instant(st.ColInt(4)), int(st.ColInt(5))
		}, t.org, conn, id)
		if err == nil && !ok {
			err = fmt.Errorf("export %q of connection %s: %w", id, connection, directory.ErrNotFound)
		}
		if err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(held), &e.Held); err != nil {
			return fmt.Errorf("held entries of export %s: %w", e.ID, err)
		}
		return t.each(`select seq, person_id, version, name, email, fields, manager, manager_name, state, attempts, employee_id, line_done, detail
			from export_rows where org = $1 and export = $2 order by seq`, func(st stmt) error {
			r := exporter.Row{Seq: int(st.ColInt(0)), PersonID: st.ColText(1), Version: st.ColInt(2), Name: st.ColText(3), Email: st.ColText(4),
				ManagerID: st.ColText(6), Manager: st.ColText(7), State: exporter.State(st.ColText(8)), Attempts: int(st.ColInt(9)), EmployeeID: st.ColText(10),
				LineDone: st.ColInt(11) != 0, Detail: st.ColText(12)}
			if err := json.Unmarshal([]byte(st.ColText(5)), &r.Fields); err != nil {
				return fmt.Errorf("row %d of export %s: %w", r.Seq, e.ID, err)
			}
			e.Rows = append(e.Rows, r)
			return nil
		}, t.org, no)
	})
	return e, err
}

// ClaimRow implements exporter.Journal: of two processes that hold the same row, one gets it.
func (s *Store) ClaimRow(ctx context.Context, export string, r exporter.Row) error {
	return s.write(ctx, func(t tx) error {
		n, err := t.exec(`update export_rows set state = $1, attempts = attempts + 1 where org = $2 and seq = $3 and state = $4 and attempts = $5
			and export = (select no from exports where org = $2 and id = $6)`,
			string(exporter.Sending), t.org, r.Seq, string(r.State), r.Attempts, export)
		if err == nil && n == 0 {
			err = &exporter.TakenError{Name: r.Name}
		}
		return err
	})
}

// SettleRow implements exporter.Journal.
func (s *Store) SettleRow(ctx context.Context, e exporter.Export, r exporter.Row, actor string, now time.Time) error {
	err := s.write(ctx, func(t tx) error {
		conn, err := t.connection(e.Connection)
		if err != nil {
			return err
		}
		no, err := t.export(conn, e.ID)
		if err != nil {
			return err
		}
		was := exporter.State("")
		if _, err := t.first("select state from export_rows where org = $1 and export = $2 and seq = $3", func(st stmt) {
			was = exporter.State(st.ColText(0))
		}, t.org, no, r.Seq); err != nil {
			return err
		}
		if _, err := t.exec(`update export_rows set state = $1, attempts = $2, employee_id = $3, line_done = $4, detail = $5
			where org = $6 and export = $7 and seq = $8`, string(r.State), r.Attempts, sqldb.Optional(r.EmployeeID), r.LineDone, sqldb.Optional(r.Detail),
			t.org, no, r.Seq); err != nil {
			return err
		}
		if r.State != exporter.Created || was == exporter.Created {
			return nil
		}
		return t.createdEmployee(conn, e, r, actor, now)
	})
	if err != nil {
		return fmt.Errorf("record what became of %s (state %s, employee %q): %w", r.Name, r.State, r.EmployeeID, err)
	}
	return nil
}

// createdEmployee has the next run link the new employee to the person, and keeps that in the audit trail.
func (t tx) createdEmployee(conn int64, e exporter.Export, r exporter.Row, actor string, now time.Time) error {
	id, err := personrow.SourceNumber(r.EmployeeID)
	if err != nil {
		return err
	}
	d := directory.Decision{SourceID: id, Kind: directory.DecideLink, PersonID: r.PersonID}
	if err := t.decide(e.Connection, conn, d, actor, now); err != nil {
		return err
	}
	return t.audit(AuditEntry{At: now, Actor: actor, Event: "export_person", Subject: r.PersonID, After: r.EmployeeID, RunID: e.ID})
}
