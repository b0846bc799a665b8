package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/internal/seal"
)

// resealAtOnce is how many values one transaction seals anew: a rotation that is killed goes on where it was.
const resealAtOnce = 200

// sealedIn is one column that keeps sealed values, all of one purpose. A new column joins sealedColumns, and is
// called sealed, so that the test of that table finds it.
type sealedIn struct {
	purpose, table, column string
	// list selects what each value was sealed for, and its text, of an organisation ($1).
	list string
	// put writes a text ($1) for organisation ($2) and row ($3), unless it is no longer what was read ($4).
	put string
	// inside tells that the text is JSON with sealed values in it.
	inside bool
}

func sealedColumns() []sealedIn {
	ofConnection := func(table string) (list, put string) {
		return "select c.id, k.sealed from " + table + " k join connections c on c.org = k.org and c.no = k.connection where k.org = $1 and k.sealed <> ''",
			"update " + table + " set sealed = $1 where org = $2 and connection = (select no from connections where org = $2 and id = $3) and sealed = $4"
	}
	keys := sealedIn{purpose: "bamboohr_api_key", table: "connection_keys", column: "sealed"}
	keys.list, keys.put = ofConnection(keys.table)
	hooks := sealedIn{purpose: "webhook_key", table: "hooks", column: "sealed"}
	hooks.list, hooks.put = ofConnection(hooks.table)
	return []sealedIn{keys, hooks,
		{purpose: "outbox", table: "outbox", column: "sealed",
			list: "select id, sealed from outbox where org = $1 and sealed <> ''",
			put:  "update outbox set sealed = $1 where org = $2 and id = $3 and sealed = $4"},
		{purpose: "preference", table: "preferences", column: "value", inside: true,
			list: "select name, value from preferences where org = $1",
			put:  "update preferences set value = $1 where org = $2 and name = $3 and value = $4"},
	}
}

// SealedKinds returns the purposes for which this store keeps sealed values.
func SealedKinds() []string {
	var out []string
	for _, p := range sealedColumns() {
		out = append(out, p.purpose)
	}
	return out
}

// Resealer seals a value anew, and tells whether it has to be stored (seal.Keyring).
type Resealer interface {
	Reseal(sealed string, at seal.Place) (resealed string, changed bool, err error)
}

// Resealed counts the sealed values of one kind.
type Resealed struct {
	Kind     string
	Resealed int            // anew, this time
	Current  int            // by the newest key before
	Broken   []string       // rows whose value could not be opened and stays as it is
	Keys     map[string]int // values by the id of their key, afterwards
}

// sealedValue is one value in the database.
type sealedValue struct {
	row, text string
}

// Reseal seals every sealed value of the organisation anew that the newest key did not seal. It goes batch by batch
// and may be called again after it was interrupted; a value that changes meanwhile is left to whoever changed it.
func (s *Store) Reseal(ctx context.Context, ring Resealer) ([]Resealed, error) {
	var out []Resealed
	for _, p := range sealedColumns() {
		n, err := s.resealColumn(ctx, p, ring)
		if err != nil {
			return out, fmt.Errorf("seal the values in %s anew: %w", p.table, err)
		}
		out = append(out, n)
	}
	return out, nil
}

func (s *Store) resealColumn(ctx context.Context, p sealedIn, ring Resealer) (Resealed, error) {
	n := Resealed{Kind: p.purpose, Keys: map[string]int{}}
	all, err := s.sealedValues(ctx, p)
	for batch := range slices.Chunk(all, resealAtOnce) {
		if err != nil {
			break
		}
		err = s.resealBatch(ctx, p, batch, ring, &n)
	}
	return n, err
}

// resealBatch seals some values anew in one transaction; none is opened when none changes.
func (s *Store) resealBatch(ctx context.Context, p sealedIn, batch []sealedValue, ring Resealer, n *Resealed) error {
	var old []sealedValue
	var fresh []string
	for _, v := range batch {
		at := seal.Place{Organisation: s.org.ID(), Purpose: p.purpose, Row: v.row}
		if after, changed := p.anew(v, at, ring, n); changed {
			old, fresh = append(old, v), append(fresh, after)
		}
	}
	if len(old) == 0 {
		return nil
	}
	return s.write(ctx, func(t tx) error {
		for i, v := range old {
			if _, err := t.exec(p.put, fresh[i], t.org, v.row, v.text); err != nil {
				return err
			}
		}
		return nil
	})
}

// sealedValues reads a whole column: it has a value for each connection, or for each mail that is under way.
func (s *Store) sealedValues(ctx context.Context, p sealedIn) (out []sealedValue, err error) {
	err = s.read(ctx, func(t tx) error {
		return t.each(p.list, func(st stmt) error {
			out = append(out, sealedValue{st.ColText(0), st.ColText(1)})
			return nil
		}, t.org)
	})
	return out, err
}

// anew seals a value, or those inside it, and counts them.
func (p *sealedIn) anew(v sealedValue, at seal.Place, ring Resealer, n *Resealed) (text string, changed bool) {
	one := func(sealed string) string {
		after, again, err := ring.Reseal(sealed, at)
		switch {
		case err != nil:
			n.Broken, after = append(n.Broken, v.row), sealed
		case again:
			n.Resealed++
			changed = true
		default:
			n.Current++
		}
		if id, ok := seal.KeyOf(after); ok {
			n.Keys[id]++
		}
		return after
	}
	if !p.inside {
		text = one(v.text)
		return text, changed
	}
	d := json.NewDecoder(strings.NewReader(v.text))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		n.Broken = append(n.Broken, v.row)
		return v.text, false
	}
	value = eachText(value, func(s string) string {
		if _, ok := seal.KeyOf(s); ok {
			return one(s)
		}
		return s
	})
	if !changed {
		return v.text, false
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(value) // what was decoded can be encoded
	return strings.TrimSpace(b.String()), true
}

// eachText replaces every text inside a JSON value.
func eachText(value any, f func(string) string) any {
	switch v := value.(type) {
	case string:
		return f(v)
	case []any:
		for i := range v {
			v[i] = eachText(v[i], f)
		}
	case map[string]any:
		for k := range v {
			v[k] = eachText(v[k], f)
		}
	}
	return value
}
