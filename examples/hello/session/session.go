// Package session keeps the id of a user's session in a context.
package session

import "context"

type key struct{}

// With returns a context that belongs to the session with this id.
func With(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, key{}, id)
}

// ID returns the id of the context's session, or "" where there is none.
func ID(ctx context.Context) string {
	id, _ := ctx.Value(key{}).(string)
	return id
}
