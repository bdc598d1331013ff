//go:build go1.27

package docs_test

import (
	"context"
	"fmt"

	"github.com/aspyx-go/aspyx/environment"
)

func Example_methods() {
	env := environment.New(Orders)
	service := env.Get[*OrderService]()
	fmt.Println(service.Orders.Save("order 4711"))
	if err := env.Shutdown(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// order 4711 is in orders
	// disconnected
}
