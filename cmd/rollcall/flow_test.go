package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/problem"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/simcontrol"
	"github.com/rollcall-hr/rollcall/internal/store"
)

// company serves an invented company and gives a call that is configured for it; more stands in the
// file below the connection.
func company(t *testing.T, more string) (*call, *simcontrol.Control) {
	t.Helper()
	c, err := bamboosim.Generate(bamboosim.GenerateOptions{Employees: 12, Today: simToday})
	if err != nil {
		t.Fatal(err)
	}
	h, err := bamboosim.New(c)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	sim, err := simcontrol.New(server.URL, c.Subdomain)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := write(t, dir, "rollcall.yaml", fmt.Sprintf("clock: follow\nconnection:\n  name: Acme HR\n  bamboohr: { subdomain: acme, base_url: %q }\n%s", server.URL, more))
	return &call{env: map[string]string{"ROLLCALL_CONFIG": path, "ROLLCALL_DATA": filepath.Join(dir, "data"), "BAMBOOHR_API_KEY": bamboosim.DefaultKey}}, sim
}

func TestConfirmationStatesExactCounts(t *testing.T) {
	c, _ := company(t, "")
	c.terminal = true
	if code := c.run(t, "plan"); code != 2 {
		t.Fatalf("plan: exit code %d: %s", code, &c.err)
	}
	for _, answer := range []string{"n\n", "", "yeah\n"} {
		c.in = answer
		if code := c.run(t, "apply"); code != 1 || !strings.Contains(c.err.String(), "nothing was applied") {
			t.Errorf("answer %q: exit code %d, stderr %q", answer, code, &c.err)
		}
		if !regexp.MustCompile(`Apply \d+ creations and \d+ new departments to the directory of Acme HR\? \[y/N\]`).MatchString(c.err.String()) {
			t.Errorf("the question is %q", &c.err)
		}
	}
	c.in = "y\n"
	if code := c.run(t, "apply"); code != 0 || !strings.Contains(c.out.String(), "Applied to Acme HR") {
		t.Errorf("yes: exit code %d\n%s%s", code, &c.out, &c.err)
	}
	c.in = ""
	if code := c.run(t, "sync"); code != 0 || !strings.Contains(c.out.String(), "Nothing to do") || strings.Contains(c.err.String(), "?") ||
		!strings.Contains(c.err.String(), "nobody is told by mail: the configuration has no smtp") {
		t.Errorf("a sync without changes asks nothing: exit code %d\n%s%s", code, &c.out, &c.err)
	}
}

func TestBusyNamesTheRun(t *testing.T) {
	c, _ := company(t, "")
	db, err := store.Open(t.Context(), c.env["ROLLCALL_DATA"], store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s := db.Org(organisation)
	conn, err := s.EnsureConnection(t.Context(), "Acme HR")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Acquire(t.Context(), conn.ID, "run_other", time.Minute); err != nil {
		t.Fatal(err)
	}
	if code := c.run(t, "plan", "-o", "json"); code != 1 || !strings.Contains(c.err.String(), "run_other") {
		t.Errorf("exit code %d, stderr %q", code, &c.err)
	}
	var got map[string]problem.View
	if err := json.Unmarshal(c.out.Bytes(), &got); err != nil || got["error"].Code != "busy" || got["error"].RunID != "run_other" {
		t.Errorf("stdout %s: %v", &c.out, err)
	}
}

// mailServer takes mails and gives their text.
func mailServer(t *testing.T) (string, <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	mails := make(chan string, 10)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go talkSMTP(conn, mails)
		}
	}()
	return l.Addr().String(), mails
}

func talkSMTP(conn net.Conn, mails chan<- string) {
	defer conn.Close()
	fmt.Fprint(conn, "220 mail.acme.test\r\n")
	var mail strings.Builder
	inData := false
	for s := bufio.NewScanner(conn); s.Scan(); {
		line := s.Text()
		switch {
		case inData && line == ".":
			mails <- mail.String()
			inData = false
			mail.Reset()
			fmt.Fprint(conn, "250 taken\r\n")
		case inData:
			mail.WriteString(line + "\n")
		case strings.HasPrefix(line, "RCPT"):
			mail.WriteString(line + "\n")
			fmt.Fprint(conn, "250 ok\r\n")
		case line == "DATA":
			inData = true
			fmt.Fprint(conn, "354 go on\r\n")
		case line == "QUIT":
			fmt.Fprint(conn, "221 bye\r\n")
			return
		default:
			fmt.Fprint(conn, "250 ok\r\n")
		}
	}
}

func TestFailedSyncTellsByMail(t *testing.T) {
	address, mails := mailServer(t)
	host, port, _ := net.SplitHostPort(address)
	c, sim := company(t, fmt.Sprintf("  notify: { errors: [it@acme.test, hr@acme.test] }\nsmtp: { host: %s, port: %s, from: rollcall@acme.test }\n", host, port))
	if err := sim.Do(t.Context(), http.MethodPost, "/faults", map[string]any{"name": "no_people"}, nil); err != nil {
		t.Fatal(err)
	}
	if code := c.run(t, "sync", "--yes"); code != 1 || !strings.Contains(c.err.String(), "2 recipients were told") {
		t.Errorf("exit code %d, stderr %q", code, &c.err)
	}
	for _, to := range []string{"it@acme.test", "hr@acme.test"} {
		select {
		case m := <-mails:
			if !strings.Contains(m, "RCPT TO:<"+to+">") || !strings.Contains(m, "Subject: Rollcall: sync of Acme HR failed") || !strings.Contains(m, "rollcall runs run_") {
				t.Errorf("the mail to %s is:\n%s", to, m)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("no mail to %s", to)
		}
	}
}

func TestFailedSyncWithoutMailSaysSo(t *testing.T) {
	c, sim := company(t, "")
	if err := sim.Do(t.Context(), http.MethodPost, "/faults", map[string]any{"name": "no_people"}, nil); err != nil {
		t.Fatal(err)
	}
	if code := c.run(t, "sync", "--yes", "-o", "json"); code != 1 || !strings.Contains(c.err.String(), "nobody is told by mail") {
		t.Errorf("exit code %d, stderr %q", code, &c.err)
	}
	var got map[string]problem.View
	if err := json.Unmarshal(c.out.Bytes(), &got); err != nil || !strings.HasPrefix(got["error"].RunID, "run_") {
		t.Errorf("stdout %s: %v", &c.out, err)
	}
}

func TestDemoTellsTheStory(t *testing.T) {
	var c call
	if code := c.run(t, "demo", "--story", "--employees", "40"); code != 0 {
		t.Fatalf("exit code %d: %s", code, &c.err)
	}
	for _, want := range []string{`(?m)^1\. A simulated BambooHR`, `Nobody lost access`, `~ 1 update   - 1 deactivate`, `sync: no changes, \d+ requests to BambooHR, 0 rows written`,
		`is deactivated: the termination date`, `(?m)^Will be reverted: [1-9]`, `(?s)the next sync does not redo it.*sync: no changes`} {
		if !regexp.MustCompile(want).Match(c.out.Bytes()) {
			t.Errorf("the story lacks %s:\n%s", want, &c.out)
		}
	}
}

// checkDemo signs in to a demo and asks its API for the plan that waits to be looked at.
func checkDemo(t *testing.T, v demoView) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	res, err := browser.PostForm(v.URL+"/sign-in", url.Values{"email": {v.Email}, "password": {v.Password}})
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil || res.Request.URL.Path != "/connections" || !strings.Contains(string(page), "Settings") {
		t.Errorf("signing in leads to %s (%v)", res.Request.URL, err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, v.URL+"/api/v1/connections", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+v.APIToken)
	if res, err = http.DefaultClient.Do(r); err != nil {
		t.Fatal(err)
	}
	list, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil || res.StatusCode != http.StatusOK || !strings.Contains(string(list), `"state":"checked"`) {
		t.Errorf("the API answers %d %s (%v)", res.StatusCode, list, err)
	}
}

// TestServersPrintOneLineAndStop runs what serves until interrupted.
func TestServersPrintOneLineAndStop(t *testing.T) {
	for _, args := range [][]string{
		{"sim", "--employees", "12", "--listen", "127.0.0.1:0", "-o", "json"},
		{"demo", "--employees", "12", "--listen", "127.0.0.1:0", "-o", "json"},
	} {
		ctx, interrupt := context.WithCancel(t.Context())
		r, w := io.Pipe()
		code := make(chan int, 1)
		go func() {
			code <- run(ctx, surroundings{args: args, in: strings.NewReader(""), out: w, err: io.Discard, now: time.Now,
				lookupEnv: func(string) (string, bool) { return "", false }})
			w.Close()
		}()
		lines := bufio.NewReader(r)
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("%q: %v", args, err)
		}
		var v struct {
			BaseURL string   `json:"base_url"`
			APIKeys []string `json:"api_keys"`
			demoView
		}
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%q prints %q: %v", args, line, err)
		}
		res, err := http.Get(v.BaseURL + v.SimURL + "/_sim/clock")
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%q does not serve: %v", args, err)
		}
		res.Body.Close()
		if v.URL != "" {
			checkDemo(t, v.demoView)
		}
		interrupt()
		if rest, err := io.ReadAll(lines); err != nil || len(rest) > 0 {
			t.Errorf("%q goes on with %q (%v)", args, rest, err)
		}
		if got := <-code; got != 0 {
			t.Errorf("%q: exit code %d after an interrupt", args, got)
		}
		if _, err := os.Stat(v.Data); v.Data != "" && !os.IsNotExist(err) {
			t.Errorf("the temporary folder %s is left (%v)", v.Data, err)
		}
	}
}
