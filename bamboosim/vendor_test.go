package bamboosim_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/bamboosim/internal/endpoint"
)

var vendorYAML = flag.String("vendor-doc", "", "BambooHR's full OpenAPI document (YAML): write "+vendorFile+" from it")

// TestTrimVendorDoc makes the committed copy: go test ./bamboosim -run TestTrimVendorDoc -vendor-doc public.yaml
func TestTrimVendorDoc(t *testing.T) {
	if *vendorYAML == "" {
		return // nothing to make
	}
	raw, err := os.ReadFile(*vendorYAML)
	if err != nil {
		t.Fatal(err)
	}
	var full map[string]any
	if err := yaml.Unmarshal(raw, &full); err != nil {
		t.Fatal(err)
	}
	const source = "BambooHR/bhr-api-python specs/public.yaml of 2026-06-01, MIT licence; answers of the simulated operations, without prose and examples"
	out, err := json.MarshalIndent(trimVendorDoc(full, source, endpoint.New().Operations()), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(vendorFile, append(out, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// answer makes the call in a company of its own.
func (c vendorCall) answer(t *testing.T) (path string, rec *httptest.ResponseRecorder) {
	t.Helper()
	companies, err := bamboosim.ParseCompanyFile([]byte(strings.NewReplacer(c.company...).Replace(acme)))
	if err != nil {
		t.Fatal(err)
	}
	sim, err := bamboosim.New(companies[0])
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t, sim}
	for _, request := range c.first {
		words := strings.SplitN(request, " ", 3)
		if rec := w.ask(bamboosim.DefaultKey, words[0]+" "+words[1], words[2]); rec.Code >= 300 {
			t.Fatalf("%s = %d", request, rec.Code)
		}
	}
	key := c.key
	if key == "" {
		key = bamboosim.DefaultKey
	}
	request := strings.Replace(c.request, " ", " /api/", 1)
	if employee, _, found := strings.Cut(strings.TrimPrefix(c.request[strings.Index(c.request, "employees/")+1:], "mployees/"), "/"); found && strings.HasSuffix(request, "{row}") {
		request = strings.Replace(request, "{row}", rowID(t, w, employee), 1)
	}
	rec = w.ask(key, request, c.body, c.headers...)
	path, _, _ = strings.Cut(request, "?")
	return path, rec
}

// readDifferences reads the deliberate ones, each with whether it was seen.
func readDifferences(t *testing.T) map[string]*bool {
	t.Helper()
	raw, err := os.ReadFile("testdata/openapi/differences.txt")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]*bool{}
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		what, why, _ := strings.Cut(line, " | ")
		if !strings.Contains(why, "bamboohr-api §") || known[what] != nil {
			t.Errorf("differences.txt: %q gives no reason with its section, or stands twice", line)
		}
		known[what] = new(bool)
	}
	return known
}

// Every simulated operation answers as the vendor's document says, but for the differences we mean.
func TestVendorDocument(t *testing.T) {
	doc, err := readVendorDoc()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{} // what differs, and the first request that showed it
	called := map[string]bool{}
	for _, c := range vendorCalls() {
		path, rec := c.answer(t)
		if rec.Code != c.status {
			t.Errorf("%s = %d %s, want %d", c.request, rec.Code, rec.Header().Get("X-BambooHR-Error-Message"), c.status)
			continue
		}
		method, bare, _ := strings.Cut(path, " ")
		route := routeOf(method, strings.TrimPrefix(bare, "/api/"))
		if rec.Code < 300 {
			called[route] = true
		}
		name, op, ok := doc.operation(method, bare)
		if !ok {
			note(found, "undocumented: "+route, c.request)
			continue
		}
		called[fmt.Sprint(name, rec.Code)] = true
		doc.compare(op, rec, func(problem string) { note(found, fmt.Sprintf("%s %d: %s", op.ID, rec.Code, problem), c.request) })
	}
	for _, route := range endpoint.New().Operations() {
		if !called[route] {
			t.Errorf("no successful call of %s", route)
		}
	}
	for name, op := range doc.Operations {
		for status := range op.Responses {
			if !called[name+status] {
				note(found, op.ID+" "+status+": never answered", "the calls above")
			}
		}
	}
	known := readDifferences(t)
	for _, what := range slices.Sorted(maps.Keys(found)) {
		_, problem, _ := strings.Cut(what, " ")
		switch {
		case known[what] != nil:
			*known[what] = true
		case known["* "+problem] != nil:
			*known["* "+problem] = true
		default:
			t.Errorf("%s (%s)", what, found[what])
		}
	}
	for _, what := range slices.Sorted(maps.Keys(known)) {
		if !*known[what] {
			t.Errorf("differences.txt: %q is no difference any more", what)
		}
	}
}

func note(found map[string]string, what, request string) {
	if _, there := found[what]; !there {
		found[what] = request
	}
}

// routeOf names the operation of the simulator that a request reaches.
func routeOf(method, path string) (name string) {
	best := -1
	for _, route := range endpoint.New().Operations() {
		if words, ok := fitsTemplate(route, method+" "+path); ok && words > best {
			name, best = route, words
		}
	}
	return name
}

// compare checks status, headers, content type and body.
func (d *vendorDoc) compare(op vendorOperation, rec *httptest.ResponseRecorder, report func(string)) {
	want, ok := op.Responses[fmt.Sprint(rec.Code)]
	if !ok {
		report("status is not documented")
		return
	}
	for _, name := range want.Headers {
		if rec.Header().Get(name) == "" {
			report("no header " + name)
		}
	}
	mediaType, _, err := mime.ParseMediaType(rec.Header().Get("Content-Type"))
	if err != nil {
		report(err.Error())
		return
	}
	body := rec.Body.Bytes()
	schema, documented := want.Content[mediaType].(map[string]any)
	switch {
	case len(want.Content) == 0 && len(body) > 0:
		report("the body is not documented")
		return
	case len(want.Content) > 0 && len(body) == 0:
		report("no body")
		return
	case len(want.Content) > 0 && !documented:
		report("content type " + mediaType + " is not documented")
		return
	}
	switch {
	case strings.HasSuffix(mediaType, "json"):
		dec := json.NewDecoder(bytes.NewReader(body))
		dec.UseNumber()
		var v any
		if err := dec.Decode(&v); err != nil {
			report(err.Error())
			return
		}
		d.check("body", schema, v, report)
	case strings.HasSuffix(mediaType, "xml"):
		if err := wellFormed(body); err != nil {
			report(err.Error())
		}
	}
}

// wellFormed reads XML to its end. Its schemas are not compared: the document describes them loosely.
func wellFormed(body []byte) error {
	dec := xml.NewDecoder(bytes.NewReader(body))
	for {
		if _, err := dec.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}
