package bamboohr

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
)

// The events of a Webhook; the employee_with_fields kinds carry values and
// cannot be mixed with the others (bamboohr-api §4).
const (
	EventCreated           = "employee.created"
	EventUpdated           = "employee.updated"
	EventDeleted           = "employee.deleted"
	EventWithFieldsCreated = "employee_with_fields.created"
	EventWithFieldsUpdated = "employee_with_fields.updated"
	EventWithFieldsDeleted = "employee_with_fields.deleted"
)

// The headers of a delivery.
const (
	TimestampHeader = "X-BambooHR-Timestamp"
	SignatureHeader = "X-BambooHR-Signature"
)

// WebhookSettings is what a webhook is made from; an update replaces all of it.
type WebhookSettings struct {
	Name                 string            `json:"name"`
	URL                  string            `json:"url"`    // https
	Format               string            `json:"format"` // json or form-encoded
	Events               []string          `json:"events,omitempty"`
	MonitorFields        []string          `json:"monitorFields,omitempty"` // required with an updated event
	PostFields           map[string]string `json:"postFields,omitempty"`    // alias to the name it is sent under
	IncludeCompanyDomain bool              `json:"includeCompanyDomain"`
}

// Webhook is a webhook of the key's user. A list shows only ID, Name, URL,
// Created and LastSent.
type Webhook struct {
	ID       string
	Created  string // UTC, YYYY-MM-DD HH:MM:SS
	LastSent string // the same, "" for never
	WebhookSettings

	// PrivateKey signs the deliveries. It is given once, by CreateWebhook.
	PrivateKey string `json:"-"`
}

// String leaves out the private key.
func (w Webhook) String() string { return "webhook " + w.ID + " (" + w.Name + ")" }

// GoString is String.
func (w Webhook) GoString() string { return w.String() }

// webhookAnswer is a Webhook as it is sent: fields by id or alias, and lists
// where a map is empty.
type webhookAnswer struct {
	ID                   ID
	Name, URL, Format    string
	Created, LastSent    string
	Events               []string
	MonitorFields        keyed[ID]
	PostFields           keyed[ID]
	IncludeCompanyDomain YesNo
	PrivateKey           string
}

func (a webhookAnswer) webhook() Webhook {
	w := Webhook{
		ID: string(a.ID), Created: a.Created, LastSent: a.LastSent, PrivateKey: a.PrivateKey,
		WebhookSettings: WebhookSettings{
			Name: a.Name, URL: a.URL, Format: a.Format, Events: a.Events,
			IncludeCompanyDomain: bool(a.IncludeCompanyDomain),
		},
	}
	for _, f := range a.MonitorFields {
		w.MonitorFields = append(w.MonitorFields, string(f.value))
	}
	for _, f := range a.PostFields {
		if w.PostFields == nil {
			w.PostFields = map[string]string{}
		}
		w.PostFields[f.key] = string(f.value)
	}
	return w
}

// Webhooks lists the webhooks of the key's user.
func (c *Client) Webhooks(ctx context.Context) ([]Webhook, error) {
	answers, err := catalogue[webhookAnswer](ctx, c, "webhooks", "v1", "webhooks")
	out := make([]Webhook, len(answers))
	for i, a := range answers {
		out[i] = a.webhook()
	}
	return out, err
}

// Webhook reads one webhook, without its private key.
func (c *Client) Webhook(ctx context.Context, id string) (Webhook, error) {
	return c.webhook(ctx, c.get(nil, "v1", "webhooks", id))
}

// CreateWebhook makes a webhook and answers its private key, which cannot be
// read again. ErrForbidden names the fields that the key may not see.
func (c *Client) CreateWebhook(ctx context.Context, w WebhookSettings) (Webhook, error) {
	r, err := c.send(http.MethodPost, w, "v1", "webhooks")
	if err != nil {
		return Webhook{}, err
	}
	return c.webhook(ctx, r)
}

// refusedFields lists the fields that the refusal of a webhook names, by name and by id: which of the two was
// asked for is not said (bamboohr-api §4).
func refusedFields(text []byte) []string {
	type field struct {
		ID   ID
		Name string
	}
	var body struct {
		Errors []struct{ MonitorFields, UnknownFields []field }
	}
	if json.Unmarshal(text, &body) != nil {
		return nil
	}
	var out []string
	for _, e := range body.Errors {
		for _, f := range slices.Concat(e.MonitorFields, e.UnknownFields) {
			for _, name := range []string{f.Name, string(f.ID)} {
				if name != "" {
					out = append(out, name)
				}
			}
		}
	}
	return out
}

// UpdateWebhook replaces the settings of a webhook; its private key stays.
func (c *Client) UpdateWebhook(ctx context.Context, id string, w WebhookSettings) (Webhook, error) {
	r, err := c.send(http.MethodPut, w, "v1", "webhooks", id)
	if err != nil {
		return Webhook{}, err
	}
	return c.webhook(ctx, r)
}

func (c *Client) webhook(ctx context.Context, r call) (Webhook, error) {
	var answer webhookAnswer
	err := c.json(ctx, r, "{", &answer, func() error {
		if answer.ID == "" {
			return fault(ErrShape, "a webhook without an id")
		}
		if r.method == http.MethodPost && answer.PrivateKey == "" {
			return fault(ErrShape, "a new webhook without a private key")
		}
		return nil
	})
	if err != nil {
		return Webhook{}, err
	}
	return answer.webhook(), nil
}

// DeleteWebhook removes a webhook.
func (c *Client) DeleteWebhook(ctx context.Context, id string) error {
	return c.delete(ctx, "v1", "webhooks", id)
}

// Delivery is an entry of a webhook's log.
type Delivery struct {
	WebhookID     ID
	URL           string
	LastAttempted string // UTC, YYYY-MM-DD HH:MM:SS, or words such as "Webhook Not Found"
	LastSuccess   string // the same
	StatusCode    ID
	Format        string
	EmployeeIDs   []ID
}

// WebhookLog reads the deliveries of the last 14 days, at most 200. BambooHR
// limits how often it may be asked: ErrRateLimited.
func (c *Client) WebhookLog(ctx context.Context, id string) ([]Delivery, error) {
	var out []Delivery
	err := c.json(ctx, c.get(nil, "v1", "webhooks", id, "log"), "[", &out, nil)
	return out, err
}

// MonitorFields lists the fields that a webhook may watch.
func (c *Client) MonitorFields(ctx context.Context) ([]Field, error) {
	return catalogue[Field](ctx, c, "fields", "v1", "webhooks", "monitor_fields")
}

// VerifySignature tells whether a delivery was signed with a webhook's private
// key: lower-case hex HMAC-SHA256 over body and the timestamp header, keyed
// with the key as text (bamboohr-api §4). It takes the same time for every
// signature. Whether the timestamp is recent, and the delivery new, is for the
// caller to check.
func VerifySignature(key string, body []byte, timestamp, signature string) bool {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write(body)
	mac.Write([]byte(timestamp))
	want := hex.EncodeToString(mac.Sum(nil))
	return key != "" && hmac.Equal([]byte(want), []byte(signature))
}
