//go:build go1.27

package eventing

import "context"

// SendEvents sends many events, as the function [SendEvents] does.
func (m *EventManager) SendEvents[T any](ctx context.Context, events []T, options ...SendOption) error {
	return SendEvents(ctx, m, events, options...)
}
