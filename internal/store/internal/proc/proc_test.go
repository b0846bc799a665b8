package proc

import (
	"os"
	"os/exec"
	"runtime"
	"testing"
)

func TestGone(t *testing.T) {
	me := Self()
	if me.PID != os.Getpid() || me.Host == "" {
		t.Fatalf("Self = %+v", me)
	}
	if me.Gone(me) || me != Self() {
		t.Error("this process takes itself for dead")
	}
	elsewhere := me
	elsewhere.Host, elsewhere.PID = "another machine", 1<<30
	if me.Gone(elsewhere) {
		t.Error("a process of another host cannot be told to be gone")
	}
	if runtime.GOOS != "linux" {
		t.Skip("processes are told apart on Linux only")
	}
	if me.Started == 0 {
		t.Error("the start of this process is not known")
	}
	reborn := me
	reborn.Started--
	if !me.Gone(reborn) {
		t.Error("a process number that was given out again passes for the old process")
	}
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	child := Identity{Host: me.Host, PID: cmd.Process.Pid}
	child.Started, _ = startOf(child.PID)
	if me.Gone(child) {
		t.Error("a living process passes for dead")
	}
	cmd.Process.Kill()
	cmd.Wait()
	if !me.Gone(child) {
		t.Error("a dead process passes for alive")
	}
}
