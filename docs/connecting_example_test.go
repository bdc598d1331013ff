package docs_test

import (
	"context"
	"fmt"

	"github.com/aspyx-go/aspyx/eventing/amqp"
)

func Example_failover() {
	provider, err := amqp.New(amqp.Config{
		URL:      "amqps://broker-1.example.com:5671",
		Failover: []string{"broker-2.example.com:5671"},
		User:     "shop",
		Password: "secret",
	})
	fmt.Println(provider, err)
	// Output:
	// amqp.Provider(broker-1.example.com:5671,broker-2.example.com:5671) <nil>
}

// Vault keeps passwords, and changes them from time to time.
type Vault struct{}

// Login returns the user and password of a service.
func (Vault) Login(context.Context, string) (user, password string, err error) {
	return "shop", "secret", nil
}

func Example_credentials() {
	var vault Vault
	config := amqp.Config{
		URL: "amqps://broker.example.com",
		Credentials: func(ctx context.Context) (user, password string, err error) {
			return vault.Login(ctx, "broker")
		},
	}
	fmt.Println(config)
	// Output:
	// amqp.Config(amqps://broker.example.com:5671)
}
