package gen

import (
	"strconv"

	"github.com/rollcall-hr/rollcall/bamboosim/internal/company"
)

// writer collects the texts of one record in one buffer, so that a person costs one allocation.
type writer struct {
	buf   []byte
	spans [24]span24
	n     int
}

type span24 struct {
	to   *string
	from int
}

// begin starts a text; everything appended to buf until the next begin or end belongs to it.
func (w *writer) begin(to *string) {
	w.spans[w.n] = span24{to, len(w.buf)}
	w.n++
}

// end hands out the texts.
func (w *writer) end() {
	all := string(w.buf)
	for i := range w.n {
		until := len(all)
		if i+1 < w.n {
			until = w.spans[i+1].from
		}
		*w.spans[i].to = all[w.spans[i].from:until]
	}
}

func (w *writer) date(to *string, day int) {
	w.begin(to)
	w.buf = appendDate(w.buf, day)
}

// Load computes the person at index i into e, reusing what e holds.
func (p *people) Load(i int, e *company.Employee) *company.Employee {
	job, employment, custom := e.JobInfo[:0], e.EmploymentStatus[:0], e.Custom
	*e = company.Employee{ID: firstID + i, Status: company.Active}
	if custom == nil {
		custom = make(map[string]string, 4)
	}
	clear(custom)
	e.Custom = custom

	r := p.random(i, 1)
	at := p.placeOf(i)
	k := p.kindOf(i, at.leads, &r)
	var space [512]byte
	w := writer{buf: space[:0]}
	p.identity(i, k, e, &w, &r)
	e.Changed = p.Changed(i)
	e.Created = e.Changed - 30*86400
	if k == bare {
		w.end()
		return e
	}
	loc := p.tables.locations[r.below(len(p.tables.locations))]
	hired := p.hired(i, k, &r)
	p.personal(i, hired, loc, e, &w, &r)
	p.history(hired, i, k, at, loc, e, job, employment, &w, &r)
	w.end()
	return e
}

// identity fills names, number and addresses. A pair of names repeats after all pairs were used; the address then has a number.
func (p *people) identity(i int, k kind, e *company.Employee, w *writer, r *random) {
	t := p.tables
	pairs := len(t.first) * len(t.last)
	pair := (i%pairs*p.step + int(p.seed%uint64(pairs))) % pairs
	first, last := &t.first[pair/len(t.last)], &t.last[pair%len(t.last)]
	e.FirstName, e.LastName = first.shown, last.shown
	mail := func(to *string, domain string) {
		w.begin(to)
		w.buf = append(append(append(w.buf, first.mail...), '.'), last.mail...)
		if round := i / pairs; round > 0 {
			w.buf = strconv.AppendInt(w.buf, int64(round+1), 10)
		}
		w.buf = append(append(w.buf, '@'), domain...)
	}
	if k == oddName {
		e.FirstName, e.LastName = "Zoe\u0308 "+first.shown, "=\"Ö\u202Eçal\" <"+last.shown+">" // combining, formula, markup, bidi
	}
	if k == bare {
		return
	}
	if k != noWorkEmail {
		mail(&e.WorkEmail, p.domain)
	}
	if k == noWorkEmail || r.percent(30) {
		mail(&e.HomeEmail, "home.test")
	}
	if k != noNumber {
		w.begin(&e.EmployeeNumber)
		w.buf = strconv.AppendInt(w.buf, int64(e.ID-numberOffset), 10)
	}
	if first.short != "" && r.percent(60) {
		e.PreferredName = first.short
	}
	switch draw := r.below(100); {
	case draw < 2:
		e.Gender = "Non-binary"
	case draw > 4:
		e.Gender = first.gender
	}
}

// personal fills what does not depend on the job.
func (p *people) personal(i, hired int, loc location, e *company.Employee, w *writer, r *random) {
	w.date(&e.DateOfBirth, hired-19*365-r.below(35*365))
	w.begin(&e.Address1)
	w.buf = append(strconv.AppendInt(w.buf, int64(1+r.below(300)), 10), " Station Road"...)
	e.City, e.State, e.Country = loc.city, loc.state, loc.country
	w.begin(&e.WorkPhone)
	w.buf = appendPadded(append(w.buf, loc.phone...), r.below(100), 2)
	w.begin(&e.WorkPhoneExtension)
	w.buf = appendPadded(w.buf, 1000+i%9000, 4)
	if r.percent(70) {
		w.begin(&e.MobilePhone)
		w.buf = appendPadded(append(w.buf, loc.phone...), r.below(100), 2)
	}
	if r.percent(60) {
		e.Photo = "generated"
	}
	e.Custom["customAlleoaccess"] = "0"
	if r.percent(80) {
		e.Custom["customAlleoaccess"] = "1"
	}
	if r.percent(90) {
		e.Custom["customShirtsize"] = p.tables.shirts[r.below(len(p.tables.shirts))]
	}
	if r.percent(40) {
		e.Custom["customTeams"] = p.tables.teams[r.below(len(p.tables.teams))]
	}
}

// hired draws the day of hire: within 14 years, for the head of the company before everybody else.
func (p *people) hired(i int, k kind, r *random) int {
	switch {
	case i == 0:
		return p.today - 15*365
	case k == futureHire:
		return p.today + 7 + r.below(40)
	}
	return p.today - 30 - r.below(14*365)
}

// history fills dates and the rows of the two tables, which have room for three and two.
func (p *people) history(hired, i int, k kind, at place, loc location, e *company.Employee,
	jobs []company.JobRow, statuses []company.StatusRow, w *writer, r *random) {
	if cap(jobs) < 3 {
		jobs = make([]company.JobRow, 0, 3)
	}
	if cap(statuses) < 2 {
		statuses = make([]company.StatusRow, 0, 2)
	}
	department, title := p.title(at, i, r)
	row := company.JobRow{RowID: e.ID * 8, Location: loc.name, Department: department, Division: loc.division, JobTitle: title}
	if at.manager >= 0 {
		row.ReportsTo = firstID + at.manager
	}
	promotions := 0
	if k == ordinary && !at.leads && p.today-hired > 3*365 {
		promotions = r.below(3)
	}
	jobs = jobs[:promotions+1]
	for n := range jobs {
		jobs[n] = row
		jobs[n].RowID += n
		if n < promotions {
			jobs[n].JobTitle = "Junior " + title
		}
		w.date(&jobs[n].Date, hired+n*(p.today-hired)/(promotions+1))
	}
	w.date(&e.HireDate, hired)
	status := "Full-Time"
	switch k {
	case contractor:
		status = "Contractor"
	case intern:
		status = "Intern"
	case partTime:
		status = "Part-Time"
	}
	statuses = append(statuses, company.StatusRow{RowID: e.ID*8 + 4, Status: status})
	w.date(&statuses[0].Date, hired)
	if k == leaver || k == futureLeaver {
		left := p.today + 5 + r.below(50)
		if k == leaver {
			left = p.today - 1 - r.below(min(2*365, p.today-hired))
			e.Status = company.Inactive
		}
		statuses = append(statuses[:1], company.StatusRow{RowID: e.ID*8 + 5, Status: company.Terminated})
		w.date(&statuses[1].Date, left)
		w.date(&e.TerminationDate, left)
	}
	e.JobInfo, e.EmploymentStatus = jobs, statuses
}

func (p *people) title(at place, i int, r *random) (department, title string) {
	if i == 0 {
		return "Operations", "Chief Executive Officer"
	}
	department = p.tables.slots[at.slot]
	j := p.tables.jobs[department]
	switch {
	case p.firstOf[at.slot] == i:
		title = j.head
	case at.leads:
		title = j.lead
	default:
		title = j.titles[r.below(len(j.titles))]
	}
	return department, title
}
