// Package release decides who may let through what the guard refused of a plan: the rule of the second person. Who asked,
// who changed what and who is an administrator is looked up by others; so is whether anything is applied.
package release

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Settling is how long a limit that was loosened is not in force yet, whoever changed the settings may not release
// what the guard refuses, and a role that was given or taken does not count yet. Otherwise one person could go round
// the second one: loosen the guard, or turn a rule, and apply what comes of it, at once or by the next run of the
// schedule; make somebody an administrator who releases it, or take the role of everybody else and be alone.
const Settling = 24 * time.Hour

// Administrator is an active admin or owner.
type Administrator struct{ ID, Name string }

// Reviewers is who may have a part in releasing a plan. Behind names the person behind an actor, also one who
// acts through a token: "" for a token that is gone, which could have been anybody's.
type Reviewers struct {
	Asker          string // the actor who asked for the plan
	Behind         map[string]string
	Administrators []Administrator
	Turns          []Turn // of the last 24 hours, oldest first
}

// Turn is somebody becoming an administrator, or ceasing to be one: by their role, or because they were deactivated.
type Turn struct {
	Administrator
	At     time.Time
	Gained bool
}

// Hand is a change of what a connection's plans follow from.
type Hand struct {
	Actor string
	At    time.Time
}

// Decision says who may let through what the guard refused of a plan.
type Decision struct {
	May   bool     // whoever asks
	Why   string   // why not, and what to do instead: one or two sentences; "" when May
	By    []string // names of all who may
	All   []string // names of all administrators, who may approve
	Alone bool     // there is no other administrator than whoever asks
	Later Later    // what helps where By is empty
	// Nobody says why nobody may, and what helps, for whoever looks on; "" where somebody may.
	Nobody string
}

// Later is who may release once, where nobody may now: from an instant on, or at once a plan that somebody else asked
// for (From is zero). Without names nothing helps but a new plan.
type Later struct {
	Names []string
	From  time.Time
}

// Decide is the rule: an administrator of more than 24 hours who neither asked for the plan nor changed the settings
// in that time, where there are or were two; whoever is the only one may do it alone (product, "Guard"; security §1.5).
func (r *Reviewers) Decide(actor string, hands []Hand, now time.Time, zone *time.Location) Decision {
	me, asker := r.Behind[actor], r.Behind[r.Asker]
	at := r.standing(hands, now)
	out := Decision{By: at.may()}
	others := len(at.former)
	for _, a := range r.Administrators {
		out.All = append(out.All, a.Name)
		if _, new := at.young[a.ID]; !new && a.ID != me {
			others++
		}
	}
	if len(out.By) == 0 {
		out.Later = r.later(hands, now)
		out.Nobody = out.Later.nobody(zone)
	}
	if out.Alone = others == 0; out.Alone || asker != "" && me != asker && at.clean(me) {
		out.May = true
		return out
	}
	out.Why = at.why(me, others, out, zone)
	return out
}

// standing is who may release at an instant, and what keeps the others from it.
type standing struct {
	*Reviewers
	changed map[string]time.Time // person → last change; "" for anybody
	young   map[string]time.Time // whose role is new → since when
	former  []Turn               // who had one until lately
}

func (r *Reviewers) standing(hands []Hand, now time.Time) standing {
	at := standing{Reviewers: r, changed: map[string]time.Time{}}
	for _, h := range hands {
		if who := r.Behind[h.Actor]; now.Sub(h.At) < Settling && h.At.After(at.changed[who]) {
			at.changed[who] = h.At
		}
	}
	at.young, at.former = r.turned(now)
	return at
}

// clean tells that neither a change nor a new role keeps somebody from it.
func (at standing) clean(id string) bool {
	_, did := at.changed[id]
	_, anybody := at.changed[""]
	_, new := at.young[id]
	return !did && !anybody && !new
}

// may names all who may release.
func (at standing) may() (names []string) {
	asker, count := at.Behind[at.Asker], len(at.former)+len(at.Administrators)-len(at.young)
	for _, a := range at.Administrators {
		if _, new := at.young[a.ID]; count == 1 && !new || asker != "" && a.ID != asker && at.clean(a.ID) {
			names = append(names, a.Name)
		}
	}
	return names
}

// why says why somebody may not, and what to do instead.
func (at standing) why(me string, others int, r Decision, zone *time.Location) string {
	asker := at.Behind[at.Asker]
	_, anybody := at.changed[""]
	_, new := at.young[me]
	var why string
	switch {
	case asker == "":
		return gone
	case new:
		why = "You have been an administrator only since " + moment(at.young[me], zone) + ", so one of more than a day has to release what the guard refused."
	case me == asker:
		why = "You asked for this plan yourself, so another administrator has to release what the guard refused."
	case anybody:
		why = "The settings were changed in the last 24 hours by an API token that is gone, so nobody knows by whom."
	default:
		why = "You changed the settings of this connection in the last 24 hours, so another administrator has to release what the guard refused."
	}
	switch {
	case others == len(at.former) && !new: // nobody else is left
		last := at.former[len(at.former)-1]
		return why + fmt.Sprintf(" %s was one until %s; you count as the only one from %s on.", last.Name, moment(last.At, zone), moment(last.At.Add(Settling), zone))
	case len(r.By) > 0:
		return why + " That can be " + either(r.By) + "."
	case r.Later.From.IsZero():
		return why + " Nobody else can right now: " + r.Later.helps(zone)
	}
	return why + " Nobody else can right now, because all of them changed the settings too, or got their role lately; " + r.Later.helps(zone)
}

const gone = "This plan was asked for by an API token that is gone, so nobody knows by whom. Make a new preview, and let another administrator release it."

// nobody says why nobody may release, and what helps; the mail about it says the same in its language.
func (l Later) nobody(zone *time.Location) string {
	if len(l.Names) == 0 {
		return gone
	}
	return "Every administrator asked for this plan, or changed the settings or got the role in the last 24 hours; " + l.helps(zone)
}

// helps goes on from why nobody may.
func (l Later) helps(zone *time.Location) string {
	names := either(l.Names)
	if l.From.IsZero() {
		return fmt.Sprintf("if somebody other than %s makes a new preview, %s can release that one.", names, names)
	}
	return fmt.Sprintf("%s can from %s on.", names, moment(l.From, zone))
}

func moment(t time.Time, zone *time.Location) string {
	return t.In(zone).Format("2 January, 15:04 MST")
}

// later looks ahead to the first instant at which somebody may, if nothing else happens until then. Who asked for the
// plan and could release another need not wait.
func (r *Reviewers) later(hands []Hand, now time.Time) Later {
	asker := r.Behind[r.Asker]
	if asker == "" || len(r.Administrators) == 0 {
		return Later{}
	}
	at := r.standing(hands, now)
	for _, a := range r.Administrators {
		if a.ID == asker && at.clean(a.ID) && len(r.Administrators) > 1 {
			return Later{Names: []string{a.Name}}
		}
	}
	var ends []time.Time
	for _, h := range hands {
		ends = append(ends, h.At.Add(Settling))
	}
	for _, t := range r.Turns {
		ends = append(ends, t.At.Add(Settling))
	}
	slices.SortFunc(ends, time.Time.Compare)
	for _, end := range ends {
		if names := r.standing(hands, end).may(); end.After(now) && len(names) > 0 {
			return Later{Names: names, From: end}
		}
	}
	return Later{}
}

// turned tells whose role is new, since when, and who had one until lately, the last of them at the end. Where nobody
// has been an administrator for 24 hours, as on the first day of an organisation, every role counts at once.
func (r *Reviewers) turned(now time.Time) (young map[string]time.Time, former []Turn) {
	first, last := map[string]Turn{}, map[string]Turn{}
	for _, t := range r.Turns {
		if now.Sub(t.At) >= Settling {
			continue
		}
		if _, again := first[t.ID]; !again {
			first[t.ID] = t
		}
		last[t.ID] = t
	}
	young = map[string]time.Time{}
	for _, a := range r.Administrators {
		if first[a.ID].Gained {
			young[a.ID] = last[a.ID].At
		}
		delete(last, a.ID)
	}
	for id, t := range last {
		if !first[id].Gained { // an administrator 24 hours ago
			former = append(former, t)
		}
	}
	slices.SortFunc(former, func(a, b Turn) int { return cmp.Or(a.At.Compare(b.At), strings.Compare(a.ID, b.ID)) })
	if len(young) == len(r.Administrators) && len(former) == 0 {
		clear(young)
	}
	return young, former
}

func either(names []string) string {
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " or " + names[n-1]
	}
	return strings.Join(names, "")
}
