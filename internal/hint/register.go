package hint

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/bamboohr"
	"github.com/rollcall-hr/rollcall/internal/connection"
)

const (
	// checkEvery is how long BambooHR is believed to have a webhook that it was seen to have.
	checkEvery = 24 * time.Hour
	// claim is longer than all questions of one attempt may take.
	claim = 5 * time.Minute
	// pruneEvery is how often deliveries are forgotten that would not be taken any more.
	pruneEvery = 10 * time.Minute
	// leave is how long the deletion of a connection waits for BambooHR.
	leave = 10 * time.Second
)

// noAddress is what keeps webhooks from being registered where BambooHR cannot reach this server.
const noAddress = "It cannot be registered: BambooHR delivers only to an https address. Start Rollcall with --url and the https address under which the internet reaches it, or switch this off and look for changes at intervals."

// Register makes BambooHR's webhooks what the settings ask for, connection by connection: it creates, changes and
// deletes them, and looks once a day whether BambooHR still has them. What goes wrong is kept for the screens
// and tried again later; it changes nothing else of a connection.
func (s *Service) Register(ctx context.Context) error {
	s.registering.Lock()
	defer s.registering.Unlock()
	wanted, broken := s.o.Connections.Webhooks(ctx)
	hooks, err := s.o.Store.Hooks(ctx)
	if err != nil {
		return errors.Join(broken, err)
	}
	errs := []error{broken}
	for _, w := range wanted {
		if _, do := s.task(w, hookOf(hooks, w.ID)); do != nil {
			errs = append(errs, s.claimed(ctx, w))
		}
	}
	if now := s.o.Now(); now.Sub(s.pruned) >= pruneEvery || now.Before(s.pruned) {
		s.pruned = now
		errs = append(errs, s.o.Store.Prune(ctx, s.o.RunNow().Add(-oldest)))
	}
	return errors.Join(errs...)
}

func hookOf(hooks []Hook, connection string) Hook {
	i := slices.IndexFunc(hooks, func(h Hook) bool { return h.Connection == connection })
	if i < 0 {
		return Hook{Connection: connection}
	}
	return hooks[i]
}

// goal is the webhook that settings ask for, but for what BambooHR lets it watch.
type goal struct {
	connection.Webhook
	url string
}

func (g goal) owner() string { return g.Base + " " + g.Company + " " + g.Key }

func (g goal) spec() string {
	return strings.Join([]string{g.url, "Rollcall – " + g.Name, strings.Join(g.Fields, ",")}, "\n")
}

func (g goal) settings(fields []string) bamboohr.WebhookSettings {
	w := bamboohr.WebhookSettings{Name: "Rollcall – " + g.Name, URL: g.url, Format: "json", IncludeCompanyDomain: true, MonitorFields: fields,
		Events: []string{bamboohr.EventCreated, bamboohr.EventUpdated, bamboohr.EventDeleted}}
	if len(fields) == 0 { // an update without a field to watch is refused
		w.Events = []string{bamboohr.EventCreated, bamboohr.EventDeleted}
	}
	return w
}

// task is what has to be done about a connection's webhook now; nil: nothing.
func (s *Service) task(w connection.Webhook, h Hook) (goal, func(context.Context, goal, *Hook) error) {
	g, now := goal{w, s.address(w)}, s.o.Now()
	tried := g.owner() + "\n" + g.spec()
	rest := now.Before(h.NextAt) && h.Tried == tried
	switch {
	case !w.On && h.ID == "" && h.Problem == "", rest && w.On:
		return g, nil
	case !w.On && h.ID == "":
		return g, func(_ context.Context, _ goal, h *Hook) error { h.Problem = ""; return nil }
	case !w.On && now.Before(h.NextAt) && h.Tried == takenAway:
		return g, nil
	case !w.On:
		return g, s.remove
	case g.url == "" && (h.ID != "" || h.Problem == noAddress):
		return g, nil
	case g.url == "":
		return g, func(_ context.Context, _ goal, h *Hook) error { h.Problem = noAddress; return nil }
	case h.ID == "", h.Owner != g.owner(), h.Spec != g.spec(), now.Sub(h.Checked) >= checkEvery, now.Before(h.Checked):
		return g, s.ensure
	}
	return g, nil
}

// takenAway is the Tried of a webhook that is to be deleted.
const takenAway = "delete"

// address is where BambooHR delivers for a connection, "" when it cannot: https, or plain on one machine with a
// simulator.
func (s *Service) address(w connection.Webhook) string {
	base := s.o.Base()
	if base == nil || base.Scheme != "https" && !(local(base) && localText(w.Base)) {
		return ""
	}
	return base.JoinPath("webhooks", "bamboohr", w.ID).String()
}

func localText(address string) bool {
	u, err := url.Parse(address)
	return err == nil && address != "" && local(u)
}

func local(u *url.URL) bool {
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
}

// claimed does what has to be done for one connection, unless another process is at it, and keeps what came of it.
func (s *Service) claimed(ctx context.Context, w connection.Webhook) error {
	now := s.o.Now()
	mine, err := s.o.Store.Claim(ctx, w.ID, now, now.Add(claim))
	if err != nil || !mine {
		return err
	}
	hooks, err := s.o.Store.Hooks(ctx) // another process may just have done it
	if err != nil {
		return err
	}
	h := hookOf(hooks, w.ID)
	before := h.ID
	g, do := s.task(w, h)
	if do != nil {
		s.settle(g, &h, do(ctx, g, &h))
	}
	if ctx.Err() != nil && h.ID == before { // a stopping program has learned nothing
		h = hookOf(hooks, w.ID)
	}
	keep := context.WithoutCancel(ctx)
	err = s.o.Store.Save(keep, h)
	s.keys.forget()
	if err == nil && h.ID != "" && h.ID != before { // nobody told what changed before it was there
		err = s.o.Store.Keep(keep, s.o.Now(), []*Delivery{{Connection: w.ID}}, s.today(), nil)
	}
	return err
}

// settle keeps how an attempt went.
func (s *Service) settle(g goal, h *Hook, err error) {
	if err == nil {
		h.Tries, h.NextAt = 0, time.Time{}
		return
	}
	h.Tried = g.owner() + "\n" + g.spec()
	what := "The webhook could not be registered at BambooHR: "
	if !g.On {
		h.Tried, what = takenAway, "The webhook could not be deleted at BambooHR: "
	}
	h.Problem = what + strings.TrimSuffix(err.Error(), ".") + "."
	wait := []time.Duration{time.Minute, 5 * time.Minute, 20 * time.Minute, time.Hour, 6 * time.Hour}[min(h.Tries, 4)]
	if errors.Is(err, bamboohr.ErrUnauthorized) || errors.Is(err, bamboohr.ErrForbidden) {
		wait = 6 * time.Hour // wrong keys lock an account out (bamboohr-api §1.2)
	}
	if e, ok := errors.AsType[*bamboohr.Error](err); ok {
		wait = max(wait, min(e.RetryAfter, checkEvery))
	}
	h.Tries, h.NextAt = h.Tries+1, s.o.Now().Add(wait)
}

// gone tells that BambooHR has no such webhook, or that it is somebody else's: one that was made with another key.
func gone(err error) bool {
	return errors.Is(err, bamboohr.ErrNotFound) || errors.Is(err, bamboohr.ErrForbidden)
}

// ensure makes BambooHR have the webhook.
func (s *Service) ensure(ctx context.Context, g goal, h *Hook) error {
	c, err := s.o.Connections.Client(ctx, g.ID)
	if err != nil {
		return err
	}
	defer c.Close()
	can, err := c.MonitorFields(ctx)
	if err != nil {
		return fmt.Errorf("ask which fields a webhook may watch: %w", err)
	}
	fields, leftOut := watch(g.Fields, can)
	if h.ID != "" && sameCompany(h.Owner, g.owner()) {
		has, err := c.Webhook(ctx, h.ID)
		switch {
		case gone(err):
			h.ID = ""
		case err != nil:
			return fmt.Errorf("ask for the webhook: %w", err)
		case has.Name == "Rollcall – "+g.Name && has.URL == g.url && sameSet(has.MonitorFields, fields) && h.Spec == g.spec():
			h.made(g, s.o, h.ID, fields, leftOut)
			return nil
		}
	} else {
		h.ID = "" // the other company's stays there; nothing that it signs is taken
	}
	if h.ID != "" {
		_, fields, leftOut, err = allowed(fields, leftOut, func(fields []string) (bamboohr.Webhook, error) {
			return c.UpdateWebhook(ctx, h.ID, g.settings(fields))
		})
		if errors.Is(err, bamboohr.ErrNotFound) {
			h.ID = ""
		}
		if err != nil {
			return err
		}
		h.made(g, s.o, h.ID, fields, leftOut)
		return nil
	}
	h.Sealed = ""
	if err := clear(ctx, c, g.url); err != nil {
		return err
	}
	made, fields, leftOut, err := allowed(fields, leftOut, func(fields []string) (bamboohr.Webhook, error) {
		return c.CreateWebhook(ctx, g.settings(fields))
	})
	if err != nil {
		return err
	}
	if h.Sealed, err = s.o.Sealer.Seal([]byte(made.PrivateKey), g.ID); err != nil {
		return fmt.Errorf("seal the webhook's key: %w", err)
	}
	h.Since = s.o.RunNow()
	h.made(g, s.o, made.ID, fields, leftOut)
	return nil
}

// made keeps what BambooHR has now.
func (h *Hook) made(g goal, o Options, id string, fields, leftOut []string) {
	h.ID, h.Owner, h.Spec, h.Fields, h.LeftOut, h.Checked, h.Problem = id, g.owner(), g.spec(), fields, leftOut, o.Now(), ""
}

// sameCompany compares owners but for their keys.
func sameCompany(a, b string) bool {
	return a[:max(0, strings.LastIndexByte(a, ' '))] == b[:max(0, strings.LastIndexByte(b, ' '))]
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// clear deletes webhooks that lead here: an attempt whose answer was lost left them behind, and nobody knows their
// keys.
func clear(ctx context.Context, c *bamboohr.Client, address string) error {
	have, err := c.Webhooks(ctx)
	if err != nil {
		return fmt.Errorf("list the webhooks: %w", err)
	}
	for _, w := range have {
		if w.URL != address {
			continue
		}
		if err := c.DeleteWebhook(ctx, w.ID); err != nil && !gone(err) {
			return fmt.Errorf("delete a webhook that was left behind: %w", err)
		}
	}
	return nil
}

// allowed does something with the fields to watch, and once more without those that the key may not see.
func allowed(fields, leftOut []string, do func([]string) (bamboohr.Webhook, error)) (bamboohr.Webhook, []string, []string, error) {
	w, err := do(fields)
	e, ok := errors.AsType[*bamboohr.Error](err)
	if !ok || !errors.Is(err, bamboohr.ErrForbidden) {
		return w, fields, leftOut, err
	}
	var kept, refused []string
	for _, f := range fields {
		if slices.Contains(e.Fields, f) {
			refused = append(refused, f)
		} else {
			kept = append(kept, f)
		}
	}
	if len(refused) == 0 {
		return w, fields, leftOut, err
	}
	w, err = do(kept)
	return w, kept, slices.Sorted(slices.Values(slices.Concat(leftOut, refused))), err
}

// watch chooses, of the fields that a run reads, those that a webhook may watch, under the names that BambooHR
// gave them, and tells the others. The id never changes.
func watch(read []string, can []bamboohr.Field) (fields, leftOut []string) {
	known := func(name string) string {
		name, byName := strings.CutPrefix(name, "name:")
		for _, f := range can {
			alias := f.Alias
			if alias == "" {
				alias = string(f.ID)
			}
			if byName && strings.EqualFold(f.Name, name) || !byName && alias == name {
				return alias
			}
		}
		return ""
	}
	for _, name := range read {
		if name == "id" {
			continue
		}
		found := known(name)
		if strings.HasPrefix(name, "supervisor") && found == "" { // one fact under many names
			if found = known("supervisor"); found == "" {
				found = known("reportsTo")
			}
		}
		switch {
		case found == "":
			leftOut = append(leftOut, name)
		case !slices.Contains(fields, found):
			fields = append(fields, found)
		}
	}
	return fields, leftOut
}

// remove deletes the webhook.
func (s *Service) remove(ctx context.Context, g goal, h *Hook) error {
	if h.Owner == g.owner() { // with another key, or at another company, it can no longer be reached
		c, err := s.o.Connections.Client(ctx, g.ID)
		if err != nil {
			return err
		}
		defer c.Close()
		if err := c.DeleteWebhook(ctx, h.ID); err != nil && !gone(err) {
			return err
		}
	}
	*h = Hook{Connection: h.Connection}
	return nil
}

// Leaving deletes the webhook of a connection that is about to be deleted, as far as BambooHR answers; one that
// stays there signs with a key that nobody knows any more.
func (s *Service) Leaving(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(ctx, leave)
	defer cancel()
	err := func() error {
		hooks, err := s.o.Store.Hooks(ctx)
		h := hookOf(hooks, id)
		if err != nil || h.ID == "" {
			return err
		}
		c, err := s.o.Connections.Client(ctx, id)
		if err != nil {
			return err
		}
		defer c.Close()
		if err := c.DeleteWebhook(ctx, h.ID); err != nil && !gone(err) {
			return err
		}
		return s.o.Store.Save(ctx, Hook{Connection: id}) // made again should the connection stay after all
	}()
	s.keys.forget()
	if err != nil {
		s.o.Log.Warn("the webhook of a deleted connection may still be at BambooHR; delete it there", "connection", id, "error", err)
	}
}
