package main

import (
	"context"
	"errors"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"strings"
)

// exports is a package with all that a program can use of it.
type exports struct {
	path string
	uses []string // expressions for its functions and methods
	left []string // those of them that can't be instantiated here
}

// load reads the packages from what the compiler has exported of them.
func load(ctx context.Context, patterns []string) ([]exports, error) {
	if len(patterns) == 0 {
		return nil, errors.New("name the packages")
	}
	paths, err := goList(ctx, append([]string{"-f", "{{.ImportPath}}", "--"}, patterns...)...)
	if err != nil {
		return nil, err
	}
	files, err := goList(ctx, append([]string{"-deps", "-export", "-f", "{{.ImportPath}} {{.Export}}", "--"}, patterns...)...)
	if err != nil {
		return nil, err
	}
	exported := map[string]string{}
	for _, line := range files {
		path, file, _ := strings.Cut(line, " ")
		exported[path] = file
	}
	from := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(exported[path])
	})
	packages := make([]exports, len(paths))
	for i, path := range paths {
		p, err := from.Import(path)
		if err != nil {
			return nil, fmt.Errorf("read package %s: %w", path, err)
		}
		packages[i] = usesOf(p)
	}
	return packages, nil
}

func goList(ctx context.Context, arguments ...string) ([]string, error) {
	out, err := goOutput(ctx, append([]string{"list"}, arguments...)...)
	return strings.Split(strings.TrimSpace(out), "\n"), err
}

// goOutput runs the go command and returns what it has printed.
func goOutput(ctx context.Context, arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, "go", arguments...) //nolint:gosec // the arguments are this program's own and its caller's
	out, err := command.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return "", fmt.Errorf("go %s: %w\n%s", arguments[0], err, exit.Stderr)
	}
	if err != nil {
		return "", fmt.Errorf("go %s: %w", arguments[0], err)
	}
	return string(out), nil
}

func usesOf(p *types.Package) exports {
	e := exports{path: p.Path()}
	for _, name := range p.Scope().Names() {
		object := p.Scope().Lookup(name)
		if !object.Exported() {
			continue
		}
		switch object := object.(type) {
		case *types.Func:
			e.use(p.Name()+"."+name, object.Signature(), object.Signature().TypeParams())
		case *types.TypeName:
			e.useMethods(p.Name()+"."+name, object)
		}
	}
	return e
}

// use adds an expression for a function.
func (e *exports) use(name string, t types.Type, parameters *types.TypeParamList) {
	if _, arguments, ok := instantiate(t, parameters); ok {
		e.uses = append(e.uses, name+arguments)
	} else {
		e.left = append(e.left, name)
	}
}

// useMethods adds an expression for each method of a type that isn't an alias
// or an interface.
func (e *exports) useMethods(name string, object *types.TypeName) {
	named, ok := object.Type().(*types.Named)
	if !ok || object.IsAlias() || types.IsInterface(named) {
		return
	}
	t, arguments, ok := instantiate(named, named.TypeParams())
	if !ok {
		e.left = append(e.left, name)
		return
	}
	methods := types.NewMethodSet(types.NewPointer(t))
	for method := range methods.Methods() {
		f, ok := method.Obj().(*types.Func)
		if !ok || !f.Exported() {
			continue
		}
		expression := "(*" + name + arguments + ")." + f.Name()
		if f.Signature().TypeParams().Len() > 0 {
			e.left = append(e.left, expression) // a generic method
			continue
		}
		e.uses = append(e.uses, expression)
	}
}

// instantiate looks for arguments that the type parameters allow, one for all:
// what they are makes no difference to the code that is linked.
func instantiate(t types.Type, parameters *types.TypeParamList) (types.Type, string, bool) {
	if parameters.Len() == 0 {
		return t, "", true
	}
	for _, candidate := range []types.Type{
		types.Universe.Lookup("int").Type(), types.NewStruct(nil, nil), types.Universe.Lookup("error").Type(),
	} {
		arguments := make([]types.Type, parameters.Len())
		names := make([]string, parameters.Len())
		for i := range arguments {
			arguments[i], names[i] = candidate, candidate.String()
		}
		if instance, err := types.Instantiate(nil, t, arguments, true); err == nil {
			return instance, "[" + strings.Join(names, ", ") + "]", true
		}
	}
	return nil, "", false
}
