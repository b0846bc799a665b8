package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/rollcall-hr/rollcall/bamboosim"
)

// TestKilledExport kills the program at the worst moment, when BambooHR has carried a creation out and
// its answer is on the way: the next call takes the dead process's lease over, finds the employee and
// sends nothing for that person again (bamboohr-api §2.10). internal/exporter tries every other moment.
func TestKilledExport(t *testing.T) {
	company, err := bamboosim.Generate(bamboosim.GenerateOptions{Employees: 10, Today: simToday})
	if err != nil {
		t.Fatal(err)
	}
	sim, err := bamboosim.New(company)
	if err != nil {
		t.Fatal(err)
	}
	var posts atomic.Int32
	created := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/employees") {
			sim.ServeHTTP(w, r)
			return
		}
		if posts.Add(1) > 1 {
			sim.ServeHTTP(w, r)
			return
		}
		sim.ServeHTTP(httptest.NewRecorder(), r)
		close(created)
		<-r.Context().Done() // until the process is gone
	}))
	defer server.Close()
	dir := t.TempDir()
	people := write(t, dir, "people.csv", "email,first_name,last_name\nbo@x.test,Bo,Diaz\ncy@x.test,Cy,Park\n")
	config := write(t, dir, "rollcall.yaml", "clock: follow\nconnection:\n  name: Acme HR\n  bamboohr: { subdomain: acme, base_url: \""+server.URL+"\" }\n")
	rollcall := func(args ...string) *exec.Cmd {
		cmd := exec.Command(os.Args[0])
		cmd.Args = append([]string{"rollcall"}, args...)
		cmd.Env = append(os.Environ(), "ROLLCALL_CONFIG="+config, "ROLLCALL_DATA="+dir+"/data", "BAMBOOHR_API_KEY="+bamboosim.DefaultKey)
		return cmd
	}
	if out, err := rollcall("import", "people", people).CombinedOutput(); err != nil {
		t.Fatalf("import: %v: %s", err, out)
	}
	export := rollcall("export", "bamboohr", "--create", "--yes")
	if err := export.Start(); err != nil {
		t.Fatal(err)
	}
	<-created
	if err := export.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := export.Wait(); err == nil {
		t.Fatal("the export was not killed")
	}
	out, err := rollcall("export", "bamboohr", "--create", "--yes").CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "Created 2 employees in BambooHR company acme") {
		t.Errorf("going on: %v: %s", err, out)
	}
	if posts.Load() != 2 {
		t.Errorf("%d creations were sent, want 2", posts.Load())
	}
}
