package mapping

import (
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/policy"
)

// rules are one rule for each kind of value.
func rules() map[string]policy.FieldRule {
	return map[string]policy.FieldRule{
		"text":     {Target: "job_title"},
		"email":    {Target: "email"},
		"date":     {Target: "hire_date"},
		"birthday": {Target: "birthday"},
		"boolean":  {Target: "custom.car", Type: policy.KindBoolean},
		"number":   {Target: "custom.size", Type: policy.KindNumber},
		"money":    {Target: "budgets.learning", Currency: "EUR"},
		"list":     {Target: "teams", Split: ","},
	}
}

func TestConvert(t *testing.T) {
	long := strings.Repeat("é", directory.MaxText)
	tests := []struct {
		kind, in, want string
		fault          string // part of it
	}{
		{"text", " Head of R&D ", "Head of R&D", ""},
		{"text", "Cafe\u0301", "Café", ""},
		{"text", "A\r\nB", "A B", ""},
		{"text", long, long, ""},
		{"text", long + "x", "", "201 characters long; at most 200"},
		{"text", "\u202e", "", ""},

		{"email", " Ann.Lee@Acme.test ", "Ann.Lee@Acme.test", ""},
		{"email", "ann\u200b@acme.test", "ann@acme.test", ""},
		{"email", "o'neil+x_y@sub.acme.test", "o'neil+x_y@sub.acme.test", ""},
		{"email", "jörg@bücher.test", "jörg@bücher.test", ""},
		{"email", "ann", "", "is not an e-mail address"},
		{"email", "@acme.test", "", "is not an e-mail address"},
		{"email", "ann@", "", "is not an e-mail address"},
		{"email", "ann@acme@test", "", "is not an e-mail address"},
		{"email", "ann lee@acme.test", "", "characters that an e-mail address cannot have"},
		{"email", "ann\r\nBcc:x@acme.test", "", "characters that an e-mail address cannot have"},
		{"email", "ann@acme.test, bo@acme.test", "", "is not an e-mail address"},
		{"email", "Ann<ann@acme.test>", "", "characters that"},
		{"email", "ann..lee@acme.test", "", "dot or hyphen"},
		{"email", "ann@acme.test.", "", "dot or hyphen"},
		{"email", strings.Repeat("a", 65) + "@acme.test", "", "too long"},
		{"email", "a@" + strings.Repeat("a.", 130) + "test", "", "too long"},

		{"date", "2024-02-29", "2024-02-29", ""},
		{"date", "2023-02-29", "", "is not a date"},
		{"date", "2024-02-30", "", "is not a date"},
		{"date", "2024-13-01", "", "is not a date"},
		{"date", "2024-00-10", "", "is not a date"},
		{"date", "02/29/2024", "", "is not a date"},
		{"date", "29-02-2024", "", "is not a date"},
		{"date", "2024-2-29", "", "is not a date"},
		{"date", "9999-12-31", "", "between 1900 and 2200"},
		{"date", "1899-12-31", "", "between 1900 and 2200"},
		{"date", "2200-12-31", "2200-12-31", ""},
		{"date", "2024-02-29T00:00:00+00:00", "", "is not a date"},
		{"date", "12-31", "", "is not a date"},
		{"date", "+024-02-29", "", "is not a date"},

		{"birthday", "1990-02-03", "1990-02-03", ""},
		{"birthday", "02-29", "--02-29", ""},
		{"birthday", "02-30", "", "is not a day"},
		{"birthday", "13-01", "", "is not a day"},
		{"birthday", "2-3", "", "is not a day"},

		{"boolean", "1", "true", ""},
		{"boolean", " YES ", "true", ""},
		{"boolean", "on", "true", ""},
		{"boolean", "0", "false", ""},
		{"boolean", "maybe", "false", ""},

		{"number", "7", "7", ""},
		{"number", "007", "7", ""},
		{"number", "-0.0", "0", ""},
		{"number", "1.125", "1.125", ""},
		{"number", "-1,500.50", "-1500.5", ""},
		{"number", "1.500,5", "1500.5", ""},
		{"number", "1,500", "", "thousands or as decimals"},
		{"number", "0,500", "0.5", ""},
		{"number", "1,5", "1.5", ""},
		{"number", "1 500 000", "1500000", ""},
		{"number", "1'500", "1500", ""},
		{"number", "1,500,000", "1500000", ""},
		{"number", "1,50,000", "", "is not a number"},
		{"number", "1500,000,000", "", "is not a number"},
		{"number", "1.500.000,25", "1500000.25", ""},
		{"number", "1,500.000.000", "", "is not a number"},
		{"number", "1..5", "", "is not a number"},
		{"number", ".5", "", "is not a number"},
		{"number", "5.", "", "is not a number"},
		{"number", "1e9", "", "is not a number"},
		{"number", "0x10", "", "is not a number"},
		{"number", "٣", "", "is not a number"},
		{"number", "", "", ""},
		{"number", strings.Repeat("9", 16), "", "too many digits"},

		{"money", "500", "500.00 EUR", ""},
		{"money", "500.00", "500.00 EUR", ""},
		{"money", "500,00", "500.00 EUR", ""},
		{"money", "500.5", "500.50 EUR", ""},
		{"money", "1,500.50", "1500.50 EUR", ""},
		{"money", "1.500,50", "1500.50 EUR", ""},
		{"money", "1 500,50", "1500.50 EUR", ""},
		{"money", "EUR 500", "500.00 EUR", ""},
		{"money", "500.00 EUR", "500.00 EUR", ""},
		{"money", "500eur", "500.00 EUR", ""},
		{"money", "€500", "500.00 EUR", ""},
		{"money", "€ 500,-", "500.00 EUR", ""},
		{"money", "1500.000", "1500.00 EUR", ""},
		{"money", "0.00", "0.00 EUR", ""},
		{"money", "1,500", "", "thousands or as decimals"},
		{"money", "1.500", "", "thousands or as decimals"},
		{"money", "500.125", "", "thousands or as decimals"},
		{"money", "1500.125", "", "more than two decimals"},
		{"money", "USD 500", "", "not an amount in EUR"},
		{"money", "$500", "", "not an amount in EUR"},
		{"money", "500 to 600", "", "is not a number"},
		{"money", "-500", "", "below zero"},
		{"money", "EUR", "", ""},
		{"money", "USD", "", ""},
		{"money", "none", "", "is not an amount"},

		{"list", "Red, Blue,red , ,Green", "Red\x1fBlue\x1fGreen", ""},
		{"list", " , ", "", ""},
		{"list", "R\x1fed", "Red", ""},
		{"list", "Red," + long + "x", "", "201 characters long"},
		{"list", "1" + strings.Repeat(",1,2", 1000), "1\x1f2", ""},
	}
	for _, tt := range tests {
		t.Run(tt.kind+" "+tt.in, func(t *testing.T) {
			got, _, fault := converterFor(rules()[tt.kind])(tt.in)
			if tt.fault == "" && (fault != "" || got != tt.want) {
				t.Errorf("%+q gives %+q, fault %q; want %+q", tt.in, got, fault, tt.want)
			}
			if tt.fault != "" && !strings.Contains(fault, tt.fault) {
				t.Errorf("%+q gives fault %q, want %q in it", tt.in, fault, tt.fault)
			}
		})
	}
}

func TestConvertSaysWhatWasTakenOut(t *testing.T) {
	for kind, in := range map[string]string{"text": "A\x00B", "email": "a\u200b@b.test", "list": "a,\u202eb", "date": "2024-01-01\x00"} {
		if _, stripped, fault := converterFor(rules()[kind])(in); !stripped || fault != "" {
			t.Errorf("%s %+q: stripped %v, fault %q; want true and none", kind, in, stripped, fault)
		}
	}
}

func TestListsAreBounded(t *testing.T) {
	var items []string
	for i := range maxItems + 1 {
		items = append(items, strings.Repeat("x", i+1))
	}
	items[maxItems] = "y"
	if _, _, fault := lists(",")(strings.Join(items, ",")); !strings.Contains(fault, "list of more than 200 items") {
		t.Errorf("fault %q", fault)
	}
}

// Whatever comes in, what comes out is canonical: converting it again changes nothing (but for dates
// and money, whose canonical form must be understood, too), and NFD and NFC give the same value.
func TestConvertIsStable(t *testing.T) {
	all := rules()
	kinds := []string{"text", "email", "date", "number", "money", "boolean"}
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ €A-Z-]{0,4}[0-9.,' -]{0,14}[ A-Z]{0,4}`),
		rapid.StringMatching(`[a-z\x{e9}\x{200b}\x{301} .]{1,9}@[a-z\x{fc}.-]{1,9}`), rapid.StringMatching(`[0-9]{4}-[01][0-9]-[0-3][0-9]`))
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(kinds).Draw(t, "kind")
		in := strings.ToValidUTF8(text.Draw(t, "in"), "")
		convert := converterFor(all[kind])
		out, _, fault := convert(in)
		if fault != "" {
			if out != "" {
				t.Fatalf("%s %+q is refused, but gives %+q", kind, in, out)
			}
			return
		}
		again, stripped, fault := convert(out)
		if again != out || stripped || fault != "" {
			t.Fatalf("%s %+q gives %+q, and that gives %+q, stripped %v, fault %q", kind, in, out, again, stripped, fault)
		}
		if nfd, _, fault := convert(norm.NFD.String(in)); nfd != out || fault != "" {
			t.Fatalf("%s %+q gives %+q, its NFD form %+q, fault %q", kind, in, out, nfd, fault)
		}
	})
}

func FuzzMoney(f *testing.F) {
	for _, s := range []string{"500", "1,500.50", "EUR 500", "€ 500,-", "1.500", "-5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out, fault := money(s, "EUR")
		if out == "" || fault != "" {
			return
		}
		amount, ok := strings.CutSuffix(out, " EUR")
		whole, frac, dot := strings.Cut(amount, ".")
		if !ok || !dot || whole == "" || len(frac) != 2 || strings.Trim(whole+frac, "0123456789") != "" || (len(whole) > 1 && whole[0] == '0') {
			t.Fatalf("%+q gives %+q", s, out)
		}
		if again, fault := money(out, "EUR"); again != out || fault != "" {
			t.Fatalf("%+q gives %+q, and that %+q, fault %q", s, out, again, fault)
		}
	})
}

func FuzzDay(f *testing.F) {
	for _, s := range []string{"2024-02-29", "0000-00-00", "2024-02-30", "9999-12-31", "02/03/2024"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, ok := parseDay(s)
		if !ok {
			return
		}
		midnight := startOf(d, 0, utc)
		if got := midnight.Format("2006-01-02"); got != s {
			t.Fatalf("%q is read as %s", s, got)
		}
	})
}
