package main

import (
	"runtime"
	"runtime/debug"
	"sync"
)

// A run needs little memory most of the time, so the collector, left alone, would clean up every few
// megabytes. These give it room where it costs nothing: it first runs after 36 MiB beside the spare bytes (firstPercent
// of the 4 MiB that it lets any heap have is 100), which a first sync of 10,000 people does not allocate. From then on,
// with a live heap of 5 MiB it runs every 19 MiB instead of every 5, with 40 MiB (a first sync of 100,000 people) every
// 29 MiB instead of every 40.
// The spare bytes are never touched and so never take memory, if they are the first to be taken: later ones may come
// from memory that was used and has to be cleared. Who follows the first collection may come late on a busy machine;
// until then firstLimit bounds what the program takes.
const (
	spareBytes     = 64 << 20
	firstPercent   = 2500
	firstLimit     = spareBytes + 64<<20
	collectPercent = 28
)

// roomy makes the collector run less often until the function that it returns is called, and keeps the command on one
// processor until the first collection: a run does one thing after the other, and a processor that looks for work where
// there is none costs more than it saves. It leaves alone what the operator has set by GOGC, GOMEMLIMIT or GOMAXPROCS.
func (a *app) roomy() (end func()) {
	for _, name := range []string{"GOGC", "GOMEMLIMIT", "GOMAXPROCS"} {
		if set, ok := a.lookupEnv(name); ok && set != "" {
			return func() {}
		}
	}
	r := newRoom()
	runtime.AddCleanup(new([64]byte), (*room).settle, r) // nobody holds it: it goes with the first collection
	return r.end
}

// room is what is set while a command has room.
type room struct {
	mu     sync.Mutex
	before int   // per cent
	limit  int64 // bytes
	ended  bool
	spare  []byte
}

func newRoom() *room {
	runtime.GOMAXPROCS(1)
	return &room{before: debug.SetGCPercent(firstPercent), limit: debug.SetMemoryLimit(firstLimit), spare: make([]byte, spareBytes)}
}

// settle follows the first collection.
func (r *room) settle() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.ended {
		runtime.SetDefaultGOMAXPROCS()
		debug.SetMemoryLimit(r.limit)
		debug.SetGCPercent(collectPercent)
	}
}

func (r *room) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended, r.spare = true, nil
	runtime.SetDefaultGOMAXPROCS()
	debug.SetMemoryLimit(r.limit)
	debug.SetGCPercent(r.before)
}
