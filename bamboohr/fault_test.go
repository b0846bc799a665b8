package bamboohr

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// sendRaw takes the connection over and writes bytes as they are.
func sendRaw(text string, reset bool) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		io.WriteString(conn, text)
		if tcp, ok := conn.(interface{ SetLinger(int) error }); ok && reset {
			time.Sleep(20 * time.Millisecond) // real time: let the bytes leave before the RST overtakes them
			tcp.SetLinger(0)
		}
	}
}

const okHead = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

// TestBadAnswers holds every answer that is none, beside what it must become
// (security §3 #9–#18). Each is given to a small call and to a stream.
func TestBadAnswers(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100)
	people := report(`[{"id":"4","firstName":"Ann"},{"id":"5","firstName":"Bob"}]`)
	for name, c := range map[string]struct {
		h           http.HandlerFunc
		small, bulk Kind
		again       bool // it is tried again
	}{
		"web page":          {says(200, "<!DOCTYPE html><title>Sign in</title>", "Content-Type", "text/html"), ErrNotJSON, ErrNotJSON, false},
		"web page, spaced":  {says(200, "\r\n <html>"), ErrNotJSON, ErrNotJSON, false},
		"plain text":        {says(200, "Access denied"), ErrNotJSON, ErrNotJSON, false},
		"XML":               {says(200, `<?xml version="1.0"?><employee id="8"/>`), ErrNotJSON, ErrNotJSON, false},
		"empty body":        {says(200, ""), ErrShape, ErrShape, true},
		"white space":       {says(200, " \n"), ErrShape, ErrShape, true},
		"204":               {says(204, ""), ErrShape, ErrShape, true},
		"null":              {says(200, "null"), ErrShape, ErrShape, true},
		"{}":                {says(200, "{}"), ErrShape, ErrShape, true},
		"{ }":               {says(200, " { } "), ErrShape, ErrShape, true},
		"[]":                {says(200, "[]"), ErrShape, ErrShape, false},
		"number":            {says(200, "42"), ErrNotJSON, ErrNotJSON, false},
		"error object":      {says(200, `{"error":{"code":500,"message":"boom"}}`), ErrShape, ErrShape, true},
		"error text":        {says(200, `{"error":"boom"}`), ErrShape, ErrShape, true},
		"limit in the body": {says(200, `{"error":{"code":429,"message":"Over rate limit, please try again in 60 seconds"}}`), ErrRateLimited, ErrRateLimited, false},
		"redirect":          {says(302, "", "Location", "https://evil.test/login"), ErrRedirect, ErrRedirect, false},
		"redirect at home":  {says(301, "", "Location", "/login"), ErrRedirect, ErrRedirect, false},
		"redirect nowhere":  {says(307, ""), ErrRedirect, ErrRedirect, false},
		"cut JSON":          {says(200, people[:len(people)-20]), ErrTruncated, ErrTruncated, true},
		"cut at the end":    {says(200, people[:len(people)-1]), ErrTruncated, ErrTruncated, true},
		"cut in the head":   {says(200, people[:30]), ErrTruncated, ErrTruncated, true},
		"cut by HTTP":       {sendRaw(okHead+"Content-Length: 5000\r\n\r\n"+people, false), ErrTruncated, ErrTruncated, true},
		"cut chunk":         {sendRaw(okHead+"Transfer-Encoding: chunked\r\n\r\n1000\r\n"+people, false), ErrTruncated, ErrTruncated, true},
		"reset":             {sendRaw(okHead+"Content-Length: 5000\r\n\r\n"+people, true), ErrTruncated, ErrTruncated, true},
		"nested deeply":     {says(200, deep), ErrTooDeep, ErrTooDeep, false},
		"deep in a record":  {says(200, report(`[{"id":"4","x":`+deep+`}]`)), ErrTooDeep, ErrTooDeep, false},
		"garbage behind":    {says(200, people+"x"), ErrShape, ErrShape, false},
		"second answer":     {says(200, people+people), ErrShape, ErrShape, false},
		"not JSON inside":   {says(200, `{"fields":[],"employees":[{"id":"4"}{"id":"5"}]}`), ErrShape, ErrShape, false},
		"comma at the end":  {says(200, `{"id":"8","fields":[],"employees":[{"id":"4"},]}`), ErrShape, ErrShape, false},
		"comma in the head": {says(200, `{"id":"8","fields":[],}`), ErrShape, ErrShape, false},
	} {
		t.Run(name, func(t *testing.T) {
			check := func(err error, kind Kind, x *tester) {
				t.Helper()
				if !errors.Is(err, kind) {
					t.Errorf("error %v, want %q", err, kind)
				}
				if strings.Contains(err.Error(), "127.0.0.1") {
					t.Errorf("%v: the ports make the same failure look like another one", err)
				}
				if want := map[bool]int{false: 1, true: 5}[c.again]; len(x.requests) != want {
					t.Errorf("%d requests, want %d (%v)", len(x.requests), want, err)
				}
				for _, r := range x.requests {
					if r.URL.Host == "evil.test" || strings.Contains(r.URL.Path, "login") {
						t.Error("the redirect was followed")
					}
				}
			}
			x := serve(t, c.h)
			_, err := x.Probe(t.Context())
			check(err, c.small, x)

			x = serve(t, c.h)
			s, err := x.CustomReport(t.Context(), everybody())
			if err == nil {
				s.Close()
			}
			check(err, c.bulk, x)
		})
	}
}

// TestBadReports holds what only a report can get wrong.
func TestBadReports(t *testing.T) {
	fields := `"fields":[{"id":"id"}]`
	for name, c := range map[string]struct {
		body string
		kind Kind // "" for a good end
		ids  string
	}{
		"no people":           {`{` + fields + `,"employees":[]}`, "", ""},
		"people as a map":     {`{` + fields + `,"employees":{"4":{"id":"4"},"5":{"id":5}}}`, "", "4 5"},
		"empty map":           {`{` + fields + `,"employees":{}}`, "", ""},
		"numbers as ids":      {`{` + fields + `,"employees":[{"id":4},{"id":40e-1}]}`, "", "4 4"},
		"byte order mark":     {"\xef\xbb\xbf" + `{` + fields + `,"employees":[{"id":"4"}]}`, "", "4"},
		"more behind":         {`{` + fields + `,"employees":[{"id":"4"}],"extra":{"a":[1,2]}} `, "", "4"},
		"fields as a map":     {`{"fields":{"0":{"id":"id"}},"employees":[{"id":"4"}]}`, "", "4"},
		"white space":         {" {\n" + fields + " , \"employees\" : [\t{ \"id\" : \"4\" } , {\"id\":\"5\"}\r\n] }\n", "", "4 5"},
		"a record without id": {`{` + fields + `,"employees":[{"firstName":"Ann"},{"id":"5"},{"id":null},{"id":""},{"id":[]}]}`, "", "! 5 ! ! !"},
		"people null":         {`{` + fields + `,"employees":null}`, ErrShape, ""},
		"people a text":       {`{` + fields + `,"employees":"none"}`, ErrShape, ""},
		"people missing":      {`{` + fields + `}`, ErrShape, ""},
		"fields missing":      {`{"employees":[{"id":"4"}]}`, ErrShape, ""},
		"fields behind":       {`{"employees":[{"id":"4"}],` + fields + `}`, "", "4"}, // small enough to be read ahead
		"fields null":         {`{"fields":null,"employees":[]}`, "", ""},
		"field without id":    {`{"fields":[{"name":"x"},{}],"employees":[]}`, ErrShape, ""},
		"fields a text":       {`{"fields":"id","employees":[]}`, ErrShape, ""},
		"people twice":        {`{` + fields + `,"employees":[{"id":"4"}],"employees":[]}`, ErrShape, ""},
		"a record is null":    {`{` + fields + `,"employees":[{"id":"4"},null]}`, ErrShape, ""},
		"a record is a list":  {`{` + fields + `,"employees":[[]]}`, ErrShape, ""},
		"a record is a text":  {`{` + fields + `,"employees":["4"]}`, ErrShape, ""},
		"bracket left open":   {`{` + fields + `,"employees":[{"id":"4","x":[}]}`, ErrShape, ""},
		"wrong brackets":      {`{` + fields + `,"employees":[{"id":"4"]]}`, ErrShape, ""},
	} {
		t.Run(name, func(t *testing.T) {
			x := serve(t, says(200, c.body), WithRetry(1, time.Hour))
			s, err := x.CustomReport(t.Context(), everybody())
			got := ""
			if err == nil {
				got, err = ids(s.Stream)
			}
			if c.kind == "" && err != nil || c.kind != "" && !errors.Is(err, c.kind) || got != c.ids {
				t.Errorf("%q, %v; want %q, %q", got, err, c.ids, c.kind)
			}
			if err == nil && !s.Stats().Complete {
				t.Error("a good end that is not complete")
			}
		})
	}
}

// In a body beyond the window the columns must come first, and what is wrong
// at the end is known only there.
func TestLongReports(t *testing.T) {
	var list strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&list, `,{"id":"%d","firstName":"Person with a name of some length"}`, i+4)
	}
	people := list.String()[1:]
	for name, c := range map[string]struct {
		body string
		open Kind
		kind Kind
		rows int
	}{
		"good":          {report("[" + people + "]"), "", "", 20_000},
		"fields behind": {`{"employees":[` + people + `],"fields":[{"id":"id"}]}`, ErrShape, "", 0},
		"cut":           {report("[" + people), "", ErrTruncated, 20_000},
		"garbage":       {report("["+people+"]") + "]", "", ErrShape, 20_000},
		"null at last":  {report("[" + people + ",null]"), "", ErrShape, 20_000},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "cut" {
				c.body = c.body[:len(c.body)-1]
			}
			x := serve(t, says(200, c.body))
			s, err := x.CustomReport(t.Context(), everybody())
			if c.open != "" {
				if !errors.Is(err, c.open) {
					t.Fatal(err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			_, err = ids(s.Stream)
			if c.kind == "" && err != nil || c.kind != "" && !errors.Is(err, c.kind) || s.Stats().Rows != c.rows {
				t.Errorf("%d rows, %v", s.Stats().Rows, err)
			}
			if s.Stats().Complete != (c.kind == "") {
				t.Errorf("complete: %v", s.Stats().Complete)
			}
			if e, ok := errors.AsType[*Error](err); ok && (e.Path != "/v1/reports/custom" || e.Status != 200) {
				t.Errorf("the error does not say of what: %v", err)
			}
		})
	}
}

func TestOddBytes(t *testing.T) {
	body := "\xef\xbb\xbf" + report(`[{"id":"4","firstName":"A`+"\xff"+`nn"},{"id":"5","firstName":"x","firstName":"Bob"},{"id":"6","firstName":"\ud800"},{"id":"7","id":"8"},{"id":"9","firstName":"A`+"\x01"+`"},{"id":"10"}]`)
	x := serve(t, says(200, body))
	s, err := x.CustomReport(t.Context(), everybody())
	if err != nil {
		t.Fatal(err)
	}
	d := NewDecoder("firstName", "id")
	var got []string
	for row, err := range s.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		v, err := row.Decode(d)
		if err != nil {
			got = append(got, err.Error())
			continue
		}
		got = append(got, fmt.Sprint(v[1].Text, " ", v[0].Text, " ", d.Warning().InvalidUTF8, d.Warning().DuplicateKey))
	}
	want := []string{
		"4 A\ufffdnn true false", "5 Bob false true", "6 \ufffd true false",
		`record 4 (employee 7): BambooHR: unexpected answer: it has two different values of "id"`,
		`record 5 (employee 9): BambooHR: unexpected answer: byte 24 of the record: control character 0x01 in a text`,
		"10  false false",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if st := s.Stats(); st != (Stats{Rows: 6, Bytes: int64(len(body)), Pages: 1, InvalidUTF8: 1, DuplicateKeys: 1, ByteOrderMark: true, Complete: true}) {
		t.Errorf("%+v", st)
	}
}

func TestOversizedRecords(t *testing.T) {
	big := strings.Repeat(`x\"{[`, 2<<20/5)
	at := func(records ...string) string { return report("[" + strings.Join(records, ",") + "]") }
	for name, c := range map[string]struct {
		body string
		ids  string
		id   string // of the bad record
		kind Kind
	}{
		"one among others": {at(`{"id":"4"}`, `{"id":"5","firstName":"`+big+`"}`, `{"id":"6"}`), "4 ! 6", "5", ""},
		"id behind":        {at(`{"firstName":"`+big+`","id":"5"}`, `{"id":"6"}`), "! 6", "", ""},
		"nothing else":     {at(`{"id":"5","firstName":"` + big + `"}`), "!", "5", ""},
		"just fits":        {at(`{"id":"5","firstName":"` + strings.Repeat("x", 1<<20-25) + `"}`), "5", "", ""},
		"one byte more":    {at(`{"id":"5","firstName":"` + strings.Repeat("x", 1<<20-24) + `"}`), "!", "5", ""},
		"cut inside":       {at(`{"id":"4"}`, `{"id":"5","firstName":"`+big)[:1<<20+1<<19], "4", "", ErrTruncated},
		"without end":      {at(`{"id":"4"}`, `{"id":"5","firstName":"`+strings.Repeat("x", 80<<20)+`"}`), "4", "", ErrTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			x := serve(t, says(200, c.body))
			s, err := x.CustomReport(t.Context(), everybody())
			if err != nil {
				t.Fatal(err)
			}
			var bad *RecordError
			var got []string
			for row, e := range s.Rows() {
				if errors.As(e, &bad) {
					got = append(got, "!")
				} else if err = e; err == nil {
					id, _ := row.ID()
					got = append(got, id)
				}
			}
			if strings.Join(got, " ") != c.ids || c.kind == "" && err != nil || c.kind != "" && !errors.Is(err, c.kind) {
				t.Errorf("%q, %v; want %q, %q", got, err, c.ids, c.kind)
			}
			if bad != nil && (bad.ID != c.id || !errors.Is(bad, ErrTooLarge)) {
				t.Errorf("the bad record: %v", bad)
			}
			if bad == nil && strings.Contains(c.ids, "!") {
				t.Error("no record error")
			}
		})
	}
}

// In a dataset the id of an oversized or broken record lies in its inner object.
func TestBadDatasetRecordsAreNamed(t *testing.T) {
	big := strings.Repeat("x", 1<<20)
	for name, c := range map[string]struct{ record, id string }{
		"id before the value": {`{"fields":{"eeid":"5","firstName":"` + big + `"},"_restrictedFields":[]}`, "5"},
		"fields not first":    {`{"_restrictedFields":[], "fields" : {"eeid":5,"firstName":"` + big + `"}}`, "5"},
		"outer object":        {`{"fields":{"eeid":"5"},"other":"` + big + `"}`, "5"},
		"id behind the value": {`{"fields":{"firstName":"` + big + `","eeid":"5"}}`, ""},
		"fields too late":     {`{"other":"` + big + `","fields":{"eeid":"5"}}`, ""},
		"fields a text":       {`{"fields":"` + big + `"}`, ""},
		"an id of its own":    {`{"eeid":"6","fields":{"firstName":"` + big + `"}}`, ""},
		"broken":              {`{"fields":{"eeid":"5","firstName":"a` + "\x01" + `"}}`, "5"},
	} {
		t.Run(name, func(t *testing.T) {
			x := serve(t, says(200, `{"data":[{"fields":{"eeid":"4","firstName":"Ann"}},`+c.record+`],"meta":{"page":1,"totalPages":1,"totalItems":2},"links":[]}`))
			s, err := x.DatasetRows(t.Context(), DatasetQuery{Fields: []string{"firstName"}})
			if err != nil {
				t.Fatal(err)
			}
			d := NewDecoder("firstName")
			var bad *RecordError
			for row, err := range s.Rows() {
				if err == nil {
					_, err = row.ID()
				}
				if err == nil {
					_, err = row.Decode(d)
				}
				if err != nil && !errors.As(err, &bad) {
					t.Fatal(err)
				}
			}
			if bad == nil || bad.ID != c.id || bad.Number != 2 {
				t.Errorf("the bad record: %v, want the id %q", bad, c.id)
			}
		})
	}
}

// A few bytes that unpack to very many are stopped where they are counted.
func TestSizeLimits(t *testing.T) {
	bomb := func(prefix, piece string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
			io.WriteString(z, prefix)
			block := strings.Repeat(piece, 4096)
			for range 10_000 {
				if _, err := io.WriteString(z, block); err != nil {
					return
				}
			}
		}
	}
	small := func(o *options) { // real limits in miniature
		o.limits.plain.bytes, o.limits.page.bytes, o.limits.roster.bytes, o.limits.photo.bytes = 1<<20, 1<<20, 4<<20, 1<<20
	}
	x := serve(t, bomb(`{"id":"8","x":"`, "spaces    "), small)
	if _, err := x.Probe(t.Context()); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
	if _, err := x.Photo(t.Context(), "4", PhotoSmall); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
	x = serve(t, bomb(`{"data":[`, `{"employeeId":"4"},`), small)
	if _, err := x.Employees(t.Context(), ListQuery{}); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
	x = serve(t, bomb(`{"fields":[],"employees":[`, `{"id":"4"},`), small)
	s, err := x.CustomReport(t.Context(), everybody())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ids(s.Stream); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
	if len(x.requests) != 1 {
		t.Errorf("%d requests", len(x.requests))
	}
}

// line is a body that is fed by hand; it ends its reads with the request.
type line struct {
	*io.PipeReader
	stop func() bool
}

func (l line) Close() error { l.stop(); return l.PipeReader.Close() }

// slowly answers with what feed writes.
func slowly(before time.Duration, feed func(ctx context.Context, w io.Writer)) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		if err := sleep(r.Context(), before); err != nil {
			return nil, r.Context().Err()
		}
		out, in := io.Pipe()
		stop := context.AfterFunc(r.Context(), func() { in.CloseWithError(r.Context().Err()) })
		go func() { feed(r.Context(), in); in.Close() }()
		return &http.Response{StatusCode: 200, Body: line{out, stop}}, nil
	}
}

// Time limits, on a clock that jumps (security §1.3, §3 #16).
func TestTimeLimits(t *testing.T) {
	drip := func(text string, every time.Duration) func(context.Context, io.Writer) {
		return func(ctx context.Context, w io.Writer) {
			for b := bufio.NewReader(strings.NewReader(text)); ; {
				c, err := b.ReadByte()
				if err != nil || sleep(ctx, every) != nil {
					return
				}
				w.Write([]byte{c})
			}
		}
	}
	silent := func(ctx context.Context, _ io.Writer) { <-ctx.Done() }
	people := report("[" + strings.Repeat(`{"id":"4"},`, 100) + `{"id":"4"}]`)
	for name, c := range map[string]struct {
		rt   roundTrip
		bulk bool
		want time.Duration // until it gives up
		says string
	}{
		"small, no header":     {slowly(time.Hour, silent), false, 10 * time.Second, "nothing came within 10s"},
		"small, header only":   {slowly(time.Second, silent), false, 10 * time.Second, "nothing came within 10s"},
		"small, drop by drop":  {slowly(0, drip(people, 5*time.Second)), false, 120 * time.Second, "not finished within 2m0s"},
		"report, no header":    {slowly(time.Hour, silent), true, 120 * time.Second, "nothing came within 2m0s"},
		"report, drop by drop": {slowly(0, drip(people, 50*time.Second)), true, 30 * time.Minute, "not finished within 30m0s"},
		"report, silent":       {slowly(100*time.Second, drip(people, 61*time.Second)), true, 222 * time.Second, "nothing came within 2m0s"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, err := New("acme", testKey, WithTransport(c.rt))
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				if c.bulk {
					_, err = client.CustomReport(t.Context(), everybody())
				} else {
					_, err = client.Probe(t.Context())
				}
				if !errors.Is(err, ErrStalled) || !strings.Contains(err.Error(), c.says) {
					t.Errorf("%v", err)
				}
				if took := time.Since(began); took > c.want {
					t.Errorf("gave up after %s, want %s", took, c.want)
				}
				if len(client.slots) != 0 {
					t.Error("the request is still counted as open")
				}
			})
		})
	}
}

// A stream that falls silent ends after a minute; one whose reader takes an
// hour over a record does not, unless the whole takes too long.
func TestStallsOfAStream(t *testing.T) {
	long := strings.Repeat(`{"id":"4","firstName":"Ann"},`, 40_000)
	feed := func(ctx context.Context, w io.Writer) {
		io.WriteString(w, `{"fields":[],"employees":[`+long)
		<-ctx.Done()
	}
	synctest.Test(t, func(t *testing.T) {
		client, _ := New("acme", testKey, WithTransport(slowly(0, feed)))
		s, err := client.CustomReport(t.Context(), everybody())
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		time.Sleep(20 * time.Minute) // the reader is busy elsewhere
		began := time.Now()
		_, err = ids(s.Stream)
		if !errors.Is(err, ErrStalled) || time.Since(began) != time.Minute {
			t.Errorf("%v after %s", err, time.Since(began))
		}
		if s.Stats().Complete || s.Stats().Rows != 40_000 {
			t.Errorf("%+v", s.Stats())
		}
	})
}

// silent is a body that ends in good order when its request is cancelled.
type silent struct{ ctx context.Context }

func (s silent) Read([]byte) (int, error) { <-s.ctx.Done(); return 0, io.EOF }
func (s silent) Close() error             { return nil }

func TestCancelledBodyIsNotComplete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _ := New("acme", testKey, WithTransport(roundTrip(func(r *http.Request) (*http.Response, error) {
			whole := strings.NewReader(report(`[{"id":"4"}]`))
			body := struct {
				io.Reader
				io.Closer
			}{io.MultiReader(whole, silent{r.Context()}), silent{}}
			return &http.Response{StatusCode: 200, Body: body}, nil
		})))
		if _, err := client.CustomReport(t.Context(), everybody()); !errors.Is(err, ErrStalled) {
			t.Errorf("%v", err)
		}
	})
}

func TestCallersCancellation(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("the administrator pressed cancel")
	x := serve(t, func(w http.ResponseWriter, r *http.Request) { cancel(why); <-r.Context().Done() })
	if _, err := x.Probe(ctx); !errors.Is(err, why) || len(x.requests) != 1 {
		t.Errorf("%d requests, %v", len(x.requests), err)
	}
}
