package hook

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/bamboosim/internal/company"
)

// Webhook is a subscription of one user.
type Webhook struct {
	ID       int
	Owner    string
	Created  time.Time
	lastSent time.Time
	key      string
	Log      []LogEntry
	Body
}

// Body is what a client sets.
type Body struct {
	Name          string            `json:"name"`
	URL           string            `json:"url"`
	Format        string            `json:"format"`
	Events        []string          `json:"events"`
	MonitorFields []string          `json:"monitorFields"`
	PostFields    map[string]string `json:"-"`
	IncludeDomain bool              `json:"includeCompanyDomain"`
}

const (
	WithFields = "employee_with_fields." // events that carry values
	BareEvents = "employee."             // events that carry names of fields only
	TimeFormat = "2006-01-02 15:04:05"
)

// View is the webhook as the API shows it; the private key shows only in the answer to its creation ([R] webhook-create).
func (h *Webhook) View(key bool) any {
	v := struct {
		ID            string            `json:"id"`
		Name          string            `json:"name"`
		Created       string            `json:"created"`
		LastSent      *string           `json:"lastSent"`
		Events        []string          `json:"events"`
		MonitorFields []string          `json:"monitorFields"`
		PostFields    map[string]string `json:"postFields"`
		URL           string            `json:"url"`
		Format        string            `json:"format"`
		IncludeDomain bool              `json:"includeCompanyDomain"`
		PrivateKey    string            `json:"privateKey,omitempty"`
	}{strconv.Itoa(h.ID), h.Name, h.Created.UTC().Format(TimeFormat), h.Sent(), h.Events, h.MonitorFields, h.PostFields,
		h.URL, h.Format, h.IncludeDomain, ""}
	if key {
		v.PrivateKey = h.key
	}
	return v
}

// Sent is the instant of the last delivery, nil for none.
func (h *Webhook) Sent() *string {
	if h.lastSent.IsZero() {
		return nil
	}
	s := h.lastSent.UTC().Format(TimeFormat)
	return &s
}

// Issues says what is wrong with it ([D] create-webhook).
func (b *Body) Issues() (issues []string) {
	if b.Name == "" {
		issues = append(issues, "name is required")
	}
	// [D]: https only. A loopback address may be http here, so that webhooks can be tried on one machine.
	if u, err := url.Parse(b.URL); err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())) {
		issues = append(issues, "url must begin with https://")
	}
	if b.Format != "json" && b.Format != "form-encoded" {
		issues = append(issues, "format must be json or form-encoded")
	}
	known := []string{"company.updated", "company.deleted", "company-integrations.updated"}
	for _, what := range []string{"created", "updated", "deleted"} {
		known = append(known, WithFields+what, BareEvents+what)
	}
	kinds := map[bool]bool{}
	for _, e := range b.Events {
		if !slices.Contains(known, e) {
			issues = append(issues, "unknown event "+e)
		}
		if strings.HasPrefix(e, "employee") {
			kinds[strings.HasPrefix(e, WithFields)] = true
		}
	}
	if len(kinds) == 2 {
		issues = append(issues, "employee and employee_with_fields events cannot be mixed")
	}
	if len(b.MonitorFields) == 0 && (slices.Contains(b.Events, WithFields+"updated") || slices.Contains(b.Events, BareEvents+"updated")) {
		issues = append(issues, "monitorFields is required")
	}
	return issues
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// LogEntry is one delivery in the log: 14 days, at most 200 ([D] list-webhook-logs).
type LogEntry struct {
	WebhookID     string   `json:"webhookId"`
	URL           string   `json:"url"`
	LastAttempted string   `json:"lastAttempted"`
	LastSuccess   string   `json:"lastSuccess"`
	StatusCode    string   `json:"statusCode"`
	Format        string   `json:"format"`
	EmployeeIDs   []string `json:"employeeIds"`

	At time.Time `json:"-"`
}

// webhookKey is the private key: 32 hex digits, here the same in every run.
func webhookKey(company string, id int) string {
	sum := md5.Sum(fmt.Appendf(nil, "webhook %d of %s", id, company))
	return hex.EncodeToString(sum[:])
}

// Field finds what monitorFields and postFields call name.
func (h *Hooks) Field(name string) *company.Field {
	f := h.store.Catalogue.ByAlias(name)
	if f == nil {
		f = h.store.Catalogue.ByID(name)
	}
	if f == nil || f.Internal {
		return nil
	}
	return f
}
