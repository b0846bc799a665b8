package api

import (
	"net/http"
	"reflect"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
)

// base is where the addresses begin.
const base = "/api/v1"

// endpoint is one address. What it takes and gives is read from its handler's own types, so that the
// document cannot tell anything else.
type endpoint struct {
	method     string
	path       string // below base
	permission account.Permission
	id         string // operationId
	summary    string
	more       string // what else a caller has to know, "" for nothing
	in         reflect.Type
	out        reflect.Type
	status     int      // of a good answer
	codes      []string // of problems beside the common ones
	serve      func(w http.ResponseWriter, r *http.Request, status int) error
}

// on makes an endpoint of a handler. In names path and query parameters by tags and has the request's body in
// a field Body, or in a field File (an io.Reader, whose tag type names what it is); Out is the answer, or an
// answerer.
func on[In, Out any](method, path string, p account.Permission, id, summary string, f func(*http.Request, In) (Out, error)) endpoint {
	e := endpoint{method: method, path: path, permission: p, id: id, summary: summary, status: http.StatusOK,
		in: reflect.TypeFor[In](), out: reflect.TypeFor[Out]()}
	if e.out == reflect.TypeFor[nothing]() {
		e.status = http.StatusNoContent
	}
	e.serve = func(w http.ResponseWriter, r *http.Request, status int) error {
		var in In
		if err := bind(w, r, reflect.ValueOf(&in).Elem()); err != nil {
			return err
		}
		out, err := f(r, in)
		if err != nil {
			return err
		}
		return write(w, r, status, out)
	}
	return e
}

// route is the endpoint as the gate takes it.
func (e endpoint) route() gate.Route {
	return gate.Route{Method: e.method, Path: base + e.path, Permission: e.permission, Handler: func(w http.ResponseWriter, r *http.Request) error {
		return refuse(w, e.serve(w, r, e.status))
	}}
}

// makes says that the endpoint creates something: 201.
func (e endpoint) makes() endpoint {
	e.status = http.StatusCreated
	return e
}

// fails names the codes of problems that a caller has to reckon with here.
func (e endpoint) fails(codes ...string) endpoint {
	e.codes = append(e.codes, codes...)
	return e
}

// note adds to the summary.
func (e endpoint) note(text string) endpoint {
	e.more = text
	return e
}

// nothing is the answer of an endpoint that has none: 204.
type nothing struct{}

// answerer is an answer that writes itself.
type answerer interface {
	answer(w http.ResponseWriter, r *http.Request, status int) error
}

func write(w http.ResponseWriter, r *http.Request, status int, out any) error {
	switch out := out.(type) {
	case nothing:
		w.WriteHeader(http.StatusNoContent)
		return nil
	case answerer:
		return out.answer(w, r, status)
	}
	return gate.WriteJSON(w, status, out)
}

// page is a list, or a part of one.
type page[T any] struct {
	Items []T     `json:"items"`
	Next  *string `json:"next" doc:"Give it as after to get the items that follow; null at the end."`
}

// paging is how every long list is asked for.
type paging struct {
	After string `query:"after" doc:"The next of the list before, for the items that follow."`
	Limit int    `query:"limit" min:"1" max:"500" default:"50" doc:"How many items at most."`
}

// none is the input of endpoints that take nothing.
type none struct{}

// one is the input of endpoints that are about one record.
type one struct {
	ID string `path:"id"`
}
