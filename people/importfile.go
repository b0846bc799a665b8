package people

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/rollcall-hr/rollcall/directory"
)

// importRow is a person of an imported file.
type importRow struct {
	line   int
	values map[string]string // by column
}

// readImport reads the rows of a file, and refuses one that cannot be read with certainty: guessed letters would
// become people's names.
func readImport(r io.Reader) ([]importRow, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	if data, err = importText(data); err != nil {
		return nil, err
	}
	cr := csv.NewReader(bytes.NewReader(data))
	cr.Comma = separatorOf(data)
	cr.FieldsPerRecord = -1
	header, err := cr.Read()
	if errors.Is(err, io.EOF) {
		return nil, inputError("file", "the file is empty; its first line must name the columns, email among them")
	}
	if err != nil {
		return nil, noCSV(err)
	}
	if header, err = importColumns(header); err != nil {
		return nil, err
	}
	var out []importRow
	var faults []ImportFault
	for {
		rec, err := cr.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, noCSV(err)
		}
		line, _ := cr.FieldPos(0)
		if len(rec) != len(header) {
			faults = append(faults, ImportFault{Line: line, Text: fmt.Sprintf("the first line names %d columns, this one has %d", len(header), len(rec))})
			continue
		}
		row := importRow{line: line, values: map[string]string{}}
		for i, name := range header {
			// A leading quote is how exports keep spreadsheets from running formulas.
			row.values[name] = strings.TrimSpace(unguard(rec[i]))
		}
		out = append(out, row)
	}
	if len(faults) > 0 {
		return nil, &ImportError{faults}
	}
	if len(out) == 0 {
		return nil, inputError("file", "the file names columns and nobody: there is no line below the first")
	}
	return out, nil
}

func noCSV(err error) error {
	if parse, ok := errors.AsType[*csv.ParseError](err); ok {
		return inputError("file", "this is no CSV file: line %d: %v", parse.Line, parse.Err)
	}
	return err
}

// importText is a file as UTF-8 without a mark. UTF-16 says by its mark that it is, as Excel's "Unicode text" does;
// any other encoding cannot be told from its bytes.
func importText(data []byte) ([]byte, error) {
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		return nil, inputError("file", `this is a workbook, not a CSV file; save it as "CSV UTF-8" and import that`)
	}
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		data = fromUTF16(data[2:], binary.LittleEndian)
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		data = fromUTF16(data[2:], binary.BigEndian)
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if bytes.IndexByte(data, 0) >= 0 {
		return nil, inputError("file", "this is no text file; save the list as CSV and import that")
	}
	for i, line := range bytes.Split(data, []byte("\n")) {
		if !utf8.Valid(line) || bytes.ContainsRune(line, utf8.RuneError) {
			return nil, inputError("file", `line %d has letters that are not UTF-8; save the file as "CSV UTF-8" and import that`, i+1)
		}
	}
	return data, nil
}

func fromUTF16(data []byte, order binary.ByteOrder) []byte {
	units := make([]uint16, 0, len(data)/2)
	for ; len(data) > 1; data = data[2:] {
		units = append(units, order.Uint16(data))
	}
	return []byte(string(utf16.Decode(units)))
}

// separatorOf is what stands most often in the first line: a comma, or a semicolon or tab as spreadsheets of other
// languages write it.
func separatorOf(data []byte) rune {
	line, _, _ := bytes.Cut(data, []byte("\n"))
	best := ','
	for _, c := range ";\t" {
		if bytes.Count(line, []byte(string(c))) > bytes.Count(line, []byte(string(best))) {
			best = c
		}
	}
	return best
}

// importColumns are the fields that a first line names. "First name" is first_name, "E-mail" is email.
func importColumns(header []string) ([]string, error) {
	known := append([]string{"id", "manager_id", "manager_email", "status", "role"}, fieldNames()...)
	var faults []ImportFault
	out := make([]string, len(header))
	for i, title := range header {
		title = strings.TrimSpace(title)
		name := strings.NewReplacer(" ", "_", "-", "").Replace(strings.ToLower(title))
		switch f := directory.Field(title); {
		case slices.Contains(known, name):
			out[i] = name
		case strings.HasPrefix(title, "custom.") || strings.HasPrefix(title, "budgets."):
			out[i] = string(f)
		default:
			faults = append(faults, ImportFault{Line: 1, Column: title, Text: fmt.Sprintf("no field is called so; the columns may be %s, budgets.NAME and custom.NAME",
				strings.Join(known, ", "))})
			continue
		}
		if slices.Contains(out[:i], out[i]) {
			faults = append(faults, ImportFault{Line: 1, Column: title, Text: "this column comes twice"})
		}
	}
	if !slices.Contains(out, string(directory.Email)) {
		return nil, inputError("file", "the first line names no column \"email\"; it names %s", strings.Join(header, ", "))
	}
	if len(faults) > 0 {
		return nil, &ImportError{faults}
	}
	return out, nil
}

func unguard(s string) string {
	if len(s) > 1 && s[0] == '\'' && strings.ContainsRune("=+-@\t\r", rune(s[1])) {
		return s[1:]
	}
	return s
}
