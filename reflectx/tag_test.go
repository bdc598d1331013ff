package reflectx_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/reflectx"
)

// eventTag is like the tag of an event; its options cover both kinds.
var eventTag = reflectx.NewTagSpec("event", "name=", "ttl=", "durable", "broadcast")

func TestTagSpecAccepts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		what, tag string
		found     bool
		want      reflectx.Options
	}{
		{"no tag", ``, false, nil},
		{"only spaces", `   `, false, nil},
		{"another key", `json:"name"`, false, nil},
		{"an empty one", `event:""`, true, reflectx.Options{}},
		{"a flag", `event:"durable"`, true, reflectx.Options{"durable": ""}},
		{"a value", `event:"name=order.placed"`, true, reflectx.Options{"name": "order.placed"}},
		{
			"all in any order", `event:"durable,ttl=5s,broadcast,name=a"`, true,
			reflectx.Options{"name": "a", "ttl": "5s", "durable": "", "broadcast": ""},
		},
		{"a value that holds =", `event:"name=a=b"`, true, reflectx.Options{"name": "a=b"}},
		{"a value with spaces", `event:"name= a b "`, true, reflectx.Options{"name": " a b "}},
		{"escaped quotes", `event:"name=\"a\""`, true, reflectx.Options{"name": `"a"`}},
		{"escaped characters", `event:"name=\u00e4\t"`, true, reflectx.Options{"name": "ä\t"}},
		{"beside other keys", `json:"-" event:"durable" xml:"a,attr"`, true, reflectx.Options{"durable": ""}},
		{"many spaces", `  json:"-"   event:"durable"  `, true, reflectx.Options{"durable": ""}},
		{"no space", `json:"-"event:"durable"`, true, reflectx.Options{"durable": ""}},
		{"the key in another's value", `doc:"event:durable"`, false, nil},
		{"another key that holds ours", `eventually:"durable"`, false, nil},
		{"malformed, of another", `json`, false, nil},
		{"malformed, another's quotes", `json:name`, false, nil},
		{"malformed, another's escape", `pattern:"\d"`, false, nil},
		{"malformed, only a colon", `:"a"`, false, nil},
		{"malformed, only quotes", `""`, false, nil},
	} {
		options, found, err := eventTag.Parse(reflect.StructTag(test.tag))
		require.NoError(t, err, test.what)
		assert.Equal(t, test.found, found, test.what)
		assert.Equal(t, test.want, options, test.what)
	}
}

func TestTagSpecRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ what, tag, want string }{
		{"unknown, near", `event:"durabel"`, `unknown option "durabel" of tag "event": did you mean "durable"?`},
		{"unknown, transposed", `event:"naem=a"`, `unknown option "naem" of tag "event": did you mean "name"?`},
		{"unknown, another case", `event:"Name=a"`, `unknown option "Name" of tag "event": did you mean "name"?`},
		{"unknown, far", `event:"exclusive"`, `unknown option "exclusive" of tag "event": it takes broadcast, durable, name, ttl`},
		{"space before", `event:"name=a, durable"`, `unknown option " durable" of tag "event": did you mean "durable"?`},
		{"space before =", `event:"name =a"`, `unknown option "name " of tag "event": did you mean "name"?`},
		{"only a space", `event:" "`, `unknown option " " of tag "event": it takes broadcast, durable, name, ttl`},
		{"no name", `event:"=a"`, `unknown option "" of tag "event": it takes broadcast, durable, name, ttl`},
		{"wrong separator", `event:"name:a"`, `unknown option "name:a" of tag "event": it takes broadcast, durable, name, ttl`},
		{"flag twice", `event:"durable,durable"`, `option "durable" of tag "event" stands twice`},
		{"value twice", `event:"name=a,name=b"`, `option "name" of tag "event" stands twice`},
		{"flag with a value", `event:"durable=true"`, `option "durable" of tag "event" takes no value: write durable`},
		{"flag with an empty value", `event:"durable="`, `option "durable" of tag "event" takes no value: write durable`},
		{"no value", `event:"name"`, `option "name" of tag "event" needs a value: write name=…`},
		{"empty value", `event:"name="`, `option "name" of tag "event" needs a value: write name=…`},
		{"comma at the end", `event:"durable,"`, `tag event:"durable," has an empty option: remove the needless comma`},
		{"comma at the beginning", `event:",durable"`, `tag event:",durable" has an empty option: remove the needless comma`},
		{
			"everything at once", `event:"durabel,name,,durable=1,ttl=1s,ttl=2s"`, strings.Join([]string{
				`unknown option "durabel" of tag "event": did you mean "durable"?`,
				`option "name" of tag "event" needs a value: write name=…`,
				`tag event:"durabel,name,,durable=1,ttl=1s,ttl=2s" has an empty option: remove the needless comma`,
				`option "durable" of tag "event" takes no value: write durable`,
				`option "ttl" of tag "event" stands twice`,
			}, "\n"),
		},
	} {
		_, found, err := eventTag.Parse(reflect.StructTag(test.tag))
		assert.True(t, found, test.what)
		assert.EqualError(t, err, test.want, test.what)
	}
}

// Go passes over all of these in silence: Lookup doesn't find the key.
func TestTagSpecRefusesWhatGoWouldNotFind(t *testing.T) {
	t.Parallel()
	malformed := func(tag string) string {
		return "struct tag `" + tag + "` is malformed: write event:\"…\", separated by single spaces"
	}
	slip := func(key string) string { return `struct tag has the key "` + key + `": did you mean "event"?` }
	for _, test := range []struct{ what, tag, want string }{
		{"no quotes", `event:durable`, malformed(`event:durable`)},
		{"no closing quote", `event:"durable`, malformed(`event:"durable`)},
		{"single quotes", `event:'durable'`, malformed(`event:'durable'`)},
		{"space after the colon", `event: "durable"`, malformed(`event: "durable"`)},
		{"space before the colon", `event :"durable"`, malformed(`event :"durable"`)},
		{"equals sign", `event="durable"`, malformed(`event="durable"`)},
		{"no colon", `event"durable"`, malformed(`event"durable"`)},
		{"the key alone", `event`, malformed(`event`)},
		{"another case", `Event:durable`, malformed(`Event:durable`)},
		{"wrong escape", `event:"name=\q"`, malformed(`event:"name=\q"`)},
		{"tab between the keys", "json:\"a\"\tevent:\"durable\"", malformed("json:\"a\"\tevent:\"durable\"")},
		{
			"several lines", "json:\"a\"\n\t\tevent:\"durable\"",
			`struct tag "json:\"a\"\n\t\tevent:\"durable\"" is malformed: write event:"…", separated by single spaces`,
		},
		{"malformed after it", `event:"durable" json`, malformed(`event:"durable" json`)},
		{"malformed after a slip", `evnt:"durable" json`, malformed(`evnt:"durable" json`)},
		{"the key forgotten, value", `name=a,durable`, malformed(`name=a,durable`)},
		{"the key forgotten, flag", `durable`, malformed(`durable`)},
		{"the key forgotten, quotes", `"durable,name=a"`, malformed(`"durable,name=a"`)},
		{"the key forgotten, beside another", `json:"a" name=a`, malformed(`json:"a" name=a`)},

		{"key with one missing", `evnt:"durable"`, slip("evnt")},
		{"key with one too many", `events:"durable"`, slip("events")},
		{"key with one changed", `evend:"durable"`, slip("evend")},
		{"key with neighbours exchanged", `eevnt:"durable"`, slip("eevnt")},
		{"key in another case", `EVENT:"durable"`, slip("EVENT")},
		{"key in another case and one missing", `Evnt:"durable"`, slip("Evnt")},
		{"comma between the keys", `json:"a",event:"durable"`, slip(",event")},
		{"key wrong behind another", `json:"a" evnt:"durable"`, slip("evnt")},

		{"twice", `event:"durable" event:"name=a"`, "struct tag `event:\"durable\" event:\"name=a\"` has the key \"event\" twice"},
	} {
		options, found, err := eventTag.Parse(reflect.StructTag(test.tag))
		require.EqualError(t, err, test.want, test.what)
		assert.False(t, found, test.what)
		assert.Nil(t, options, test.what)
	}
}

// The right key counts, whatever resembles it beside it.
func TestTagSpecWithASimilarKeyBesideIt(t *testing.T) {
	t.Parallel()
	options, found, err := eventTag.Parse(`events:"x" event:"durable" Event:"y"`)
	require.NoError(t, err)
	assert.True(t, found)
	assert.Equal(t, reflectx.Options{"durable": ""}, options)
}

func TestTagSpecWithoutOptions(t *testing.T) {
	t.Parallel()
	inject := reflectx.NewTagSpec("inject")
	options, found, err := inject.Parse(`inject:""`)
	require.NoError(t, err)
	assert.True(t, found)
	assert.Empty(t, options)

	_, _, err = inject.Parse(`inject:"optional"`)
	require.EqualError(t, err, `unknown option "optional" of tag "inject": it takes none`)
}

func TestOptionsHas(t *testing.T) {
	t.Parallel()
	options := reflectx.Options{"durable": ""}
	assert.True(t, options.Has("durable"))
	assert.False(t, options.Has("name"))
	assert.False(t, reflectx.Options(nil).Has("name"))
}

func FuzzTagSpecParse(f *testing.F) {
	f.Add(`json:"a" event:"name=a,durable" xml:"b"`)
	f.Add(`event:"name=\"a\""event:"durable"`)
	f.Add(`durable,name=a`)
	f.Fuzz(func(t *testing.T, text string) {
		tag := reflect.StructTag(text)
		options, found, err := eventTag.Parse(tag)
		if err != nil {
			require.True(t, strings.Contains(err.Error(), "event"), "an error names the tag: %v", err)
			return
		}
		value, ok := tag.Lookup("event")
		require.Equal(t, ok, found)
		if !found {
			require.Nil(t, options)
			return
		}
		// What was accepted is exactly what stands there.
		var parts []string
		if value != "" {
			parts = strings.Split(value, ",")
		}
		require.Len(t, options, len(parts))
		for _, part := range parts {
			name, want, _ := strings.Cut(part, "=")
			got, ok := options[name]
			require.True(t, ok, part)
			require.Equal(t, want, got)
		}
	})
}
