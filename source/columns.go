package source

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// The aliases the readers themselves depend on (bamboohr-api §2.6).
const (
	aliasID              = "id"
	aliasStatus          = "status"
	aliasEmployment      = "employmentHistoryStatus"
	aliasHireDate        = "hireDate"
	aliasTerminationDate = "terminationDate"
)

// column is one standard BambooHR field under the names its endpoints give it (bamboohr-api §2.6).
type column struct {
	alias   string // get employee and custom report; the name used everywhere else in this program
	name    string // on BambooHR's screens, and in a CSV file's header
	tab     string // of the access-level page: Personal or Job; "" when no right of its own exists
	section string // on that tab, "" when it stands alone
	dataset string // employee dataset, "" when it has no such field
	list    string // employee list, "" when it does not know the field
}

// columns is the fixed table of standard fields, in the order in which an access level shows them.
func columns() []column {
	const basic, contact, address = "Basic Information", "Contact", "Address"
	const job, status = "Job Information", "Employment Status (the complete section)"
	return []column{
		{aliasID, "EEID", "", "", "eeid", "employeeId"},
		{"employeeNumber", "Employee #", "Personal", basic, "employeeNumber", "employeeNumber"},
		{"firstName", "First Name", "Personal", basic, "firstName", "firstName"},
		{"middleName", "Middle Name", "Personal", basic, "middleName", "middleName"},
		{"lastName", "Last Name", "Personal", basic, "lastName", "lastName"},
		{"preferredName", "Preferred Name", "Personal", basic, "preferredName", "preferredName"},
		{"displayName", "Display Name", "Personal", basic, "", "displayName"},
		{"fullName1", "First Name Last Name", "Personal", basic, "firstNameLastName", ""},
		{"fullName2", "Last Name, First Name", "Personal", basic, "lastNameFirstName", ""},
		{"dateOfBirth", "Birth Date", "Personal", basic, "dateOfBirth", "birthDate"},
		{"birthday", "Birthday", "Personal", basic, "birthday", ""},
		{"gender", "Gender", "Personal", basic, "gender", "gender"},
		{"maritalStatus", "Marital Status", "Personal", basic, "maritalStatus", ""},
		{aliasStatus, "Status", "Job", "", "status", "status"},
		{"address1", "Address Line 1", "Personal", address, "addressLineOne", ""},
		{"address2", "Address Line 2", "Personal", address, "addressLineTwo", ""},
		{"city", "City", "Personal", address, "city", "city"},
		{"state", "State", "Personal", address, "state", "state"},
		{"zipcode", "Zip Code", "Personal", address, "zipcode", ""},
		{"country", "Country", "Personal", address, "country", "country"},
		{"workEmail", "Work Email", "Personal", contact, "email", "workEmail"},
		{"homeEmail", "Home Email", "Personal", contact, "homeEmail", "homeEmail"},
		{"bestEmail", "Best Email", "Personal", contact, "", "bestEmail"},
		{"workPhone", "Work Phone", "Personal", contact, "workPhone", "workPhone"},
		{"workPhoneExtension", "Work Ext.", "Personal", contact, "workPhoneExt", "workPhoneExtension"},
		{"mobilePhone", "Mobile Phone", "Personal", contact, "mobilePhone", "mobilePhone"},
		{"homePhone", "Home Phone", "Personal", contact, "homePhone", "homePhone"},
		{aliasHireDate, "Hire Date", "Job", "", "hireDate", "hireDate"},
		{"originalHireDate", "Original Hire Date", "Job", "", "originalHireDate", "originalHireDate"},
		{aliasTerminationDate, "Termination Date", "Job", status, "terminationDate", "terminationDate"},
		{aliasEmployment, "Employment Status", "Job", status, "employmentStatus", "employmentStatusName"},
		{"jobTitle", "Job Title", "Job", job, "jobInformationJobTitle", "jobTitleName"},
		{"department", "Department", "Job", job, "jobInformationDepartment", "departmentName"},
		{"division", "Division", "Job", job, "jobInformationDivision", "divisionName"},
		{"location", "Location", "Job", job, "jobInformationLocation", "locationName"},
		{"teams", "Teams", "Job", job, "teams", ""},
		{"reportsTo", "Reports To", "Job", job, "jobInformationReportsTo", "reportsToName"},
		{"supervisor", "Reports To (last name first)", "Job", job, "supervisorName", ""},
		{"supervisorEId", "Reports To (EEID)", "Job", job, "supervisorEid", "reportsToId"},
		{"supervisorId", "Reports To (Employee #)", "Job", job, "supervisorId", ""},
		{"supervisorEmail", "Reports To (e-mail)", "Job", job, "supervisorEmail", ""},
	}
}

// columnsByAlias indexes the table.
func columnsByAlias() map[string]column {
	all := columns()
	m := make(map[string]column, len(all))
	for _, c := range all {
		m[c.alias] = c
	}
	return m
}

// computed lists aliases that are valid although the field list does not name them (bamboohr-api §2.9).
func computed() []string {
	return []string{"fullName3", "fullName4", "fullName5", "isPhotoUploaded", "photoUploaded", "createdByUserId"}
}

// refused tells, for an alias that must not be asked for, why.
func refused(alias string) (why string, yes bool) {
	switch alias {
	case "photoUrl", "age", "lastChanged":
		return "changes by itself, so every employee would look changed in every run; take it out", true
	case "employmentStatus":
		return "is BambooHR's old name of the account status; use employmentHistoryStatus for the employment status, or status", true
	}
	return "", false
}

// nameKey is the form in which names of fields are compared: NFKC, lower-case, single spaces.
func nameKey(s string) string {
	return strings.Join(strings.Fields(strings.ToLower(norm.NFKC.String(s))), " ")
}
