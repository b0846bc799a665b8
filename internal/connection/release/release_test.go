package release

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestRolesCountADayLater: who became an administrator in the last 24 hours releases nothing yet, and who ceased to be
// one still counts as the second; nobody is made a second or the only one for the occasion.
func TestRolesCountADayLater(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	person := func(id string) Administrator { return Administrator{id, strings.ToUpper(id[:1]) + id[1:]} }
	turn := func(id string, hours int, gained bool) Turn {
		return Turn{person(id), now.Add(-time.Duration(hours) * time.Hour), gained}
	}
	for name, c := range map[string]struct {
		admins string
		asker  string
		turns  []Turn
		may    string // who of the administrators may
		why    string // to ann, a part of it; "" when she may
	}{
		"the only one makes a second":       {"ann ben", "ann", []Turn{turn("ben", 1, true)}, "ann", ""},
		"one of two makes a third":          {"ann ben cy", "ann", []Turn{turn("cy", 1, true)}, "ben", "You asked for this plan yourself, so another administrator has to release what the guard refused. That can be Ben."},
		"a day later":                       {"ann ben cy", "ann", []Turn{turn("cy", 24, true)}, "ben cy", "That can be Ben or Cy."},
		"she is new herself":                {"ann ben", "schedule", []Turn{turn("ann", 2, true)}, "ben", "You have been an administrator only since 21 November, 10:00 UTC, so one of more than a day has to release what the guard refused. That can be Ben."},
		"she is new, he asked":              {"ann ben cy", "ben", []Turn{turn("ann", 2, true)}, "cy", "That can be Cy."},
		"she is new, he is the only one":    {"ann ben", "ben", []Turn{turn("ann", 2, true)}, "ben", "That can be Ben."},
		"taken away and given back":         {"ann ben", "ann", []Turn{turn("ben", 3, false), turn("ben", 2, true)}, "ben", "You asked for this plan yourself"},
		"everybody is new":                  {"ann ben", "ann", []Turn{turn("ann", 3, true), turn("ben", 2, true)}, "ben", "You asked for this plan yourself"},
		"a new organisation, the schedule":  {"ann ben", "schedule", []Turn{turn("ann", 3, true), turn("ben", 2, true)}, "ann ben", ""},
		"the second one is gone":            {"ann", "ann", []Turn{turn("ben", 2, false)}, "", "You asked for this plan yourself, so another administrator has to release what the guard refused. Ben was one until 21 November, 10:00 UTC; you count as the only one from 22 November, 10:00 UTC on."},
		"the second one is long gone":       {"ann", "ann", []Turn{turn("ben", 24, false)}, "ann", ""},
		"the second is gone, not her plan":  {"ann", "schedule", []Turn{turn("ben", 2, false)}, "ann", ""},
		"one of three is gone":              {"ann cy", "ann", []Turn{turn("ben", 2, false)}, "cy", "That can be Cy."},
		"was one for an hour":               {"ann", "ann", []Turn{turn("ben", 2, true), turn("ben", 1, false)}, "ann", ""},
		"two are gone":                      {"ann", "ann", []Turn{turn("cy", 5, false), turn("ben", 2, false)}, "", "Ben was one until 21 November, 10:00 UTC"},
		"handed over":                       {"ann", "schedule", []Turn{turn("ann", 3, true), turn("ben", 2, false)}, "", "Ann can from 22 November, 09:00 UTC on."},
		"taken away and given for the plan": {"ann cy", "ann", []Turn{turn("ben", 2, false), turn("cy", 1, true)}, "", "Ben was one until"},
	} {
		t.Run(name, func(t *testing.T) {
			r := Reviewers{Asker: c.asker, Turns: c.turns, Behind: map[string]string{"ann": "ann", "ben": "ben", "cy": "cy", "schedule": "schedule"}}
			for _, id := range strings.Fields(c.admins) {
				r.Administrators = append(r.Administrators, person(id))
			}
			var may []string
			for _, a := range r.Administrators {
				got := r.Decide(a.ID, nil, now, time.UTC)
				if got.May {
					may = append(may, a.ID)
				} else if got.Why == "" {
					t.Errorf("%s may not, and is not told why", a.ID)
				}
				if named := strings.ToLower(strings.Join(got.By, " ")); named != c.may {
					t.Errorf("%q are named, want %q", named, c.may)
				}
				if len(got.All) != len(r.Administrators) {
					t.Errorf("%q may approve, want all", got.All)
				}
				looksAhead(t, &r, nil, now)
			}
			if got := strings.Join(may, " "); got != c.may {
				t.Errorf("%q may release, want %q", got, c.may)
			}
			if ann := r.Decide("ann", nil, now, time.UTC); !strings.Contains(ann.Why, c.why) || c.why == "" && ann.Why != "" {
				t.Errorf("she is told %q, want %q", ann.Why, c.why)
			}
		})
	}
}

// looksAhead holds what is said of later to what is so then: whom it names may from that instant on, and nobody before.
func looksAhead(t *testing.T, r *Reviewers, hands []Hand, now time.Time) {
	t.Helper()
	got := r.Decide("olga", hands, now, time.UTC)
	switch later := got.Later; {
	case len(got.By) > 0 && (len(later.Names) > 0 || !later.From.IsZero()):
		t.Errorf("%q may, and yet it is %+v who may later", got.By, later)
	case (got.Nobody == "") != (len(got.By) > 0):
		t.Errorf("%q may, and whoever looks on is told %q", got.By, got.Nobody)
	case len(got.By) > 0:
	case !later.From.IsZero():
		if before := r.Decide("olga", hands, later.From.Add(-time.Minute), time.UTC); len(before.By) > 0 {
			t.Errorf("%q may a minute before %+v", before.By, later)
		}
		if then := r.Decide("olga", hands, later.From, time.UTC); !slices.Equal(then.By, later.Names) {
			t.Errorf("%q may then, want %q", then.By, later.Names)
		}
	case len(later.Names) > 0:
		if other := (&Reviewers{"schedule", r.Behind, r.Administrators, r.Turns}).Decide("olga", hands, now, time.UTC); !slices.Equal(other.By, later.Names) {
			t.Errorf("%q may release a plan of somebody else, want %q", other.By, later.Names)
		}
	case r.Behind[r.Asker] != "":
		t.Errorf("nobody may, and nobody is named who may later")
	}
}

// TestWhoMayRelease: an administrator who neither asked for the plan nor changed the settings in the last 24
// hours, where there are two; the only one may alone.
func TestWhoMayRelease(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	ago := func(actor string, hours int) Hand { return Hand{actor, now.Add(-time.Duration(hours) * time.Hour)} }
	people := func(ids ...string) (out []Administrator) {
		for _, id := range ids {
			out = append(out, Administrator{id, strings.ToUpper(id[:1]) + id[1:]})
		}
		return out
	}
	for name, c := range map[string]struct {
		admins []Administrator
		asker  string
		hands  []Hand
		may    string // who of ann, ben and cy may, as they are listed
		why    string // to ann
	}{
		"the schedule asked":                 {people("ann", "ben"), "schedule", nil, "ann ben", ""},
		"an operator asked":                  {people("ann", "ben"), "olga", nil, "ann ben", ""},
		"one of two asked":                   {people("ann", "ben"), "ann", nil, "ben", "You asked for this plan yourself, so another administrator has to release what the guard refused. That can be Ben."},
		"one of three asked":                 {people("ann", "ben", "cy"), "ann", nil, "ben cy", "That can be Ben or Cy."},
		"by her token":                       {people("ann", "ben"), "token:hers", nil, "ben", "You asked for this plan yourself"},
		"by a token that is gone":            {people("ann", "ben"), "token:gone", nil, "", "asked for by an API token that is gone"},
		"the only one asked":                 {people("ann"), "ann", []Hand{ago("ann", 1)}, "ann", ""},
		"the only one, a token that is gone": {people("ann"), "token:gone", nil, "ann", ""},
		"she loosened the settings":          {people("ann", "ben"), "schedule", []Hand{ago("ann", 1)}, "ben", "You changed the settings of this connection in the last 24 hours, so another administrator has to release what the guard refused. That can be Ben."},
		"she loosened them by her token":     {people("ann", "ben"), "schedule", []Hand{ago("token:hers", 1)}, "ben", "You changed the settings"},
		"she loosened, an operator asked":    {people("ann", "ben"), "olga", []Hand{ago("ann", 1)}, "ben", "You changed the settings"},
		"she loosened, he changed too":       {people("ann", "ben", "cy"), "schedule", []Hand{ago("ben", 1), ago("ann", 2)}, "cy", "That can be Cy."},
		"long ago":                           {people("ann", "ben"), "schedule", []Hand{ago("ann", 24)}, "ann ben", ""},
		"she loosened, he asked":             {people("ann", "ben"), "ben", []Hand{ago("ann", 1)}, "", "Nobody else can right now: if somebody other than Ben makes a new preview, Ben can release that one."},
		"both changed":                       {people("ann", "ben"), "schedule", []Hand{ago("ann", 1), ago("ben", 20)}, "", "Ben can from 21 November, 16:00 UTC on."},
		"by a token that is gone meanwhile":  {people("ann", "ben"), "schedule", []Hand{ago("token:gone", 2)}, "", "Ann or Ben can from 22 November, 10:00 UTC on."},
		"the operator's token changed them":  {people("ann", "ben"), "schedule", []Hand{ago("token:operators", 1)}, "ann ben", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := Reviewers{Asker: c.asker, Administrators: c.admins, Behind: map[string]string{"ann": "ann", "ben": "ben", "cy": "cy", "olga": "olga",
				"schedule": "schedule", "token:hers": "ann", "token:gone": "", "token:operators": "token:operators"}}
			var may, names []string
			for _, a := range c.admins {
				if got := r.Decide(a.ID, c.hands, now, time.UTC); got.May {
					may = append(may, a.ID)
					names = got.By
				} else if got.Why == "" {
					t.Errorf("%s may not, and is not told why", a.ID)
				}
			}
			if got := strings.Join(may, " "); got != c.may {
				t.Errorf("%q may release, want %q", got, c.may)
			}
			if got := strings.ToLower(strings.Join(names, " ")); len(c.admins) > 1 && got != c.may {
				t.Errorf("%q are named, want %q", got, c.may)
			}
			looksAhead(t, &r, c.hands, now)
			ann := r.Decide("ann", c.hands, now, time.UTC)
			if c.why == "" && ann.Why != "" || !strings.Contains(ann.Why, c.why) {
				t.Errorf("she is told %q, want %q", ann.Why, c.why)
			}
			if _, rest, ok := strings.Cut(ann.Why, "Nobody else can right now"); ok && !strings.HasSuffix(ann.Nobody, rest[strings.IndexAny(rest, ":;")+1:]) {
				t.Errorf("she is told %q, whoever looks on %q", ann.Why, ann.Nobody)
			}
			if hers := r.Decide("token:hers", c.hands, now, time.UTC); hers.May != ann.May {
				t.Error("her token may something else than she")
			}
		})
	}
}
