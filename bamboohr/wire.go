package bamboohr

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/bamboohr/internal/flatjson"
)

// ID is an identifier, or a word, that BambooHR sends as a string or as a
// number (bamboohr-api §6.11); null is "".
type ID string

// UnmarshalJSON takes a string, a number, a boolean or null.
func (id *ID) UnmarshalJSON(b []byte) error {
	v, err := parseScalar(b)
	if err != nil {
		return err
	}
	if v.Kind == Composite {
		return errors.New("an id that is neither text nor number")
	}
	*id = ID(v.Text)
	return nil
}

// YesNo is a switch that BambooHR sends as "yes"/"no", "1"/"0" or a boolean.
type YesNo bool

// UnmarshalJSON takes any of those; everything else, also null, is no.
func (y *YesNo) UnmarshalJSON(b []byte) error {
	v, err := parseScalar(b)
	if err != nil {
		return err
	}
	switch strings.ToLower(v.Text) {
	case "yes", "1", "true":
		*y = true
	default:
		*y = false
	}
	return nil
}

// entry is one value of a keyed map.
type entry[V any] struct {
	key   string
	value V
}

// keyed is a JSON object in the order of its keys, numbers by value, or the
// array that PHP makes of an empty one. In a non-empty array the keys are "".
type keyed[V any] []entry[V]

func (k *keyed[V]) UnmarshalJSON(b []byte) error {
	*k = nil
	if bytes.HasPrefix(bytes.TrimSpace(b), []byte("[")) {
		var list []V
		if err := json.Unmarshal(b, &list); err != nil {
			return err
		}
		for _, v := range list {
			*k = append(*k, entry[V]{value: v})
		}
		return nil
	}
	var object map[string]V
	if err := json.Unmarshal(b, &object); err != nil {
		return err
	}
	for _, key := range slices.SortedFunc(maps.Keys(object), compareIDs) {
		*k = append(*k, entry[V]{key, object[key]})
	}
	return nil
}

// compareIDs orders numbers by value and before other text.
func compareIDs(a, b string) int {
	x, errX := strconv.ParseUint(a, 10, 64)
	y, errY := strconv.ParseUint(b, 10, 64)
	switch {
	case errX == nil && errY == nil && x != y:
		if x < y {
			return -1
		}
		return 1
	case errX == nil && errY != nil:
		return -1
	case errX != nil && errY == nil:
		return 1
	}
	return strings.Compare(a, b)
}

// parseTime reads an instant in the forms BambooHR uses; anything else is the
// zero time.
func parseTime(s string) time.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05-0700", time.DateTime} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// IsEmpty tells whether v is one of BambooHR's ways to say "nothing": white
// space, or a zero date with or without a time (bamboohr-api §3.3).
func IsEmpty(v string) bool {
	v = strings.TrimSpace(v)
	return v == "" || v == "0000-00-00" || strings.HasPrefix(v, "0000-00-00T00:00:00") || v == "0000-00-00 00:00:00"
}

// json sends r and decodes the answer into dst, whose outermost JSON value
// must open with one of want ("{", "[" or both). check, which may be nil, then
// judges it.
func (c *Client) json(ctx context.Context, r call, want string, dst any, check func() error) error {
	return c.do(ctx, r, func(a *answer) error {
		raw, err := readAll(a)
		if err != nil {
			return err
		}
		if raw, err = checkJSON(raw, want); err != nil {
			return err
		}
		if err := decode(raw, dst); err != nil || check == nil {
			return err
		}
		return check()
	})
}

// send encodes v and makes it the body of a write.
func (c *Client) send(method string, v any, parts ...string) (call, error) {
	r := call{method: method, parts: parts, limits: c.limits.plain, write: true}
	var err error
	if r.body, err = json.Marshal(v); err != nil {
		return r, fmt.Errorf("encode the body of %s %s for %s: %w", method, r.path(), c.company, err)
	}
	return r, nil
}

// catalogue reads the list under key, through all its pages where it has any.
func catalogue[T any](ctx context.Context, c *Client, key string, parts ...string) ([]T, error) {
	all := []T{}
	var query url.Values
	for page := 1; ; page++ {
		var answer map[string]json.RawMessage
		var list *[]T
		var p pagination
		err := c.json(ctx, c.get(query, parts...), "{", &answer, func() error {
			if err := p.read(answer["pagination"], page); err != nil {
				return err
			}
			if answer[key] != nil {
				if err := decode(answer[key], &list); err != nil {
					return err
				}
			}
			if list == nil {
				return fault(ErrShape, "it has no %s", key)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		if all = append(all, *list...); page >= p.TotalPages {
			return all, nil
		}
		query = url.Values{"page": {strconv.Itoa(page + 1)}}
	}
}

// pagination is the page count of the saved reports and of the catalogues;
// without one there is one page.
type pagination struct {
	CurrentPage int `json:"current_page"`
	TotalPages  int `json:"total_pages"`
}

// read refuses an answer that is not the page that was asked for; such a walk
// would not end (bamboohr-api §2.5: pages out of range are clamped).
func (p *pagination) read(raw json.RawMessage, page int) error {
	if raw == nil {
		return nil
	}
	if err := decode(raw, p); err != nil {
		return err
	}
	if p.CurrentPage != 0 && p.CurrentPage != page && p.TotalPages >= page {
		return fault(ErrShape, "page %d came where %d was asked for", p.CurrentPage, page)
	}
	return nil
}

func readAll(a *answer) ([]byte, error) {
	if a.status == http.StatusNoContent {
		return nil, nil
	}
	return io.ReadAll(a.body)
}

// checkJSON refuses what is no answer although the status is 2xx: nothing, a
// web page, null, {}, an error object, or another outermost value.
func checkJSON(raw []byte, want string) ([]byte, error) {
	raw = flatjson.TrimBOM(raw)
	first, err := flatjson.Opening(raw)
	if err != nil {
		return nil, err
	}
	if err := flatjson.CheckDepth(raw); err != nil {
		return nil, err
	}
	if first == '{' {
		var object struct{ Error json.RawMessage }
		if err := decode(raw, &object); err != nil {
			return nil, err
		}
		if e := errorObject(object.Error); e != nil {
			return nil, e
		}
		if len(bytes.TrimSpace(raw[1:])) == 1 {
			return nil, &flatjson.Error{Reason: flatjson.Nothing, Text: "{}"}
		}
	}
	if !strings.ContainsRune(want, rune(first)) {
		return nil, fault(ErrShape, "it starts with %q", first)
	}
	return raw, nil
}

// decode is json.Unmarshal with an error that tells cut JSON, which may be
// whole the next time, from wrong JSON.
func decode(raw []byte, dst any) error {
	err := json.Unmarshal(raw, dst)
	if err == nil {
		return nil
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok && syntax.Error() == "unexpected end of JSON input" {
		return &flatjson.Error{Reason: flatjson.Cut, Text: fmt.Sprintf("after %d bytes", len(raw))}
	}
	return &Error{Kind: ErrShape, Message: err.Error(), cause: err}
}
