package amqp

import (
	"context"
	"errors"
	"log/slog"

	"github.com/aspyx-go/aspyx/internal/supervise"
)

// supervisor has one of the two connections.
type supervisor = supervise.Supervisor[*connection]

// supervise returns a supervisor for the connection of that role.
func (p *Provider) supervise(container, role string, restore func(context.Context, *connection) error) *supervisor {
	logger := p.logger.With(slog.String("connection", role))
	return supervise.New(p.life, supervise.Config[*connection]{
		Dial:     func(ctx context.Context) (*connection, error) { return p.endpoint.dial(ctx, container+role) },
		Timeout:  p.endpoint.connectTimeout,
		Restore:  restore,
		Pending:  &connectError{p.endpoint.address, "connecting", nil},
		IsDenied: func(err error) bool { return errors.Is(err, ErrAuthentication) },
		Observe:  func(change supervise.Change) { p.observe(change, logger) },
	})
}

// observe hears of each change of a connection's state.
func (p *Provider) observe(change supervise.Change, logger *slog.Logger) {
	switch change.To {
	case supervise.Connected:
		if change.Again {
			logger.InfoContext(p.life, "connected to the broker again", slog.Duration("after", change.Away))
		}
	case supervise.Lost:
		if change.From == supervise.Connected {
			logger.WarnContext(p.life, "the connection to the broker is lost: connecting again", slog.Any("reason", change.Reason))
		}
	case supervise.Denied:
		logger.ErrorContext(p.life, "the broker refuses who connects: trying again", slog.Any("reason", change.Reason))
	case supervise.Connecting, supervise.Stopped:
	}
}
