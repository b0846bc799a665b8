package rest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/web/api/rest"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
)

// A library, of which this package knows nothing.
type genre string

type bookView struct {
	Title string  `json:"title"`
	Genre genre   `json:"genre"`
	Note  *string `json:"note"`
}

type bookRequest struct {
	Title string  `json:"title" required:"true"`
	Genre genre   `json:"genre"`
	Tags  []genre `json:"tags"`
}

type shelfQuery struct {
	rest.One
	rest.Paging
	Genre []genre `query:"genre"`
	Lent  bool    `query:"lent"`
}

type problem struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

type job struct {
	Job string `json:"job"`
}

var errTorn = errors.New("torn")

func library() []rest.Endpoint {
	page := func(_ *http.Request, in shelfQuery) (rest.Page[bookView], error) {
		if in.ID == "none" {
			return rest.Page[bookView]{}, &rest.RequestError{Code: "not_found", Text: "no such shelf"}
		}
		book := bookView{Title: fmt.Sprint(in.After, in.Limit, in.Genre, in.Lent)}
		return rest.PageOf([]bookView{book}, "more", func(b *bookView) bookView { return *b }), nil
	}
	table := func(_ *http.Request, in struct {
		Bytes int `query:"bytes" min:"0" max:"100000"`
	}) (rest.Table, error) {
		return func(w io.Writer) error {
			if in.Bytes == 0 {
				return nil
			}
			if in.Bytes > 1 {
				_, _ = w.Write([]byte(strings.Repeat("x", in.Bytes)))
			}
			return errTorn
		}, nil
	}
	return []rest.Endpoint{
		rest.On("GET", "/shelves/{id}/books", account.Read, "listBooks", "Lists books", page).Fails("torn"),
		rest.On("POST", "/books", account.People, "makeBook", "Makes a book", func(_ *http.Request, in struct{ Body bookRequest }) (bookView, error) {
			return bookView{in.Body.Title, in.Body.Genre, nil}, nil
		}).Makes().Note("Any book."),
		rest.On("DELETE", "/books/{id}", account.People, "deleteBook", "Ends a book", func(*http.Request, rest.One) (rest.Nothing, error) { return rest.Nothing{}, nil }),
		rest.On("GET", "/books.csv", account.Read, "exportBooks", "Gives books", table).Fails("torn"),
		rest.On("PUT", "/books.yaml", account.People, "importBooks", "Takes books", func(_ *http.Request, in struct {
			File io.Reader `type:"application/yaml"`
		}) (rest.Text, error) {
			text, err := io.ReadAll(in.File)
			return rest.Text(text), err
		}),
	}
}

func surface() *rest.Surface {
	return &rest.Surface{Base: "/v9", Title: "Library", Description: "Books.", Problem: reflect.TypeFor[problem](), Job: reflect.TypeFor[job](),
		Codes: map[string]int{"bad_json": 400, "bad_query": 400, "unauthorized": 401, "forbidden": 403, "not_found": 404, "too_large": 413, "invalid": 422, "import": 422, "internal": 500, "torn": 500},
		Words: func(t reflect.Type) []string {
			if t == reflect.TypeFor[genre]() {
				return []string{"crime", "verse"}
			}
			return nil
		},
		Refuse: func(w http.ResponseWriter, err error) error {
			code, status := "internal", http.StatusInternalServerError
			if e, ok := errors.AsType[*rest.RequestError](err); ok {
				code, status = e.Code, http.StatusBadRequest
			} else if _, ok := errors.AsType[*gate.InputError](err); ok {
				code, status = "invalid", http.StatusUnprocessableEntity
			}
			gate.WriteProblem(w, gate.Problem{Status: status, Code: code, Detail: err.Error()})
			return nil
		}}
}

func serve(t *testing.T) *httptest.Server {
	mux := http.NewServeMux()
	for _, r := range surface().Routes(library()) {
		mux.HandleFunc(r.Method+" "+r.Path, func(w http.ResponseWriter, req *http.Request) {
			if err := r.Handler(w, req); err != nil {
				t.Error(err)
			}
		})
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

func ask(t *testing.T, server *httptest.Server, method, path, body string) (int, string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, server.URL+"/v9"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, strings.TrimSpace(string(text)), err
}

// TestRequests: what a handler's types say is what is taken and answered.
func TestRequests(t *testing.T) {
	server := serve(t)
	for _, x := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"GET", "/shelves/a/books", "", 200, `{"items":[{"title":"50 [] false","genre":"","note":null}],"next":"more"}`},
		{"GET", "/shelves/a/books?genre=crime,verse&limit=3&lent=true&after=x", "", 200, `x3 [crime verse] true`},
		{"GET", "/shelves/a/books?genre=crime&genre=verse&limit=", "", 200, `50 [crime verse] false`},
		{"GET", "/shelves/a/books?genre=poem", "", 400, "one of crime, verse"},
		{"GET", "/shelves/a/books?limit=501", "", 400, "from 1 to 500"},
		{"GET", "/shelves/a/books?limt=5", "", 400, "this address takes after, limit, genre, lent"},
		{"GET", "/shelves/a/books?lent=maybe", "", 400, "true or false"},
		{"GET", "/shelves/a/books?lent=true&lent=true", "", 400, "2 times"},
		{"GET", "/shelves/none/books", "", 400, "no such shelf"},
		{"POST", "/books", `{"title":"<Ann>","genre":"verse"}`, 201, `{"title":"<Ann>","genre":"verse","note":null}`},
		{"POST", "/books", "", 422, "title"},
		{"POST", "/books", `{"title":"x","genre":"poem"}`, 422, "crime, verse"},
		{"POST", "/books", `{"title":"x","tags":["verse","poem"]}`, 422, "crime, verse"},
		{"POST", "/books", `{"titel":"x"}`, 400, `takes title, genre, tags`},
		{"POST", "/books", `{"title":1}`, 400, "/v9/openapi.json"},
		{"POST", "/books", "{\n\"title\":", 400, "line 2, column 8"},
		{"POST", "/books", `{"title":"x"}{}`, 400, "more after"},
		{"DELETE", "/books/a", "", 204, ""},
		{"DELETE", "/books/a?force=1", "", 400, "takes none"},
		{"PUT", "/books.yaml", "a: b", 200, "a: b"},
		{"GET", "/books.csv", "", 200, ""},
		{"GET", "/books.csv?bytes=1", "", 500, "torn"}, // nothing was written yet, so it can be told
	} {
		status, text, err := ask(t, server, x.method, x.path, x.body)
		if says, _ := json.Marshal(x.says); err != nil || status != x.status || !strings.Contains(text, x.says) && !strings.Contains(text, string(says[1:len(says)-1])) {
			t.Errorf("%s %s %s: %d %s, %v", x.method, x.path, x.body, status, text, err)
		}
	}
	if _, text, err := ask(t, server, "GET", "/books.csv?bytes=90000", ""); err == nil {
		t.Errorf("a table that was torn ends well after %d bytes", len(text))
	}
}

// TestDocument: the document tells what the endpoints' types say.
func TestDocument(t *testing.T) {
	text, err := surface().Text(library())
	if err != nil {
		t.Fatal(err)
	}
	var doc any
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	at := func(path ...string) any {
		v := doc
		for _, key := range path {
			m, _ := v.(map[string]any)
			v = m[key]
		}
		return v
	}
	list := []string{"paths", "/v9/shelves/{id}/books", "get"}
	for _, x := range []struct {
		want string
		path []string
	}{
		{"listBooks", append(list, "operationId")},
		{"[shelves]", append(list, "tags")},
		{"[auditor operator admin owner]", append(list, "x-roles")},
		{"internal, torn", append(list, "responses", "500", "description")},
		{"not_found", append(list, "responses", "404", "description")},
		{"Any book. For the roles admin, owner.", []string{"paths", "/v9/books", "post", "description"}},
		{"Created", []string{"paths", "/v9/books", "post", "responses", "201", "description"}},
		{"[title]", []string{"components", "schemas", "BookRequest", "required"}},
		{"false", []string{"components", "schemas", "BookRequest", "additionalProperties"}},
		{"[genre note title]", []string{"components", "schemas", "Book", "required"}},
		{"[crime verse]", []string{"components", "schemas", "Genre", "enum"}},
		{"string", []string{"paths", "/v9/books.csv", "get", "responses", "200", "content", "text/csv", "schema", "type"}},
		{"string", []string{"paths", "/v9/books.yaml", "put", "requestBody", "content", "application/yaml", "schema", "type"}},
		{"<nil>", []string{"paths", "/v9/books/{id}", "delete", "responses", "204", "content"}},
	} {
		if got := fmt.Sprint(at(x.path...)); got != x.want {
			t.Errorf("%v is %s, want %s", x.path, got, x.want)
		}
	}
}
