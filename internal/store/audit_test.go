package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/plan"
)

func hrBaseline() hr.Baseline { return hr.Baseline{Employees: 1} }

func TestAudit(t *testing.T) {
	s := openTest(t).Org("acme")
	for i := range 5 {
		if _, err := s.SavePerson(t.Context(), person(fmt.Sprintf("p_%d", i), "secret@acme.test"[i:]), plan.Change{Action: plan.Create}, "cli:root", testNow()); err != nil {
			t.Fatal(err)
		}
	}
	var seen []string
	for e, err := range s.Audit(t.Context(), 3) {
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, fmt.Sprint(e.Seq, " ", e.Actor, " ", e.Event, " ", e.Subject))
		if strings.Contains(fmt.Sprint(e), "@acme.test") {
			t.Errorf("an address stands in the audit trail: %+v", e)
		}
	}
	if got := strings.Join(seen, "; "); got != "4 cli:root save_person p_3; 5 cli:root save_person p_4" {
		t.Errorf("Audit after 3 = %s", got)
	}
	if err := s.VerifyAudit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestAuditIsAppendOnly(t *testing.T) {
	s := openTest(t).Org("acme")
	for i := range 4 {
		if _, err := s.SavePerson(t.Context(), person(fmt.Sprintf("p_%d", i), ""), plan.Change{Action: plan.Create}, "cli:root", testNow()); err != nil {
			t.Fatal(err)
		}
	}
	try := func(sql string) error {
		return s.write(t.Context(), func(t tx) error {
			_, err := t.exec(sql, t.org)
			return err
		})
	}
	for _, sql := range []string{"update audit set actor = 'nobody' where org = $1", "delete from audit where org = $1"} {
		if err := try(sql); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	// Whoever can write the file can drop the triggers; the chain tells.
	if err := s.write(t.Context(), func(t tx) error { return t.Script("drop trigger audit_update; drop trigger audit_delete") }); err != nil {
		t.Fatal(err)
	}
	broken := func(want int64) {
		t.Helper()
		if c, ok := errors.AsType[*ChainError](s.VerifyAudit(t.Context())); !ok || c.Seq != want {
			t.Errorf("VerifyAudit: %v, want a break at %d", c, want)
		}
	}
	if err := try("update audit set actor = 'nobody' where org = $1 and seq = 3"); err != nil {
		t.Fatal(err)
	}
	broken(3)
	// Nor does it help to make the entry's own hash fit.
	if err := s.write(t.Context(), func(t tx) error {
		e := AuditEntry{Seq: 3, At: testNow(), Actor: "nobody", Event: "save_person", Subject: "p_2", After: "active", Detail: "create, version 1"}
		var before [32]byte
		if _, err := t.first("select hash from audit where org = $1 and seq = 2", func(st stmt) { copy(before[:], st.ColBytes(0, nil)) }, t.org); err != nil {
			return err
		}
		hash := e.Chain(t.orgID, before)
		_, err := t.exec("update audit set hash = $1 where org = $2 and seq = 3", hash[:], t.org)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	broken(4)
	if err := try("delete from audit where org = $1 and seq = 2"); err != nil {
		t.Fatal(err)
	}
	broken(2)
}
