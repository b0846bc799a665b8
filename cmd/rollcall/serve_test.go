package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// started is a server under way in this process.
type started struct {
	t     *testing.T
	url   string
	token string
	stop  func()
	// metrics is where they are served, "" for nowhere.
	metrics string
}

// start serves with the surroundings of a call until the test ends.
func (c *call) start(t *testing.T, args ...string) *started {
	t.Helper()
	ctx, interrupt := context.WithCancel(t.Context())
	r, w := io.Pipe()
	code := make(chan int, 1)
	env := c.env
	go func() {
		code <- run(ctx, surroundings{args: append([]string{"serve", "--listen", "127.0.0.1:0", "-o", "json"}, args...), in: strings.NewReader(""), out: w, err: io.Discard,
			now: time.Now, lookupEnv: func(name string) (string, bool) { v, ok := env[name]; return v, ok }})
		w.Close()
	}()
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("serve: %v, exit code %d", err, <-code)
	}
	s := &started{t: t}
	s.stop = func() {
		interrupt()
		if got := <-code; got != 0 {
			t.Errorf("serve: exit code %d after an interrupt", got)
		}
		s.stop = func() {}
	}
	t.Cleanup(func() { s.stop() })
	var v serveView
	if err := json.Unmarshal([]byte(line), &v); err != nil {
		t.Fatalf("serve prints %q: %v", line, err)
	}
	s.url, s.metrics = v.URL, v.Metrics
	return s
}

// ask asks the API and returns the status and the answer.
func (s *started) ask(method, path, body string) (int, map[string]any) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	var v map[string]any
	if err := json.NewDecoder(res.Body).Decode(&v); err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	return res.StatusCode, v
}

// The operator's file is served: its connection is there, read-only, runs by button, and the command
// line sees what the server did, because both work on one folder.
func TestServeBringsTheFileIn(t *testing.T) {
	c, _ := company(t, "")
	s := c.start(t)
	if code := c.run(t, "tokens", "create", "--role", "admin", "--name", "test", "-o", "json"); code != 0 {
		t.Fatalf("tokens create: %s", &c.err)
	}
	var made struct {
		Token string `json:"token"`
	}
	if err := json.Unmarshal(c.out.Bytes(), &made); err != nil {
		t.Fatal(err)
	}
	s.token = made.Token
	status, list := s.ask(http.MethodGet, "/api/v1/connections", "")
	items, _ := list["items"].([]any)
	if status != http.StatusOK || len(items) != 1 {
		t.Fatalf("connections: %d %v", status, list)
	}
	first, _ := items[0].(map[string]any)
	id := fmt.Sprint(first["id"])
	if first["name"] != "Acme HR" || first["origin"] != "file" {
		t.Errorf("the connection is %v", first)
	}
	if status, problem := s.ask(http.MethodPatch, "/api/v1/connections/"+id, `{"settings": {"departments": "ask"}}`); status != http.StatusConflict || problem["code"] != "read_only" {
		t.Errorf("changing the file's settings: %d %v", status, problem)
	}
	if status, run := s.ask(http.MethodPost, "/api/v1/connections/"+id+"/sync", ""); status >= 300 || run["outcome"] != "applied" {
		t.Errorf("sync: %d %v", status, run)
	}
	if code := c.run(t, "runs", "-o", "json"); code != 0 || !strings.Contains(c.out.String(), `"outcome":"applied"`) {
		t.Errorf("the command line sees %s%s", &c.out, &c.err)
	}
	s.stop()
	again := c.start(t)
	again.token = s.token
	if status, list = again.ask(http.MethodGet, "/api/v1/connections", ""); status != http.StatusOK || len(list["items"].([]any)) != 1 {
		t.Errorf("after a restart: %d %v", status, list)
	}
}
