// Package plan computes what a sync would change and why: it holds what HR wants against what the
// directory knows, and gives changes, held entries, the guard's verdict and a hash; it also computes
// undo and effects that come due by themselves. It knows no HR system, reads no clock and writes nothing:
// reading is left to package source, applying to package syncrun, telling why somebody is as they are to
// package explain, the JSON of a plan to package planjson.
package plan
