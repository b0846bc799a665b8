package main

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// changes measures looks for changes: nothing, and 1 % of the company. They have no floor: a process that starts
// and ends costs most of it.
func (b *bench) changes(n, repeat int) error {
	sim, err := startSim(b.rollcall, n) // one of its own, in which nobody changed yet
	if err != nil {
		return err
	}
	defer sim.stop()
	data := filepath.Join(b.dir, fmt.Sprintf("data-%d-looks", n))
	// The simulator stands an hour behind the real clock, so that what changes is no longer young when it is read.
	clock := func(ago time.Duration) error {
		return sim.post("/_sim/clock", fmt.Sprintf(`{"now":%q}`, time.Now().Add(-ago).UTC().Format(time.RFC3339)))
	}
	look := []string{"sync", "--changes", "--yes", "-o", "json"}
	if err := clock(time.Hour); err != nil {
		return err
	}
	if _, err := b.rollcallCost(sim, data, look); err != nil { // makes the mark
		return fmt.Errorf("first look: %w", err)
	}
	for _, c := range []struct {
		name   string
		before func(round int) error
	}{
		{"look: nothing", func(int) error { return nil }},
		{"look: 1 %", func(round int) error { return sim.flip(n, 50+round) }},
	} {
		var costs []cost
		for round := range repeat {
			if err := clock(time.Hour - time.Duration(round+1)*time.Minute); err != nil {
				return err
			}
			if err := c.before(round); err != nil {
				return err
			}
			got, err := b.rollcallCost(sim, data, look)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			costs = append(costs, got)
		}
		o := median(costs)
		fmt.Printf("%-9d %-14s %9.3f %9s %7s %9.3f %9.1f %9d %9d\n", n, c.name, o.cpu.Seconds(), "-", "-", o.wall.Seconds(), o.peakMiB, o.requests, o.rows)
	}
	return nil
}

// post speaks to the simulator's control API.
func (s *sim) post(path, body string) error {
	res, err := http.Post(s.url+path, "application/json", strings.NewReader(body))
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode >= 300 {
		return fmt.Errorf("POST %s: %s", path, strconv.Itoa(res.StatusCode))
	}
	return nil
}
