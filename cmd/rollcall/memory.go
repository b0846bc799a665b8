package main

import (
	"runtime"
	"runtime/debug"
)

// A run needs little memory most of the time, so the collector, left alone, would clean up every few
// megabytes. These two give it room where it costs nothing: with a live heap of 5 MiB it runs every
// 21 MiB instead of every 5, with 40 MiB (a first sync of 100,000 people) every 31 MiB instead of every 40.
// The spare bytes are never touched and so never take memory.
const (
	collectPercent = 30
	spareBytes     = 64 << 20
)

// roomy makes the collector run less often until the function that it returns is called. It leaves alone
// what the operator has set by GOGC or GOMEMLIMIT.
func (a *app) roomy() (end func()) {
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		if set, ok := a.lookupEnv(name); ok && set != "" {
			return func() {}
		}
	}
	spare := make([]byte, spareBytes)
	before := debug.SetGCPercent(collectPercent)
	return func() {
		debug.SetGCPercent(before)
		runtime.KeepAlive(spare)
	}
}
