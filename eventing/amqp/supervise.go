package amqp

import (
	"context"
	"errors"
	"log/slog"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/internal/supervise"
)

// supervisor has one of the two connections.
type supervisor = supervise.Supervisor[*connection]

// superviseConnections makes the supervisors.
func (p *Provider) superviseConnections() {
	container := "aspyx-" + eventing.NewID().String() + "-"
	p.publishing = p.supervise(container, "publishing", p.restore, func(change supervise.Change) {
		if p.offline && !change.Again {
			close(p.connected)
		}
		p.consuming.Hurry()
	})
	p.consuming = p.supervise(container, "consuming", nil, func(supervise.Change) { p.publishing.Hurry() })
}

// supervise returns a supervisor for the connection of that role. Once that is
// there, the other one has reason to try.
func (p *Provider) supervise(container, role string, restore func(context.Context, *connection) error, connected func(supervise.Change)) *supervisor {
	logger := p.logger.With(slog.String("connection", role))
	return supervise.New(p.life, supervise.Config[*connection]{
		Dial:     func(ctx context.Context) (*connection, error) { return p.endpoints.dial(ctx, container, role) },
		Timeout:  p.connectTimeout,
		Restore:  restore,
		Pending:  &connectError{p.endpoints.String(), "connecting for the first time", nil},
		IsDenied: func(err error) bool { return errors.Is(err, ErrAuthentication) },
		Observe: func(change supervise.Change) {
			p.observe(change, logger)
			if change.To == supervise.Connected {
				connected(change)
			}
		},
	})
}

// observe hears of each change of a connection's state.
func (p *Provider) observe(change supervise.Change, logger *slog.Logger) {
	switch change.To {
	case supervise.Connected:
		switch {
		case change.Again:
			p.counters.reconnects.Add(1)
			logger.InfoContext(p.life, "connected to the broker again", slog.Duration("after", change.Away))
		case p.offline:
			logger.InfoContext(p.life, "connected to the broker", slog.Duration("after", change.Away))
		}
	case supervise.Lost:
		switch change.From {
		case supervise.Connected:
			logger.WarnContext(p.life, "the connection to the broker is lost: connecting again", slog.Any("reason", change.Reason))
		case supervise.Connecting:
			logger.WarnContext(p.life, "there is no connection to the broker yet: going on trying", slog.Any("reason", change.Reason))
		default:
		}
	case supervise.Denied:
		logger.ErrorContext(p.life, "the broker refuses who connects: trying again", slog.Any("reason", change.Reason))
	case supervise.Connecting, supervise.Stopped:
	}
}
