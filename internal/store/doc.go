// Package store keeps people, plans and history of many organisations in one SQLite file, behind the
// interfaces that package syncrun declares. What a record means and what may change is left to
// directory, plan and syncrun; sealing of keys to internal/seal.
//
// Several processes may open the same file. Every write is one transaction that takes the file's write
// lock at its start, so that a check inside it holds until its end; writes of a run also check the fence
// of the connection's lease there (security §3 #42). Everything is kept by organisation: a Store is a
// handle on one of them and has no way to name another.
//
// The SQL is portable (times are epoch milliseconds, JSON is text, parameters are $1, $2, …) and talks to
// the small interface conn, so that PostgreSQL can stand behind the same statements.
package store
