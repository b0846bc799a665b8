// Command bench measures what whole runs of the rollcall binary cost beside a floor measured in the
// same run: the same bytes fetched, unpacked and hashed, and the same number of rows written, by a
// program that does nothing else. It prints ratios to that floor; it judges nothing and is no test.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "floor" {
		if err := floor(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "bench floor:", err)
			os.Exit(1)
		}
		return
	}
	sizes := flag.String("sizes", "1000,10000,100000", "employees, comma-separated")
	million := flag.Bool("million", true, "also measure memory at 1,000,000 employees (minutes)")
	repeat := flag.Int("repeat", 5, "rounds per case, whose median by CPU is printed (3 at most from 100,000 employees on)")
	flag.Parse()
	if err := run(*sizes, *million, max(1, *repeat)); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is one measuring session.
type bench struct {
	rollcall string // path of the binary
	self     string // path of this program
	dir      string
}

func run(sizes string, million bool, repeat int) error {
	dir, err := os.MkdirTemp("", "rollcall-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{rollcall: filepath.Join(dir, "rollcall"), dir: dir}
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	build := exec.Command("go", "build", "-trimpath", "-pgo=internal/bench/rollcall.pgo", "-o", b.rollcall, "./cmd/rollcall") // as "make install" does
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build rollcall: %w", err)
	}
	fmt.Printf("%-9s %-14s %9s %9s %7s %9s %9s %9s %9s\n", "employees", "case", "cpu s", "floor s", "ratio", "wall s", "peak MiB", "requests", "rows")
	for s := range strings.SplitSeq(sizes, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil {
			return err
		}
		rounds := repeat
		if n >= 100_000 {
			rounds = min(rounds, 3)
		}
		if err := b.size(n, rounds); err != nil {
			return fmt.Errorf("%d employees: %w", n, err)
		}
	}
	if million {
		return b.size(1_000_000, 1)
	}
	return nil
}

// cost is what one process took, by the operating system's own account.
type cost struct {
	cpu, wall time.Duration
	peakMiB   float64
	requests  int
	rows      int
}

// size measures one company size; each case is repeated and the median by CPU is printed.
func (b *bench) size(n, repeat int) error {
	sim, err := startSim(b.rollcall, n)
	if err != nil {
		return err
	}
	defer sim.stop()
	cases := []struct {
		name, floor string
		fresh       bool
		before      func(round int) error
	}{
		{"first sync", "first", true, nil},
		{"no change", "read", false, nil},
		{"1 % changed", "changed", false, func(round int) error { return sim.flip(n, round) }},
		{"plan only", "first", true, nil},
	}
	data := filepath.Join(b.dir, fmt.Sprintf("data-%d", n))
	for _, c := range cases {
		var ours, floors []cost
		for round := range repeat {
			if c.fresh {
				data = filepath.Join(b.dir, fmt.Sprintf("data-%d-%s-%d", n, strings.Fields(c.name)[0], round))
			}
			if c.before != nil {
				if err := c.before(round); err != nil {
					return err
				}
			}
			args := []string{"sync", "--yes", "-o", "json"}
			if c.name == "plan only" {
				args = []string{"plan", "-o", "json"}
			}
			got, err := b.rollcallCost(sim, data, args)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			ours = append(ours, got)
			fl, err := measure(exec.Command(b.self, "floor", c.floor, sim.url, strconv.Itoa(n), filepath.Join(b.dir, fmt.Sprintf("floor-%d.db", time.Now().UnixNano()))))
			if err != nil {
				return fmt.Errorf("floor of %s: %w", c.name, err)
			}
			floors = append(floors, fl)
		}
		o, f := median(ours), median(floors)
		fmt.Printf("%-9d %-14s %9.3f %9.3f %7.1f %9.3f %9.1f %9s %9s\n", n, c.name, o.cpu.Seconds(), f.cpu.Seconds(),
			o.cpu.Seconds()/f.cpu.Seconds(), o.wall.Seconds(), o.peakMiB, told(o.requests, c.name), told(o.rows, c.name))
		if c.fresh && c.name == "plan only" {
			os.RemoveAll(data)
		}
	}
	return b.changes(n, repeat)
}

// told is a figure of a command's answer; that of a plan, which is all of its rows, is not kept.
func told(n int, name string) string {
	if name == "plan only" {
		return "-"
	}
	return strconv.Itoa(n)
}

func median(cs []cost) cost {
	best := cs[0]
	for _, c := range cs {
		below := 0
		for _, d := range cs {
			if d.cpu < c.cpu {
				below++
			}
		}
		if below == len(cs)/2 {
			best = c
		}
	}
	return best
}

func (b *bench) rollcallCost(s *sim, data string, args []string) (cost, error) {
	config := filepath.Join(b.dir, "rollcall.yaml")
	text := fmt.Sprintf("connection:\n  name: Bench\n  bamboohr: { subdomain: %s, base_url: %q }\n  mapping:\n    gender: { from: gender }\n    birthday: { from: dateOfBirth }\n", s.company, s.url)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return cost{}, err
	}
	cmd := exec.Command(b.rollcall, append(args, "--config", config, "--data", data)...)
	cmd.Env = append(os.Environ(), "BAMBOOHR_API_KEY="+s.key)
	return measure(cmd)
}

// head keeps the beginning of what a command prints: this process must stay small, because a child begins with
// what its parent takes, and its peak is never told as less.
type head struct{ text []byte }

const mostKept = 64 << 10

func (h *head) Write(p []byte) (int, error) {
	h.text = append(h.text, p[:min(mostKept-len(h.text), len(p))]...)
	return len(p), nil
}

func measure(cmd *exec.Cmd) (cost, error) {
	var out head
	var errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	start := time.Now()
	err := cmd.Run()
	c := cost{wall: time.Since(start)}
	if code := cmd.ProcessState.ExitCode(); err != nil && code != 2 && code != 3 {
		return c, fmt.Errorf("%w: %s", err, errs.String())
	}
	ru := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	c.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	c.peakMiB = float64(ru.Maxrss) / 1024
	var told struct {
		Requests    int `json:"requests"`
		RowsWritten int `json:"rows_written"`
	}
	if json.Unmarshal(out.text, &told) == nil {
		c.requests, c.rows = told.Requests, told.RowsWritten
	}
	return c, nil
}

// sim is a simulator process serving a generated company.
type sim struct {
	cmd          *exec.Cmd
	url, company string
	key          string
}

func startSim(rollcall string, n int) (*sim, error) {
	cmd := exec.Command(rollcall, "sim", "--employees", strconv.Itoa(n), "--seed", "1", "--listen", "127.0.0.1:0", "-o", "json")
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(pipe).ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("start the simulator: %w", err)
	}
	var ready struct {
		BaseURL string   `json:"base_url"`
		Company string   `json:"company"`
		APIKeys []string `json:"api_keys"`
	}
	if err := json.Unmarshal(line, &ready); err != nil {
		return nil, err
	}
	return &sim{cmd: cmd, url: ready.BaseURL, company: ready.Company, key: ready.APIKeys[0]}, nil
}

func (s *sim) stop() {
	s.cmd.Process.Kill()
	s.cmd.Wait()
}

// flip changes 0.8 % of the company, adds 0.1 % and removes 0.1 %; other people in each of up to 100 rounds.
func (s *sim) flip(n, round int) error {
	change := func(method string, id int, body string) error {
		req, _ := http.NewRequest(method, fmt.Sprintf("%s/_sim/employees/%d", s.url, id), strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if res.StatusCode >= 300 {
			return fmt.Errorf("%s employee %d: %s", method, id, res.Status)
		}
		return nil
	}
	few := max(1, n/1000)
	stay := n - 100*few // ids above may be removed
	for id := 5 + round; id < stay; id += max(1, stay/(8*few)) {
		if err := change(http.MethodPut, id, fmt.Sprintf(`{"workPhone":"555-%d-%d"}`, round, id)); err != nil {
			return err
		}
	}
	for i := range few {
		id := 10_000_000 + round*100_000 + i
		if err := change(http.MethodPut, id, fmt.Sprintf(`{"firstName":"New","lastName":"Person%d","workEmail":"new.%d@new.test","hireDate":"2020-01-01"}`, id, id)); err != nil {
			return err
		}
		if err := change(http.MethodDelete, n-round*few-i, ""); err != nil {
			return err
		}
	}
	return nil
}
