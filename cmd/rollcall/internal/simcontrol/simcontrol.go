// Package simcontrol speaks to the control API of a simulated BambooHR that runs somewhere. What it is told is
// left to the callers, the simulator itself to bamboosim.
package simcontrol

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

// Control speaks to the control API (surface, "Simulator company file").
type Control struct {
	root string // http://host:port/_sim
	name string // company, for a simulator with several
}

// New finds the control API beside a base URL.
func New(base, company string) (*Control, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("%q is no base URL of a simulator", base)
	}
	return &Control{root: u.Scheme + "://" + u.Host + "/_sim", name: company}, nil
}

// Clock is the time there, and whether it goes on by itself.
type Clock struct {
	Now     time.Time `json:"now"`
	Running bool      `json:"running"`
}

// ErrNone says that whatever answered is no simulator.
var ErrNone = errors.New("no simulator answers there")

// Clock asks for the time.
func (s *Control) Clock(ctx context.Context) (Clock, error) {
	var c Clock
	err := s.Do(ctx, http.MethodGet, "/clock", nil, &c)
	if errors.Is(err, ErrNone) {
		err = s.Do(ctx, http.MethodGet, "/"+s.name+"/clock", nil, &c)
	}
	return c, err
}

// Do sends one control request; in and out may be nil.
func (s *Control) Do(ctx context.Context, method, path string, in, out any) error {
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
		return fmt.Errorf("%s %s%s: %w", method, s.root, path, ErrNone)
	case res.StatusCode >= 300:
		return fmt.Errorf("%s %s%s: %s: %.200s", method, s.root, path, res.Status, data)
	case out == nil:
		return nil
	}
	return json.Unmarshal(data, out)
}
