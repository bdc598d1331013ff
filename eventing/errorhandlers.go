package eventing

import (
	"context"
	"errors"
)

// handleError gives the error of an attempt to the handlers by type, and
// returns what is left of it.
func (s *subscription) handleError(ctx context.Context, err error) error {
	if !s.isFailure(err) {
		return err
	}
	return s.manager.config.ErrorHandlers.Handle(ctx, err)
}

// isFailure tells whether an attempt has failed. A drop, what was handled before,
// and what a stop or an Unsubscribe has cancelled, didn't fail.
func (s *subscription) isFailure(err error) bool {
	return err != nil && !errors.Is(err, Drop) && !errors.Is(err, errRepeated) && s.base.Err() == nil
}
