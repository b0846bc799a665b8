package form

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/policy"
)

// ConfigFields are the fields of the configuration form in their order, named like the settings' places.
func ConfigFields() []string {
	fields := []string{"name", "bamboohr.subdomain", "time_zone", "location_time_zones",
		"schedule", "schedule.every", "schedule.daily", "schedule.weekly", "schedule.cron", "changes.every", "changes.webhook",
		"notify.errors", "notify.welcome", "notify.digest", "pictures", "departments", "teams", "approval", "bamboohr.reader"}
	for _, l := range GuardLimits() {
		fields = append(fields, l.Place()+".people", l.Place()+".percent")
		if l.Refuses {
			fields = append(fields, l.Place()+".refuse_percent")
		}
		fields = append(fields, l.Place())
	}
	return append(fields, "guard.new_departments", "guard.id_churn_percent", "guard.window", "plan_expires")
}

// GuardLimit is a limit of the guard with its words.
type GuardLimit struct {
	key, Title string
	Refuses    bool // has a share above which a plan is refused
}

// Place is where the limit stands in settings.
func (l GuardLimit) Place() string { return "guard." + l.key }

// GuardLimits lists them in the order of the form.
func GuardLimits() []GuardLimit {
	return []GuardLimit{{"deactivate", "Deactivations", true}, {"move_email", "Changed e-mail addresses", false}, {"blank", "Emptied values of one field", false}}
}

// ConfigValues writes settings as the form shows them.
func ConfigValues(c policy.Connection) url.Values {
	v := url.Values{}
	v.Set("name", c.Name)
	v.Set("bamboohr.subdomain", c.BambooHR.Subdomain)
	v.Set("bamboohr.reader", string(c.BambooHR.Reader))
	v.Set("time_zone", c.TimeZone)
	for _, location := range slices.Sorted(maps.Keys(c.LocationZones)) {
		v.Add("zones.location", location)
		v.Add("zones.zone", c.LocationZones[location])
	}
	scheduleValues(c.Schedule, v)
	v.Set("changes.every", minutes(c.Changes.Every))
	if c.Changes.Webhook {
		v.Set("changes.webhook", "on")
	}
	v.Set("notify.errors", strings.Join(c.Notify.Errors, "\n"))
	v.Set("notify.welcome", string(c.Notify.Welcome))
	v.Set("notify.digest", string(c.Notify.Digest))
	if c.Pictures {
		v.Set("pictures", "on")
	}
	v.Set("departments", string(c.Departments))
	v.Set("teams", string(c.Teams))
	v.Set("approval", string(c.Approval))
	for key, l := range map[string]policy.Limit{"deactivate": c.Guard.Deactivate, "move_email": c.Guard.MoveEmail, "blank": c.Guard.Blank} {
		v.Set("guard."+key+".people", strconv.Itoa(l.People))
		v.Set("guard."+key+".percent", number(l.Percent))
		v.Set("guard."+key+".refuse_percent", number(l.RefusePercent))
	}
	v.Set("guard.new_departments", strconv.Itoa(c.Guard.NewDepartments))
	v.Set("guard.id_churn_percent", number(c.Guard.IDChurnPercent))
	v.Set("guard.window", hours(c.Guard.Window))
	v.Set("plan_expires", hours(c.PlanExpires))
	return v
}

func scheduleValues(s policy.Schedule, v url.Values) {
	v.Set("schedule.daily", "03:00")
	v.Set("schedule.weekday", "mon")
	v.Set("schedule.weekly_at", "03:00")
	switch {
	case s.Cron != "":
		v.Set("schedule", "cron")
		v.Set("schedule.cron", s.Cron)
	case s.Every > 0:
		v.Set("schedule", "every")
		v.Set("schedule.every", hours(s.Every))
	case s.Weekly != "":
		day, at, _ := strings.Cut(s.Weekly, " ")
		v.Set("schedule", "weekly")
		v.Set("schedule.weekday", day)
		v.Set("schedule.weekly_at", at)
	default:
		v.Set("schedule", "daily")
		v.Set("schedule.daily", s.Daily)
	}
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// hours writes a duration as a bare number of hours where it is one.
func hours(d time.Duration) string {
	switch {
	case d%time.Hour == 0:
		return strconv.Itoa(int(d / time.Hour))
	case d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return d.String()
}

// minutes writes a duration as a bare number of minutes where it is one, "" for none.
func minutes(d time.Duration) string {
	switch {
	case d == 0:
		return ""
	case d%time.Minute == 0:
		return strconv.Itoa(int(d / time.Minute))
	}
	return d.String()
}

// changesPatch reads a bare number as minutes, and nothing as never.
func changesPatch(v url.Values) Document {
	every := v.Get("changes.every")
	if _, err := strconv.ParseFloat(every, 64); err == nil {
		every += "m"
	}
	if every == "" || every == "0m" {
		every = "off"
	}
	return Document{"every": every, "webhook": Yes(v.Get("changes.webhook"))}
}

// span gives a bare number the unit hours.
func span(s string) string {
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return s + "h"
	}
	return s
}

// ConfigPatch turns the form into a patch of settings. A part of the form that was not sent stays as it is.
func ConfigPatch(v url.Values) Document {
	guard := Document{"new_departments": whole(v.Get("guard.new_departments")), "id_churn_percent": percent(v.Get("guard.id_churn_percent")),
		"window": span(v.Get("guard.window"))}
	for _, l := range GuardLimits() {
		limit := Document{"people": whole(v.Get(l.Place() + ".people")), "percent": percent(v.Get(l.Place() + ".percent"))}
		if l.Refuses {
			limit["refuse_percent"] = percent(v.Get(l.Place() + ".refuse_percent"))
		}
		guard[l.key] = limit
	}
	out := Document{
		"name":                v.Get("name"),
		"bamboohr":            Document{"subdomain": v.Get("bamboohr.subdomain"), "reader": v.Get("bamboohr.reader")},
		"location_time_zones": zonesPatch(v),
		"notify":              Document{"errors": Lines(v.Get("notify.errors")), "welcome": v.Get("notify.welcome"), "digest": v.Get("notify.digest")},
		"pictures":            Yes(v.Get("pictures")),
		"departments":         v.Get("departments"),
		"teams":               v.Get("teams"),
		"approval":            v.Get("approval"),
		"guard":               guard,
		"plan_expires":        span(v.Get("plan_expires")),
	}
	maps.Copy(out, SchedulePatch(v))
	if v.Has("changes.every") {
		out["changes"] = changesPatch(v)
	}
	return out
}

// SchedulePatch is the part of the form that decides when runs start.
func SchedulePatch(v url.Values) Document {
	kind, at := v.Get("schedule"), ""
	switch kind {
	case "every":
		at = span(v.Get("schedule.every"))
	case "weekly":
		at = v.Get("schedule.weekday") + " " + v.Get("schedule.weekly_at")
	case "daily", "cron":
		at = v.Get("schedule." + kind)
	default:
		return Document{"time_zone": v.Get("time_zone"), "schedule": Document{}}
	}
	return Document{"time_zone": v.Get("time_zone"), "schedule": Document{kind: at}}
}

// zonesPatch pairs locations with their zones; a row without a location says nothing.
func zonesPatch(v url.Values) Document {
	out := Document{}
	zones := v["zones.zone"]
	for i, location := range v["zones.location"] {
		if location != "" && i < len(zones) {
			out[location] = zones[i]
		}
	}
	return out
}

// At is the i-th of values, "" beyond them.
func At(values []string, i int) string {
	if i < len(values) {
		return values[i]
	}
	return ""
}
