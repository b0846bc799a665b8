package fault

import (
	"encoding/json"
	"errors"
	"fmt"
)

// catalogue is every fault by name (the simulator's control API; security §3 #1–37 says what each is good for).
func catalogue() map[string]builder {
	c := map[string]builder{
		"status":         buildStatus,
		"redirect":       buildRedirect,
		"hang":           buildHang,
		"truncate":       bytesFault("bytes", 100, func(p *Plan, n int) { p.TruncateAt = n }),
		"slow":           bytesFault("bytes_per_second", 100, func(p *Plan, n int) { p.Rate = max(n, 1) }),
		"reset":          bytesFault("after_bytes", 0, func(p *Plan, n int) { p.ResetAfter = n }),
		"bom":            plain(func(p *Plan) { p.BOM = true }),
		"lost_answer":    plain(func(p *Plan) { p.LostReply = true }),
		"drop_people":    buildDropPeople,
		"drop_field":     buildDropField,
		"null_field":     buildNullField,
		"no_people":      rows(func(r *Rows) { r.NoPeople = true }),
		"all_inactive":   rows(func(r *Rows) { r.AllInactive = true }),
		"bad_utf8":       rows(func(r *Rows) { r.BadUTF8 = true }),
		"duplicate_keys": rows(func(r *Rows) { r.DuplicateKeys = true }),
		"id_type":        rows(func(r *Rows) { r.NumberIDs = true }),
		"huge_name":      person(func(r *Rows, id int) { r.HugeName = append(r.HugeName, id) }),
		"id_recycled":    person(func(r *Rows, id int) { r.Recycled = append(r.Recycled, id) }),
		"duplicate_row":  buildDuplicate,
	}
	for _, body := range []string{CannedHTML, CannedEmpty, CannedNull, CannedEmptyObject, CannedGzipBomb, CannedEndless, CannedDeep} {
		c[body] = plain(func(p *Plan) { p.Canned = body })
	}
	return c
}

// plain is a fault without arguments.
func plain(apply func(*Plan)) builder {
	return func(raw json.RawMessage) (func(*Plan), error) {
		return apply, args(raw, &struct{}{})
	}
}

// rows is a fault of rows without arguments.
func rows(apply func(*Rows)) builder {
	return plain(func(p *Plan) { p.Rows.Any = true; apply(&p.Rows) })
}

// person is a fault of one person's row; without an id it is the first person.
func person(apply func(*Rows, int)) builder {
	return func(raw json.RawMessage) (func(*Plan), error) {
		var a struct {
			ID id `json:"id"`
		}
		return func(p *Plan) { p.Rows.Any = true; apply(&p.Rows, int(a.ID)) }, args(raw, &a)
	}
}

// bytesFault is a fault with one number.
func bytesFault(key string, fallback int, apply func(*Plan, int)) builder {
	return func(raw json.RawMessage) (func(*Plan), error) {
		a := map[string]int{key: fallback}
		if err := args(raw, &a); err != nil {
			return nil, err
		}
		if len(a) != 1 || a[key] < 0 {
			return nil, fmt.Errorf("takes only %s, not negative", key)
		}
		return func(p *Plan) { apply(p, a[key]) }, nil
	}
}

func buildStatus(raw json.RawMessage) (func(*Plan), error) {
	a := Status{Code: 500}
	err := args(raw, &a)
	if err == nil && (a.Code < 200 || a.Code > 599) {
		err = fmt.Errorf("code %d is not between 200 and 599", a.Code)
	}
	return func(p *Plan) { p.Status = &a }, err
}

func buildRedirect(raw json.RawMessage) (func(*Plan), error) {
	a := struct {
		To string `json:"to"`
	}{"/login.php"}
	return func(p *Plan) { p.Redirect = a.To }, args(raw, &a)
}

func buildHang(raw json.RawMessage) (func(*Plan), error) {
	var a struct {
		Seconds float64 `json:"seconds"`
	}
	return func(p *Plan) { p.Hang, p.HangFor = true, a.Seconds }, args(raw, &a)
}

func buildDropPeople(raw json.RawMessage) (func(*Plan), error) {
	var a struct {
		Percent *float64 `json:"percent"`
		IDs     ids      `json:"ids"`
	}
	err := args(raw, &a)
	percent := 0.0
	switch {
	case a.Percent != nil:
		percent = *a.Percent
	case a.IDs == nil:
		percent = 50
	}
	if err == nil && (percent < 0 || percent > 100) {
		err = errors.New("percent is not between 0 and 100")
	}
	return func(p *Plan) { p.Rows.Any, p.Rows.DropPercent, p.Rows.DropIDs = true, percent, a.IDs }, err
}

func buildDropField(raw json.RawMessage) (func(*Plan), error) {
	var a struct {
		Field string `json:"field"`
	}
	err := args(raw, &a)
	if err == nil && a.Field == "" {
		err = errors.New("field is missing")
	}
	return func(p *Plan) { p.Rows.Any = true; p.Rows.DropFields = append(p.Rows.DropFields, a.Field) }, err
}

func buildNullField(raw json.RawMessage) (func(*Plan), error) {
	var a struct {
		Field string `json:"field"`
		IDs   ids    `json:"ids"`
	}
	err := args(raw, &a)
	if err == nil && a.Field == "" {
		err = errors.New("field is missing")
	}
	return func(p *Plan) { p.Rows.Any = true; p.Rows.Null = append(p.Rows.Null, Null{a.Field, a.IDs}) }, err
}

func buildDuplicate(raw json.RawMessage) (func(*Plan), error) {
	var a struct {
		ID      id   `json:"id"`
		Differs bool `json:"differs"`
	}
	return func(p *Plan) {
		p.Rows.Any, p.Rows.Differs = true, a.Differs
		p.Rows.Duplicate = append(p.Rows.Duplicate, int(a.ID))
	}, args(raw, &a)
}
