package flatjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// pieces reads at most so many bytes at a time, of sizes that repeat.
type pieces struct {
	rest  []byte
	sizes []int
	turn  int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		return 0, io.EOF
	}
	n := min(p.sizes[p.turn%len(p.sizes)], len(p.rest), len(b))
	p.turn++
	copy(b, p.rest[:n])
	p.rest = p.rest[n:]
	return n, nil
}

// decoded reads an object into what encoding/json would make of it, with
// numbers as their text.
func decoded(object []byte) (map[string]string, error) {
	out := map[string]string{}
	err := Each(object, func(m Member) (bool, error) {
		key, _, err := m.Key.Append(nil)
		if err != nil {
			return false, err
		}
		text, _, err := m.Value.Append(nil)
		out[string(key)] = fmt.Sprint(m.Value.Kind, " ", string(text))
		return true, err
	})
	return out, err
}

// reference does the same with encoding/json.
func reference(object []byte) (map[string]string, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(object, &members); err != nil {
		return nil, err
	}
	if members == nil {
		return nil, errors.New("null")
	}
	out := map[string]string{}
	for key, raw := range members {
		kind, text := Composite, string(raw)
		switch raw[0] {
		case 'n':
			kind, text = Null, ""
		case 't', 'f':
			kind = Bool
		case '"':
			kind = String
			if err := json.Unmarshal(raw, &text); err != nil {
				return nil, err
			}
		case '{', '[':
		default:
			kind, text = Number, string(appendNumber(nil, raw))
		}
		out[key] = fmt.Sprint(kind, " ", text)
	}
	return out, nil
}

func records(t *rapid.T) []map[string]any {
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-zA-Z"\\/{}\[\],: é😀\x{2028}]{0,12}`))
	value := rapid.OneOf(
		rapid.Just[any](nil),
		rapid.Map(text, func(s string) any { return s }),
		rapid.Map(rapid.Int64(), func(n int64) any { return n }),
		rapid.Map(rapid.Float64Range(-1e9, 1e9), func(f float64) any { return f }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Map(rapid.SliceOfN(text, 0, 3), func(s []string) any { return s }),
		rapid.Map(rapid.MapOfN(text, text, 0, 2), func(m map[string]string) any { return m }),
	)
	return rapid.SliceOfN(rapid.MapOfN(text, value, 0, 8), 0, 12).Draw(t, "records")
}

// Whatever the records and wherever the body is torn, the records that come
// out are those that encoding/json sees.
func TestDocumentIsEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := records(t)
		list, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "spaced") {
			var b bytes.Buffer
			json.Indent(&b, list, " ", "\t")
			list = b.Bytes()
		}
		body := append([]byte(`{"before":{"a":[1]},"rows":`), list...)
		body = append(body, ` ,"behind":null}`...)
		sizes := rapid.SliceOfN(rapid.IntRange(1, 40), 1, 8).Draw(t, "sizes")
		d := NewDocument(&pieces{rest: body, sizes: sizes}, "rows")
		if rapid.Bool().Draw(t, "long") { // as if the body were longer than the window
			c, err := d.expect("{")
			if err == nil {
				err = d.members(true)
			}
			if err != nil {
				t.Fatal(c, err)
			}
		} else if err := d.Open(); err != nil {
			t.Fatal(err)
		}
		n := 0
		for ; ; n++ {
			raw, err := d.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("record %d: %v", n, err)
			}
			got, err := decoded(raw)
			if err != nil {
				t.Fatalf("record %d: %v", n, err)
			}
			source, _ := json.Marshal(want[n])
			ref, err := reference(raw)
			direct, _ := reference(source)
			if err != nil || fmt.Sprint(got) != fmt.Sprint(ref) || len(got) != len(direct) {
				t.Fatalf("record %d: %v\nwant %v (%v)", n, got, ref, err)
			}
		}
		if n != len(want) || string(d.Side["behind"]) != "null" || string(d.Side["before"]) != `{"a":[1]}` || d.Offset() != int64(len(body)) {
			t.Fatalf("%d records of %d, %q, %d bytes of %d", n, len(want), d.Side, d.Offset(), len(body))
		}
	})
}

// No proper prefix of a document is a document.
func TestEveryPrefixIsCut(t *testing.T) {
	body := `{"a":"x\"y","rows":[{"id":"4","b":[{}]},{"id":5}],"z":-1.5e3}`
	for n := range len(body) {
		for _, size := range []int{1, 1000} {
			d := NewDocument(&pieces{rest: []byte(body[:n]), sizes: []int{size}}, "rows")
			err := d.Open()
			for err == nil {
				_, err = d.Next()
			}
			if e, ok := errors.AsType[*Error](err); !ok || e.Reason != Cut && !(n == 0 && e.Reason == Nothing) {
				t.Fatalf("%q: %v", body[:n], err)
			}
		}
	}
}

func TestReadErrorsAreNotSwallowed(t *testing.T) {
	broken := errors.New("connection reset")
	d := NewDocument(io.MultiReader(strings.NewReader(`{"rows":[{"id":"4"}`), errReader{broken}), "rows")
	if err := d.Open(); !errors.Is(err, broken) {
		t.Error(err)
	}
	d = NewDocument(stuck{}, "rows")
	if err := d.Open(); !errors.Is(err, io.ErrNoProgress) {
		t.Error(err)
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

// An oversized value that is torn anywhere, also within an escape, is passed
// over to the same byte.
func TestOversizedValuesAnyTear(t *testing.T) {
	tail := `\\\"\u00e9\\"`
	body := `{"rows":[{"a":"` + strings.Repeat(`\\`, MaxRecord/2) + tail + `},{"id":"5"}]}`
	for size := 1; size < 12; size++ {
		front := len(body) - len(tail) - 20 + size
		d := NewDocument(&pieces{rest: []byte(body), sizes: []int{front, 1, size}}, "rows")
		if err := d.Open(); err != nil {
			t.Fatal(err)
		}
		prefix, err := d.Next()
		if e, ok := errors.AsType[*Error](err); !ok || e.Reason != Large || len(prefix) != MaxRecord {
			t.Fatalf("%d: %d bytes, %v", size, len(prefix), err)
		}
		if raw, err := d.Next(); err != nil || string(raw) != `{"id":"5"}` {
			t.Fatalf("%d: %q, %v", size, raw, err)
		}
		if _, err := d.Next(); err != io.EOF {
			t.Fatalf("%d: %v", size, err)
		}
	}
}

func TestWindowStaysSmall(t *testing.T) {
	row := `{"id":"4","text":"` + strings.Repeat("x", 700) + `"},`
	src := io.MultiReader(strings.NewReader(`{"rows":[`), &repeated{text: []byte(row), times: 50_000}, strings.NewReader(`{}]}`))
	d := NewDocument(src, "rows")
	if err := d.Open(); err != nil {
		t.Fatal(err)
	}
	n := 0
	for {
		if _, err := d.Next(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 50_001 || len(d.buf) != windowSize {
		t.Errorf("%d records through a window of %d bytes", n, len(d.buf))
	}
}

// repeated is a text many times over.
type repeated struct {
	text  []byte
	times int
	at    int
}

func (r *repeated) Read(b []byte) (n int, err error) {
	for n < len(b) {
		if r.times == 0 {
			return n, io.EOF
		}
		c := copy(b[n:], r.text[r.at:])
		n += c
		if r.at += c; r.at == len(r.text) {
			r.at = 0
			r.times--
		}
	}
	return n, nil
}

func TestNumbersAreCanonical(t *testing.T) {
	for in, want := range map[string]string{
		"4": "4", "4.0": "4", "-0": "0", "-0.0": "0", "0.50": "0.5", "40e-1": "4", "1E3": "1000", "1.5e+1": "15", "-7.10": "-7.1",
		"123456789012345678901234567890": "123456789012345678901234567890", "1e999": "1e999", "0.1000000000000000055": "0.1000000000000000055",
	} {
		token, err := Parse([]byte(in))
		text, _, _ := token.Append(nil)
		if err != nil || string(text) != want {
			t.Errorf("%s: %s, %v; want %s", in, text, err, want)
		}
	}
}

// FuzzObject holds the reader equal to encoding/json: the same objects are
// taken, with the same values.
func FuzzObject(f *testing.F) {
	for _, s := range []string{
		`{}`, ` { "id" : "4" , "n" : -1.5e3 } `, `{"a":"\u00e9\ud83d\ude00\ud800x","b":null,"c":[1,{"d":"}"}],"a":true}`,
		"{\"a\":\"\xff\xfe\"}", `{"a":01}`, `{"a":1.}`, `{"a":"\x"}`, `{"a":tru}`, `{"a":1,}`, `{,}`, `{"a"}`, `{"a":"b"}x`, `null`, `[]`,
		`{"a":{"b":[}]}}`, "{\"a\":\"\t\"}", `{"\ud83d":1,"\u0061":2,"a":3}`, `{"a":-}`, `{"a":1e}`, `{"a":nul`, `{"a":"\u12`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, object []byte) {
		got, err := decoded(object)
		want, refErr := reference(object)
		if e, ok := errors.AsType[*Error](err); ok && e.Reason == Deep {
			return // encoding/json goes deeper
		}
		if (err == nil) != (refErr == nil) {
			t.Fatalf("%q: %v; encoding/json: %v", object, err, refErr)
		}
		if err == nil && fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%q:\n got %q\nwant %q", object, got, want)
		}
	})
}

// FuzzDocument checks that no body makes the reader panic, loop, or call an
// invalid body complete.
func FuzzDocument(f *testing.F) {
	for _, s := range []string{`{"rows":[{"a":1},{"b":"\\"}],"x":1}`, `{"rows":{"4":{}}}`, "\xef\xbb\xbf{}", `{"rows":[`, `[]`, `{"rows":[{"a":]}]}`} {
		f.Add([]byte(s), 3)
	}
	f.Fuzz(func(t *testing.T, body []byte, size int) {
		d := NewDocument(&pieces{rest: body, sizes: []int{max(size%7, 1)}}, "rows")
		err := d.Open()
		sound := true
		for err == nil {
			var raw []byte
			if raw, err = d.Next(); err == nil {
				_, bad := decoded(raw)
				sound = sound && bad == nil
			}
		}
		for _, v := range d.Side {
			sound = sound && json.Valid(v)
		}
		if err == io.EOF && sound && !json.Valid(TrimBOM(body)) {
			t.Fatalf("%q was called complete", body)
		}
	})
}
