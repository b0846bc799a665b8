package source

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/policy"
)

// fieldsJSON is a field list of BambooHR's shape: numbers and texts as ids, deprecated twins, fields
// without alias, two of one name.
const fieldsJSON = `[{"id":1,"name":"First Name","type":"text","alias":"firstName"},
 {"id":16,"name":"Employment Status","type":"list","alias":"employmentHistoryStatus"},
 {"id":387,"type":"status","deprecated":true,"name":"Employment Status","alias":"employmentStatus"},
 {"id":"16.1","name":"Employment Status - FTE","type":"list","alias":"employmentHistoryStatus"},
 {"id":4340,"name":"Dental","type":"new_benefit"},{"id":4059,"name":"LinkedIn","type":"contact_url","alias":"linkedIn"},
 {"id":4337,"name":"NIN","type":"text","alias":"customNIN1"},{"id":4700,"name":"Shirt size","type":"list","alias":"customShirtsize"},
 {"id":4701,"name":"Budget","type":"text","alias":"customBudget"},{"id":4702,"name":"budget ","type":"text","alias":"customBudget1"}]`

func mapping(from ...policy.SourceField) *policy.Connection {
	return &policy.Connection{Mapping: []policy.FieldRule{{Target: "custom.x", From: from, Authority: policy.AuthorityOverwrite}}}
}

func TestResolve(t *testing.T) {
	scope := &policy.Connection{Scope: policy.Scope{Exclude: []policy.Rule{{Field: "name:shirt size"}, {Field: "customGone"}}}}
	local := mapping("name:nothing")
	local.Mapping[0].Authority = policy.AuthorityLocal
	expr := &policy.Connection{Mapping: []policy.FieldRule{{Target: "display_name", Expr: "firstName + customGone"}}}
	tests := []struct {
		name     string
		conn     *policy.Connection
		want     map[string]string
		says     []string // parts of the refusal
		requests int
	}{
		{"standard fields need no request", mapping("firstName", "supervisorEId", "fullName4"), map[string]string{}, nil, 0},
		{"by name, without regard to case and spaces", mapping("name: SHIRT  size"), map[string]string{"name: SHIRT  size": "customShirtsize"}, nil, 1},
		{"a deprecated twin does not count", mapping("name:Employment Status"), map[string]string{"name:Employment Status": "employmentHistoryStatus"}, nil, 1},
		{"an alias that exists", mapping("customNIN1", "linkedIn"), map[string]string{}, nil, 1},
		{"a rule of the scope, and all faults at once", scope, nil, []string{`connection.scope.exclude[1].field: unknown BambooHR field "customGone"`}, 1},
		{"no such name, but a similar one", mapping("firstName", "name:Shirt sise"), nil, []string{`connection.mapping.custom.x.from[1]: no BambooHR field is called "Shirt sise"`, `"Shirt size" (customShirtsize)`}, 1},
		{"several of that name", mapping("name:Budget"), nil, []string{`2 BambooHR fields are called "Budget"`, "customBudget, customBudget1"}, 1},
		{"no alias", mapping("name:Dental"), nil, []string{`"Dental" has no alias`}, 1},
		{"two faults", mapping("name:Budget", "customGone"), nil, []string{".from[0]", ".from[1]"}, 1},
		{"what changes by itself", mapping("photoUrl"), nil, []string{"connection.mapping.custom.x.from[0]: photoUrl changes by itself"}, 0},
		{"the trap of employmentStatus", mapping("employmentStatus"), nil, []string{"use employmentHistoryStatus"}, 0},
		{"what is never written is not looked up", local, map[string]string{}, nil, 0},
		{"an expression", expr, nil, []string{`connection.mapping.display_name.expr: unknown BambooHR field "customGone"`}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := two()
			s.answers["GET /v1/meta/fields"] = fixed(fieldsJSON)
			got, err := open(t, s, nil).Resolve(t.Context(), tt.conn)
			if len(s.calls) != tt.requests {
				t.Errorf("%d requests, want %d", len(s.calls), tt.requests)
			}
			if len(tt.says) == 0 {
				if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
					t.Errorf("%v (-want +got):\n%s", err, diff)
				}
				return
			}
			if !errors.Is(err, ErrSettings) {
				t.Fatalf("got %v, want a refusal", err)
			}
			for _, part := range tt.says {
				if !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "\n") {
					t.Errorf("%q does not say %q on one line", err, part)
				}
			}
		})
	}
}

// TestResolveCache: the field list is asked for once, and again only for a field that it lacks.
func TestResolveCache(t *testing.T) {
	s := two()
	s.answers["GET /v1/meta/fields"] = fixed(fieldsJSON)
	b := open(t, s, nil)
	for range 3 {
		if _, err := b.Resolve(t.Context(), mapping("name:NIN")); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.calls) != 1 {
		t.Errorf("%d requests, want 1", len(s.calls))
	}
	s.answers["GET /v1/meta/fields"] = fixed(strings.Replace(fieldsJSON, `"name":"NIN"`, `"name":"Tax number"`, 1))
	if _, err := b.Resolve(t.Context(), mapping("name:Tax number")); err != nil {
		t.Errorf("a field made since the first look is not found: %v", err)
	}
}

// TestResolveForbidden: without the field list, aliases are taken as they are, names cannot be.
func TestResolveForbidden(t *testing.T) {
	s := two()
	s.answers["GET /v1/meta/fields"] = refuse(403, "")
	b := open(t, s, nil)
	if _, err := b.Resolve(t.Context(), mapping("customNIN1")); err != nil {
		t.Errorf("alias: %v", err)
	}
	if _, err := b.Resolve(t.Context(), mapping("name:NIN")); err == nil {
		t.Error("a name was resolved without the field list")
	}
}
