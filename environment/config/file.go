package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// Decoder reads the content of a file into nested maps. Its errors name the
// line where it is known and must not hold values.
type Decoder func(data []byte) (map[string]any, error)

// File returns a source that reads the file whenever it is loaded. A file that
// isn't there is an error that wraps [fs.ErrNotExist]; see [OptionalFile]. Its
// name is "file" and the path.
func File(fsys fs.FS, path string, decode Decoder) Source {
	return &source{"file " + path, func() (Content, error) { return readFile(fsys, path, decode) }}
}

// OptionalFile is like [File], but a file that isn't there is empty.
func OptionalFile(fsys fs.FS, path string, decode Decoder) Source {
	return &source{"file " + path, func() (Content, error) {
		content, err := readFile(fsys, path, decode)
		if errors.Is(err, fs.ErrNotExist) {
			return Content{}, nil
		}
		return content, err
	}}
}

func readFile(fsys fs.FS, path string, decode Decoder) (Content, error) {
	if fsys == nil || decode == nil {
		return Content{}, errors.New("it needs a file system and a decoder, like os.DirFS(\".\") and config.JSON")
	}
	data, err := fs.ReadFile(fsys, path)
	if err != nil {
		return Content{}, err
	}
	tree, err := decode(data)
	return Content{Tree: tree}, err
}

// JSON is a [Decoder]. Numbers are kept as [json.Number], exactly. A key that
// stands twice in one object is an error.
func JSON(data []byte) (map[string]any, error) {
	var all json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, jsonError(data, err)
	}
	r := &jsonReader{data: data, decoder: json.NewDecoder(bytes.NewReader(data))}
	r.decoder.UseNumber()
	value, err := r.value()
	if err != nil {
		return nil, err
	}
	tree, ok := value.(map[string]any)
	if !ok {
		return nil, errors.New("it has to be an object: {…}")
	}
	return tree, nil
}

// jsonError says where text is no JSON. Of the library's text it keeps what
// stands behind the character that was found, which may be one of a password.
func jsonError(data []byte, err error) error {
	syntax, ok := errors.AsType[*json.SyntaxError](err)
	if !ok {
		return errors.New("it is no JSON")
	}
	text := "it is no JSON"
	if found, after, ok := strings.Cut(syntax.Error(), "' "); ok && strings.HasPrefix(found, "invalid character") {
		text += ": invalid character " + after
	} else if strings.HasPrefix(syntax.Error(), "unexpected end") {
		text += ": unexpected end"
	}
	return fmt.Errorf("line %d: %s", line(data, syntax.Offset), text)
}

// line returns the number of the line in which the byte before the offset
// stands.
func line(data []byte, offset int64) int {
	return 1 + bytes.Count(data[:max(0, min(int(offset)-1, len(data)))], []byte("\n"))
}

// jsonReader reads valid JSON token by token, to find keys that stand twice.
type jsonReader struct {
	data    []byte
	decoder *json.Decoder
}

func (r *jsonReader) value() (any, error) {
	token, err := r.decoder.Token()
	switch token {
	case json.Delim('{'):
		return r.object()
	case json.Delim('['):
		return r.array()
	default:
		return token, err
	}
}

func (r *jsonReader) object() (any, error) {
	object := map[string]any{}
	for r.decoder.More() {
		token, err := r.decoder.Token()
		if err != nil {
			return nil, err
		}
		key, _ := token.(string) // valid JSON has no other
		if _, twice := object[key]; twice {
			return nil, fmt.Errorf("line %d: the key %q stands twice", line(r.data, r.decoder.InputOffset()), key)
		}
		if object[key], err = r.value(); err != nil {
			return nil, err
		}
	}
	_, err := r.decoder.Token()
	return object, err
}

func (r *jsonReader) array() (any, error) {
	array := []any{}
	for r.decoder.More() {
		value, err := r.value()
		if err != nil {
			return nil, err
		}
		array = append(array, value)
	}
	_, err := r.decoder.Token()
	return array, err
}
