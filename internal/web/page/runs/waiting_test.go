package runs

import (
	"context"
	"strings"
	"testing"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/notify"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// TestWhyNobodyWasMailed: a plan that waits says why nobody was told, and leads whoever may change it to where that is
// set.
func TestWhyNobodyWasMailed(t *testing.T) {
	run := syncrun.Run{ID: "run_1", Outcome: syncrun.OutcomeRefused}
	preview := syncrun.Run{ID: "run_1", Outcome: syncrun.OutcomePreview}
	whole, one := syncrun.PlanInfo{ID: "plan_1"}, syncrun.PlanInfo{ID: "plan_1", Person: "ann@acme.test"}
	named := []connection.Recipient{{Email: "it@acme.test"}}
	web := connection.Summary{ID: "c_1", Origin: connection.FromWeb}
	with := func(origin connection.Origin, to []connection.Recipient, heard bool) connection.Summary {
		s := web
		s.Origin, s.Recipients, s.Heard = origin, to, heard
		return s
	}
	told := func(s notify.State) []toldLine { return []toldLine{{To: "it@acme.test", State: toldWord(s)}} }
	for name, c := range map[string]struct {
		mails, sends     bool
		told             []toldLine
		run              syncrun.Run
		info             syncrun.PlanInfo
		of               connection.Summary
		admin, adminHref string // a part of what an administrator reads, and where it leads
		operator         string // the same for an operator, who is led nowhere; "" for the same
	}{
		"no mails at all":             {false, true, nil, run, whole, web, "sends no mails", "", ""},
		"mailed":                      {true, true, told(notify.Sent), run, whole, web, "", "", ""},
		"no mail server":              {true, false, told(notify.Kept), run, whole, web, "sets smtp in its configuration file", "/outbox", ""},
		"the server refused":          {true, true, told(notify.GaveUp), run, whole, web, "The outbox says why", "/outbox", ""},
		"a preview":                   {true, true, nil, preview, whole, web, "A preview is mailed to nobody", "", ""},
		"a plan of one person":        {true, true, nil, run, one, web, "whoever made it looks at it", "", ""},
		"a run that is gone":          {true, true, nil, syncrun.Run{}, whole, web, "No address is named", "/connections/c_1/configuration#f-notify.errors", ""},
		"nobody is named":             {true, true, nil, run, whole, web, "No address is named", "/connections/c_1/configuration#f-notify.errors", "An administrator names one"},
		"nobody is named in the file": {true, true, nil, run, whole, with(connection.FromFile, nil, true), "operator’s configuration file is empty", "", ""},
		"nobody agreed":               {true, true, nil, run, whole, with(connection.FromWeb, named, false), "None of the named addresses has agreed", "/connections/c_1#recipients", "An administrator can ask them again"},
		"nobody can be asked":         {true, false, nil, run, whole, with(connection.FromWeb, named, false), "nobody can be asked", "", ""},
		"agreed since":                {true, true, nil, run, whole, with(connection.FromWeb, named, true), "learns of the next run", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := &pages{Deps{Sends: c.sends}}
			if c.mails {
				p.Mails = (*notify.Service)(nil)
			}
			d := connection.Detail{Summary: c.of}
			if got := p.mailing(c.told, &c.run, &c.info, &d, account.Viewer{Role: directory.RoleAdmin}); !strings.Contains(got.Text, c.admin) || (c.admin == "") != (got.Text == "") ||
				got.Href != c.adminHref || (got.Href == "") != (got.Link == "") {
				t.Errorf("an administrator reads %+v", got)
			}
			if c.operator == "" {
				c.operator = c.admin
			}
			if got := p.mailing(c.told, &c.run, &c.info, &d, account.Viewer{Role: directory.RoleOperator}); !strings.Contains(got.Text, c.operator) || got.Href != "" {
				t.Errorf("an operator reads %+v", got)
			}
		})
	}
}

// unnamed knows nobody's name.
type unnamed struct{ Views }

func (unnamed) Names(context.Context, []string) (map[string]string, error) { return nil, nil }

// TestWhoStartedARun is said once: the schedule and a webhook are nobody besides.
func TestWhoStartedARun(t *testing.T) {
	rows, err := (&pages{Deps{Views: unnamed{}}}).runRows(t.Context(), []syncrun.Run{{Trigger: syncrun.TriggerSchedule, Actor: "schedule"},
		{Trigger: syncrun.TriggerWebhook, Actor: "webhook"}, {Trigger: syncrun.TriggerManual, Actor: "cli:root"}})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"Schedule", "Webhook", "By hand root at the command line"} {
		if got := strings.TrimSpace(rows[i].Trigger + " " + rows[i].Actor); got != want {
			t.Errorf("started by %q, want %q", got, want)
		}
	}
}
