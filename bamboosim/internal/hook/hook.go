// Package hook keeps webhooks and delivers their signed events on the simulator's clock, with BambooHR's retries.
// It leaves the endpoints that manage them to package endpoint.
package hook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rollcall-hr/rollcall/bamboosim/internal/company"
)

// Hooks keeps a company's webhooks and delivers their events, one after the other, in the background.
// It is safe for concurrent use.
type Hooks struct {
	store     *company.Store
	transport http.RoundTripper

	mu      sync.Mutex
	idle    *sync.Cond
	busy    bool
	list    []*Webhook
	lastID  int
	waiting []*delivery // by the instant they are due, then in order of arrival
}

// delivery is one event on its way to one webhook.
type delivery struct {
	hook      *Webhook
	due       time.Time
	tries     int
	body      []byte
	employees []string
	stamp     string // unix seconds of the event, kept by retries (assumed)
}

// New keeps the webhooks of a company; transport carries them.
func New(store *company.Store, transport http.RoundTripper) *Hooks {
	h := &Hooks{store: store, transport: transport}
	h.idle = sync.NewCond(&h.mu)
	return h
}

// retryAfter are the pauses before the five retries ([D] bamboohr-api §4).
func retryAfter(tries int) (time.Duration, bool) {
	pauses := []time.Duration{5, 10, 20, 40, 80}
	if tries > len(pauses) {
		return 0, false
	}
	return pauses[tries-1] * time.Minute, true
}

// Each runs do on every webhook, in order of creation, while nothing else touches them.
func (h *Hooks) Each(do func(*Webhook)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, w := range h.list {
		do(w)
	}
}

// Create adds a webhook.
func (h *Hooks) Create(b Body, owner string, now time.Time) *Webhook {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lastID++
	w := &Webhook{ID: h.lastID, Owner: owner, Created: now, key: webhookKey(h.store.Company.Subdomain, h.lastID), Body: b}
	h.list = append(h.list, w)
	return w
}

// Remove deletes a webhook and what is still to be delivered to it.
func (h *Hooks) Remove(w *Webhook) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list = slices.DeleteFunc(h.list, func(o *Webhook) bool { return o == w })
	h.waiting = slices.DeleteFunc(h.waiting, func(d *delivery) bool { return d.hook == w })
}

// Notice turns what happened into deliveries and starts delivering what is due.
func (h *Hooks) Notice() {
	changes := h.store.TakeChanges()
	now, _ := h.store.Clock()
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(changes) > 0 && len(h.list) > 0 {
		view, _ := h.store.Snapshot()
		for _, change := range changes {
			for _, w := range h.list {
				h.enqueue(w, change, view)
			}
		}
	}
	if !h.busy && len(h.waiting) > 0 && !h.waiting[0].due.After(now) {
		h.busy = true
		go h.deliver()
	}
}

// Wait returns when nothing that is due is left.
func (h *Hooks) Wait() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for h.busy {
		h.idle.Wait()
	}
}

// enqueue makes the deliveries of one change: a creation is told as created and as updated, an update only when a
// monitored field changed that the owner may read; created and deleted ask for no rights ([D] bamboohr-api §4).
func (h *Hooks) enqueue(w *Webhook, change company.Change, v *company.View) {
	var owner company.User
	for _, u := range h.store.Users() {
		if u.ID == w.Owner {
			owner = u
		}
	}
	if owner.Disabled { // [D]: the webhooks of a deactivated owner stop
		return
	}
	what := strings.ToLower(change.Action)
	if change.Action != company.Updated {
		h.add(w, what, change, nil, v)
	}
	if change.Action == company.Deleted {
		return
	}
	access := h.store.Access(owner)
	var changed []*company.Field
	for _, name := range w.MonitorFields {
		f := h.Field(name)
		if f != nil && access.Column(f) && (change.Action == company.Created || slices.Contains(change.Fields, f.Alias)) {
			changed = append(changed, f)
		}
	}
	if len(changed) > 0 {
		h.add(w, "updated", change, changed, v)
	}
}

func (h *Hooks) add(w *Webhook, what string, change company.Change, changed []*company.Field, v *company.View) {
	var body []byte
	switch {
	case slices.Contains(w.Events, WithFields+what):
		body = h.fieldPayload(w, what, change, changed, v)
	case slices.Contains(w.Events, BareEvents+what):
		body = h.eventPayload(w, what, change, changed)
	default:
		return
	}
	h.schedule(&delivery{hook: w, due: change.At, body: body, employees: []string{strconv.Itoa(change.ID)},
		stamp: strconv.FormatInt(change.At.Unix(), 10)})
}

func (h *Hooks) schedule(d *delivery) {
	i, _ := slices.BinarySearchFunc(h.waiting, d.due, func(o *delivery, due time.Time) int {
		if o.due.After(due) {
			return 1
		}
		return -1
	})
	h.waiting = slices.Insert(h.waiting, i, d)
}

const eventTime = "2006-01-02T15:04:05+0000"

// eventPayload is the newer kind: names of the changed fields, no values ([D] webhook-payload-events).
func (h *Hooks) eventPayload(w *Webhook, what string, change company.Change, changed []*company.Field) []byte {
	names := []string{}
	for _, f := range changed {
		names = append(names, f.Alias)
	}
	id, at := strconv.Itoa(change.ID), change.At.UTC().Format(eventTime)
	if w.Format == "form-encoded" {
		form := url.Values{"type": {BareEvents + what}, "timestamp": {at}, "data[companyId]": {"100001"}, "data[employeeId]": {id}}
		for i, name := range names {
			form.Set("data[changedFields]["+strconv.Itoa(i)+"]", name)
		}
		return []byte(form.Encode())
	}
	type data struct {
		CompanyID     string   `json:"companyId"`
		EmployeeID    string   `json:"employeeId"`
		ChangedFields []string `json:"changedFields"`
	}
	return Marshal(struct {
		Type      string `json:"type"`
		Timestamp string `json:"timestamp"`
		Data      data   `json:"data"`
	}{BareEvents + what, at, data{"100001", id, names}})
}

// fieldPayload carries values under the names the subscriber gave; creations and deletions carry none
// ([D] webhook-payload-fields-2026).
func (h *Hooks) fieldPayload(w *Webhook, what string, change company.Change, changed []*company.Field, v *company.View) []byte {
	action := strings.ToUpper(what[:1]) + what[1:]
	names, values := []string{}, map[string]string{}
	for _, f := range changed {
		name := f.Name
		for asked, external := range w.PostFields {
			if h.Field(asked) == f {
				name = external
			}
		}
		names = append(names, name)
	}
	if e, ok := v.Find(change.ID, new(company.Employee)); ok && what == "updated" {
		r := company.NewReader(v, true)
		r.Stand(e)
		for asked, external := range w.PostFields {
			values[external] = r.Value(h.Field(asked))
		}
	}
	id, at := strconv.Itoa(change.ID), change.At.UTC().Format(eventTime)
	if w.Format == "form-encoded" {
		prefix := "employees[" + id + "]"
		form := url.Values{prefix + "[action]": {action}, prefix + "[timestamp]": {at}}
		for i, name := range names {
			form.Set(prefix+"[changedFields]["+strconv.Itoa(i)+"]", name)
		}
		for name, value := range values {
			form.Set(prefix+"["+name+"]", value)
		}
		return []byte(form.Encode())
	}
	type employee struct {
		ID            string            `json:"id"`
		Action        string            `json:"action"`
		Timestamp     string            `json:"timestamp"`
		ChangedFields []string          `json:"changedFields"`
		Fields        map[string]string `json:"fields"`
	}
	return Marshal(struct {
		Employees []employee `json:"employees"`
	}{[]employee{{id, action, at, names, values}}})
}

// Marshal writes our own types as JSON, without the escapes that are only good inside HTML.
func Marshal(v any) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // none of them can fail
	}
	return bytes.TrimRight(buf.Bytes(), "\n")
}

// deliver sends what is due on the simulator's clock, in order, until nothing is.
func (h *Hooks) deliver() {
	for {
		now, _ := h.store.Clock()
		h.mu.Lock()
		if len(h.waiting) == 0 || h.waiting[0].due.After(now) {
			h.busy = false
			h.idle.Broadcast()
			h.mu.Unlock()
			return
		}
		d := h.waiting[0]
		h.waiting = h.waiting[1:]
		target := d.hook.Body
		h.mu.Unlock()
		status := h.send(d, target)
		h.mu.Lock()
		h.record(d, target, status)
		h.mu.Unlock()
	}
}

// record writes the log and plans the retry: a 2xx is done, a 4xx is never tried again ([D] bamboohr-api §4).
func (h *Hooks) record(d *delivery, target Body, status int) {
	d.tries++
	d.hook.lastSent = d.due
	at := d.due.UTC().Format(TimeFormat)
	entry := LogEntry{strconv.Itoa(d.hook.ID), target.URL, at, at, strconv.Itoa(status), target.Format, d.employees, d.due}
	if status/100 != 2 {
		entry.LastSuccess = "Webhook Not Found"
	}
	if len(d.hook.Log) >= 1000 {
		d.hook.Log = slices.Clone(d.hook.Log[500:])
	}
	d.hook.Log = append(d.hook.Log, entry)
	if pause, again := retryAfter(d.tries); again && status/100 != 2 && status/100 != 4 && slices.Contains(h.list, d.hook) {
		d.due = d.due.Add(pause)
		h.schedule(d)
	}
}

// sendTimeout is how long a receiver may take (assumed).
const sendTimeout = 10 * time.Second

// send tries once and returns the status, 0 for none.
func (h *Hooks) send(d *delivery, target Body) int {
	ctx, cancel := context.WithTimeout(context.Background(), sendTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target.URL, bytes.NewReader(d.body))
	if err != nil {
		return 0
	}
	kind := "application/json"
	if target.Format == "form-encoded" {
		kind = "application/x-www-form-urlencoded"
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("User-Agent", "BambooHR-WebHooks/1.0 (+https://www.bamboohr.com)")
	req.Header.Set("X-BambooHR-Timestamp", d.stamp)
	req.Header.Set("X-BambooHR-Signature", sign(d.hook.key, d.body, d.stamp))
	if target.IncludeDomain {
		req.Header.Set("Company-Domain", h.store.Company.Subdomain)
	}
	resp, err := h.transport.RoundTrip(req)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20)) // so that the connection can be used again
	return resp.StatusCode
}

// sign is the lower-case hex HMAC-SHA256 of body and timestamp under the key's characters ([R] webhook-signature-vector).
func sign(key string, body []byte, stamp string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write(body)
	mac.Write([]byte(stamp))
	return hex.EncodeToString(mac.Sum(nil))
}
