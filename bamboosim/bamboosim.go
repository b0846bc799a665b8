package bamboosim

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/bamboosim/internal/answer"
	"github.com/rollcall-hr/rollcall/bamboosim/internal/company"
	"github.com/rollcall-hr/rollcall/bamboosim/internal/endpoint"
	"github.com/rollcall-hr/rollcall/bamboosim/internal/gen"
)

// The parts of a company, the same as in the simulator company file.
type (
	// Company is one simulated BambooHR account.
	Company = company.Company
	// CustomField is a field the company made itself.
	CustomField = company.CustomField
	// AccessLevel says which fields of which people a user sees.
	AccessLevel = company.AccessLevel
	// People selects employees by their current values.
	People = company.People
	// User owns API keys.
	User = company.User
	// Employee is one record; blank values are empty strings.
	Employee = company.Employee
	// StatusRow is a row of the employment status table.
	StatusRow = company.StatusRow
	// JobRow is a row of the job information table.
	JobRow = company.JobRow
	// GenerateOptions choose an invented company.
	GenerateOptions = gen.Options
)

// Values with a meaning of their own.
const (
	DefaultKey  = company.DefaultKey  // API key of the full-access user that a company without users gets
	BlankStatus = company.BlankStatus // Employee.Status when BambooHR shows none; "" means Active
	Active      = company.Active
	Inactive    = company.Inactive
	Terminated  = company.Terminated

	DirectoryShared   = company.DirectoryShared   // Company.Directory: shown in full to every key
	DirectoryOrgChart = company.DirectoryOrgChart // names, titles and pictures only
	DirectoryOff      = company.DirectoryOff      // 403
)

// Generate invents a company of 10 to 1,000,000 people, computed on demand; the same options give the same people.
// It fails when the size is out of range or Today is no date.
func Generate(o GenerateOptions) (Company, error) { return gen.Generate(o) }

// ParseCompanyFile reads the simulator company file: one company or, under "companies", several.
// Unknown keys and wrong types are errors; all faults are named at once.
func ParseCompanyFile(raw []byte) ([]Company, error) {
	companies, err := company.ParseFile(raw)
	if err != nil {
		return nil, fmt.Errorf("read company file: %w", err)
	}
	return companies, nil
}

// Option adjusts a Server.
type Option func(*options)

type options struct {
	wall      func() time.Time
	transport http.RoundTripper
}

// WithWallClock sets the clock that a running simulator clock follows. Defaults to time.Now.
func WithWallClock(now func() time.Time) Option { return func(o *options) { o.wall = now } }

// WithTransport sets how webhooks are delivered. Defaults to http.DefaultTransport.
func WithTransport(rt http.RoundTripper) Option { return func(o *options) { o.transport = rt } }

// Server is the simulator. It is safe for concurrent use.
type Server struct {
	sites map[string]*answer.Site
	order []string
	api   *endpoint.API
}

// New serves one company. It reports every fault of the company at once.
func New(c Company, opts ...Option) (*Server, error) { return NewCompanies([]Company{c}, opts...) }

// NewCompanies serves several companies, each with its control under /_sim/{company}/.
func NewCompanies(companies []Company, opts ...Option) (*Server, error) {
	o := options{wall: time.Now, transport: http.DefaultTransport}
	for _, opt := range opts {
		opt(&o)
	}
	if len(companies) == 0 {
		return nil, errors.New("start simulator: there is no company")
	}
	s := &Server{sites: map[string]*answer.Site{}, api: endpoint.New()}
	for _, c := range companies {
		site, err := answer.NewSite(c, o.wall, o.transport)
		if err != nil {
			return nil, fmt.Errorf("start simulator: %w", err)
		}
		name := site.Store.Company.Subdomain
		if s.sites[name] != nil {
			return nil, fmt.Errorf("start simulator: company %q is given twice", name)
		}
		s.sites[name] = site
		s.order = append(s.order, name)
	}
	return s, nil
}

// Wait returns when all webhooks that are due have been tried.
func (s *Server) Wait() {
	for _, name := range s.order {
		s.sites[name].Hooks.Wait()
	}
}

// ServeHTTP answers API and control requests.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	switch {
	case path == "/_sim" || strings.HasPrefix(path, "/_sim/"):
		s.serveControl(w, r)
	case strings.HasPrefix(path, "/api/gateway.php/"): // [R] every recording of 2022–2026
		name, rest, _ := strings.Cut(strings.TrimPrefix(path, "/api/gateway.php/"), "/")
		if site := s.sites[name]; site != nil {
			site.Serve(w, r, "/"+rest, s.api.Dispatch)
			return
		}
		unknown(w)
	case strings.HasPrefix(path, "/api/"): // [D] OpenAPI servers
		if site := s.byHost(r.Host); site != nil {
			site.Serve(w, r, strings.TrimPrefix(path, "/api"), s.api.Dispatch)
			return
		}
		unknown(w)
	default:
		unknown(w)
	}
}

// byHost finds the company whose name is the first label of the host, or the only one.
func (s *Server) byHost(host string) *answer.Site {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	label, _, _ := strings.Cut(strings.ToLower(host), ".")
	if site := s.sites[label]; site != nil {
		return site
	}
	if len(s.order) == 1 {
		return s.sites[s.order[0]]
	}
	return nil
}

// unknown answers for a company or an address that does not exist: 404 without a body (assumed, bamboohr-api §10).
func unknown(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	w.WriteHeader(http.StatusNotFound)
}
