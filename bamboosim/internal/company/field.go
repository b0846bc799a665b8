package company

import (
	"strconv"
	"strings"
	"unicode"
)

// Kind says how a blank value of a field looks (bamboohr-api §3.3).
type Kind uint8

// The kinds of fields.
const (
	KindText     Kind = iota // null
	KindDate                 // "0000-00-00"
	KindEmpty                // "": state, birthday
	KindPay                  // " USD"
	KindCheckbox             // "0"
	KindBool                 // a JSON boolean, never blank
)

// Field is one BambooHR field: a stored value, a value of the effective history row, or a computed one.
type Field struct {
	ID    string // as in meta/fields; blank: valid but not listed (computed)
	Alias string
	Name  string
	Type  string
	Kind  Kind
	List  bool // its values are options of a list
	// Internal fields answer under other names (list-employees, datasets) and cannot be asked for by this alias.
	Internal bool

	needs []string                  // aliases whose rights give this one too
	ptr   func(e *Employee) *string // a stored value
	get   func(r *Reader) string    // a computed value
	key   string                    // a custom value
}

// Stored tells whether the field's value is written directly on the record.
func (f *Field) Stored() bool { return f.ptr != nil || f.key != "" }

// Set writes a stored field.
func (f *Field) Set(e *Employee, value string) {
	if f.ptr != nil {
		*f.ptr(e) = value
		return
	}
	if e.Custom == nil {
		e.Custom = map[string]string{}
	}
	e.Custom[f.key] = value
}

// Catalogue is every field of one company, by alias and by id.
type Catalogue struct {
	Fields []*Field // built-in ones in table order, then custom ones
	alias  map[string]*Field
	id     map[string]*Field
}

// firstCustomID keeps custom field ids away from the built-in ones; the number is assumed.
const firstCustomID = 5000

// NewCatalogue joins the built-in fields with the company's own.
func NewCatalogue(custom []CustomField) *Catalogue {
	c := &Catalogue{alias: map[string]*Field{}, id: map[string]*Field{}}
	for _, f := range builtin() {
		c.add(f)
	}
	for i, cf := range custom {
		f := &Field{ID: strconv.Itoa(firstCustomID + i), Alias: cf.Alias, Name: cf.Name, Type: cf.Type, key: cf.Alias}
		switch cf.Type {
		case "checkbox":
			f.Kind = KindCheckbox
		case "date":
			f.Kind = KindDate
		case "list", "multilist":
			f.List = true
		}
		c.add(f)
	}
	return c
}

func (c *Catalogue) add(f *Field) {
	c.Fields = append(c.Fields, f)
	if _, taken := c.alias[f.Alias]; !taken {
		c.alias[f.Alias] = f
	}
	if _, taken := c.id[f.ID]; !taken && f.ID != "" {
		c.id[f.ID] = f
	}
}

// ByAlias finds a field by its alias; nil when there is none.
func (c *Catalogue) ByAlias(alias string) *Field { return c.alias[alias] }

// ByID finds a field by its numeric id; nil when there is none.
func (c *Catalogue) ByID(id string) *Field { return c.id[id] }

// CustomAlias derives the alias of a custom field: "custom" and the name without spaces and punctuation,
// case kept (bamboohr-api §3.6).
func CustomAlias(name string) string {
	return "custom" + strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, name)
}

// ReportType is the type a field has in reports, where phones and links are plain text
// ([R] report-custom-onlyCurrent-true, -false-2022).
func (f *Field) ReportType() string {
	switch f.Type {
	case "phone", "contact_url", "twitter_handle":
		return "text"
	}
	return f.Type
}

// builtin lists the fields; ids, names and types are those of [R] meta-fields and the report recordings.
func builtin() []*Field {
	fields := append(storedFields(), jobFields()...)
	return append(fields, computedFields()...)
}

func storedFields() []*Field {
	text := func(id, alias, name, typ string, p func(e *Employee) *string) *Field {
		return &Field{ID: id, Alias: alias, Name: name, Type: typ, ptr: p}
	}
	kind := func(k Kind, f *Field) *Field { f.Kind = k; return f }
	date := func(id, alias, name string, p func(e *Employee) *string) *Field {
		return kind(KindDate, text(id, alias, name, "date", p))
	}
	status := text("387", "status", "Status", "status", func(e *Employee) *string { return &e.Status })
	return []*Field{
		text("636", "employeeNumber", "Employee #", "employee_number", func(e *Employee) *string { return &e.EmployeeNumber }),
		text("1", "firstName", "First Name", "text", func(e *Employee) *string { return &e.FirstName }),
		text("5", "middleName", "Middle Name", "text", func(e *Employee) *string { return &e.MiddleName }),
		text("2", "lastName", "Last Name", "text", func(e *Employee) *string { return &e.LastName }),
		text("1358", "preferredName", "Preferred Name", "text", func(e *Employee) *string { return &e.PreferredName }),
		status,
		text("15", "workEmail", "Work Email", "email", func(e *Employee) *string { return &e.WorkEmail }),
		text("1357", "homeEmail", "Home Email", "email", func(e *Employee) *string { return &e.HomeEmail }),
		date("3", "hireDate", "Hire Date", func(e *Employee) *string { return &e.HireDate }),
		date("4333", "originalHireDate", "Original Hire Date", func(e *Employee) *string { return &e.OriginalHireDate }),
		date("-38", "terminationDate", "Termination Date", func(e *Employee) *string { return &e.TerminationDate }),
		date("6", "dateOfBirth", "Birth Date", func(e *Employee) *string { return &e.DateOfBirth }),
		text("154", "gender", "Gender", "gender", func(e *Employee) *string { return &e.Gender }),
		text("155", "maritalStatus", "Marital Status", "marital_status", func(e *Employee) *string { return &e.MaritalStatus }),
		text("4406", "pronouns", "Pronouns", "list", func(e *Employee) *string { return &e.Pronouns }), // id assumed
		text("8", "address1", "Address Line 1", "text", func(e *Employee) *string { return &e.Address1 }),
		text("9", "address2", "Address Line 2", "text", func(e *Employee) *string { return &e.Address2 }),
		text("10", "city", "City", "text", func(e *Employee) *string { return &e.City }),
		kind(KindEmpty, text("11", "state", "State", "state", func(e *Employee) *string { return &e.State })),
		text("12", "zipcode", "Zip Code", "text", func(e *Employee) *string { return &e.Zipcode }),
		text("3991", "country", "Country", "country", func(e *Employee) *string { return &e.Country }),
		text("634", "workPhone", "Work Phone", "phone", func(e *Employee) *string { return &e.WorkPhone }),
		text("635", "workPhoneExtension", "Work Ext.", "text", func(e *Employee) *string { return &e.WorkPhoneExtension }),
		text("13", "mobilePhone", "Mobile Phone", "phone", func(e *Employee) *string { return &e.MobilePhone }),
		text("14", "homePhone", "Home Phone", "phone", func(e *Employee) *string { return &e.HomePhone }),
		text("4058", "linkedIn", "LinkedIn URL", "contact_url", func(e *Employee) *string { return &e.LinkedIn }),
		text("4057", "facebook", "Facebook URL", "contact_url", func(e *Employee) *string { return &e.Facebook }),
		text("4056", "twitterFeed", "Twitter Feed", "twitter_handle", func(e *Employee) *string { return &e.TwitterFeed }),
		text("4402", "instagram", "Instagram URL", "contact_url", func(e *Employee) *string { return &e.Instagram }),
		text("4060", "pinterest", "Pinterest URL", "contact_url", func(e *Employee) *string { return &e.Pinterest }),
		kind(KindPay, text("19", "payRate", "Pay rate", "currency", func(e *Employee) *string { return &e.PayRate })),
		text("156", "payType", "Pay type", "pay_type", func(e *Employee) *string { return &e.PayType }),
		text("4330", "payPer", "Paid per", "paid_per", func(e *Employee) *string { return &e.PayPer }),
		text("4042", "exempt", "Overtime Status", "exempt", func(e *Employee) *string { return &e.Exempt }),
	}
}

// jobFields are the values of the effective rows of the two history tables, and two deprecated twins.
func jobFields() []*Field {
	list := func(id, alias, name string, get func(r *Reader) string) *Field {
		return &Field{ID: id, Alias: alias, Name: name, Type: "list", List: true, get: get}
	}
	return []*Field{
		list("17", "jobTitle", "Job Title", func(r *Reader) string { return r.Job.JobTitle }),
		list("4", "department", "Department", func(r *Reader) string { return r.Job.Department }),
		list("1355", "division", "Division", func(r *Reader) string { return r.Job.Division }),
		list("18", "location", "Location", func(r *Reader) string { return r.Job.Location }),
		list("16", "employmentHistoryStatus", "Employment Status", func(r *Reader) string { return r.Employment.Status }),
		{ID: "91", Alias: "reportsTo", Name: "Reporting to", Type: "employee", get: managerFirstLast},
		{ID: "4549", Alias: "teams", Name: "Teams", Type: "multilist", get: func(*Reader) string { return "" }},
		{ID: "1936", Alias: "employeeStatusDate", Name: "Employment Status: Date", Type: "date", Kind: KindDate,
			needs: []string{"employmentHistoryStatus"}, get: func(r *Reader) string { return r.Employment.Date }},
		{ID: "4047", Alias: "jobInformationDate", Name: "Job Information: Date", Type: "date", Kind: KindDate, Internal: true,
			needs: []string{"jobTitle"}, get: func(r *Reader) string { return r.Job.Date }},
		// The deprecated twins of status and preferredName (bamboohr-api §3.5, [R] meta-fields).
		{ID: "387", Alias: "employmentStatus", Name: "Employment Status", Type: "status", needs: []string{"status"},
			get: func(r *Reader) string { return r.Person.Status }},
		{ID: "1358", Alias: "nickname", Name: "Nickname", Type: "text", needs: []string{"preferredName"},
			get: func(r *Reader) string { return r.Person.PreferredName }},
	}
}
