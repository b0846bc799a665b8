// Package source reads a whole company into an hr.Snapshot, or answers an error; never half of one. It
// reads BambooHR through its custom reports or its datasets, or a CSV file, resolves field names, and
// tells which fields a key can read and how to widen its access (the permission doctor). What the
// values mean it leaves to package mapping, whether a reading is good enough to hr.Certify, and the
// protocol to package bamboohr.
package source
