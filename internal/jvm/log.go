package jvm

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

const (
	logName      = "broker.log"
	logTailLines = 30
)

// logFile is the broker's log, with the place where its current run began.
type logFile struct {
	file  *os.File
	start int64
}

func openLog(dir string) (*logFile, error) {
	file, err := os.OpenFile(filepath.Join(dir, logName), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the broker's log: %w", err)
	}
	start, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("open the broker's log: %w", err)
	}
	return &logFile{file: file, start: start}, nil
}

func (l *logFile) sinceOpened() ([]byte, error) {
	text, err := io.ReadAll(io.NewSectionReader(l.file, l.start, 1<<40))
	if err != nil {
		return nil, fmt.Errorf("read the broker's log: %w", err)
	}
	return text, nil
}

// LogTail returns the last lines of the broker's log, for the report of a failed
// test; it is empty when there is none.
func (m *Machine) LogTail() string {
	text, err := os.ReadFile(filepath.Join(m.options.Dir, logName))
	if err != nil {
		return ""
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	if len(lines) > logTailLines {
		lines = lines[len(lines)-logTailLines:]
	}
	return string(bytes.Join(lines, []byte("\n")))
}
