package hint

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const formType = "application/x-www-form-urlencoded"

// Both generations of payloads, as JSON and as forms, in the shapes that BambooHR documents or was recorded with
// (bamboohr-api §4). What is not understood means that anybody may have changed.
func TestWhomADeliveryIsAbout(t *testing.T) {
	for name, c := range map[string]struct {
		kind, body string
		want       []int64
	}{
		"event":            {"application/json", `{"type":"employee.updated","timestamp":"2026-01-31T18:42:00+0000","data":{"companyId":"12345","employeeId":"123","changedFields":["jobTitle"]}}`, []int64{123}},
		"event with Z":     {"application/json; charset=utf-8", `{"type":"employee.created","timestamp":"2026-01-31T18:42:00Z","data":{"employeeId":123}}`, []int64{123}},
		"event as form":    {formType, `type=employee.deleted&timestamp=x&data[companyId]=1&data[employeeId]=77&data[changedFields][0]=jobTitle`, []int64{77}},
		"fields":           {"application/json", `{"employees":[{"id":"12","action":"Updated","timestamp":"t","changedFields":["First Name"],"fields":{"First Name":"Bo"}},{"id":"7","action":"Deleted"},{"id":12}]}`, []int64{7, 12}},
		"fields of 2022":   {"", `{"employees":[{"changedFields":["First name"],"fields":{"Employee #":{"value":"300"}},"id":"5"}],"fields":{"1":"x"}}`, []int64{5}},
		"fields as form":   {formType, `employees[12][action]=Updated&employees[12][changedFields][0]=First+name&employees[9][First+name]=Bo`, []int64{9, 12}},
		"company event":    {"application/json", `{"type":"company.updated","data":{"companyId":"1"}}`, nil},
		"company as form":  {formType, `type=company.deleted&data[companyId]=1`, nil},
		"later generation": {"application/json", `{"events":[{"employee":5}]}`, nil},
		"a list":           {"application/json", `[1,2]`, nil},
		"other types":      {"application/json", `{"type":7,"employees":"all"}`, nil},
		"one id missing":   {"application/json", `{"employees":[{"id":"5"},{"id":null}]}`, nil},
		"an odd id":        {"application/json", `{"type":"employee.updated","data":{"employeeId":"-3"}}`, nil},
		"nobody":           {"application/json", `{"employees":[]}`, nil},
		"an odd form":      {formType, `hello`, nil},
	} {
		got, err := employees(c.kind, []byte(c.body))
		if err != nil || len(got)+len(c.want) > 0 && !cmp.Equal(got, c.want) {
			t.Errorf("%s: %v, %v; want %v", name, got, err, c.want)
		}
	}
	for _, c := range [][2]string{{"application/json", `{"employees":`}, {"application/json", ""}, {"text/xml", "<a/>"}, {formType, "%zz"}, {"application/json", "\xff\xfe"}} {
		if got, err := employees(c[0], []byte(c[1])); err == nil {
			t.Errorf("%q as %s: %v", c[1], c[0], got)
		}
	}
}

// Whatever is sent, the ids are positive, in order and each once.
func TestAnyPayload(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.SampledFrom([]string{`{`, `}`, `[`, `]`, `"employees"`, `"id"`, `:`, `,`, `"5"`, `7`, `"type"`, `"employee.updated"`,
			`"data"`, `"employeeId"`, `null`, `employees[3][x]=1`, `&`, `type=employee.updated`, `data[employeeId]=8`, `-1`, `99999999999999999999`})).Draw(t, "parts")
		for _, kind := range []string{formType, "application/json"} {
			ids, err := employees(kind, []byte(strings.Join(parts, "")))
			if err != nil && ids != nil || !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids) || len(ids) > 0 && ids[0] < 1 {
				t.Fatalf("%v, %v", ids, err)
			}
		}
	})
}
