// Package views answers what screens and the API show: plans, runs, people, groups, figures and the audit
// trail, a page at a time. It reads only, except that it merges and renames departments and teams; what a
// record means is left to directory and plan, and everything else that is written to the store.
package views

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/orgtx"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
)

// Store reads one organisation's part of the database. It may be used by many goroutines.
type Store struct {
	org    *orgtx.Organisation
	people peopleIndex
}

// New returns the read models of an organisation.
func New(org *orgtx.Organisation) *Store { return &Store{org: org} }

// errSeen ends a query whose reader has seen enough.
var errSeen = errors.New("seen enough")

type tx = orgtx.Tx
type stmt = sqldb.Stmt

// A list without a limit has pages of defaultLimit; nobody gets more than maxLimit.
const (
	defaultLimit = 50
	maxLimit     = 1000
)

func bounded(limit int) int {
	if limit <= 0 {
		return defaultLimit
	}
	return min(limit, maxLimit)
}

// cursor packs the key of a page's last row; list names the list and its order.
func cursor(list string, key ...string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(list + "\x00" + strings.Join(key, "\x00")))
}

// parseCursor returns the key that cursor packed, nil for the first page.
func parseCursor(text, list string, parts int) ([]string, error) {
	if text == "" {
		return nil, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	key := strings.Split(string(raw), "\x00")
	if err != nil || key[0] != list || len(key) != parts+1 {
		return nil, &CursorError{Cursor: text}
	}
	return key[1:], nil
}

// filter collects conditions of a query. Their text is constant; values go into parameters.
type filter struct {
	sql  strings.Builder
	args []any // from $2 on; $1 is the organisation
}

// add appends a condition; every $$ in it stands for the next value.
func (f *filter) add(condition string, values ...any) {
	f.sql.WriteString(" and ")
	for _, v := range values {
		before, after, _ := strings.Cut(condition, "$$")
		f.args = append(f.args, v)
		fmt.Fprintf(&f.sql, "%s$%d", before, len(f.args)+1)
		condition = after
	}
	f.sql.WriteString(condition)
}

// all returns the parameters, organisation first.
func (f *filter) all(t tx) []any { return append([]any{t.Org}, f.args...) }

// likePattern finds s anywhere, as "like … escape '!'".
func likePattern(s string) string {
	return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(s) + "%"
}

// connectionNo returns the number of a connection; directory.ErrNotFound when there is none.
func connectionNo(t tx, id string) (no int64, err error) {
	ok, err := t.First("select no from connections where org = $1 and id = $2", func(st stmt) { no = st.ColInt(0) }, t.Org, id)
	if err == nil && !ok {
		err = fmt.Errorf("connection %s: %w", id, directory.ErrNotFound)
	}
	return no, err
}

// connections returns the ids of the organisation's connections by number.
func connections(t tx) (map[int64]string, error) {
	out := map[int64]string{}
	err := t.Each("select no, id from connections where org = $1", func(st stmt) error {
		out[st.ColInt(0)] = st.ColText(1)
		return nil
	}, t.Org)
	return out, err
}
