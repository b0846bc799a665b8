package endpoint

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-hr/rollcall/bamboosim/internal/answer"
	"github.com/rollcall-hr/rollcall/bamboosim/internal/company"
	"github.com/rollcall-hr/rollcall/bamboosim/internal/hook"
)

// listName is a field in the vocabulary of list-employees, which differs from get-employee's.
type listName struct {
	name     string
	alias    string // ours; blank: known to BambooHR, always empty here
	optionOf string
	exact    bool // filters match exactly instead of by substring
}

// listNames are the names list-employees knows. The seven of the first row are always answered ([R] employees-list-page1);
// the rest are [D] EmployeeOptionalField and GetEmployeesFilterRequestObject (August 2026).
func listNames() []listName {
	return []listName{
		{"firstName", "firstName", "", false}, {"lastName", "lastName", "", false}, {"preferredName", "preferredName", "", false},
		{"photoUrl", "photoUrl", "", true}, {"jobTitleName", "jobTitle", "", false}, {"status", "status", "", true},
		{"workEmail", "workEmail", "", false}, {"homeEmail", "homeEmail", "", false}, {"bestEmail", "bestEmail", "", false},
		{"middleName", "middleName", "", false}, {"workPhone", "workPhone", "", false},
		{"workPhoneExtension", "workPhoneExtension", "", false}, {"mobilePhone", "mobilePhone", "", false},
		{"homePhone", "homePhone", "", false}, {"skypeUsername", "", "", false}, {"linkedinUrl", "linkedIn", "", false},
		{"facebookUrl", "facebook", "", false}, {"instagramUrl", "instagram", "", false}, {"twitterUrl", "twitterFeed", "", false},
		{"pinterestUrl", "pinterest", "", false}, {"birthDate", "dateOfBirth", "", true}, {"hireDate", "hireDate", "", true},
		{"divisionName", "division", "", false}, {"divisionId", "division", "division", true},
		{"departmentName", "department", "", false}, {"departmentId", "department", "department", true},
		{"locationName", "location", "", false}, {"locationId", "location", "location", true},
		{"jobTitleId", "jobTitle", "jobTitle", true},
		{"employmentStatusName", "employmentHistoryStatus", "", false},
		{"employmentStatusId", "employmentHistoryStatus", "employmentHistoryStatus", true},
		{"reportsToName", "reportsTo", "", false}, {"reportsToId", "supervisorEId", "", true},
		{"employeeNumber", "employeeNumber", "", false}, {"originalHireDate", "originalHireDate", "", true},
		{"terminationDate", "terminationDate", "", true}, {"gender", "gender", "", true}, {"city", "city", "", false},
		{"state", "state", "", false}, {"country", "country", "", false}, {"zipcode", "zipcode", "", false},
		{"isManager", "isManager", "", true}, {"displayName", "displayName", "", false}, {"age", "age", "", true},
		{"employmentStatusEffectiveDate", "employeeStatusDate", "", true},
		{"jobInformationEffectiveDate", "jobInformationDate", "", true}, {"maritalStatus", "maritalStatus", "", false},
		{"pronouns", "pronouns", "", false},
	}
}

// filterOnly are names that only filters know ([D] GetEmployeesFilterRequestObject).
func filterOnly() []listName {
	only := []listName{{"nickName", "preferredName", "", false}, {"nickname", "preferredName", "", false},
		{"employeeName", "fullName1", "", false}, {"firstNameLastName", "fullName1", "", false},
		{"addressLine1", "address1", "", false}, {"addressLine2", "address2", "", false},
		{"payType", "payType", "", true}, {"paidPer", "payPer", "", true}}
	for _, name := range strings.Fields(`allergies birthplace citizenship compensationChangeReason compensationComment
		dietaryRestrictions eeoJobCategory eligibleForRehire employmentStatusComment employmentType ethnicity flsaCode jacketSize
		middleInitial nationalInsuranceCategory nationality noticePeriod paySchedule preferredNameLastName secondaryLanguage shirtSize
		terminationReason terminationRegrettable terminationType tShirtSize vaccinationStatus vaccineReceived citizenshipId
		compensationChangeReasonId countryId eeoJobCategoryId eligibleForRehireId employmentTypeId ethnicityId flsaCodeId jacketSizeId
		nationalInsuranceCategoryId nationalityId noticePeriodId payScheduleId pronounsId shirtSizeId stateId taxTypeId
		terminationReasonId terminationRegrettableId terminationTypeId tShirtSizeId vaccinationStatusId vaccineReceivedId
		proofOfVaccination tenure hoursPerPayCycle compensationEffectiveDate compensationEndDate contractEndDate
		finalDoseAdministrationDate finalPayDate probationEndDate`) {
		only = append(only, listName{name, "", "", false})
	}
	return only
}

// listError is the error body of list-employees ([D] error-bodies).
func (c *call) listError(status int, code, message string) {
	c.JSON(status, map[string]any{"error": map[string]string{"code": code, "message": message}})
}

// listEmployees is the modern roster with cursor pages ([R] employees-list-page1..3, [D] bamboohr-api §2.1).
func (c *call) listEmployees() {
	q := c.Request.URL.Query()
	filters, ok := c.listFilters(q)
	if !ok {
		return
	}
	order, ok := c.listOrder(q.Get("sort"))
	if !ok {
		return
	}
	limit, err := strconv.Atoi(or(q.Get("page[limit]"), "250"))
	after, before := q.Get("page[after]"), q.Get("page[before]")
	if err != nil || limit < 1 || limit > 2500 || after != "" && before != "" {
		c.listError(http.StatusBadRequest, "BadRequest", "Invalid page parameters")
		return
	}
	ids := c.Matching("list "+q.Get("sort")+filters.key, order, func(p answer.Person) bool {
		return filters.match(c, p) && c.sortable(p, order)
	})
	from, to, ok := cut(ids, limit, after, before)
	if !ok {
		c.listError(http.StatusBadRequest, "BadPage", "The page cursor is not valid for this request")
		return
	}
	c.writeList(q, ids, from, to, limit)
}

// listOrder reads sort; other fields than these six are a BadRequest ([D] bamboohr-api §2.1).
func (c *call) listOrder(sort string) (order []answer.Ordering, ok bool) {
	aliases := map[string]string{"employeeId": "id", "firstName": "firstName", "lastName": "lastName",
		"preferredName": "preferredName", "jobTitleName": "jobTitle", "status": "status"}
	for name := range strings.SplitSeq(sort, ",") {
		if name == "" {
			continue
		}
		bare, desc := strings.CutPrefix(name, "-")
		alias, known := aliases[bare]
		if !known {
			c.listError(http.StatusBadRequest, "BadRequest", "Invalid sort field")
			return nil, false
		}
		order = append(order, answer.Ordering{Field: c.FieldOf(alias), Desc: desc})
	}
	if len(order) == 1 && order[0].Field.Alias == "id" && !order[0].Desc {
		order = nil // the natural order
	}
	return order, true
}

// sortable drops people whose sort field the key may not read, "to avoid leaking" it ([D] list-employees).
func (c *call) sortable(p answer.Person, order []answer.Ordering) bool {
	return !slices.ContainsFunc(order, func(o answer.Ordering) bool { return !c.Readable(p, o.Field) })
}

// listFilter is one filter[…] condition.
type listFilter struct {
	field    *company.Field // nil: nothing matches
	optionOf string
	exact    bool
	want     string // lower case
}

type listFilterSet struct {
	key     string
	filters []listFilter
	ids     []string
	byID    bool
}

func (c *call) listFilters(q url.Values) (set listFilterSet, ok bool) {
	names := append(listNames(), filterOnly()...)
	for _, key := range sortedKeys(q) {
		name, found := strings.CutPrefix(strings.TrimSuffix(key, "[]"), "filter[")
		if !found {
			continue
		}
		name = strings.TrimSuffix(name, "]")
		set.key += fmt.Sprintf(" %s=%q", name, q[key])
		if name == "ids" {
			set.byID = true
			for _, v := range q[key] {
				set.ids = append(set.ids, strings.Split(v, ",")...)
			}
			continue
		}
		i := slices.IndexFunc(names, func(n listName) bool { return n.name == name })
		value := strings.ToLower(q.Get(key))
		// Fields that cannot be filtered, unknown ones and unknown states are 422 ([D] §2.1); the code is assumed.
		if i < 0 || name == "bestEmail" || name == "photoUrl" || name == "status" && value != "active" && value != "inactive" {
			c.listError(http.StatusUnprocessableEntity, "InvalidFilter", "Invalid filter: "+name)
			return set, false
		}
		f := listFilter{optionOf: names[i].optionOf, exact: names[i].exact, want: value}
		if names[i].alias != "" {
			f.field = c.FieldOf(names[i].alias)
		}
		set.filters = append(set.filters, f)
	}
	return set, true
}

// match joins the conditions with AND; a filter on an unreadable field drops the person ([D] list-employees).
func (s *listFilterSet) match(c *call, p answer.Person) bool {
	if s.byID && !slices.Contains(s.ids, strconv.Itoa(p.Person.ID)) {
		return false
	}
	for _, f := range s.filters {
		if f.field == nil || !c.Readable(p, f.field) {
			return false
		}
		value := p.Value(f.field)
		if f.optionOf != "" {
			value = c.Store.Lists.OptionID(f.optionOf, value)
		}
		value = strings.ToLower(value)
		if f.exact && value != f.want || !strings.Contains(value, f.want) {
			return false
		}
	}
	return true
}

// cursor is what the opaque text holds: the first employee of the page it leads to or from ([R] employees-list-page2).
type cursor struct {
	Next int32 `json:"nextEmployee,omitempty"`
	Prev int32 `json:"prevEmployee,omitempty"`
}

func (cu cursor) String() string {
	return base64.StdEncoding.EncodeToString(hook.Marshal(cu))
}

// cut finds the page; false when a cursor is malformed, of the wrong direction, or its employee is gone ([D] §2.1).
func cut(ids []int32, limit int, after, before string) (from, to int, ok bool) {
	if after == "" && before == "" {
		return 0, min(limit, len(ids)), true
	}
	raw, err := base64.StdEncoding.DecodeString(after + before)
	var cu cursor
	if err != nil || json.Unmarshal(raw, &cu) != nil || (cu.Next == 0) == (after != "") || (cu.Prev == 0) == (before != "") {
		return 0, 0, false
	}
	at := slices.Index(ids, cu.Next+cu.Prev)
	switch {
	case at < 0:
		return 0, 0, false
	case after != "":
		return at, min(at+limit, len(ids)), true
	default:
		return max(0, at-limit), at, true
	}
}

// listColumns are the fixed columns and those asked for; unknown names are ignored ([D] §2.1).
func (c *call) listColumns(q url.Values) []answer.Column {
	const fixed = 6 // employeeId comes first, by itself
	var wanted []string
	for _, v := range append(slices.Clone(q["fields[]"]), q["fields"][max(0, len(q["fields"])-1):]...) { // the last bare one counts
		wanted = append(wanted, strings.Split(v, ",")...)
	}
	var cols []answer.Column
	for i, n := range listNames() {
		if i >= fixed && !slices.Contains(wanted, n.name) {
			continue
		}
		f := &company.Field{Alias: n.name}
		if n.alias != "" {
			f = c.FieldOf(n.alias)
		}
		if c.Dropped(f) {
			continue
		}
		col := answer.NewColumn(f, n.name, n.name)
		col.OptionOf = n.optionOf
		cols = append(cols, col)
	}
	return cols
}

func (c *call) writeList(q url.Values, ids []int32, from, to, limit int) {
	cols := c.listColumns(q)
	w := c.Begin(http.StatusOK, "application/json")
	buf := []byte(`{"data":[`)
	var cells []answer.Cell
	first, ok := true, true
	for p := range c.WalkIDs(ids[from:to]) {
		if !first {
			buf = append(buf, ',')
		}
		first = false
		cells = c.Cells(p, cols, cells)
		buf = c.AppendCells(c.AppendID(buf, "employeeId", p.Person.ID), cells, answer.AllNull)
		buf = append(answer.AppendRestricted(buf, cells, ""), '}')
		if buf, ok = answer.Spill(w, buf); !ok {
			return
		}
	}
	buf = append(append(buf, `],"meta":`...), hook.Marshal(listMeta(ids, from, to, limit))...)
	buf = append(append(buf, `,"_links":`...), hook.Marshal(c.listLinks(q, ids, from, to, limit))...)
	_, _ = w.Write(append(buf, '}'))
}

func listMeta(ids []int32, from, to, limit int) any {
	type pageMeta struct {
		Limit int     `json:"limit"`
		Next  *string `json:"nextCursor"`
		Prev  *string `json:"prevCursor"`
	}
	return struct {
		Total int      `json:"total"`
		Page  pageMeta `json:"page"`
	}{len(ids), pageMeta{limit, nextCursor(ids, to), prevCursor(ids, from)}}
}

func nextCursor(ids []int32, to int) *string {
	if to >= len(ids) {
		return nil
	}
	s := cursor{Next: ids[to]}.String()
	return &s
}

func prevCursor(ids []int32, from int) *string {
	if from == 0 || from >= len(ids) {
		return nil
	}
	s := cursor{Prev: ids[from]}.String()
	return &s
}

// listLinks are written for the company's own host, also through the gateway, and lack what there is not
// ([R] employees-list-page1: _links).
func (c *call) listLinks(q url.Values, ids []int32, from, to, limit int) any {
	type href struct {
		Href string `json:"href"`
	}
	base := "https://" + c.Store.Company.Subdomain + ".bamboohr.com/api/v1/employees?"
	link := func(param string, cursor *string) *href {
		if cursor == nil {
			return nil
		}
		next := url.Values{}
		for k, v := range q {
			next[k] = v
		}
		next.Del("page[after]")
		next.Del("page[before]")
		next.Set(param, *cursor)
		next.Set("page[limit]", strconv.Itoa(limit))
		return &href{base + next.Encode()}
	}
	return struct {
		Self *href `json:"self"`
		Next *href `json:"next,omitempty"`
		Prev *href `json:"prev,omitempty"`
	}{&href{base + q.Encode()}, link("page[after]", nextCursor(ids, to)), link("page[before]", prevCursor(ids, from))}
}

func sortedKeys(q url.Values) []string {
	keys := make([]string, 0, len(q))
	for k := range q {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func or(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
