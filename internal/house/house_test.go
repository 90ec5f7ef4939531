// Package house tests the architecture: which package may import which, what pure packages must not touch, that rules read
// just the evidence that they declare.
package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/ssoctl/ssoctl/"

// may lists, for each package, the packages of ours that it may import. What is not listed may import nothing of ours.
var may = map[string][]string{
	"cmd/ssoctl":                  {"internal/cli"},
	"internal/exact":              {},
	"internal/report":             {},
	"internal/source":             {},
	"internal/evidence":           {"internal/report", "internal/source", "internal/xmlsig", "internal/xmltree"},
	"internal/xmltree":            {"internal/source"},
	"internal/xmlsig":             {"internal/source", "internal/xmltree"},
	"internal/cert":               {},
	"internal/samldoc":            {"internal/cert", "internal/source", "internal/xmltree"},
	"internal/decode":             {"internal/cert", "internal/check", "internal/evidence", "internal/oidcdoc", "internal/report", "internal/samldoc", "internal/token", "internal/unwrap", "internal/xmlsig", "internal/xmltree"},
	"internal/unwrap":             {"internal/evidence", "internal/oidcdoc", "internal/source", "internal/xmltree"},
	"internal/knowledge":          {"internal/source"},
	"internal/knowledge/indexgen": {"internal/knowledge"},
	"internal/oidcdoc":            {"internal/source"},
	"internal/explain":            {"internal/evidence", "internal/exact", "internal/knowledge", "internal/report"},
	"internal/config":             {"internal/source", "internal/report"},
	"internal/connection":         {"internal/config", "internal/exact", "internal/knowledge", "internal/source"},
	"internal/check":              {"internal/config", "internal/connection", "internal/evidence", "internal/exact", "internal/knowledge", "internal/oidcdoc", "internal/report", "internal/source", "internal/cert", "internal/samldoc", "internal/xmlsig", "internal/xmltree"},
	"internal/check/oidcrules":    rulesMay,
	"internal/check/netrules":     rulesMay,
	"internal/check/loginrules":   rulesMay,
	"internal/check/configrules":  rulesMay,
	"internal/check/samlrules":    rulesMay,
	"internal/check/xmlsigrules":  rulesMay,
	"internal/check/tokenrules":   rulesMay,
	"internal/check/claimsrules":  rulesMay,
	"internal/check/all":          {"internal/check", "internal/check/samlrules", "internal/check/xmlsigrules", "internal/check/oidcrules", "internal/check/netrules", "internal/check/loginrules", "internal/check/configrules", "internal/check/tokenrules", "internal/check/claimsrules"},
	"internal/probe":              {"internal/config", "internal/connection", "internal/evidence", "internal/exact", "internal/knowledge", "internal/oidcdoc", "internal/cert", "internal/samldoc", "internal/unwrap", "internal/xmlsig", "internal/xmltree"},
	"internal/token":              {"internal/evidence", "internal/oidcdoc", "internal/source"},
	"internal/mapping":            {"internal/config", "internal/connection", "internal/knowledge", "internal/report"},
	"internal/emit":               {"internal/config", "internal/connection", "internal/knowledge"},
	"internal/push":               {"internal/connection", "internal/emit", "internal/evidence", "internal/exact", "internal/probe"},
	"internal/receive":            {},
	"internal/flow":               {"internal/connection", "internal/evidence", "internal/exact", "internal/mapping", "internal/oidcdoc", "internal/probe", "internal/samldoc", "internal/token", "internal/unwrap", "internal/xmltree"},
	"internal/render":             {"internal/report"},
	"internal/lab":                {"internal/oidcdoc", "internal/xmlsig", "internal/xmltree"},
	"internal/cli":                {"*"},
	"internal/guide":              {"internal/config", "internal/connection", "internal/knowledge", "internal/report"},
	"internal/docs":               {"*"},
}

var rulesMay = []string{"internal/cert", "internal/mapping", "internal/samldoc", "internal/xmlsig", "internal/xmltree", "internal/check", "internal/config", "internal/connection", "internal/evidence", "internal/exact", "internal/knowledge", "internal/oidcdoc", "internal/report", "internal/source"}

// pure packages judge and render; they do no I/O and have no clock.
var pure = []string{"internal/check", "internal/report", "internal/render", "internal/oidcdoc", "internal/exact", "internal/connection", "internal/source", "internal/config", "internal/evidence", "internal/xmltree", "internal/xmlsig", "internal/cert", "internal/samldoc", "internal/unwrap", "internal/mapping", "internal/token", "internal/emit", "internal/guide", "internal/explain"}

var impureImports = []string{"net/http", "os", "log", "math/rand", "math/rand/v2", "os/exec", "syscall"}

// only says who may import a library.
var only = map[string][]string{
	"github.com/spf13/cobra": {"internal/cli"},
	"charm.land/lipgloss/v2": {"internal/render"},

	"github.com/hashicorp/hcl/v2":           {}, // tests of internal/emit only: Terraform files are written without it
	"github.com/hashicorp/hcl/v2/hclsyntax": {},
	"github.com/hashicorp/hcl/v2/hclwrite":  {},

	"github.com/charmbracelet/x/term": {"internal/receive", "internal/cli"},
	"github.com/muesli/cancelreader":  {"internal/receive"},
}

// file is one parsed Go file that is no test.
type file struct {
	pkg, path string
	ast       *ast.File
}

func files(t *testing.T) []file {
	t.Helper()
	var out []file
	fset := token.NewFileSet()
	for _, root := range []string{"../../cmd", "../../internal"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
			if err != nil {
				return err
			}
			pkg := filepath.ToSlash(strings.TrimPrefix(filepath.Dir(path), "../../"))
			out = append(out, file{pkg, path, f})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(out) < 50 {
		t.Fatalf("only %d files found", len(out))
	}
	return out
}

func (f file) imports() []string {
	var out []string
	for _, i := range f.ast.Imports {
		s, _ := strconv.Unquote(i.Path.Value)
		out = append(out, s)
	}
	return out
}

// TestImports keeps the arrows of docs/architecture.md.
func TestImports(t *testing.T) {
	for _, f := range files(t) {
		allowed, known := may[f.pkg]
		if !known {
			t.Errorf("%s: the package is not in the table of who may import whom", f.pkg)
			continue
		}
		for _, imp := range f.imports() {
			if ours, ok := strings.CutPrefix(imp, module); ok && !slices.Contains(allowed, ours) && !slices.Contains(allowed, "*") {
				t.Errorf("%s imports %s", f.path, ours)
			}
			if users, ok := only[imp]; ok && !slices.Contains(users, f.pkg) {
				t.Errorf("%s imports %s, which only %s may", f.path, imp, strings.Join(users, ", "))
			}
			if isPure(f.pkg) && slices.Contains(impureImports, imp) && !(imp == "os" && f.pkg == "") {
				t.Errorf("%s imports %s, but its package does no I/O", f.path, imp)
			}
		}
	}
}

func isPure(pkg string) bool {
	return slices.ContainsFunc(pure, func(p string) bool { return pkg == p || strings.HasPrefix(pkg, p+"/") })
}

// TestForbidden keeps out what makes code hard to test: the clock in pure packages, os.Exit, init, globals that change.
func TestForbidden(t *testing.T) {
	for _, f := range files(t) {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Name.Name == "init" && n.Recv == nil {
					t.Errorf("%s has an init function", f.path)
				}
			case *ast.SelectorExpr:
				x, ok := n.X.(*ast.Ident)
				if !ok {
					return true
				}
				switch name := x.Name + "." + n.Sel.Name; {
				case name == "os.Exit" && f.pkg != "cmd/ssoctl" && f.pkg != "internal/knowledge/indexgen" && f.pkg != "internal/docs":
					t.Errorf("%s calls os.Exit", f.path)
				case isPure(f.pkg) && (name == "time.Now" || name == "time.Since"):
					t.Errorf("%s reads the clock", f.path)
				case name == "time.Sleep" && f.pkg != "internal/lab":
					t.Errorf("%s sleeps", f.path)
				}
			}
			return true
		})
	}
}

// TestNoVendorDecisions keeps product knowledge in YAML: no comparison with a product's id in Go.
func TestNoVendorDecisions(t *testing.T) {
	ids := map[string]bool{}
	for _, pattern := range []string{"../knowledge/sp/*.yaml", "../knowledge/idp/*.yaml"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range names {
			ids[strings.TrimSuffix(filepath.Base(n), ".yaml")] = true
		}
	}
	delete(ids, "generic") // the absence of a product
	for _, f := range files(t) {
		if f.pkg == "internal/lab" {
			continue
		}
		compared := func(e ast.Expr) {
			if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if s, _ := strconv.Unquote(lit.Value); ids[s] {
					t.Errorf("%s compares with the product %q", f.path, s)
				}
			}
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BinaryExpr:
				if n.Op == token.EQL || n.Op == token.NEQ {
					compared(n.X)
					compared(n.Y)
				}
			case *ast.CaseClause:
				for _, e := range n.List {
					compared(e)
				}
			}
			return true
		})
	}
}

// TestNeedsAreWhatIsRead compares, for each package of rules, the kinds of evidence that its rules declare with the fields of a
// Case that its functions read, both ways. Too few would lose findings, too many would probe for nothing. (Which rule of a package
// may read what is kept by the engine: it hides the rest.)
func TestNeedsAreWhatIsRead(t *testing.T) {
	fields := caseFields(t) // field -> constant
	constants := map[string]bool{}
	for _, kind := range fields {
		constants[kind] = true
	}
	declared, read := map[string]map[string]bool{}, map[string]map[string]bool{}
	for _, f := range files(t) {
		if !strings.HasPrefix(f.pkg, "internal/check/") || f.pkg == "internal/check/all" {
			continue
		}
		if declared[f.pkg] == nil {
			declared[f.pkg], read[f.pkg] = map[string]bool{}, map[string]bool{}
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if lit, ok := n.(*ast.CompositeLit); ok && isKinds(lit.Type) {
				for _, e := range lit.Elts {
					if sel, ok := e.(*ast.SelectorExpr); ok {
						declared[f.pkg][sel.Sel.Name] = true
					}
				}
				return false
			}
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == "c" && fields[sel.Sel.Name] != "" {
				read[f.pkg][fields[sel.Sel.Name]] = true
			}
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == "evidence" && constants[sel.Sel.Name] {
				read[f.pkg][sel.Sel.Name] = true // c.Seen[evidence.X]
			}
			return true
		})
	}
	for pkg := range declared {
		for kind := range read[pkg] {
			if !declared[pkg][kind] {
				t.Errorf("%s reads the evidence %s but none of its rules declares it", pkg, kind)
			}
		}
		for kind := range declared[pkg] {
			if !read[pkg][kind] {
				t.Errorf("%s declares the evidence %s and reads it nowhere", pkg, kind)
			}
		}
	}
}

// isKinds reports whether a literal is a []evidence.Kind.
func isKinds(e ast.Expr) bool {
	list, ok := e.(*ast.ArrayType)
	if !ok {
		return false
	}
	sel, ok := list.Elt.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	x, ok := sel.X.(*ast.Ident)
	return ok && x.Name == "evidence" && sel.Sel.Name == "Kind"
}

// caseFields reads the table of internal/check/only.go: field of Case -> evidence constant.
func caseFields(t *testing.T) map[string]string {
	t.Helper()
	b, err := os.ReadFile("../check/case.go")
	if err != nil {
		t.Fatal(err)
	}
	constants := evidenceConstants(t)
	out := map[string]string{}
	for line := range strings.Lines(string(b)) {
		field, kind, ok := strings.Cut(line, "// Kind ")
		words := strings.Fields(field)
		if !ok || len(words) < 2 {
			continue
		}
		kind = strings.Trim(strings.FieldsFunc(kind, func(r rune) bool { return strings.ContainsRune(" :;,\n", r) })[0], ".")
		if constants[kind] == "" {
			t.Errorf("case.go: field %s names the unknown kind %q", words[0], kind)
		}
		out[words[0]] = constants[kind]
	}
	if len(out) < 10 {
		t.Fatalf("only %d fields of Case found", len(out))
	}
	return out
}

func evidenceConstants(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, f := range files(t) {
		if f.pkg != "internal/evidence" {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			if id, ok := spec.Type.(*ast.Ident); ok && id.Name == "Kind" {
				value, _ := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
				out[value] = spec.Names[0].Name
			}
			return true
		})
	}
	return out
}
