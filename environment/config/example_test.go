package config_test

import (
	"fmt"
	"testing/fstest"
	"time"

	"github.com/aspyx-go/aspyx/environment/config"
)

func Example() {
	type Database struct {
		DSN      config.Secret `value:"dsn"`
		Timeout  time.Duration `value:"timeout,default=5s"`
		MaxConns int           // max_conns
	}
	files := fstest.MapFS{"app.json": {Data: []byte(`{"db": {"dsn": "shop:secret@db", "maxConns": 10}}`)}}
	values, err := config.Load(
		config.File(files, "app.json", config.JSON),
		config.Map(map[string]any{"db.max_conns": 20}), // later sources win
		config.Env("SHOP"),                             // SHOP_DB_MAX_CONNS
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	db, err := config.Get[Database](values, "db")
	fmt.Printf("%+v %v\n", db, err)
	_, err = config.Get[time.Duration](values, "db.max_conns")
	fmt.Println(err)
	_, err = config.Get[string](values, "db.dns")
	fmt.Println(err)
	// Output:
	// {DSN:****** Timeout:5s MaxConns:20} <nil>
	// config: db.max_conns from map: 20 is no time.Duration: write a unit, like 20s
	// config: db.dns: missing: did you mean db.dsn (file app.json)?
}
