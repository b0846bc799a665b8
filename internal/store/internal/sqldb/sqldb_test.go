package sqldb

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

func open(t *testing.T) DB {
	t.Helper()
	db, err := OpenSQLite(filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	write(t, db, func(c Conn) error { return c.Script("create table t (a integer primary key, b text unique, c blob)") })
	return db
}

func write(t *testing.T, db DB, f func(Conn) error) {
	t.Helper()
	if err := db.Write(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func TestParametersGoByNumber(t *testing.T) {
	write(t, open(t), func(c Conn) error {
		_, err := First(c, "select $2, $1, $2", func(st Stmt) {
			if got := st.ColText(0) + st.ColText(1) + st.ColText(2); got != "bab" {
				t.Errorf("select $2, $1, $2 with a, b gives %q", got)
			}
		}, "a", "b")
		return err
	})
}

func TestValues(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 5e6, time.UTC)
	write(t, open(t), func(c Conn) error {
		_, err := First(c, "select $1, $2, $3, $4, $5, $6, $7, $8, $9", func(st Stmt) {
			if st.ColInt(0) != 7 || st.ColInt(1) != 8 || st.ColInt(2) != 1 || st.ColText(3) != "x\x00y" || !st.ColNull(4) || st.ColText(5) != "z" ||
				string(st.ColBytes(6, nil)) != "\x00\xff" || !Instant(st.ColInt(7)).Equal(at) || !st.ColNull(8) || st.ColText(8) != "" || st.ColInt(8) != 0 {
				t.Error("a value did not come back as it was stored")
			}
		}, int64(7), 8, true, "x\x00y", Optional(""), Optional("z"), []byte{0, 255}, at, nil)
		return err
	})
	if Millis(time.Time{}) != 0 || !Instant(0).IsZero() {
		t.Error("the zero instant is not 0")
	}
}

// TestBoundAnew: a statement that is used again has the values that it is given, NULL where it is given none,
// whatever it was bound to before.
func TestBoundAnew(t *testing.T) {
	write(t, open(t), func(c Conn) error {
		for i, given := range [][]any{{1, "x", []byte("b")}, {1, "x", []byte("c")}, {2, nil, "text"}, {2}, {}, {"2", 1, nil}, {nil, "x", 7}, {0, "", []byte{}}, {int64(0), Optional(""), ""}} {
			text := ""
			if _, err := First(c, "select typeof($1) || quote($1) || typeof($2) || quote($2) || typeof($3) || quote($3)", func(st Stmt) { text = st.ColText(0) }, given...); err != nil {
				return err
			}
			want := ""
			for len(given) < 3 {
				given = append(given, nil)
			}
			for _, v := range given {
				switch v := v.(type) {
				case nil, Optional:
					want += "nullNULL"
				case string:
					want += "text'" + v + "'"
				case []byte:
					want += fmt.Sprintf("blobX'%X'", v)
				default:
					want += fmt.Sprint("integer", v)
				}
			}
			if text != want {
				t.Errorf("%d: bound %s, want %s", i, text, want)
			}
		}
		return nil
	})
}

func TestUniqueAndRollback(t *testing.T) {
	db := open(t)
	err := db.Write(t.Context(), func(c Conn) error {
		for _, b := range []string{"x", "x"} {
			if _, err := Exec(c, "insert into t (b) values ($1)", b); err != nil {
				return err
			}
		}
		return nil
	})
	if !errors.Is(err, ErrUnique) {
		t.Errorf("two equal values: %v", err)
	}
	rows := 0
	if err := db.Read(t.Context(), func(c Conn) error {
		return Each(c, "select 1 from t", func(Stmt) error { rows++; return nil })
	}); err != nil || rows != 0 {
		t.Errorf("after the rollback: %d rows, %v", rows, err)
	}
}

// TestBulk: rows go in several at a time and in order; the count beside ErrUnique is that of the rows before the
// one in the way, which stay.
func TestBulk(t *testing.T) {
	bulk := NewBulk("insert or fail into t (a, b) values", 2)
	insert := func(c Conn, from, to int) (n int, err error) {
		for left := to - from; left > 0 && err == nil; left = to - from - n {
			st, rows := bulk.Prepare(c, left)
			for i := range rows {
				st.Int(int64(from + n + i))
				st.Text(fmt.Sprint("x", from+n+i))
			}
			var done int
			done, err = st.Run()
			n += done
		}
		return n, err
	}
	for _, c := range []struct{ there, rows, want int }{{-1, 2*BulkRows + 3, 2*BulkRows + 3}, {0, BulkRows, 0}, {3, BulkRows, 3}, {BulkRows + 1, BulkRows + 3, BulkRows + 1}} {
		write(t, open(t), func(conn Conn) error {
			if c.there >= 0 {
				if _, err := Exec(conn, "insert into t (a, b) values ($1, $2)", 1000, fmt.Sprint("x", 1+c.there)); err != nil {
					return err
				}
			}
			n, err := insert(conn, 1, 1+c.rows)
			if n != c.want || errors.Is(err, ErrUnique) != (c.there >= 0) {
				t.Errorf("%+v: %d rows, %v", c, n, err)
			}
			there := 0
			if _, err := First(conn, "select count(*) from t where a < 1000 and b = 'x' || a", func(st Stmt) { there = int(st.ColInt(0)) }); err != nil || there != c.want {
				t.Errorf("%+v: %d rows are there (%v)", c, there, err)
			}
			return nil
		})
	}
}

func TestStatementInUse(t *testing.T) {
	write(t, open(t), func(c Conn) error {
		const query = "select 1 union select 2"
		err := Each(c, query, func(Stmt) error {
			return Each(c, query, func(Stmt) error { return nil })
		})
		if err == nil || !strings.Contains(err.Error(), "in use") {
			t.Errorf("a query inside itself: %v", err)
		}
		return nil
	})
}

func TestFaultsAreTold(t *testing.T) {
	db := open(t)
	write(t, db, func(c Conn) error {
		if _, err := Exec(c, "selekt $1", 1); err == nil {
			t.Error("a statement that is none is no error")
		}
		if err := Each(c, "select $1", func(Stmt) error { return nil }, 1, 2); err == nil {
			t.Error("a value too many is no error")
		}
		return nil
	})
	if err := db.Read(t.Context(), func(c Conn) error {
		_, err := Exec(c, "insert into t (b) values ('x')")
		return err
	}); err == nil {
		t.Error("a read wrote")
	}
}

func TestReadSeesOneState(t *testing.T) {
	db := open(t)
	count := func(c Conn) (n int64) {
		if _, err := First(c, "select count(*) from t", func(st Stmt) { n = st.ColInt(0) }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if err := db.Read(t.Context(), func(c Conn) error {
		before := count(c)
		write(t, db, func(c Conn) error {
			_, err := Exec(c, "insert into t (b) values ('x')")
			return err
		})
		if count(c) != before {
			t.Error("a read saw a write that came after its start")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// TestReadsWriteNothing: not with a reader of their own, and not with the writer that they are lent.
func TestReadsWriteNothing(t *testing.T) {
	db := open(t)
	insert := func(c Conn) error {
		_, err := Exec(c, "insert into t (b) values ('x')")
		return err
	}
	rows := func() (n int64) {
		if err := db.Read(t.Context(), func(c Conn) error {
			_, err := First(c, "select count(*) from t", func(st Stmt) { n = st.ColInt(0) })
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := rows()
	if err := db.Read(t.Context(), insert); err == nil {
		t.Error("a read with the writer's connection wrote")
	}
	write(t, db, func(Conn) error {
		if err := db.Read(t.Context(), insert); err == nil {
			t.Error("a read beside a write wrote")
		}
		return nil
	})
	if after := rows(); after != before {
		t.Errorf("%d rows became %d", before, after)
	}
}

// TestCloseDuringRead: a read under way ends well, and leaves nothing open.
func TestCloseDuringRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.db")
	db, err := OpenSQLite(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Read(t.Context(), func(c Conn) error {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		_, err := c.Has("t")
		return err
	}); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path + "-wal"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the log is still there (%v), so a connection is still open", err)
	}
}

func TestCancelledWhileWaiting(t *testing.T) {
	db := open(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	write(t, db, func(Conn) error {
		cancel(why)
		if err := db.Write(ctx, func(Conn) error { return nil }); !errors.Is(err, why) {
			t.Errorf("a write that waits for another: %v", err)
		}
		return nil
	})
}

func TestNow(t *testing.T) {
	write(t, open(t), func(c Conn) error {
		ms, err := c.Now()
		if off := time.Since(Instant(ms)); off.Abs() > time.Minute {
			t.Errorf("the database's clock is off by %s", off)
		}
		return err
	})
}

// TestEngineVersion: modernc.org/sqlite demands exactly the libc it was translated with.
func TestEngineVersion(t *testing.T) {
	text, err := os.ReadFile("../../../../go.mod") // a test binary does not know its modules
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []string{"modernc.org/sqlite v1.60.1", "modernc.org/libc v1.77.1"} {
		if !regexp.MustCompile(regexp.QuoteMeta(m) + `(\s|$)`).Match(text) {
			t.Errorf("go.mod does not require %s; the two belong together", m)
		}
	}
}
