package policy

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExpression(t *testing.T) {
	mapping := Defaults().Mapping
	values := map[string]string{"first_name": "Ann", "last_name": "Lee", "preferred_name": "", "city": "Utrecht", "customShirtsize": " L ", "hire_date": "2024-01-08"}
	for text, want := range map[string]string{
		`preferred_name != '' ? preferred_name + ' ' + last_name : first_name + ' ' + last_name`: "Ann Lee",
		`upper(trim(customShirtsize))`:                         "L",
		`city in ["Utrecht", "Delft"] ? "NL" : "US"`:           "NL",
		`let year = split(hire_date, "-")[0]; year`:            "2024",
		`join(map(split("a b", " "), upper(#)), "")`:           "AB",
		`first(filter([preferred_name, first_name], # != ""))`: "Ann",
		`first_name matches "^A" ? "yes" : "no"`:               "yes",
		`first([])`:                                            "",
	} {
		e, err := CompileExpr(text, mapping)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got, err := e.Run(func(name string) string { return values[name] })
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestExpressionNames(t *testing.T) {
	e, err := CompileExpr(`let x = city + department; x + first_name + customA_b + workPhone`, Defaults().Mapping)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]SourceField{"city", "customA_b", "workPhone"}, e.Fields); diff != "" {
		t.Error(diff)
	}
	// department is both a directory field and a BambooHR alias: the directory's comes first.
	if diff := cmp.Diff([]string{"department", "first_name"}, e.Targets); diff != "" {
		t.Error(diff)
	}
}

func TestExpressionFaults(t *testing.T) {
	mapping := append(Defaults().Mapping, FieldRule{Target: "zz", Expr: "x"})
	mapping = sortRules(append(mapping, FieldRule{Target: "display_name", Expr: "firstName"}))
	for text, want := range map[string]string{
		`first_nam`:                  "unknown name first_nam; use a mapped directory field such as first_name or a BambooHR field such as firstName",
		`hire_dat`:                   "unknown name hire_dat",
		`display_name + "x"`:         "display_name cannot be used in an expression; use the BambooHR field behind it",
		`manager`:                    "manager cannot be used in an expression",
		`photo`:                      "photo is not mapped; map it, or use BambooHR's photoUrl",
		`custom.shirt`:               "unknown name custom",
		`$env["ssn"]`:                "$env is not available; name the fields themselves",
		`now()`:                      "the expression is wrong at column 1: unknown function now; there are filter, first",
		`repeat("x", 1000000000)`:    "the expression is wrong at column 1: unknown function repeat",
		`date("2026-01-01").Local()`: "the expression is wrong at column 1: unknown function date",
		`firstName +`:                "the expression is wrong at column 11: unexpected token EOF",
		`firstName + 1`:              "the expression is wrong at column 11: invalid operation: + (mismatched types string and int)",
		`1 + 1`:                      "the expression does not give text (expected string, but got int); wrap it in string(…)",
		`firstName matches "("`:      "the expression is wrong at column",
		strings.Repeat("firstName + ", 200) + `""`:                      "the expression has 2402 bytes, at most 2000 are allowed; shorten it",
		strings.Repeat("lower(", 400) + `""` + strings.Repeat(")", 400): "the expression has",
		strings.Repeat("0+", 350) + `0`:                                 "the expression is wrong",
	} {
		_, err := CompileExpr(text, mapping)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.40s: got %v\nwant %s", text, err, want)
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("%.40s: the error has several lines: %q", text, err)
		}
	}
}

func TestExpressionRunErrors(t *testing.T) {
	for text, want := range map[string]string{
		`split(firstName, " ")[3]`: "the expression is wrong at column",
		`first([1])`:               "the expression gave int instead of text; wrap it in string(…)",
	} {
		e, err := CompileExpr(text, nil)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if _, err := e.Run(func(string) string { return "Ann" }); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v", text, err)
		}
	}
	e, err := CompileExpr(`join(map(0..99999, map(0..99999, "x")[0]))`, nil)
	if err == nil {
		if _, err = e.Run(func(string) string { return "" }); err == nil {
			t.Error("an expression without end was let through")
		}
	}
}

func TestExpressionIsSafeForConcurrentUse(t *testing.T) {
	e, err := CompileExpr(`upper(firstName)`, nil)
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for _, name := range []string{"ann", "bo", "cy", "di"} {
		wait.Go(func() {
			for range 200 {
				if got, err := e.Run(func(string) string { return name }); err != nil || got != strings.ToUpper(name) {
					t.Errorf("got %q, %v", got, err)
					return
				}
			}
		})
	}
	wait.Wait()
}
