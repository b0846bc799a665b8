package people

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/syncrun"
)

func utf16Of(s string, little bool) string {
	var b strings.Builder
	for _, u := range append([]uint16{0xfeff}, utf16.Encode([]rune(s))...) {
		hi, lo := byte(u>>8), byte(u)
		if little {
			hi, lo = lo, hi
		}
		b.WriteByte(hi)
		b.WriteByte(lo)
	}
	return b.String()
}

// However a spreadsheet wrote it, the same people come in.
func TestImportReadsWhatSpreadsheetsWrite(t *testing.T) {
	want := []importRow{{2, map[string]string{"email": "zoe@acme.test", "first_name": "Zoë", "teams": "Blue, Red"}}}
	comma := "email,first_name,teams\r\nzoe@acme.test,Zoë,\"Blue, Red\"\r\n"
	for name, file := range map[string]string{
		"commas":              comma,
		"with a mark":         "\ufeff" + comma,
		"semicolons":          "email;first_name;teams\nzoe@acme.test;Zoë;Blue, Red\n",
		"tabs":                "email\tfirst_name\tteams\nzoe@acme.test\tZoë\tBlue, Red\n",
		"titles as on screen": "E-mail,First name,Teams\nzoe@acme.test,Zoë,\"Blue, Red\"\n",
		"UTF-16":              utf16Of("email\tfirst_name\tteams\r\nzoe@acme.test\tZoë\tBlue, Red\r\n", true),
		"UTF-16, big end":     utf16Of(comma, false),
	} {
		got, err := readImport(strings.NewReader(file))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if diff := cmp.Diff(want, got, cmp.AllowUnexported(importRow{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// What cannot be read with certainty is refused as a whole, and says what to do.
func TestImportRefusesWhatItWouldHaveToGuess(t *testing.T) {
	for name, c := range map[string]struct{ file, want string }{
		"empty":               {"", "the file is empty"},
		"nobody":              {"email,first_name\n", "there is no line below the first"},
		"Windows-1252":        {"email,first_name\nann@acme.test,Ann\njose@acme.test,Jos\xe9\n", `line 3 has letters that are not UTF-8; save the file as "CSV UTF-8"`},
		"letters lost before": {"email,first_name\njose@acme.test,Jos\ufffd\n", "line 2 has letters that are not UTF-8"},
		"a workbook":          {"PK\x03\x04\x14\x00", "this is a workbook"},
		"a picture":           {"\x89PNG\r\n\x1a\n\x00\x00", "this is no text file"},
		"no address":          {"Mail;Voornaam\nx@acme.test;Jan\n", `names no column "email"; it names Mail, Voornaam`},
		"an open quote":       {"email\n\"ann\n", "this is no CSV file: line"},
	} {
		_, err := readImport(strings.NewReader(c.file))
		if wrong, ok := errors.AsType[*syncrun.InputError](err); !ok || wrong.Field != "file" || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	_, err := readImport(strings.NewReader("email,shoe_size,Email,first_name\na@acme.test,42,b@acme.test,A\nb@acme.test,43,c@acme.test,B\n"))
	faulty, ok := errors.AsType[*ImportError](err)
	if !ok {
		t.Fatal(err)
	}
	var got []string
	for _, f := range faulty.Faults {
		if f.Line != 1 {
			t.Errorf("line %d: %s", f.Line, f.Text)
		}
		got = append(got, f.Column)
	}
	if want := []string{"shoe_size", "Email"}; !slices.Equal(got, want) {
		t.Errorf("faults in columns %q, want %q, each once", got, want)
	}
}
