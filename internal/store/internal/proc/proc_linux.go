package proc

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// hostID names the machine since it booted, and the container's process namespace.
func hostID() string {
	name, _ := os.Hostname()
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	space, _ := os.Readlink("/proc/self/ns/pid")
	return name + " " + strings.TrimSpace(string(boot)) + " " + space
}

// startOf returns when a process started, in clock ticks since boot; 0 when that cannot be told, ok
// false when there is surely no such process (any more).
func startOf(pid int) (ticks int64, ok bool) {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return 0, false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, true
	}
	// The command's name stands in brackets and may contain anything; fields 3 (state) and 22 (start)
	// follow it.
	text := string(stat)
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 20 {
		return 0, true
	}
	if fields[0] == "Z" || fields[0] == "X" {
		return 0, false
	}
	ticks, err = strconv.ParseInt(fields[19], 10, 64)
	if err != nil {
		return 0, true
	}
	return ticks, true
}
