package words_test

import (
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/notify/words"
	"github.com/rollcall-hr/rollcall/policy"
)

var place = regexp.MustCompile(`\{[a-z]+\}`)

// texts names every sentence of a language.
func texts(l *words.Language) map[string]string {
	out := map[string]string{}
	var walk func(name string, v reflect.Value)
	walk = func(name string, v reflect.Value) {
		switch v.Kind() {
		case reflect.String:
			out[name] = v.String()
		case reflect.Struct:
			for i := range v.NumField() {
				if v.Type().Field(i).IsExported() {
					walk(name+"."+v.Type().Field(i).Name, v.Field(i))
				}
			}
		case reflect.Map:
			for _, k := range v.MapKeys() {
				walk(name+"."+k.String(), v.MapIndex(k))
			}
		}
	}
	walk("", reflect.ValueOf(*l))
	delete(out, ".Code")
	return out
}

func places(text string) string {
	all := place.FindAllString(text, -1)
	slices.Sort(all)
	return strings.Join(slices.Compact(all), " ")
}

// Whatever can be frozen has a name in every language.
func TestFieldsHaveNames(t *testing.T) {
	standard := directory.Standard()
	var all []string
	for _, f := range standard {
		if f != directory.DeactivationDate { // which is never frozen
			all = append(all, string(f))
		}
	}
	for _, g := range directory.FieldGroups() {
		all = append(all, string(g))
	}
	slices.Sort(all)
	for _, code := range policy.Languages() {
		if got := slices.Sorted(maps.Keys(words.In(code).Fields)); !slices.Equal(got, all) {
			t.Errorf("%s names %q, want %q", code, got, all)
		}
	}
}

// Every language has every sentence, with the same places.
func TestLanguagesAreComplete(t *testing.T) {
	english := texts(words.In("en"))
	for _, code := range policy.Languages() {
		l := words.In(code)
		if l.Code != code {
			t.Errorf("%s is written in %s", code, l.Code)
		}
		got := texts(l)
		for name, want := range english {
			text, ok := got[name]
			switch {
			case !ok || strings.TrimSpace(text) == "":
				t.Errorf("%s has no %s", code, name)
			case places(text) != places(want):
				t.Errorf("%s: %s has the places %s, want %s", code, name, places(text), places(want))
			case text != strings.TrimSpace(text) || strings.ContainsAny(place.ReplaceAllString(text, ""), "{}"):
				t.Errorf("%s: %s is %q", code, name, text)
			case code != "en" && text == want:
				t.Errorf("%s: %s is English: %q", code, name, text)
			}
		}
		for name := range got {
			if _, ok := english[name]; !ok {
				t.Errorf("%s has %s, which English has not", code, name)
			}
		}
	}
	if words.In("").Code != "en" || words.In("tlh").Code != "en" {
		t.Error("an unknown language is not English")
	}
}

// French has a no-break space before : and » and after «, a narrow one before ; ! and ?, and no other language has any,
// also where a letter is put together.
func TestPunctuation(t *testing.T) {
	wide, narrow, none := "\u00a0", "\u202f", ""
	for _, code := range policy.Languages() {
		l := words.In(code)
		want := map[string]string{":": none, "»": none, "«": none, ";": none, "!": none, "?": none}
		if code == "fr" {
			want = map[string]string{":": wide, "»": wide, "«": wide, ";": narrow, "!": narrow, "?": narrow}
		}
		all := texts(l)
		all["Colon"] = "x" + l.Colon()
		for name, text := range all {
			for _, at := range mark.FindAllStringSubmatch(text, -1) {
				if space := want[at[2]]; at[1] != space {
					t.Errorf("%s: %s has %q before %s, want %q: %q", code, name, at[1], at[2], space, text)
				}
			}
			for _, at := range opened.FindAllStringSubmatch(text, -1) {
				if at[1] != want["«"] {
					t.Errorf("%s: %s has %q after «, want %q", code, name, at[1], want["«"])
				}
			}
		}
	}
}

var (
	mark   = regexp.MustCompile(`([\s\x{00a0}\x{202f}]*)([:;!?»])`)
	opened = regexp.MustCompile(`«([\s\x{00a0}\x{202f}]*)`)
)

func TestMoment(t *testing.T) {
	at := time.Date(2026, 10, 31, 23, 30, 0, 0, time.UTC)
	for code, want := range map[string]string{
		"en": "Sunday 1 November 2026, 00:30 (Europe/Berlin)",
		"de": "Sonntag, 1. November 2026, 00:30 Uhr (Europe/Berlin)",
		"nl": "zondag 1 november 2026 om 00:30 uur (Europe/Berlin)",
		"fr": "dimanche 1er novembre 2026 à 00\u00a0h\u00a030 (Europe/Berlin)",
		"es": "domingo 1 de noviembre de 2026, 00:30 (Europe/Berlin)",
	} {
		berlin, err := time.LoadLocation("Europe/Berlin")
		if err != nil {
			t.Fatal(err)
		}
		if got := words.In(code).Moment(at, berlin); got != want {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
}

// Numbers choose the form that the language has for them: nothing is one in French, and several elsewhere.
func TestCount(t *testing.T) {
	p := words.Plural{One: "{n} thing of {x}", Other: "{n} things of {x}"}
	for code, want := range map[string]string{
		"en": "0 things of {n}, 1 thing of {n}, 2 things of {n}, 1234567 things of {n}: 1,234,567",
		"de": "0 things of {n}, 1 thing of {n}, 2 things of {n}, 1234567 things of {n}: 1.234.567",
		"nl": "0 things of {n}, 1 thing of {n}, 2 things of {n}, 1234567 things of {n}: 1.234.567",
		"fr": "0 thing of {n}, 1 thing of {n}, 2 things of {n}, 1234567 things of {n}: 1\u202f234\u202f567",
		"es": "0 things of {n}, 1 thing of {n}, 2 things of {n}, 1234567 things of {n}: 1\u202f234\u202f567",
	} {
		l := words.In(code)
		var got []string
		for _, n := range []int{0, 1, 2, 1234567} {
			// A value that looks like a place stays as it is.
			got = append(got, strings.Replace(l.Count(p, n, "x", "{n}"), l.Number(1234567), "1234567", 1))
		}
		if s := strings.Join(got, ", ") + ": " + l.Number(1234567); s != want {
			t.Errorf("%s: %q, want %q", code, s, want)
		}
		if got := l.Number(9999); got != "9999" {
			t.Errorf("%s: %s", code, got)
		}
	}
	if got := words.In("fr").List([]string{"Ann", "Bo", "Cy"}); got != "Ann, Bo et Cy" {
		t.Error(got)
	}
}
