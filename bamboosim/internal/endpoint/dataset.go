package endpoint

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/bamboosim/internal/answer"
	"github.com/rollcall-hr/rollcall/bamboosim/internal/company"
	"github.com/rollcall-hr/rollcall/bamboosim/internal/hook"
)

// datasetField is a field in the vocabulary of the employee dataset.
type datasetField struct {
	name, alias, label, parent, entity string
}

// datasetFieldList is the employee dataset's catalogue, names and labels from [R] dataset-v12-employee-fields,
// with the company's custom fields as customField<id>.
func (c *call) datasetFieldList() []datasetField {
	const personal, calculated, job = "Personal personal", "Calculated calculated", "Job Information jobInformation"
	var list []datasetField
	add := func(section, name, alias, label string) {
		i := strings.LastIndexByte(section, ' ')
		list = append(list, datasetField{name, alias, label, section[:i], section[i+1:]})
	}
	add(calculated, "age", "age", "Age")
	add(calculated, "birthday", "birthday", "Birthday")
	add(calculated, "createdByUserId", "createdByUserId", "Created By User Id")
	add(calculated, "eeid", "id", "EEID")
	add(calculated, "firstNameLastName", "fullName1", "First name Last name")
	add(calculated, "isSupervisor", "isManager", "Is Supervisor")
	add(calculated, "lastChanged", "lastChanged", "Last changed")
	add(calculated, "supervisorEid", "supervisorEId", "Supervisor EID")
	add(calculated, "supervisorEmail", "supervisorEmail", "Supervisor email")
	add(calculated, "supervisorId", "supervisorId", "Supervisor ID")
	add(calculated, "supervisorName", "supervisor", "Supervisor name")
	add(calculated, "terminationDate", "terminationDate", "Termination Date")
	add("Employment Status employmentStatus", "employmentStatusEffectiveDate", "employeeStatusDate", "Effective Date")
	add("Employment Status employmentStatus", "employmentStatus", "employmentHistoryStatus", "Employment Status")
	add("Job job", "hireDate", "hireDate", "Hire Date")
	add("Job job", "originalHireDate", "originalHireDate", "Original Hire Date")
	add(job, "jobInformationDepartment", "department", "Department")
	add(job, "jobInformationDivision", "division", "Division")
	add(job, "jobInformationEffectiveDate", "jobInformationDate", "Effective Date")
	add(job, "jobInformationJobTitle", "jobTitle", "Job Title")
	add(job, "jobInformationLocation", "location", "Location")
	add(job, "jobInformationReportsTo", "reportsTo", "Reports To")
	add(job, "teams", "teams", "Teams")
	add(personal, "addressLineOne", "address1", "Address line 1")
	add(personal, "addressLineTwo", "address2", "Address line 2")
	add(personal, "city", "city", "City")
	add(personal, "country", "country", "Country")
	add(personal, "dateOfBirth", "dateOfBirth", "Date of Birth")
	add(personal, "employeeNumber", "employeeNumber", "Employee #")
	add(personal, "facebookUrl", "facebook", "Facebook URL")
	add(personal, "firstName", "firstName", "First Name")
	add(personal, "gender", "gender", "Gender")
	add(personal, "homeEmail", "homeEmail", "Home Email")
	add(personal, "homePhone", "homePhone", "Home Phone")
	add(personal, "instagramUrl", "instagram", "Instagram URL")
	add(personal, "lastName", "lastName", "Last Name")
	add(personal, "lastNameFirstName", "fullName2", "Last name, First name")
	add(personal, "linkedinUrl", "linkedIn", "LinkedIn URL")
	add(personal, "maritalStatus", "maritalStatus", "Marital Status")
	add(personal, "middleName", "middleName", "Middle Name")
	add(personal, "mobilePhone", "mobilePhone", "Mobile Phone")
	add(personal, "pinterestUrl", "pinterest", "Pinterest URL")
	add(personal, "preferredName", "preferredName", "Preferred Name")
	add(personal, "employeePronouns", "pronouns", "Pronouns")
	add(personal, "state", "state", "State")
	add(personal, "twitterFeed", "twitterFeed", "Twitter Feed")
	add(personal, "email", "workEmail", "Work Email")
	add(personal, "workPhone", "workPhone", "Work Phone")
	add(personal, "workExtension", "workPhoneExtension", "Ext.")
	add(personal, "zipcode", "zipcode", "Zip Code")
	add("Default Status defaultStatus", "status", "status", "Status")
	for _, cf := range c.Store.Company.CustomFields {
		f := c.FieldOf(cf.Alias)
		add("Custom custom", "customField"+f.ID, f.Alias, f.Name)
	}
	return list
}

// problem is the error body of the dataset endpoints: RFC 7807, which v2 calls plain JSON, and an error object in v1 ([D] OpenAPI).
func (c *call) problem(status int, code, detail string) {
	kind := "application/problem+json"
	switch c.APIVersion() {
	case "v1":
		c.errorObject(status, detail)
		return
	case "v2":
		kind = "application/json"
	}
	c.Document(status, kind, map[string]any{"type": "about:blank", "title": http.StatusText(status),
		"status": status, "detail": detail, "instance": c.Path, "code": code})
}

// errorObject is the error body of saved reports and of datasets v1 ([D] ErrorResponse).
func (c *call) errorObject(status int, message string) {
	c.JSON(status, map[string]any{"error": map[string]any{"code": status, "message": message}})
}

// echo answers with the client's own X-Request-ID where it sent one ([D] datasets v1.2 and v2).
func (c *call) echo() {
	if id := c.Request.Header.Get("X-Request-Id"); id != "" {
		c.Header().Set("X-Request-Id", id)
	}
}

func (c *call) listDatasets() {
	c.echo()
	c.JSON(http.StatusOK, map[string]any{"datasets": []map[string]string{{"name": "employee", "label": "Employee"}}})
}

// datasetFields lists the catalogue in pages ([R] dataset-v12-employee-fields); an unknown dataset is 422, in v1 400 as
// plain text ([D]).
func (c *call) datasetFields() {
	c.echo()
	if c.Args["name"] != "employee" {
		if c.APIVersion() == "v1" {
			c.Text(http.StatusBadRequest, "text/plain; charset=UTF-8", []byte("Dataset not found"))
			return
		}
		c.problem(http.StatusUnprocessableEntity, "DATASET_NOT_FOUND", "Dataset not found: "+c.Args["name"])
		return
	}
	type field struct {
		Name       string `json:"name"`
		Label      string `json:"label"`
		ParentType string `json:"parentType"`
		ParentName string `json:"parentName"`
		EntityName string `json:"entityName"`
	}
	list := c.datasetFieldList()
	pg := c.LegacyPaging("datasets/employee/fields", len(list))
	fields := []field{}
	for _, f := range list[pg.From:pg.To] {
		fields = append(fields, field{f.name, f.label, "page", f.parent, f.entity})
	}
	c.JSON(http.StatusOK, struct {
		Pagination any     `json:"pagination"`
		Name       string  `json:"name"`
		Label      string  `json:"label"`
		Fields     []field `json:"fields"`
	}{pg.Links, "employee", "Employee", fields})
}

// fieldOptions lists the values of option fields; an unknown name is a plain 500 ([D] bamboohr-api §2.6).
func (c *call) fieldOptions() {
	c.echo()
	raw, ok := c.Read()
	var body struct {
		Fields []string `json:"fields"`
	}
	if !ok {
		return
	}
	if json.Unmarshal(raw, &body) != nil || body.Fields == nil {
		c.problem(http.StatusBadRequest, "INVALID_ARGUMENT", "fields missing")
		return
	}
	type option struct {
		ID    any    `json:"id"`
		Value string `json:"value"`
	}
	answer := map[string][]option{}
	for _, name := range body.Fields {
		f, ok := c.datasetFieldNamed(name)
		if !ok || c.Args["name"] != "employee" {
			c.Text(http.StatusInternalServerError, "text/plain; charset=UTF-8", []byte("Internal server error"))
			return
		}
		answer[name] = []option{}
		if f.alias == "status" {
			answer[name] = []option{{company.Active, company.Active}, {company.Inactive, company.Inactive}}
		}
		for _, list := range c.Store.Lists.All() {
			for _, o := range list.Options {
				if list.Field.Alias == f.alias && !o.Archived {
					answer[name] = append(answer[name], option{o.ID, o.Name})
				}
			}
		}
	}
	c.JSON(http.StatusOK, answer)
}

func (c *call) datasetFieldNamed(name string) (datasetField, bool) {
	list := c.datasetFieldList()
	if i := slices.IndexFunc(list, func(f datasetField) bool { return f.name == name }); i >= 0 {
		return list[i], true
	}
	return datasetField{}, false
}

// datasetRequest is the body of a v2 query.
type datasetRequest struct {
	Fields   []string `json:"fields"`
	Filter   *string  `json:"filter"`
	OrderBy  *string  `json:"orderBy"`
	Page     *int     `json:"page"`
	PageSize *int     `json:"pageSize"`
}

// datasetData is the recommended bulk read ([R] dataset-v2-employee-data, [D] bamboohr-api §2.6).
func (c *call) datasetData() {
	c.echo()
	if c.Args["name"] != "employee" {
		c.problem(http.StatusNotFound, "DATASET_NOT_FOUND", "Dataset not accessible: "+c.Args["name"])
		return
	}
	raw, ok := c.Read()
	if !ok {
		return
	}
	var req datasetRequest
	if json.Unmarshal(raw, &req) != nil || len(req.Fields) == 0 {
		c.problem(http.StatusBadRequest, "INVALID_ARGUMENT", "fields missing")
		return
	}
	cols, ok := c.datasetColumns(req.Fields)
	if !ok {
		return
	}
	filter, order, ok := c.datasetQuery(req)
	if !ok {
		return
	}
	page, size := value(req.Page, 1), value(req.PageSize, 100)
	if page < 1 || size < 1 || size > 1000 {
		c.problem(http.StatusUnprocessableEntity, "INVALID_PAGE", "page must be at least 1 and pageSize between 1 and 1000")
		return
	}
	key := fmt.Sprintf("dataset %q %q", value(req.Filter, ""), value(req.OrderBy, ""))
	ids := c.Matching(key, order, func(p answer.Person) bool { return p.Visible && filter.match(c, p) })
	if strings.TrimSpace(value(req.OrderBy, "")) == "" {
		ids = scattered(ids) // [D]: without orderBy the row order is unspecified
	}
	c.writeDataset(cols, ids, page, size)
}

func value[T any](p *T, fallback T) T {
	if p == nil {
		return fallback
	}
	return *p
}

// datasetColumns is loud about unknown names ([D]: 400 with the internal dataset prefix).
func (c *call) datasetColumns(names []string) ([]answer.Column, bool) {
	var cols []answer.Column
	for _, name := range names {
		f, ok := c.datasetFieldNamed(name)
		if !ok {
			c.problem(http.StatusBadRequest, "INVALID_ARGUMENT", "Invalid field name: employee_"+name)
			return nil, false
		}
		if field := c.FieldOf(f.alias); !c.Dropped(field) {
			cols = append(cols, answer.NewColumn(field, f.name, f.label))
		}
	}
	return cols, true
}

func (c *call) datasetQuery(req datasetRequest) (f datasetFilter, order []answer.Ordering, ok bool) {
	f, err := c.parseFilter(value(req.Filter, ""))
	switch {
	case err != nil && err.field != "":
		c.problem(http.StatusBadRequest, "INVALID_ARGUMENT", "Invalid field name: employee_"+err.field)
		return f, nil, false
	case err != nil:
		c.problem(http.StatusUnprocessableEntity, "INVALID_FILTER", err.detail)
		return f, nil, false
	}
	for rule := range strings.SplitSeq(value(req.OrderBy, ""), ",") {
		words := strings.Fields(rule)
		if len(words) == 0 {
			continue
		}
		if !slices.Contains(req.Fields, words[0]) { // [D]: this check comes first, also for unknown names
			c.problem(http.StatusBadRequest, "UE-1001", "orderBy field must be included in fields: "+words[0])
			return f, nil, false
		}
		if len(words) > 2 || len(words) == 2 && words[1] != "asc" && words[1] != "desc" {
			c.problem(http.StatusUnprocessableEntity, "INVALID_ORDER_BY", "orderBy: "+strings.TrimSpace(rule))
			return f, nil, false
		}
		named, _ := c.datasetFieldNamed(words[0]) // datasetColumns has checked it
		order = append(order, answer.Ordering{Field: c.FieldOf(named.alias), Desc: len(words) == 2 && words[1] == "desc"})
	}
	if len(order) == 1 && order[0].Field.Alias == "id" && !order[0].Desc {
		order = nil
	}
	return f, order, true
}

// scattered returns the ids in an order of no meaning, always the same one.
func scattered(ids []int32) []int32 {
	mixed := slices.Clone(ids)
	mix := func(id int32) uint32 { return (uint32(id) ^ uint32(id)>>7) * 0x9E3779B1 }
	slices.SortFunc(mixed, func(a, b int32) int { return int(int64(mix(a)) - int64(mix(b))) })
	return mixed
}

func (c *call) writeDataset(cols []answer.Column, ids []int32, page, size int) {
	pages := (len(ids) + size - 1) / size
	from := min((page-1)*size, len(ids))
	restricted := !c.Access.EveryField() || c.Access.Own() != 0
	links := map[string]string{}
	url := "https://" + c.Store.Company.Subdomain + ".bamboohr.com/api/v2/datasets/employee/data?page=" // form assumed
	if page < pages {
		links["next"] = fmt.Sprint(url, page+1)
	}
	if page > 1 {
		links["prev"] = fmt.Sprint(url, page-1)
	}
	linksJSON := []byte("[]") // [R]: an empty array when there is none
	if len(links) > 0 {
		linksJSON = hook.Marshal(links)
	}
	tail := fmt.Sprintf(`],"links":%s,"meta":{"page":%d,"pageSize":%d,"totalPages":%d,"totalItems":%d}}`,
		linksJSON, page, size, pages, len(ids))
	c.Stream(c.Begin(http.StatusOK, "application/json"), []byte(`{"data":[`), c.WalkIDs(ids[from:min(from+size, len(ids))]), ",",
		func(buf []byte, _ answer.Person, cells []answer.Cell) []byte {
			buf = append(c.AppendCells(append(buf, `{"fields":{`...), cells, answer.NoMarker), '}')
			// [R] full access shows no such key; [D] a caller with gaps gets it in each row.
			if restricted && slices.ContainsFunc(cells, func(v answer.Cell) bool { return v.Hidden }) {
				buf = answer.AppendRestricted(buf, cells, "employee_")
			}
			return append(buf, '}')
		}, cols, tail)
}

// optionField tells whether the dataset treats the field as a choice among options.
func optionField(f *company.Field) bool { return f.List || f.Type == "status" || f.Type == "gender" }
