package rest

import (
	"net/http"
	"reflect"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
)

// Endpoint is one address. What it takes and gives is read from its handler's own types, so that the
// document cannot tell anything else.
type Endpoint struct {
	Method     string
	Path       string // below the surface's base
	Permission account.Permission
	ID         string // operationId
	Summary    string
	More       string   // what else a caller has to know, "" for nothing
	Status     int      // of a good answer
	Codes      []string // of problems beside the common ones

	in, out reflect.Type
	serve   func(s *Surface, w http.ResponseWriter, r *http.Request, status int) error
}

// On makes an endpoint of a handler. In names path and query parameters by tags and has the request's body in
// a field Body, or in a field File (an io.Reader, whose tag type names what it is); Out is the answer, or an
// Answerer.
func On[In, Out any](method, path string, p account.Permission, id, summary string, f func(*http.Request, In) (Out, error)) Endpoint {
	e := Endpoint{Method: method, Path: path, Permission: p, ID: id, Summary: summary, Status: http.StatusOK,
		in: reflect.TypeFor[In](), out: reflect.TypeFor[Out]()}
	if e.out == reflect.TypeFor[Nothing]() {
		e.Status = http.StatusNoContent
	}
	e.serve = func(s *Surface, w http.ResponseWriter, r *http.Request, status int) error {
		var in In
		if err := s.bind(w, r, reflect.ValueOf(&in).Elem()); err != nil {
			return err
		}
		out, err := f(r, in)
		if err != nil {
			return err
		}
		return Write(w, r, status, out)
	}
	return e
}

// Makes says that the endpoint creates something: 201.
func (e Endpoint) Makes() Endpoint {
	e.Status = http.StatusCreated
	return e
}

// Fails names the codes of problems that a caller has to reckon with here.
func (e Endpoint) Fails(codes ...string) Endpoint {
	e.Codes = append(e.Codes, codes...)
	return e
}

// Note adds to the summary.
func (e Endpoint) Note(text string) Endpoint {
	e.More = text
	return e
}

// Surface is what all addresses of one API have in common.
type Surface struct {
	Base               string // where the addresses begin: /api/v1
	Title, Description string
	// Words lists the words that a type of text knows, nil when it knows any.
	Words func(reflect.Type) []string
	// Codes tells the status of each code that a problem may have.
	Codes map[string]int
	// Problem is the form of every answer that is no good one, Job that of one that did not wait.
	Problem, Job reflect.Type
	// Refuse answers an error, or returns it for the gate to answer.
	Refuse func(w http.ResponseWriter, err error) error
}

// Routes is the endpoints as the gate takes them.
func (x *Surface) Routes(endpoints []Endpoint) []gate.Route {
	out := make([]gate.Route, len(endpoints))
	for i, e := range endpoints {
		out[i] = gate.Route{Method: e.Method, Path: x.Base + e.Path, Permission: e.Permission, Handler: func(w http.ResponseWriter, r *http.Request) error {
			if err := e.serve(x, w, r, e.Status); err != nil {
				return x.Refuse(w, err)
			}
			return nil
		}}
	}
	return out
}
