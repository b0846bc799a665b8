package policy

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
)

// The bounds of an expression: it runs for every employee of every run, and whoever may map fields may
// write one.
const (
	maxExpr       = 2000 // bytes
	maxExprNodes  = 300
	maxExprMemory = 100_000 // values, not bytes
)

// isAliasName tells the shape of BambooHR's aliases: camelCase, or custom followed by anything.
func isAliasName(s string) bool {
	rest, own := strings.CutPrefix(s, "custom")
	return own && consists(rest, letters+digits+"_") || isWord(s, small) && !strings.Contains(s, "_")
}

// Expression is a compiled mapping expression. It may be used from several goroutines.
type Expression struct {
	Fields  []SourceField // BambooHR aliases it names, sorted
	Targets []string      // directory fields it names, sorted
	program *vm.Program
}

// exprFunctions are the functions an expression may call: text in, text out, the same on every day
// and machine, so that a preview can be repeated.
func exprFunctions() []string {
	return []string{"filter", "first", "hasPrefix", "hasSuffix", "indexOf", "int", "join", "last", "lastIndexOf",
		"len", "lower", "map", "replace", "split", "string", "trim", "trimPrefix", "trimSuffix", "upper"}
}

// CompileExpr reads an expression (expr-lang) that gives text. A name in it is the directory field of
// that name when mapping fills it from BambooHR (snake_case), else a BambooHR alias (camelCase or
// custom…); each is text, "" when blank. The error is one line, with the column.
func CompileExpr(text string, mapping []FieldRule) (*Expression, error) {
	if len(text) > maxExpr {
		return nil, fmt.Errorf("the expression has %d bytes, at most %d are allowed; shorten it", len(text), maxExpr)
	}
	tree, err := parser.Parse(text)
	if err != nil {
		return nil, exprError(err)
	}
	names := &nameCollector{used: map[string]bool{}}
	ast.Walk(&tree.Node, names)
	e := &Expression{}
	env := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(names.used)) {
		if err := e.add(name, mapping); err != nil {
			return nil, err
		}
		env[name] = ""
	}
	options := []expr.Option{expr.Env(env), expr.AsKind(reflect.String), expr.MaxNodes(maxExprNodes), expr.DisableAllBuiltins()}
	for _, f := range exprFunctions() {
		options = append(options, expr.EnableBuiltin(f))
	}
	if e.program, err = expr.Compile(text, options...); err != nil {
		return nil, exprError(err)
	}
	return e, nil
}

// Run evaluates the expression; value answers for every name in Fields and Targets, "" for blank.
func (e *Expression) Run(value func(name string) string) (string, error) {
	env := make(map[string]any, len(e.Fields)+len(e.Targets))
	for _, f := range e.Fields {
		env[string(f)] = value(string(f))
	}
	for _, t := range e.Targets {
		env[t] = value(t)
	}
	machine := vm.VM{MemoryBudget: maxExprMemory}
	out, err := machine.Run(e.program, env)
	if err != nil {
		return "", exprError(err)
	}
	switch v := out.(type) {
	case string:
		return v, nil
	case nil:
		return "", nil
	default:
		return "", fmt.Errorf("the expression gave %T instead of text; wrap it in string(…)", out)
	}
}

// add sorts a name of the expression into fields and targets.
func (e *Expression) add(name string, mapping []FieldRule) error {
	if name == "$env" {
		return errors.New("$env is not available; name the fields themselves")
	}
	i, mapped := slices.BinarySearchFunc(mapping, name, byTarget)
	target, isTarget := FindTarget(name)
	switch {
	case mapped && mapping[i].Expr == "" && exprKind(mapping[i].Kind()):
		e.Targets = append(e.Targets, name)
	case mapped && string(target.Alias) != name:
		return fmt.Errorf("%s cannot be used in an expression; use the BambooHR field behind it", name)
	case isTarget && string(target.Alias) != name:
		return fmt.Errorf("%s is not mapped; map it, or use BambooHR's %s", name, target.Alias)
	case isAliasName(name) && name != "custom" && name != "budgets":
		e.Fields = append(e.Fields, SourceField(name))
	default:
		return fmt.Errorf("unknown name %s; use a mapped directory field such as first_name or a BambooHR field such as firstName", name)
	}
	return nil
}

// exprKind reports the kinds that are plain text in an expression.
func exprKind(k Kind) bool {
	return k == KindText || k == KindEmail || k == KindDate
}

// nameCollector gathers the free names of an expression.
type nameCollector struct{ used map[string]bool }

// Visit implements ast.Visitor; children come before their parents.
func (c *nameCollector) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		c.used[n.Value] = true
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok {
			delete(c.used, callee.Value) // compiling reports the unknown function
		}
	case *ast.VariableDeclaratorNode:
		delete(c.used, n.Name)
	}
}

// exprError turns the library's error with its drawing into one line with the way out.
func exprError(err error) error {
	var at *file.Error
	if !errors.As(err, &at) {
		return fmt.Errorf("the expression does not give text (%s); wrap it in string(…)", err)
	}
	message := strings.Join(strings.Fields(at.Message), " ")
	if name, ok := strings.CutPrefix(message, "unknown name "); ok {
		message = fmt.Sprintf("unknown function %s; there are %s", name, strings.Join(exprFunctions(), ", "))
	}
	return fmt.Errorf("the expression is wrong at column %d: %s", at.Column+1, message)
}
