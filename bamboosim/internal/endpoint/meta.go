package endpoint

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/bamboosim/internal/answer"
	"github.com/rollcall-hr/rollcall/bamboosim/internal/company"
)

// fieldID writes an id the way meta/fields does: a number, or a string for subfields ([R] meta-fields).
func fieldID(id string) any {
	if n, err := strconv.Atoi(id); err == nil {
		return n
	}
	return id
}

// listedFields are the fields of meta/fields, by name as recorded. Computed ones are valid but not listed
// ([D] bamboohr-api §2.9).
func (c *call) listedFields() []*company.Field {
	var fields []*company.Field
	for _, f := range c.Store.Catalogue.Fields {
		if f.ID != "" {
			fields = append(fields, f)
		}
	}
	slices.SortStableFunc(fields, func(a, b *company.Field) int { return strings.Compare(a.Name, b.Name) })
	return fields
}

// metaFields lists the fields of the account ([R] meta-fields).
func (c *call) metaFields() {
	type field struct {
		ID         any    `json:"id"`
		Name       string `json:"name"`
		Type       string `json:"type"`
		Alias      string `json:"alias,omitempty"`
		Deprecated bool   `json:"deprecated,omitempty"`
	}
	fields := []field{}
	xmlBody := []byte("<?xml version=\"1.0\"?>\n<fields>")
	for _, f := range c.listedFields() {
		one := field{fieldID(f.ID), f.Name, f.Type, f.Alias, f.Alias == "employmentStatus" || f.Alias == "nickname"}
		if f.Internal {
			one.Alias = ""
		}
		fields = append(fields, one)
		xmlBody = appendElement(xmlBody, "field", f.Name, "id", f.ID, "type", f.Type, "alias", one.Alias)
	}
	c.either(http.StatusOK, fields, append(xmlBody, "</fields>"...))
}

// either answers JSON when asked for, else XML.
func (c *call) either(status int, v any, xmlBody []byte) {
	if c.WantsJSON() {
		c.JSON(status, v)
		return
	}
	c.Text(status, answer.XMLType, xmlBody)
}

// appendElement writes <tag name="value"…>text</tag>, leaving out blank attributes.
func appendElement(dst []byte, tag, text string, attrs ...string) []byte {
	dst = append(append(dst, '<'), tag...)
	for i := 0; i < len(attrs); i += 2 {
		if attrs[i+1] != "" {
			dst = append(append(append(dst, ' '), attrs[i]...), `="`...)
			dst = append(answer.AppendXML(dst, attrs[i+1]), '"')
		}
	}
	dst = answer.AppendXML(append(dst, '>'), text)
	return append(append(append(dst, "</"...), tag...), '>')
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// metaLists lists the list fields with their options ([R] meta-lists).
func (c *call) metaLists() {
	type option struct {
		ID         int     `json:"id"`
		Archived   string  `json:"archived"`
		Manageable string  `json:"manageable"`
		Created    *string `json:"createdDate"`
		ArchivedAt *string `json:"archivedDate"`
		Name       string  `json:"name"`
	}
	type list struct {
		ID         int      `json:"id"`
		FieldID    any      `json:"fieldId"`
		Manageable string   `json:"manageable"`
		Multiple   string   `json:"multiple"`
		Name       string   `json:"name"`
		Options    []option `json:"options"`
		Alias      string   `json:"alias"`
	}
	lists := []list{}
	xmlBody := []byte("<?xml version=\"1.0\"?>\n<lists>")
	for _, l := range c.Store.Lists.All() {
		one := list{l.ID, fieldID(l.Field.ID), yesNo(l.Manageable), yesNo(l.Multiple), l.Field.Name, []option{}, l.Field.Alias}
		for _, o := range l.Options {
			created := company.Stamp(o.Created.Unix())
			builtin := l.Field.Alias == "employmentHistoryStatus" && (o.Name == "Contractor" || o.Name == company.Terminated)
			one.Options = append(one.Options, option{o.ID, yesNo(o.Archived), yesNo(!builtin), &created, nil, o.Name})
		}
		lists = append(lists, one)
		xmlBody = appendList(xmlBody, l)
	}
	if c.WantsJSON() {
		c.Document(http.StatusOK, "application/json; charset=UTF-8", lists) // [R] the one with a charset
		return
	}
	c.Text(http.StatusOK, answer.XMLType, append(xmlBody, "</lists>"...))
}

func appendList(dst []byte, l company.List) []byte {
	dst = append(dst, `<list fieldId="`+l.Field.ID+`" alias="`+l.Field.Alias+`" manageable="`+yesNo(l.Manageable)+
		`" multiple="`+yesNo(l.Multiple)+`">`...)
	dst = append(appendElement(dst, "name", l.Field.Name), "<options>"...)
	for _, o := range l.Options {
		dst = appendElement(dst, "option", o.Name, "id", strconv.Itoa(o.ID), "archived", yesNo(o.Archived),
			"createdDate", company.Stamp(o.Created.Unix()))
	}
	return append(dst, "</options></list>"...)
}

// updateList adds, renames or archives options and answers the whole list as XML ([D] update-list-field-values).
func (c *call) updateList() {
	list := c.listByField(c.Args["id"])
	raw, ok := c.Read()
	if !ok {
		return
	}
	edits, err := readOptions(raw)
	switch {
	case list == nil:
		c.Fail(http.StatusNotFound, "List not found")
	case !list.Manageable || !c.Access.EveryField():
		c.Fail(http.StatusForbidden, "The list is not editable")
	case err != nil:
		c.Fail(http.StatusBadRequest, "Malformed JSON")
	default:
		err = c.Store.Lists.Update(list.Field.Alias, edits, c.Now())
		switch {
		case errors.Is(err, company.ErrNotFound):
			c.Fail(http.StatusNotFound, "Option not found")
		case errors.Is(err, company.ErrDuplicate):
			c.Fail(http.StatusConflict, "Duplicate list value")
		default:
			c.Text(http.StatusOK, answer.XMLType, appendList([]byte("<?xml version=\"1.0\"?>\n"), *c.listByField(c.Args["id"])))
		}
	}
}

func (c *call) listByField(id string) *company.List {
	for _, l := range c.Store.Lists.All() {
		if l.Field.ID == id {
			return &l
		}
	}
	return nil
}

func readOptions(raw []byte) (edits []company.OptionEdit, err error) {
	var body struct {
		Options []struct {
			ID       int     `json:"id" xml:"id,attr"`
			Value    *string `json:"value" xml:",chardata"`
			Archived *string `json:"archived" xml:"archived,attr"`
		} `json:"options" xml:"option"`
	}
	if len(raw) > 0 && raw[0] == '<' {
		err = xml.Unmarshal(raw, &body)
	} else {
		err = json.Unmarshal(raw, &body)
	}
	for _, o := range body.Options {
		edit := company.OptionEdit{ID: o.ID, Value: o.Value}
		if o.Archived != nil {
			archived := *o.Archived == "yes"
			edit.Archived = &archived
		}
		edits = append(edits, edit)
	}
	return edits, err
}

// metaTables lists the tables and their columns ([D] meta-tables).
func (c *call) metaTables() {
	type field struct {
		ID    any    `json:"id"`
		Name  string `json:"name"`
		Alias string `json:"alias"`
		Type  string `json:"type"`
	}
	type table struct {
		Alias  string  `json:"alias"`
		Fields []field `json:"fields"`
	}
	dates := map[string]string{"jobInfo": "jobInformationDate", "employmentStatus": "employeeStatusDate"}
	tables := []table{}
	xmlBody := []byte("<?xml version=\"1.0\"?>\n<tables>")
	for _, name := range []string{"jobInfo", "employmentStatus", "compensation", "emergencyContacts"} {
		t := table{name, []field{}}
		xmlBody = append(xmlBody, `<table alias="`+name+`">`...)
		for _, col := range tableColumns(name) {
			alias := col.alias
			if col.name == "date" {
				alias = dates[name]
			}
			f := c.FieldOf(alias)
			if f == nil || strings.HasPrefix(col.name, "termination") { // columns without a field of their own
				continue
			}
			t.Fields = append(t.Fields, field{fieldID(f.ID), f.Name, col.name, f.Type})
			xmlBody = appendElement(xmlBody, "field", f.Name, "id", f.ID, "alias", col.name, "type", f.Type)
		}
		tables = append(tables, t)
		xmlBody = append(xmlBody, "</table>"...)
	}
	c.either(http.StatusOK, tables, append(xmlBody, "</tables>"...))
}

// metaUsers lists the users by id ([R] meta-users); 403 unless the key sees everything ("needs admin-ish right", [D]).
func (c *call) metaUsers() {
	if !c.Access.EveryField() || !c.Access.Everybody() {
		c.Fail(http.StatusForbidden, "You do not have permission to view users")
		return
	}
	type user struct {
		ID         int    `json:"id"`
		EmployeeID int    `json:"employeeId"`
		FirstName  string `json:"firstName"`
		LastName   string `json:"lastName"`
		Email      string `json:"email"`
		Status     string `json:"status"`
		LastLogin  string `json:"lastLogin,omitempty"`
	}
	wanted := strings.Split(c.Request.URL.Query().Get("status"), ",")
	if !slices.Contains(wanted, "enabled") && !slices.Contains(wanted, "disabled") {
		wanted = []string{"enabled", "disabled"}
	}
	users := map[string]user{}
	xmlBody := []byte("<?xml version=\"1.0\"?>\n<users>")
	for _, u := range c.Store.Users() {
		one := user{EmployeeID: u.EmployeeID, Email: u.Email, FirstName: "Integration", LastName: "User", Status: "enabled",
			LastLogin: company.Stamp(c.Now().Truncate(24 * time.Hour).Unix())}
		one.ID, _ = strconv.Atoi(u.ID) // BambooHR's are numbers
		if u.Disabled {
			one.Status = "disabled"
		}
		if e, ok := c.Snapshot().Find(u.EmployeeID, new(company.Employee)); ok {
			one.FirstName, one.LastName, one.Email = e.FirstName, e.LastName, or(or(e.WorkEmail, e.HomeEmail), u.Email)
		}
		if !slices.Contains(wanted, one.Status) {
			continue
		}
		users[u.ID] = one
		employee := ""
		if u.EmployeeID != 0 {
			employee = ` employeeId="` + strconv.Itoa(u.EmployeeID) + `"`
		}
		xmlBody = append(xmlBody, `<user id="`+strconv.Itoa(one.ID)+`"`+employee+`>`...)
		xmlBody = appendElement(appendElement(xmlBody, "firstName", one.FirstName), "lastName", one.LastName)
		xmlBody = append(appendElement(appendElement(xmlBody, "email", one.Email), "status", one.Status), "</user>"...)
	}
	c.either(http.StatusOK, users, append(xmlBody, "</users>"...))
}

// companyInformation names the company ([D] company-information); the address is invented.
func (c *call) companyInformation() {
	type address struct {
		Line1 string `json:"line1"`
		Line2 string `json:"line2"`
		City  string `json:"city"`
		State string `json:"state"`
		Zip   string `json:"zip"`
	}
	c.JSON(http.StatusOK, struct {
		LegalName   string  `json:"legalName"`
		DisplayName string  `json:"displayName"`
		Address     address `json:"address"`
		Phone       string  `json:"phone"`
	}{c.Store.Company.Name, c.Store.Company.Name, address{"1 Station Road", "", "Boise", "ID", "83702"}, "+1 208 555 0100"})
}
