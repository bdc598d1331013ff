package eventing

import (
	"context"
	"errors"
)

// handleError gives the error of an attempt to the handlers by type, and
// returns what is left of it.
func (m *EventManager) handleError(ctx context.Context, err error) error {
	if !m.isFailure(err) {
		return err
	}
	return m.config.ErrorHandlers.Handle(ctx, err)
}

// isFailure tells whether an attempt has failed. A drop, what was handled before,
// and what a stop has cancelled, didn't fail.
func (m *EventManager) isFailure(err error) bool {
	return err != nil && !errors.Is(err, Drop) && !errors.Is(err, errRepeated) && m.base.Err() == nil
}
