package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// key is the simulator's generated key.
const key = "0123456789abcdef0123456789abcdef01234567"

// fields is a report of the same width as the measured one.
const fields = `["id","employeeNumber","workEmail","firstName","lastName","preferredName","jobTitle","department","division","location","supervisorEId","supervisorId","supervisorEmail","workPhone","hireDate","originalHireDate","terminationDate","status","employmentHistoryStatus","gender","dateOfBirth"]`

const lifecycle = `["id","status","hireDate","terminationDate","employmentHistoryStatus"]`

// floor does the least that could be called the work: read (fetch, unpack, hash), changed (read, and
// write 1 % of the rows), first (read, and write all rows).
func floor(args []string) error {
	if len(args) != 4 {
		return fmt.Errorf("want MODE URL N FILE, have %d arguments", len(args))
	}
	mode, url, file := args[0], args[1], args[3]
	n, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	for _, q := range []struct{ current, fields string }{{"true", fields}, {"false", lifecycle}} {
		if err := fetch(url, q.current, q.fields); err != nil {
			return err
		}
	}
	switch mode {
	case "first":
		return write(file, n)
	case "changed":
		return write(file, n/100)
	}
	return nil
}

func fetch(url, current, fields string) error {
	req, err := http.NewRequest(http.MethodPost, url+"/api/v1/reports/custom?format=JSON&onlyCurrent="+current, strings.NewReader(`{"fields":`+fields+`}`))
	if err != nil {
		return err
	}
	req.SetBasicAuth(key, "x")
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("report: %s", res.Status)
	}
	h := sha256.New()
	_, err = io.Copy(h, res.Body)
	return err
}

// write inserts n rows of 24 columns with a unique address, in transactions of 1,000.
func write(file string, n int) error {
	conn, err := sqlite.OpenConn(file, sqlite.OpenReadWrite, sqlite.OpenCreate)
	if err != nil {
		return err
	}
	defer conn.Close()
	cols := make([]string, 24)
	for i := range cols {
		cols[i] = fmt.Sprintf("c%d text", i)
	}
	setup := "create table t (id integer primary key, " + strings.Join(cols, ", ") + "); create unique index u on t (c0)"
	for _, pragma := range []string{"pragma journal_mode=wal", "pragma synchronous=normal"} {
		if err := sqlitex.ExecuteTransient(conn, pragma, nil); err != nil {
			return err
		}
	}
	if err := sqlitex.ExecuteScript(conn, setup, nil); err != nil {
		return err
	}
	stmt := conn.Prep("insert into t values (" + strings.Repeat("?,", 24) + "?)")
	var b bytes.Buffer
	for from := 0; from < n; from += 1000 {
		if err := sqlitex.ExecuteTransient(conn, "begin immediate", nil); err != nil {
			return err
		}
		for i := from; i < min(n, from+1000); i++ {
			stmt.BindInt64(1, int64(i))
			for c := range cols {
				b.Reset()
				fmt.Fprintf(&b, "value.%d.%d@bench.test", c, i)
				stmt.BindBytes(c+2, b.Bytes())
			}
			if _, err := stmt.Step(); err != nil {
				return err
			}
			if err := stmt.Reset(); err != nil {
				return err
			}
		}
		if err := sqlitex.ExecuteTransient(conn, "commit", nil); err != nil {
			return err
		}
	}
	return nil
}
