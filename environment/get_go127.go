//go:build go1.27

package environment

import "context"

// Get returns the component of type T, as the function [Get] does. It panics
// if there is none.
func (e *Environment) Get[T any]() T {
	return Get[T](e)
}

// Find returns the component of type T or an error, as the function [Find]
// does.
func (e *Environment) Find[T any]() (T, error) {
	return Find[T](e)
}

// GetContext returns the component that belongs to the context, as the function
// [GetContext] does.
func (e *Environment) GetContext[T any](ctx context.Context) (T, error) {
	return GetContext[T](ctx, e)
}
