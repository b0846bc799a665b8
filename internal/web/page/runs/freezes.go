package runs

import (
	"context"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/web/words"
	"github.com/rollcall-hr/rollcall/plan"
)

// freezes are the freezes in force of a plan's connection.
func (p *pages) freezes(ctx context.Context, connectionID string) ([]directory.Freeze, error) {
	e, err := p.Connections.Engine(ctx, "", connectionID)
	if err != nil {
		return nil, err
	}
	return e.Freezes(ctx)
}

// frozen says that automatic runs are paused, and which freezes are on, while a plan can be applied or its changes
// be waited for.
func (p *pages) frozen(ctx context.Context, st *standing) ([]note, error) {
	if st.Stage == stageGone || st.Stage == stageFuture {
		return nil, nil
	}
	all, err := p.freezes(ctx, st.Connection.ID)
	var out []note
	if pause := st.Connection.Pause; pause != nil {
		text := "Automatic runs are paused until somebody resumes them"
		if !pause.Until.IsZero() {
			text = "Automatic runs are paused until " + pause.Until.In(st.Connection.Settings.Zones().Connection()).Format("2 Jan 2006, 15:04 MST")
		}
		out = append(out, note{Kind: "info", Text: text + ". What you apply by hand is applied all the same. Reason: " + sentence(pause.Reason),
			Href: "/connections/" + st.Connection.ID, Link: "Who paused them"})
	}
	for i := range all {
		f := &all[i]
		text := frozenWords(f.What) + ": frozen"
		if !f.Until.IsZero() {
			text += " until " + f.Until.In(st.Connection.Settings.Zones().Connection()).Format("2 Jan 2006, 15:04 MST")
		}
		out = append(out, note{Kind: "info", Text: text + ". Reason: " + sentence(f.Reason), Href: freezeAddress(&st.Connection, f.ID), Link: "What waits"})
	}
	return out, err
}

func freezeAddress(d *connection.Detail, id string) string {
	return "/connections/" + d.ID + "/freezes/" + id
}

// frozenSince tells a plan that knows nothing of a freeze in force, because it came later; "" for none.
func (p *pages) frozenSince(ctx context.Context, connectionID string, h *plan.Header) (string, error) {
	all, err := p.freezes(ctx, connectionID)
	for _, f := range all {
		if !slices.Contains(h.Freezes, f.ID) {
			return "This plan is stale: " + words.InSentence(frozenWords(f.What)) + " was frozen since it was made.", nil
		}
	}
	return "", err
}

// frozenWords lists what a freeze is about.
func frozenWords(what []string) string {
	names := make([]string, len(what))
	for i, w := range what {
		if names[i] = words.Field(directory.Field(w)); i > 0 {
			names[i] = words.InSentence(names[i])
		}
	}
	return strings.Join(names, ", ")
}

// frozenRows shows the value now and the one that waits.
func frozenRows(f *plan.Frozen) []fieldRow {
	if f == nil {
		return nil
	}
	return fieldRows(&plan.Change{Fields: []plan.FieldChange{f.Change}})
}
