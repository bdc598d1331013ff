package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

// program is what is built: it uses all of the packages. A control program
// makes the linker keep all methods.
type program struct {
	packages []exports
	control  bool
}

// unused is the symbol of the method that nobody calls.
const unused = "main.(*Witness).NobodyCallsThis"

// source is the program. The Witness reaches an interface, as it must for
// reflection to find its methods; the standard library's packages are there for
// their many methods, which a program that keeps all of them has in it.
var source = template.Must(template.New("").Parse(`package main

import (
	"crypto/x509"
	"fmt"
	"go/types"
	"net/http"
	"os"
	"reflect"
{{range .Packages}}	{{printf "%q" .Path}}
{{end}})

type Witness struct{ number int }

func (w *Witness) NobodyCallsThis() { w.number++; fmt.Println(w.number) }

var all = []any{ http.ListenAndServe, x509.SystemCertPool, (*types.Config).Check,
{{range .Packages}}{{range .Uses}}	{{.}},
{{end}}{{end}}}

func main() {
	all = append(all, new(Witness), reflect.TypeFor[Witness]())
	for i := range all {
		fmt.Fprintln(os.Stderr, all[i])
	}
{{if .Control}}	control()
{{end}}}
{{if .Control}}
func control() {
	for _, name := range os.Args {
		fmt.Println(reflect.ValueOf(all[0]).MethodByName(name).IsValid())
	}
}
{{end}}`))

func (p program) source() ([]byte, error) {
	type used struct {
		Path string
		Uses []string
	}
	values := struct {
		Packages []used
		Control  bool
	}{Control: p.control}
	for _, e := range p.packages {
		values.Packages = append(values.Packages, used{e.path, e.uses})
	}
	var text bytes.Buffer
	if err := source.Execute(&text, values); err != nil {
		return nil, fmt.Errorf("write the program: %w", err)
	}
	return text.Bytes(), nil
}

// folder is where the go command finds the program, without it being there: a
// folder of the module whose packages are used.
const folder = "linkcheckprogram"

// build builds the program, with its files in dir.
func (p program) build(ctx context.Context, dir string) (*binary, error) {
	text, err := p.source()
	if err != nil {
		return nil, err
	}
	root, err := goOutput(ctx, "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return nil, err
	}
	b := &binary{
		root:    strings.TrimSpace(root),
		file:    filepath.Join(dir, "program"),
		overlay: filepath.Join(dir, "overlay.json"),
	}
	main := filepath.Join(dir, "main.go")
	overlay, err := json.Marshal(map[string]any{
		"Replace": map[string]string{filepath.Join(b.root, folder, "main.go"): main},
	})
	if err != nil {
		return nil, fmt.Errorf("write the overlay: %w", err)
	}
	for name, content := range map[string][]byte{main: text, b.overlay: overlay} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			return nil, fmt.Errorf("write the program: %w", err)
		}
	}
	if _, err := b.link(ctx); err != nil {
		return nil, err
	}
	if err := b.inspect(ctx); err != nil {
		return nil, err
	}
	return b, nil
}
