package exporter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/bamboohr"
	"github.com/rollcall-hr/rollcall/directory"
)

// employee is the little that is known of somebody in BambooHR.
type employee struct {
	id, name, nameKey string
	workKey           string // directory.EmailKey of the addresses, "" for none
	homeKey           string
	number            string
}

func (e *employee) title() string { return strings.TrimSpace(e.name + " (employee:" + e.id + ")") }

// roster is everybody in BambooHR by what must not be there twice.
type roster struct {
	all     []employee
	byMail  map[string]*employee // work and home addresses
	numbers map[string]*employee
	names   map[string][]*employee
	ids     map[string]bool
}

// columns are the list's own names (bamboohr-api §2.6).
func columns() []string {
	return []string{"employeeId", "firstName", "lastName", "workEmail", "homeEmail", "employeeNumber"}
}

// readRoster reads everybody. A work address that the key may not see stops it: then nobody could say
// who is there already (bamboohr-api §3.4). Home addresses may be hidden; BambooHR itself refuses a
// duplicate of one.
func (x *Exporter) readRoster(ctx context.Context) (*roster, error) {
	r := &roster{byMail: map[string]*employee{}, numbers: map[string]*employee{}, names: map[string][]*employee{}, ids: map[string]bool{}}
	hidden := 0
	err := x.list(ctx, nil, func(e employee, restricted []string) {
		if slices.Contains(restricted, "workEmail") {
			hidden++
		}
		r.all = append(r.all, e)
	})
	if err != nil {
		return nil, err
	}
	if hidden > 0 {
		return nil, &HiddenError{Company: x.BambooHR.Company(), Employees: hidden}
	}
	for i := range r.all {
		e := &r.all[i]
		r.ids[e.id] = true
		for _, key := range []string{e.workKey, e.homeKey} {
			if _, twice := r.byMail[key]; key != "" && !twice {
				r.byMail[key] = e
			}
		}
		if e.number != "" {
			r.numbers[e.number] = e
		}
		r.names[e.nameKey] = append(r.names[e.nameKey], e)
	}
	return r, nil
}

// HiddenError says that the key may not read everybody's work e-mail address.
type HiddenError struct {
	Company   string
	Employees int
}

func (e *HiddenError) Error() string {
	return fmt.Sprintf("the key cannot read the work e-mail of %d employees of %s, so nobody can tell who is there already; give its access level the field for everybody", e.Employees, e.Company)
}

// Code is the error's stable code.
func (e *HiddenError) Code() string { return "unreadable" }

// list walks over the employee list.
func (x *Exporter) list(ctx context.Context, filter map[string]string, see func(e employee, restricted []string)) (err error) {
	stream, err := x.BambooHR.Employees(ctx, bamboohr.ListQuery{Fields: columns()[3:], Filter: filter})
	if err != nil {
		return fmt.Errorf("list the employees of %s: %w", x.BambooHR.Company(), err)
	}
	defer func() { err = errors.Join(err, stream.Close()) }()
	decoder := bamboohr.NewDecoder(columns()...)
	for row, err := range stream.Rows() {
		if err != nil {
			return fmt.Errorf("list the employees of %s: %w", x.BambooHR.Company(), err)
		}
		v, err := row.Decode(decoder)
		if err != nil {
			return fmt.Errorf("list the employees of %s: %w", x.BambooHR.Company(), err)
		}
		restricted, err := row.Restricted()
		if err != nil {
			return fmt.Errorf("list the employees of %s: %w", x.BambooHR.Company(), err)
		}
		name, _ := directory.CleanText(v[1].Text + " " + v[2].Text)
		see(employee{id: v[0].Text, name: name, nameKey: directory.NameKey(name), workKey: directory.EmailKey(v[3].Text),
			homeKey: directory.EmailKey(v[4].Text), number: strings.TrimSpace(v[5].Text)}, restricted)
	}
	return nil
}

// find looks for the employees with exactly this work address. BambooHR's filter finds substrings, so
// what it finds is compared (bamboohr-api §2.1); a host in another script is left out of the filter,
// because it may be stored in either form.
func (x *Exporter) find(ctx context.Context, email string) ([]employee, error) {
	key := directory.EmailKey(email)
	part := strings.TrimSpace(email)
	if at := strings.LastIndexByte(part, '@'); at >= 0 && !strings.EqualFold(part, key) {
		part = part[:at+1]
	}
	var found []employee
	err := x.list(ctx, map[string]string{"workEmail": part}, func(e employee, _ []string) {
		if e.workKey == key {
			found = append(found, e)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("look for %s: %w", email, err)
	}
	return found, nil
}

// listOptions reads the values that BambooHR's list fields accept, by alias. A key that may not read
// them gets none: then BambooHR is the judge of each value.
func (x *Exporter) listOptions(ctx context.Context) (map[string]map[string]string, error) {
	lists, err := x.BambooHR.Lists(ctx)
	if errors.Is(err, bamboohr.ErrForbidden) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the lists of %s: %w", x.BambooHR.Company(), err)
	}
	out := map[string]map[string]string{}
	for _, l := range lists {
		if l.Alias == "" {
			continue
		}
		out[l.Alias] = map[string]string{}
		for _, o := range l.Options {
			if !o.Archived {
				out[l.Alias][directory.NameKey(o.Name)] = o.Name
			}
		}
	}
	return out, nil
}
