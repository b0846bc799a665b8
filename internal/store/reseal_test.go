package store

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/internal/seal"
)

// TestEverySealedColumnIsKnown reads the schema: a column that keeps sealed values is called so, and a rotation
// that forgot it would make what it keeps unreadable.
func TestEverySealedColumnIsKnown(t *testing.T) {
	known := map[string]bool{}
	for _, c := range sealedColumns() {
		known[c.table+"."+c.column] = true
	}
	found := 0
	err := openTest(t).Org("acme").read(t.Context(), func(c tx) error {
		return c.each("select m.name, i.name from sqlite_schema m join pragma_table_info(m.name) i where m.type = 'table'", func(st stmt) error {
			table, column := st.ColText(0), st.ColText(1)
			for _, word := range []string{"sealed", "secret", "private", "cipher", "encrypted"} {
				if strings.Contains(column, word) {
					found++
					if !known[table+"."+column] {
						t.Errorf("%s.%s keeps sealed values; add it to sealedColumns", table, column)
					}
				}
			}
			delete(known, table+"."+column)
			return nil
		})
	})
	if err != nil || found < 3 || len(known) != 0 {
		t.Errorf("found %d, unknown to the schema: %v, %v", found, known, err)
	}
}

// sealedWorld has three values of each kind.
func sealedWorld(t *testing.T) (*Store, *seal.Keyring) {
	t.Helper()
	ring, err := seal.Create(filepath.Join(t.TempDir(), "keyring.json"))
	if err != nil {
		t.Fatal(err)
	}
	s := openTest(t).Org("acme")
	text := func(purpose, row string) string {
		sealed, err := ring.Seal([]byte(purpose+" of "+row), seal.Place{Organisation: "acme", Purpose: purpose, Row: row})
		if err != nil {
			t.Fatal(err)
		}
		return sealed
	}
	for i := range 3 {
		conn, err := s.EnsureConnection(t.Context(), fmt.Sprintf("Acme %d", i))
		if err != nil {
			t.Fatal(err)
		}
		mail, pref := fmt.Sprintf("m_%d", i), fmt.Sprintf("pref_%d", i)
		if err := s.write(t.Context(), func(t tx) error {
			for _, q := range []struct {
				sql  string
				args []any
			}{
				{"insert into connection_keys (org, connection, sealed, hint, fingerprint, set_at, set_by) select $1, no, $2, '', '', 0, '' from connections where id = $3",
					[]any{t.org, text("bamboohr_api_key", conn.ID), conn.ID}},
				{`insert into hooks (org, connection, hook_id, owner, spec, tried, fields, left_out, sealed, since, checked_at, problem, tries, next_at, claimed_until, seq, last_at, day, delivered, refused)
					select $1, no, '', '', '', '', '[]', '[]', $2, 0, 0, '', 0, 0, 0, 0, 0, '', 0, 0 from connections where id = $3`,
					[]any{t.org, text("webhook_key", conn.ID), conn.ID}},
				{`insert into outbox (org, id, key, kind, state, recipient, content, sealed, not_before, next_at, claimed_until, useless_at, attempts, first_try, created_at, done_at, problem)
					values ($1, $2, $2, 'x', 'queued', '', '{}', $3, 0, 0, 0, 0, 0, 0, 0, 0, '')`, []any{t.org, mail, text("outbox", mail)}},
				{"insert into preferences (org, name, value, set_at, set_by) values ($1, $2, $3, 0, '')",
					[]any{t.org, pref, fmt.Sprintf(`{"name":"v1.9.2 <GmbH>","n":9007199254740993,"deep":[{"client_secret":%q}]}`, text("preference", pref))}},
			} {
				if _, err := t.exec(q.sql, q.args...); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	return s, ring
}

// opened reads every sealed value with a keyring.
func opened(t *testing.T, s *Store, ring *seal.Keyring) (out []string) {
	t.Helper()
	for _, c := range sealedColumns() {
		values, err := s.sealedValues(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			text := v.text
			if c.inside {
				var p struct {
					Name string
					N    json.Number
					Deep []struct {
						Secret string `json:"client_secret"`
					}
				}
				if err := json.Unmarshal([]byte(text), &p); err != nil || p.Name != "v1.9.2 <GmbH>" || p.N != "9007199254740993" {
					t.Fatalf("%s: %+v, %v", v.row, p, err)
				}
				text = p.Deep[0].Secret
			}
			plain, err := ring.Open(text, seal.Place{Organisation: "acme", Purpose: c.purpose, Row: v.row})
			if err != nil || string(plain) != c.purpose+" of "+v.row {
				t.Errorf("%s of %s: %q, %v", c.purpose, v.row, plain, err)
			}
			out = append(out, text)
		}
	}
	return out
}

func TestReseal(t *testing.T) {
	s, ring := sealedWorld(t)
	old, id, err := ring.Rotate()
	if err != nil {
		t.Fatal(err)
	}
	for _, again := range []bool{false, true} {
		got, err := s.Reseal(t.Context(), ring)
		if err != nil {
			t.Fatal(err)
		}
		var want []Resealed
		for _, kind := range SealedKinds() {
			w := Resealed{Kind: kind, Resealed: 3, Keys: map[string]int{id: 3}}
			if again {
				w.Resealed, w.Current = 0, 3
			}
			want = append(want, w)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("again %v (-want +got):\n%s", again, diff)
		}
	}
	if _, err := ring.Drop(func(string) bool { return false }); err != nil {
		t.Fatal(err)
	}
	if n := len(opened(t, s, ring)); n != 12 {
		t.Errorf("%d values open without key %s", n, old)
	}
}

// killed is a keyring whose process dies after some values.
type killed struct {
	*seal.Keyring
	left int
}

func (k *killed) Reseal(sealed string, at seal.Place) (string, bool, error) {
	if k.left--; k.left < 0 {
		panic("killed")
	}
	return k.Keyring.Reseal(sealed, at)
}

// TestResealGoesOnAfterAKill ends it after every number of values; each value opens all the time.
func TestResealGoesOnAfterAKill(t *testing.T) {
	s, ring := sealedWorld(t)
	_, id, err := ring.Rotate()
	if err != nil {
		t.Fatal(err)
	}
	for n := range 12 {
		func() {
			defer func() { _ = recover() }()
			_, err := s.Reseal(t.Context(), &killed{ring, n})
			t.Errorf("after %d values: not killed, %v", n, err)
		}()
		if n := len(opened(t, s, ring)); n != 12 {
			t.Fatalf("%d values", n)
		}
	}
	if _, err := s.Reseal(t.Context(), ring); err != nil {
		t.Fatal(err)
	}
	for _, text := range opened(t, s, ring) {
		if by, _ := seal.KeyOf(text); by != id {
			t.Errorf("a value is still sealed with %s", by)
		}
	}
}

// TestResealLeavesWhatItCannotOpen: one value that was altered must not keep the others from a new key.
func TestResealLeavesWhatItCannotOpen(t *testing.T) {
	s, ring := sealedWorld(t)
	if err := s.write(t.Context(), func(t tx) error {
		_, err := t.exec("update outbox set sealed = 'v1.00.AAAA' where id = 'm_1'")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := ring.Rotate(); err != nil {
		t.Fatal(err)
	}
	got, err := s.Reseal(t.Context(), ring)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range got {
		want := 3
		if r.Kind == "outbox" {
			want = 2
		}
		if r.Resealed != want || (len(r.Broken) == 1) != (r.Kind == "outbox") {
			t.Errorf("%+v", r)
		}
	}
}
