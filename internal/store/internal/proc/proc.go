// Package proc tells one process from another, also after its number was given out again, so that a
// lease of a process that died need not be waited for. What a lease is, is left to the store.
package proc

import "os"

// Identity names a process.
type Identity struct {
	Host    string // where the process number means something
	PID     int
	Started int64 // in the host's own unit; 0 when unknown
}

// Self returns the identity of this process.
func Self() Identity {
	pid := os.Getpid()
	started, _ := startOf(pid)
	return Identity{hostID(), pid, started}
}

// Gone reports that other has surely ended, as far as me can tell: it ran on the same host, and either
// its number is free or another process has it.
func (me Identity) Gone(other Identity) bool {
	if other.Host != me.Host {
		return false
	}
	started, ok := startOf(other.PID)
	return !ok || (started != 0 && other.Started != 0 && started != other.Started)
}
