package docs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// root is the folder of the repository.
const root = ".."

// What is written on a page stands in a file that is compiled and run: a page
// can't tell what isn't so.

func TestCodeOnPagesIsCompiled(t *testing.T) {
	t.Parallel()
	sources := readSources(t)
	for _, page := range readPages(t) {
		for _, block := range page.blocksOf("go") {
			found := slices.ContainsFunc(sources, func(source source) bool { return holds(source.lines, block.lines) })
			assert.Truef(t, found, "%s: these lines stand in no compiled file:\n%s", page.at(block), block)
		}
	}
}

func TestOutputOnPagesIsChecked(t *testing.T) {
	t.Parallel()
	outputs := readGolden(t)
	for _, source := range readSources(t) {
		outputs = append(outputs, exampleOutputs(source)...)
	}
	for _, page := range readPages(t) {
		for i, block := range page.blocks {
			if block.language != "output" {
				continue
			}
			if program, ok := page.programBefore(i); ok {
				assert.Equal(t, runProgram(t, program), block.String(), page.at(block))
				continue
			}
			found := slices.ContainsFunc(outputs, func(output []string) bool { return holds(output, block.lines) })
			assert.Truef(t, found, "%s: no example and no golden file has this output:\n%s", page.at(block), block)
		}
	}
}

func TestCommandsOnPagesExist(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	require.NoError(t, err)
	target := regexp.MustCompile(`\bmake ([a-z-]+)`)
	program := regexp.MustCompile(`\bgo run (\S+)`)
	for _, page := range readPages(t) {
		for _, block := range page.blocksOf("sh") {
			for _, match := range target.FindAllStringSubmatch(block.String(), -1) {
				assert.Regexp(t, `(?m)^`+match[1]+`:`, string(makefile), page.at(block))
			}
			for _, match := range program.FindAllStringSubmatch(block.String(), -1) {
				if match[1] != "." { // the reader's own
					assert.FileExists(t, filepath.Join(root, match[1], "main.go"), page.at(block))
				}
			}
		}
	}
}

func TestBlocksHaveALanguage(t *testing.T) {
	t.Parallel()
	known := []string{"go", "sh", "output", "python", "text"}
	for _, page := range readPages(t) {
		for _, block := range page.blocks {
			assert.Contains(t, known, block.language, page.at(block))
		}
	}
}

func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	pages := readPages(t)
	for _, page := range pages {
		for _, link := range page.links() {
			file, anchor, _ := strings.Cut(link, "#")
			path := page.path
			if file != "" {
				path = filepath.Join(filepath.Dir(page.path), file)
				_, err := os.Stat(filepath.Join(root, path))
				assert.NoErrorf(t, err, "%s links to %s", page.path, link)
			}
			if anchor == "" {
				continue
			}
			i := slices.IndexFunc(pages, func(m markdown) bool { return m.path == path })
			if assert.GreaterOrEqualf(t, i, 0, "%s links to %s, which is no page", page.path, link) {
				assert.Containsf(t, pages[i].anchors(), anchor, "%s links to %s", page.path, link)
			}
		}
	}
}

func TestEveryPageIsReachedFromTheIndex(t *testing.T) {
	t.Parallel()
	pages := readPages(t)
	reached := map[string]bool{}
	todo := []string{"docs/index.md"}
	for len(todo) > 0 {
		path := todo[0]
		todo = todo[1:]
		i := slices.IndexFunc(pages, func(m markdown) bool { return m.path == path })
		if i < 0 || reached[path] {
			continue
		}
		reached[path] = true
		for _, link := range pages[i].links() {
			file, _, _ := strings.Cut(link, "#")
			todo = append(todo, filepath.Join(filepath.Dir(path), file))
		}
	}
	for _, page := range pages {
		assert.True(t, reached[page.path], "no way leads from docs/index.md to %s", page.path)
	}
}

var (
	machinePath = regexp.MustCompile(`/(root|work|home|tmp)/`)
	upwardPath  = regexp.MustCompile(`\.\./[\w./-]*\w`)
)

// TestPagesKeepToTheRepository looks at the whole text, not at links only:
// what a page names above its folder is in this repository.
func TestPagesKeepToTheRepository(t *testing.T) {
	t.Parallel()
	for _, page := range readPages(t) {
		assert.NotRegexp(t, machinePath, page.text, page.path)
		for _, path := range upwardPath.FindAllString(page.text, -1) {
			inside := filepath.Join(filepath.Dir(page.path), path)
			assert.True(t, filepath.IsLocal(inside), "%s names %s", page.path, path)
			assert.FileExists(t, filepath.Join(root, inside), "%s names %s", page.path, path)
		}
	}
}

// runProgram returns what a program prints.
func runProgram(t *testing.T, path string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "run", path)
	command.Dir = root
	command.Stderr = os.Stderr
	command.Env = append(os.Environ(), eventing.URLVariable+"=") // in memory, whatever the reader's is
	output, err := command.Output()
	require.NoError(t, err, "go run %s", path)
	return strings.TrimRight(string(output), "\n")
}
