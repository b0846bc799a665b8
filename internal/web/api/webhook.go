package api

import (
	"context"
	"net/http"

	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/hint"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// Hints is what the API asks of internal/hint.
type Hints interface {
	Status(ctx context.Context, id string) (hint.Status, error)
}

// webhookView is how BambooHR's webhook of a connection stands.
type webhookView struct {
	State     hint.State `json:"state" doc:"off: the settings do not ask for one; waiting: it is registered when automatic runs are on; registered; problem: it could not be registered."`
	Since     *string    `json:"registered_at"`
	Watched   []string   `json:"watched_fields" doc:"BambooHR fields whose changes are told."`
	Unwatched []string   `json:"unwatched_fields" doc:"Fields that a run reads and a webhook cannot watch: reads of everybody see them change."`
	Last      *string    `json:"last_delivery_at"`
	Today     int        `json:"deliveries_today" doc:"Days are those of UTC."`
	Refused   int        `json:"refused_today" doc:"Deliveries that were forged, late or unreadable."`
	Problem   *string    `json:"problem" doc:"What went wrong at the last attempt to register or delete it, in a sentence."`
}

// webhook is the view of a connection's webhook; nil where no webhooks are taken.
func (a *api) webhook(ctx context.Context, id string) (*webhookView, error) {
	if a.Hints == nil {
		return nil, nil
	}
	s, err := a.Hints.Status(ctx, id)
	if err != nil {
		return nil, err
	}
	return &webhookView{s.State, syncrun.Timestamp(s.Since), append([]string{}, s.Watched...), append([]string{}, s.Unwatched...),
		syncrun.Timestamp(s.Last), s.Today, s.Refused, syncrun.Optional(s.Problem)}, nil
}

// withWebhook is a connection with its webhook.
func (a *api) withWebhook(r *http.Request, d *connection.Detail) (connectionDetailView, error) {
	v, err := viewDetail(d)
	if err == nil {
		v.Webhook, err = a.webhook(r.Context(), d.ID)
	}
	return v, err
}
