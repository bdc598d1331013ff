package amqp

import (
	"context"
	"errors"

	"github.com/aspyx-go/aspyx/eventing"
)

// errNoManagement is returned where the user may not manage the broker, or there
// is no way to do so over AMQP.
var errNoManagement = errors.New("amqp: the broker offers no management to this user")

// manager manages the broker over one connection, for one goroutine at a time.
type manager interface {
	// create makes a queue unless it exists, and reports where one that exists
	// differs.
	create(ctx context.Context, queue eventing.Queue) error

	// recreate is create for a queue that was compared before.
	recreate(ctx context.Context, queue eventing.Queue) error

	// remove removes a queue, and is nil where there is none.
	remove(ctx context.Context, queue eventing.Queue) error

	// knowsBindings tells whether isBound can be asked. Its error is that of a
	// broker which doesn't answer, or wraps errNoManagement.
	knowsBindings(ctx context.Context) (bool, error)

	// isBound tells whether somebody gets what is sent to the address.
	isBound(ctx context.Context, address string) (bool, error)

	// worksOn tells whether it can do further work, over that connection.
	worksOn(conn *connection) bool

	// end waits for the broker's answers, or the end of the connection.
	end()
}

// manage does work that manages the broker, again where the connection is lost
// meanwhile. It waits for one within ctx.
func (p *Provider) manage(ctx context.Context, work func(manager) error) error {
	for {
		conn, err := p.session(ctx, p.publishing)
		if err != nil {
			return err
		}
		err = p.manageOn(ctx, conn, work)
		if err == nil || !conn.isLost() || ctx.Err() != nil {
			return err
		}
	}
}

// manageOn is manage on one connection. What it worked with is kept for the
// next work, unless it has failed.
func (p *Provider) manageOn(ctx context.Context, conn *connection, work func(manager) error) error {
	p.mu.Lock()
	err, manager := p.unmanaged, p.manager
	p.manager = nil
	p.mu.Unlock()
	if err != nil {
		return err
	}
	if manager == nil || !manager.worksOn(conn) {
		if manager, err = conn.dialect.manage(ctx, p, conn); err != nil {
			return err
		}
	}
	err = work(manager)
	p.keep(manager, conn)
	return err
}

// keep keeps one that works.
func (p *Provider) keep(manager manager, conn *connection) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.state != running: // it ends with the connection
	case manager.worksOn(conn) && p.manager == nil:
		p.manager = manager
	default:
		p.leaving.Go(manager.end)
	}
}
