//go:build go1.27

package environment

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
