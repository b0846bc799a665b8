package source

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// drifting is a company whose second read lacks 5 and has 6; again are the answers when asked for ids.
func drifting(againMain, againAhead string) *stub {
	s := company("", "")
	split := func(all, some string) func(*http.Request, map[string]any) reply {
		return func(_ *http.Request, body map[string]any) reply {
			if body["filters"] != nil {
				return reply{body: some}
			}
			return reply{body: all}
		}
	}
	s.answers["POST /v1/reports/custom true"] = split(people(cols, row(4, "Ann", ""), row(5, "Bo", ""), row(7, "Cy", "")), againMain)
	s.answers["POST /v1/reports/custom false"] = split(people(later, ahead(4), ahead(6), ahead(7)), againAhead)
	return s
}

// TestReadDrift: ids in one read only are asked for once more, by id (performance §7).
func TestReadDrift(t *testing.T) {
	tests := []struct {
		name            string
		current, future string
		want            []string
	}{
		{"both are there now", people(cols, row(5, "Bo", ""), row(6, "Di", "")), people(later, ahead(5), ahead(6)),
			[]string{"4 Ann", "7 Cy", "5 Bo", "6 Di"}},
		{"both are gone", people(cols), people(later), []string{"4 Ann", "7 Cy"}},
		{"still in one only: held, not missing", people(cols, row(5, "Bo", "")), people(later, ahead(6)),
			[]string{"4 Ann", "7 Cy", "5 problem", "6 problem"}},
		{"an answer that ignores the filter", people(cols, row(4, "Ann", ""), row(5, "Bo", ""), row(6, "Di", ""), row(7, "Cy", "")),
			people(later, ahead(4), ahead(5), ahead(6), ahead(7)), []string{"4 Ann", "7 Cy", "5 Bo", "6 Di"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := drifting(tt.current, tt.future)
			records, reading := mustRead(t, open(t, s, nil), []string{"firstName"}, nil)
			var got []string
			for _, r := range records {
				switch {
				case r.Problem != "":
					got = append(got, r.ID+" problem")
				default:
					got = append(got, r.ID+" "+r.Values[0].Text())
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if reading.Employees != len(tt.want) || reading.Requests != 5 {
				t.Errorf("%d employees in %d requests, want %d in 5", reading.Employees, reading.Requests, len(tt.want))
			}
		})
	}
	t.Run("too many", func(t *testing.T) {
		var rows []string
		for i := range maxDrift + 1 {
			rows = append(rows, row(i+1, "X", ""))
		}
		err := readError(t, open(t, company(people(cols, rows...), people(later)), nil))
		if !Retryable(err) || !errors.Is(err, ErrDrift) {
			t.Errorf("got %v, want a drift that deserves another reading", err)
		}
	})
	t.Run("a column was lost meanwhile", func(t *testing.T) {
		s := drifting(people(cols[:2], row(5, "Bo", ""), row(6, "Di", "")), people(later, ahead(5), ahead(6)))
		if err := readError(t, open(t, s, nil)); !Retryable(err) {
			t.Errorf("got %v, want an error that deserves another reading", err)
		}
	})
}

func readError(t *testing.T, b *BambooHR) error {
	t.Helper()
	s, err := b.Read(t.Context(), []string{"status", "firstName"}, nil)
	if err == nil {
		_, _, err = drain(t, s)
	}
	if err == nil {
		t.Fatal("the reading succeeded")
	}
	return err
}

// big is a report that does not fit the client's window, so that it breaks after rows were seen.
func big() string {
	var rows []string
	for i := range 3000 {
		rows = append(rows, row(i+1, strings.Repeat("y", 300), ""))
	}
	return people(cols, rows...)
}

// TestReadErrors: whatever goes wrong is an error that says what to do, never half a snapshot
// (security §3 #1, #9–#18).
func TestReadErrors(t *testing.T) {
	good := people(later, ahead(4), ahead(5))
	page := fixed("<!DOCTYPE html><title>Sign in</title>")
	tests := []struct {
		name    string
		answers map[string]func(*http.Request, map[string]any) reply
		code    string
		again   bool
		login   bool // a person has to mend the key
		says    string
	}{
		{"wrong key", map[string]func(*http.Request, map[string]any) reply{"GET /v1/employees/0": refuse(401, "API key not provided or invalid")},
			"unauthorized", false, true, `"My Devices & API Keys"`},
		{"no rights to reports, no datasets either", map[string]func(*http.Request, map[string]any) reply{
			"POST /v1/reports/custom true": refuse(403, ""), "POST /v1/reports/custom false": refuse(403, "")},
			"forbidden", false, true, "rollcall check"},
		{"rate limited for a day", map[string]func(*http.Request, map[string]any) reply{"POST /v1/reports/custom true": func(*http.Request, map[string]any) reply {
			return reply{status: 429, header: http.Header{"Retry-After": {"86400"}}}
		}}, "rate_limited", false, false, "24h0m0s"},
		{"unavailable", map[string]func(*http.Request, map[string]any) reply{"POST /v1/reports/custom false": refuse(503, "")}, "unavailable", false, false, ""},
		{"sign-in page", map[string]func(*http.Request, map[string]any) reply{"POST /v1/reports/custom true": page}, "not_json", false, true, "sub-domain"},
		{"redirect", map[string]func(*http.Request, map[string]any) reply{"GET /v1/employees/0": func(*http.Request, map[string]any) reply {
			return reply{status: 302, header: http.Header{"Location": {"https://elsewhere.test/login"}}}
		}}, "redirect", false, true, "sub-domain"},
		{"empty object", map[string]func(*http.Request, map[string]any) reply{"POST /v1/reports/custom true": fixed("{}")}, "shape", false, false, ""},
		{"null", map[string]func(*http.Request, map[string]any) reply{"POST /v1/reports/custom false": fixed("null")}, "shape", false, false, ""},
		{"employees null", map[string]func(*http.Request, map[string]any) reply{"POST /v1/reports/custom true": fixed(`{"fields":[],"employees":null}`)}, "shape", false, false, ""},
		{"nothing", map[string]func(*http.Request, map[string]any) reply{"POST /v1/reports/custom true": fixed("")}, "shape", false, false, ""},
		{"an error object", map[string]func(*http.Request, map[string]any) reply{"POST /v1/reports/custom true": fixed(`{"error":{"code":500,"message":"no"}}`)}, "shape", false, false, ""},
		{"cut short at once", map[string]func(*http.Request, map[string]any) reply{"POST /v1/reports/custom true": fixed(people(cols, row(4, "Ann", ""))[:80])}, "truncated", false, false, ""},
		{"cut short late", map[string]func(*http.Request, map[string]any) reply{"POST /v1/reports/custom true": fixed(big()[:len(big())-10])}, "truncated", true, false, "run it again"},
		{"the second read cut short late", map[string]func(*http.Request, map[string]any) reply{"POST /v1/reports/custom false": fixed(big()[:len(big())-10])}, "truncated", true, false, "run it again"},
		{"reset in the middle", map[string]func(*http.Request, map[string]any) reply{"POST /v1/reports/custom true": func(*http.Request, map[string]any) reply {
			return reply{reader: io.MultiReader(strings.NewReader(big()[:900_000]), broken{})}
		}}, "truncated", true, false, "run it again"},
		{"a number for an id is fine, junk is not", map[string]func(*http.Request, map[string]any) reply{"POST /v1/reports/custom true": fixed(people(cols, row("4x", "Ann", "")))}, "data", false, false, "4x"},
		{"id zero", map[string]func(*http.Request, map[string]any) reply{"POST /v1/reports/custom true": fixed(people(cols, row(0, "Ann", "")))}, "data", false, false, ""},
		{"no id", map[string]func(*http.Request, map[string]any) reply{"POST /v1/reports/custom true": fixed(people(cols, `{"firstName":"Ann"}`))}, "shape", true, false, ""},
		{"deep", map[string]func(*http.Request, map[string]any) reply{"POST /v1/reports/custom true": fixed(people(cols, `{"id":"4","x":`+strings.Repeat("[", 100)+strings.Repeat("]", 100)+"}"))}, "too_deep", false, false, ""},
		{"key of another kind of user", map[string]func(*http.Request, map[string]any) reply{"GET /v1/employees/0": fixed(`{"id":"x"}`)}, "data", false, false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := two()
			s.answers["POST /v1/reports/custom false"] = fixed(good)
			for name, a := range tt.answers {
				s.answers[name] = a
			}
			err := readError(t, open(t, s, nil))
			e, ok := errors.AsType[*Error](err)
			if !ok {
				t.Fatalf("%T is no *Error: %v", err, err)
			}
			if e.Code() != tt.code || e.Retryable() != tt.again || e.Credentials() != tt.login {
				t.Errorf("code %s retryable %t credentials %t, want %s %t %t: %v", e.Code(), e.Retryable(), e.Credentials(), tt.code, tt.again, tt.login, err)
			}
			if !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), "acme") || strings.Contains(err.Error(), testKey) {
				t.Errorf("%q should name acme and say %q", err, tt.says)
			}
		})
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("connection reset by peer") }

// TestReadWrongKeyOnce: a wrong key is tried once, not three times (bamboohr-api §1.2).
func TestReadWrongKeyOnce(t *testing.T) {
	s := two()
	s.answers["GET /v1/employees/0"] = refuse(401, "")
	b := open(t, s, nil)
	readError(t, b)
	readError(t, b)
	if len(s.calls) != 1 {
		t.Errorf("%d requests with a refused key: %v", len(s.calls), s.calls)
	}
}

// TestReadGzipBomb: an answer that unpacks beyond any company's size ends, in bounded memory (fault 18).
func TestReadGzipBomb(t *testing.T) {
	s := two()
	s.answers["POST /v1/reports/custom true"] = func(*http.Request, map[string]any) reply {
		var z bytes.Buffer
		w := gzip.NewWriter(&z)
		w.Write([]byte(`{"fields":[],"employees":[{"id":"4","firstName":"`))
		w.Write(bytes.Repeat([]byte("x"), 80<<20))
		w.Close()
		r, _ := gzip.NewReader(&z)
		return reply{reader: r}
	}
	err := readError(t, open(t, s, nil))
	if e, ok := errors.AsType[*Error](err); !ok || e.Code() != "too_large" {
		t.Errorf("got %v, want too_large", err)
	}
}

// TestReadBreakOff: a consumer that stops early gives both request slots back.
func TestReadBreakOff(t *testing.T) {
	s := company(big(), big())
	b := open(t, s, nil)
	for range 3 {
		snap, err := b.Read(t.Context(), []string{"status"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range snap.Records {
			break
		}
	}
	if n := s.count("POST"); n != 6 {
		t.Errorf("%d reports, want 6", n)
	}
}
