//go:build linux

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	smallDisk   = 4 << 20
	inNamespace = "ROLLCALL_TEST_NAMESPACE"
)

// smallFolder is a folder on a file system of 4 MiB. Without the right to mount one, the test runs
// again in a user namespace of its own; where that is forbidden too, the shared memory of a container,
// which is small, is filled up to there.
func smallFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	mount := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d,mode=700", smallDisk))
	if mount == nil {
		t.Cleanup(func() {
			if err := syscall.Unmount(dir, 0); err != nil {
				t.Error(err)
			}
		})
		return dir
	}
	if os.Getenv(inNamespace) == "" && inUserNamespace(t) {
		return ""
	}
	if free := freeSpace("/dev/shm"); free >= smallDisk && free <= 256<<20 {
		dir, err := os.MkdirTemp("/dev/shm", "rollcall-test-")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(dir) })
		fill(t, filepath.Join(dir, "others"), free-smallDisk)
		return dir
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("no way to get a small disk: %v", mount)
	}
	t.Skipf("no way to get a small disk: %v", mount)
	return ""
}

// inUserNamespace runs the test in a namespace where it may mount, and reports whether there is one.
func inUserNamespace(t *testing.T) bool {
	again := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	again.Env = append(os.Environ(), inNamespace+"=1")
	again.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}}
	out, err := again.CombinedOutput()
	if err != nil && again.ProcessState == nil {
		return false // there is no namespace to be had
	}
	if err != nil {
		t.Errorf("in a namespace: %v\n%s", err, out)
	}
	return true
}

func freeSpace(dir string) int64 {
	var fs syscall.Statfs_t
	if syscall.Statfs(dir, &fs) != nil {
		return 0
	}
	return int64(fs.Bavail) * fs.Bsize
}

// fill writes a file of so many bytes.
func fill(t *testing.T, path string, bytes int64) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 64<<10); bytes > 0; {
		n, err := f.Write(block[:min(bytes, int64(len(block)))])
		if err != nil {
			t.Fatal(err)
		}
		bytes -= int64(n)
	}
}

// TestDiskFull lets the disk of the data folder become full at any moment of a sync (security §3 #43),
// on the first one and on one of a directory that is there: the error says so in one line, nothing is
// damaged, what can be read is still read, and once there is space again the next sync does the rest.
// SOAK=1 tries 80 amounts of space instead of 8.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	disk := smallFolder(t)
	if disk == "" {
		return // it ran in a namespace
	}
	seed := seedOf(t)
	random := rand.New(rand.NewPCG(seed, 1))
	first := invented(t, 400)
	second := later(t, first)
	calm := newOffice(t, first)
	calm.exits(0, "sync", "--yes")
	want := []string{calm.directory()}
	start := snapshot(t, calm)
	calm.sim.become(second)
	calm.exits(0, "sync", "--yes")
	want = append(want, calm.directory())

	o := newOffice(t, first)
	o.data = filepath.Join(disk, "data")
	tries := 8
	if os.Getenv("SOAK") != "" {
		tries = 80
	}
	full := 0
	for i := range tries {
		if err := os.RemoveAll(o.data); err != nil {
			t.Fatal(err)
		}
		state := i % 2
		if state == 1 {
			restore(t, o, start)
			o.sim.become(second)
		} else {
			o.sim.become(first)
		}
		left := random.Int64N(1200 << 10)
		if i == 0 {
			left = 0
		}
		if o.syncOnAFullDisk(state, left, want) {
			full++
		}
		if t.Failed() {
			t.Logf("try %d, state %d, %d bytes left", i, state, left)
			return
		}
	}
	if full < tries/2 {
		t.Errorf("the disk was full in %d of %d tries only", full, tries)
	}
}

// syncOnAFullDisk syncs with so many bytes left, then with enough, and reports whether the first failed.
func (o *office) syncOnAFullDisk(state int, left int64, want []string) bool {
	o.t.Helper()
	ballast := filepath.Join(filepath.Dir(o.data), "ballast")
	fill(o.t, ballast, max(0, freeSpace(filepath.Dir(o.data))-left))
	p := o.start("sync", "--yes")
	code := p.wait()
	switch text := p.err.String(); code {
	case 0:
	case 1:
		last := strings.Split(strings.TrimSpace(text), "\n")
		if line := last[len(last)-1]; !strings.HasPrefix(line, "rollcall: ") || !strings.Contains(line, "the disk ") || !strings.Contains(line, "free some space") {
			o.t.Errorf("stderr does not say what is wrong and what to do:\n%s", text)
		}
	default:
		o.t.Errorf("exit code %d\n%s", code, text)
	}
	if p := o.start("people", "-o", "json"); p.wait() == 0 && state == 1 {
		if n := strings.Count(p.out.String(), `"status":"deactivated"`); n != 0 && n != 3 {
			o.t.Errorf("on the full disk %d people are deactivated", n)
		}
	} else if text := p.err.String(); p.ProcessState.ExitCode() != 0 && !strings.Contains(text, "free some space") {
		o.t.Errorf("reading on a full disk: %s", text)
	}

	if err := os.Remove(ballast); err != nil {
		o.t.Fatal(err)
	}
	o.intact()
	o.exits(0, "sync", "--yes")
	if diff := cmp.Diff(want[state], o.directory()); diff != "" {
		o.t.Errorf("once there is space, the directory is not what it should be (-want +got):\n%.2000s", diff)
	}
	var again runLine
	o.exits(0, "sync", "--yes", "-o", "json").into(&again)
	if again.outcome() != "no_op" || again.RowsWritten != 0 {
		o.t.Errorf("a sync of what is in step: %+v", again)
	}
	o.intact()
	return code == 1
}
