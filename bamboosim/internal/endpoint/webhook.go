package endpoint

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/rollcall-hr/rollcall/bamboosim/internal/hook"
)

// webhookError is the error body of the webhook endpoints ([D] WebhookError).
func (c *call) webhookError(status int, text string, more map[string]any) {
	one := map[string]any{"error": text}
	for k, v := range more {
		one[k] = v
	}
	c.JSON(status, map[string]any{"errors": []any{one}})
}

// readWebhook checks a webhook's body ([D] create-webhook); false after it answered.
func (c *call) readWebhook() (b hook.Body, ok bool) {
	raw, ok := c.Read()
	if !ok {
		return b, false
	}
	var post struct {
		Fields json.RawMessage `json:"postFields"`
	}
	b.PostFields = map[string]string{}
	if json.Unmarshal(raw, &b) != nil || json.Unmarshal(raw, &post) != nil ||
		len(post.Fields) > 0 && post.Fields[0] == '{' && json.Unmarshal(post.Fields, &b.PostFields) != nil {
		c.webhookError(http.StatusBadRequest, "Invalid request body", map[string]any{"issues": []string{"malformed JSON"}})
		return b, false
	}
	if len(b.Events) == 0 {
		b.Events = []string{hook.WithFields + "updated", hook.WithFields + "deleted", hook.WithFields + "created"}
	}
	if issues := b.Issues(); len(issues) > 0 {
		c.webhookError(http.StatusBadRequest, "Invalid request body", map[string]any{"issues": issues})
		return b, false
	}
	return b, c.webhookFields(b)
}

// webhookFields refuses fields that are unknown or not readable, naming them ([D] 403).
func (c *call) webhookFields(b hook.Body) bool {
	type field struct {
		ID   any    `json:"id"`
		Name string `json:"name"`
	}
	bad := map[string]any{}
	check := func(list string, names []string) {
		for _, name := range names {
			f := c.Hooks.Field(name)
			switch {
			case f == nil:
				unknown, _ := bad["unknownFields"].([]field)
				bad["unknownFields"] = append(unknown, field{nil, name})
			case !c.Access.Column(f):
				denied, _ := bad[list].([]field)
				bad[list] = append(denied, field{fieldID(f.ID), name})
			}
		}
	}
	check("monitorFields", b.MonitorFields)
	names := make([]string, 0, len(b.PostFields))
	for name := range b.PostFields {
		names = append(names, name)
	}
	slices.Sort(names)
	check("postFields", names)
	if len(bad) > 0 {
		c.webhookError(http.StatusForbidden, "Permission denied to the following fields", bad)
	}
	return len(bad) == 0
}

func (c *call) listWebhooks() {
	list := []any{}
	c.Hooks.Each(func(h *hook.Webhook) {
		if h.Owner == c.User.ID {
			list = append(list, map[string]any{"id": strconv.Itoa(h.ID), "name": h.Name, "created": h.Created.UTC().Format(hook.TimeFormat),
				"lastSent": h.Sent(), "url": h.URL})
		}
	})
	c.JSON(http.StatusOK, map[string]any{"webhooks": list})
}

func (c *call) createWebhook() {
	b, ok := c.readWebhook()
	if !ok {
		return
	}
	h := c.Hooks.Create(b, c.User.ID, c.Now())
	c.JSON(http.StatusCreated, h.View(true))
}

// ownWebhook runs do on the webhook of the path, locked; it answers 404 or 403 for others ([D]).
func (c *call) ownWebhook(do func(h *hook.Webhook) any) {
	var answer any
	found, mine := false, false
	c.Hooks.Each(func(h *hook.Webhook) {
		if strconv.Itoa(h.ID) == c.Args["id"] {
			found, mine = true, h.Owner == c.User.ID
			if mine {
				answer = do(h)
			}
		}
	})
	switch {
	case !found:
		c.webhookError(http.StatusNotFound, "No webhook was found with ID: "+c.Args["id"]+".", nil)
	case !mine:
		c.webhookError(http.StatusForbidden, "You do not have access to webhook ID: "+c.Args["id"], nil)
	case answer != nil:
		c.JSON(http.StatusOK, answer)
	default:
		c.Text(http.StatusOK, "text/html; charset=UTF-8", []byte("Web hook has been deleted.")) // [R] webhook-delete
	}
}

func (c *call) getWebhook() { c.ownWebhook(func(h *hook.Webhook) any { return h.View(false) }) }

// updateWebhook replaces everything but the key ([D]).
func (c *call) updateWebhook() {
	b, ok := c.readWebhook()
	if !ok {
		return
	}
	c.ownWebhook(func(h *hook.Webhook) any { h.Body = b; return h.View(false) })
}

func (c *call) deleteWebhook() {
	var gone *hook.Webhook
	c.ownWebhook(func(h *hook.Webhook) any { gone = h; return nil })
	if gone != nil {
		c.Hooks.Remove(gone)
	}
}

func (c *call) webhookLog() {
	from := c.Now().Add(-14 * 24 * time.Hour)
	c.ownWebhook(func(h *hook.Webhook) any {
		entries := slices.DeleteFunc(slices.Clone(h.Log), func(e hook.LogEntry) bool { return e.At.Before(from) })
		return append([]hook.LogEntry{}, entries[max(0, len(entries)-200):]...)
	})
}

// monitorFields are the fields a webhook may watch ([D] list-monitor-fields).
func (c *call) monitorFields() {
	type field struct {
		ID    string  `json:"id"`
		Name  string  `json:"name"`
		Alias *string `json:"alias"`
	}
	fields := []field{}
	for _, f := range c.listedFields() {
		if c.Access.Column(f) && !f.Internal {
			fields = append(fields, field{f.ID, f.Name, &f.Alias})
		}
	}
	c.JSON(http.StatusOK, map[string]any{"fields": fields})
}

// postFields are the fields a webhook may carry; pages and tables are assumed ([D] get-post-fields has the shape).
func (c *call) postFields() {
	type field struct {
		ID      int     `json:"id"`
		Alias   *string `json:"alias"`
		Name    string  `json:"name"`
		Type    *string `json:"type"`
		PageID  int     `json:"pageId"`
		TableID *int    `json:"tableId"`
	}
	type named struct {
		ID   int    `json:"id"`
		Name string `json:"name"`
	}
	fields := []field{}
	for _, f := range c.listedFields() {
		if id, err := strconv.Atoi(f.ID); err == nil && c.Access.Column(f) && !f.Internal {
			fields = append(fields, field{id, &f.Alias, f.Name, &f.Type, 1, nil})
		}
	}
	c.JSON(http.StatusOK, map[string]any{"fields": fields, "tables": []named{}, "pages": []named{{1, "Personal"}}})
}
