package bamboohr

import (
	"context"
	"net/url"
	"strings"
)

// Company is what BambooHR knows of the company itself.
type Company struct {
	LegalName   string
	DisplayName string
	Phone       string
	Address     Address
}

// Address is the company's seat.
type Address struct {
	Line1, Line2, City, State, Zip string
}

// CompanyInformation reads the company's name and address.
func (c *Client) CompanyInformation(ctx context.Context) (Company, error) {
	var out Company
	err := c.json(ctx, c.get(nil, "v1", "company_information"), "{", &out, nil)
	return out, err
}

// Field is an entry of the field list. Computed aliases (displayName,
// supervisorEId, bestEmail, …) are valid but not listed (bamboohr-api §2.9).
type Field struct {
	ID         ID
	Name       string
	Type       string
	Alias      string // "" for most; then a report answers under the number
	Deprecated YesNo
}

// Fields lists the fields that the key's user may see.
func (c *Client) Fields(ctx context.Context) ([]Field, error) {
	var out []Field
	err := c.json(ctx, c.get(nil, "v1", "meta", "fields"), "[", &out, nil)
	return out, err
}

// List is a field with options to choose from, such as department.
type List struct {
	FieldID    ID
	Name       string
	Alias      string
	Manageable YesNo
	Multiple   YesNo
	Options    []ListOption
}

// ListOption is one value of a List; an archived one is still worn by people.
type ListOption struct {
	ID       ID
	Name     string
	Archived YesNo
}

// Lists reads all lists with their options.
func (c *Client) Lists(ctx context.Context) ([]List, error) {
	var out []List
	err := c.json(ctx, c.get(nil, "v1", "meta", "lists"), "[", &out, nil)
	return out, err
}

// Table is a history table, such as jobInfo, and its columns.
type Table struct {
	Alias  string
	Fields []Field
}

// Tables lists the history tables.
func (c *Client) Tables(ctx context.Context) ([]Table, error) {
	var out []Table
	err := c.json(ctx, c.get(nil, "v1", "meta", "tables"), "[", &out, nil)
	return out, err
}

// User is somebody who can sign in to BambooHR.
type User struct {
	ID         ID
	EmployeeID ID // "0" for a user who is not an employee
	FirstName  string
	LastName   string
	Email      string
	Status     string // enabled or disabled
	LastLogin  string // ISO 8601, "" for never
}

// Users lists users by id, of the given statuses (enabled, disabled; none:
// BambooHR's default). It needs administrative rights.
func (c *Client) Users(ctx context.Context, statuses ...string) ([]User, error) {
	query := url.Values{}
	if len(statuses) > 0 {
		query.Set("status", strings.Join(statuses, ","))
	}
	var users keyed[User]
	if err := c.json(ctx, c.get(query, "v1", "meta", "users"), "{[", &users, nil); err != nil {
		return nil, err
	}
	out := make([]User, len(users))
	for i, u := range users {
		out[i] = u.value
		if out[i].ID == "" {
			out[i].ID = ID(u.key)
		}
	}
	return out, nil
}
