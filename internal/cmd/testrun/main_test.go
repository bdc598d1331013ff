package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/internal/artemis"
)

func TestReport(t *testing.T) {
	t.Parallel()
	in := strings.Join([]string{
		`{"Action":"start","Package":"p"}`,
		`{"Action":"output","Package":"p","Test":"TestGood","Output":"nothing to see\n"}`,
		`{"Action":"pass","Package":"p","Test":"TestGood"}`,
		`{"Action":"output","Package":"p","Test":"TestBad","Output":"the reason\n"}`,
		`{"Action":"fail","Package":"p","Test":"TestBad"}`,
		`{"Action":"output","Package":"p","Test":"TestLeak","Output":"password=` + artemis.PasswordMarker + `abc\n"}`,
		`{"Action":"pass","Package":"p","Test":"TestLeak"}`,
		`{"Action":"output","Package":"p","Output":"PASS\n"}`,
		`{"Action":"output","Package":"p","Output":"ok  \tp\t1.0s\n"}`,
		`{"Action":"build-output","ImportPath":"q","Output":"q.go:1: wrong\n"}`,
		`go: a word of the go command`,
	}, "\n") + "\n"
	var out bytes.Buffer
	leaks, err := report(strings.NewReader(in), &out)
	require.NoError(t, err)
	assert.Equal(t, []string{"p.TestLeak"}, leaks)
	assert.Equal(t, "the reason\nok  \tp\t1.0s\nq.go:1: wrong\ngo: a word of the go command\n", out.String())
}
