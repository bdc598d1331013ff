package config

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSnake(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"A": "a", "DSN": "dsn", "MaxConns": "max_conns", "HTTPPort": "http_port", "UserID": "user_id",
		"URLs": "urls", "IDsByName": "ids_by_name", "ID2": "id2", "V4Address": "v4_address", "Http2Port": "http2_port",
		"Max_Conns": "max_conns", "X1": "x1", "HTTPSOnly": "https_only", "Straße": "straße", "ÄÖPort": "äö_port",
	} {
		assert.Equal(t, want, snake(name), name)
	}
}

func TestVariable(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "APP_DB_MAX_CONNS", variable("APP", "db.max_conns"))
	assert.Equal(t, "DB_MAX_CONNS", variable("", "db.max-conns"))
	assert.Equal(t, "A_B", variable("", "a/b"))
}

func TestNearestComparesPartByPart(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		word, want string
		candidates []string
	}{
		{"db.dns", "db.dsn", []string{"db.max", "dd.dsm", "db.dsn"}},
		{"db.host", "", []string{"db.port", "host", "db.host.name"}},
		{"db", "", nil},
	} {
		got, ok := nearest(test.word, test.candidates, ".")
		assert.Equal(t, test.want, got)
		assert.Equal(t, test.want != "", ok)
	}
}
