package eventing

import (
	"context"
	"errors"
)

// handleError gives the error of an attempt to the handlers by type, and
// returns what is left of it. A drop, and what a stop has cancelled, didn't fail.
func (m *EventManager) handleError(ctx context.Context, err error) error {
	if err == nil || errors.Is(err, Drop) || m.base.Err() != nil {
		return err
	}
	return m.config.ErrorHandlers.Handle(ctx, err)
}
