package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// simControl speaks to the simulator's control API (surface, "Simulator company file").
type simControl struct {
	root string // http://host:port/_sim
	name string // company, for a simulator with several
}

// newSimControl finds the control API beside a base URL.
func newSimControl(base, company string) (*simControl, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("%q is no base URL of a simulator", base)
	}
	return &simControl{root: u.Scheme + "://" + u.Host + "/_sim", name: company}, nil
}

type simClock struct {
	Now     time.Time `json:"now"`
	Running bool      `json:"running"`
}

// errNoSim says that whatever answered is no simulator.
var errNoSim = errors.New("no simulator answers there")

func (s *simControl) clock(ctx context.Context) (simClock, error) {
	var c simClock
	err := s.do(ctx, http.MethodGet, "/clock", nil, &c)
	if errors.Is(err, errNoSim) {
		err = s.do(ctx, http.MethodGet, "/"+s.name+"/clock", nil, &c)
	}
	return c, err
}

// do sends one control request; in and out may be nil.
func (s *simControl) do(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.root+path, body)
	if err != nil {
		return err
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, 64<<20))
	switch {
	case err != nil:
		return err
	case res.StatusCode == http.StatusNotFound && method == http.MethodGet:
		return fmt.Errorf("%s %s%s: %w", method, s.root, path, errNoSim)
	case res.StatusCode >= 300:
		return fmt.Errorf("%s %s%s: %s: %.200s", method, s.root, path, res.Status, data)
	case out == nil:
		return nil
	}
	return json.Unmarshal(data, out)
}
