package docs_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

// markdown is a page of the documentation.
type markdown struct {
	path   string // below the repository
	text   string
	prose  []string // all lines outside of blocks
	blocks []block
}

// block is a fenced block of code.
type block struct {
	language string
	lines    []string
	line     int // of its fence, from 1
}

func (b block) String() string { return strings.Join(b.lines, "\n") }

func (p markdown) at(b block) string { return fmt.Sprintf("%s:%d", p.path, b.line) }

func (p markdown) blocksOf(language string) []block {
	return slices.DeleteFunc(slices.Clone(p.blocks), func(b block) bool { return b.language != language })
}

var goRun = regexp.MustCompile(`^go run (\./\S+)$`)

// programBefore returns the program which the block before this one runs, and
// nothing else.
func (p markdown) programBefore(i int) (path string, ok bool) {
	if i == 0 || p.blocks[i-1].language != "sh" {
		return "", false
	}
	match := goRun.FindStringSubmatch(p.blocks[i-1].String())
	if match == nil {
		return "", false
	}
	return match[1], true
}

var (
	linkPattern = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	inlineCode  = regexp.MustCompile("`[^`]*`")
)

// links returns the targets of the links that stay in the repository.
func (p markdown) links() []string {
	var links []string
	prose := inlineCode.ReplaceAllString(strings.Join(p.prose, "\n"), "")
	for _, match := range linkPattern.FindAllStringSubmatch(prose, -1) {
		if !strings.Contains(match[1], "://") {
			links = append(links, match[1])
		}
	}
	return links
}

// anchors returns the anchors that the headings get.
func (p markdown) anchors() []string {
	var anchors []string
	for _, line := range p.prose {
		marks, heading, ok := strings.Cut(line, " ")
		if !ok || marks == "" || strings.Trim(marks, "#") != "" {
			continue
		}
		anchors = append(anchors, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			default:
				return -1
			}
		}, strings.TrimSpace(heading)))
	}
	return anchors
}

// readPages returns the README and all pages of this folder.
func readPages(t *testing.T) []markdown {
	t.Helper()
	files, err := filepath.Glob("*.md")
	require.NoError(t, err)
	pages := []markdown{readPage(t, "README.md")}
	for _, file := range files {
		pages = append(pages, readPage(t, filepath.Join("docs", file)))
	}
	return pages
}

func readPage(t *testing.T, path string) markdown {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	require.NoError(t, err)
	p := markdown{path: path, text: string(text)}
	var open *block
	for i, line := range strings.Split(p.text, "\n") {
		language, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && open == nil:
			open = &block{language: language, line: i + 1}
		case fence:
			p.blocks = append(p.blocks, *open)
			open = nil
		case open != nil:
			open.lines = append(open.lines, line)
		default:
			p.prose = append(p.prose, line)
		}
	}
	require.Nil(t, open, "%s: a block isn't closed", path)
	return p
}

// source is a Go file that is compiled when all tests are run.
type source struct {
	path  string
	lines []string
}

// readSources returns the Go files from which pages may show code: those of
// this folder, the example programs, and the examples of the packages.
func readSources(t *testing.T) []source {
	t.Helper()
	var sources []source
	add := func(path string) {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		sources = append(sources, source{path, strings.Split(string(text), "\n")})
	}
	for _, folder := range []string{"docs", "examples"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, _ fs.DirEntry, err error) error {
			if err == nil && filepath.Ext(path) == ".go" {
				add(path)
			}
			return err
		})
		require.NoError(t, err)
	}
	for _, pattern := range []string{"*/example_test.go", "*/*/example_test.go"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		for _, file := range files {
			add(file)
		}
	}
	require.NotEmpty(t, sources)
	return sources
}

// readGolden returns the outputs that tests of other modules keep here, for
// pages to show: those of benchmarks/reports_test.go.
func readGolden(t *testing.T) [][]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "*.golden"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var outputs [][]string
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		outputs = append(outputs, strings.Split(string(text), "\n"))
	}
	return outputs
}

var outputComment = regexp.MustCompile(`(?i)^\s*//\s*(unordered )?output:\s*(.*)$`)

// exampleOutputs returns what the examples of a file print, which running them
// has checked.
func exampleOutputs(s source) [][]string {
	if !strings.HasSuffix(s.path, "_test.go") {
		return nil
	}
	var outputs [][]string
	inside := false
	for _, line := range s.lines {
		if outputComment.MatchString(line) {
			outputs, inside = append(outputs, nil), true
			continue
		}
		comment, ok := strings.CutPrefix(strings.TrimSpace(line), "//")
		if inside = inside && ok; inside {
			last := len(outputs) - 1
			outputs[last] = append(outputs[last], strings.TrimPrefix(comment, " "))
		}
	}
	return outputs
}

// holds tells whether the lines stand in text one after the other, whatever
// their indentation.
func holds(text, lines []string) bool {
	if len(lines) == 0 {
		return false
	}
	for i := range len(text) - len(lines) + 1 {
		if slices.EqualFunc(text[i:i+len(lines)], lines, func(a, b string) bool {
			return strings.TrimSpace(a) == strings.TrimSpace(b)
		}) {
			return true
		}
	}
	return false
}
