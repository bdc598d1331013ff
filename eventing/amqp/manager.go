package amqp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/Azure/go-amqp"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/internal/supervise"
)

// errNoManagement is returned where the user may not manage the broker, or there
// is no way to do so over AMQP.
var errNoManagement = errors.New("amqp: the broker offers no management to this user")

// errUnmanageable is errNoManagement of a kind that nobody manages over AMQP.
var errUnmanageable = fmt.Errorf("%w: it has none over AMQP", errNoManagement)

// manager manages the broker over one connection, for one goroutine at a time.
type manager interface {
	// create makes a queue unless it exists, and reports where one that exists
	// differs.
	create(ctx context.Context, queue eventing.Queue) error

	// recreate is create for a queue that was compared before.
	recreate(ctx context.Context, queue eventing.Queue) error

	// remove removes a queue, and is nil where there is none.
	remove(ctx context.Context, queue eventing.Queue) error

	// isBound tells whether somebody gets what is sent to the address.
	isBound(ctx context.Context, address string) (bool, error)

	// backlog tells what is in a queue, which a watch asks again and again.
	backlog(ctx context.Context, queue eventing.Queue) (*backlog, error)

	// worksOn tells whether it can do further work, over that connection.
	worksOn(conn *connection) bool

	// end waits for the broker's answers, or the end of the connection.
	end()
}

// openManager has a manager attach to the broker, within the time limit.
func openManager[M manager](
	ctx context.Context, p *Provider, conn *connection, attach func(context.Context, *Provider, *connection) (M, error),
) (manager, error) {
	ctx, cancel := p.limit(ctx)
	defer cancel()
	made, err := await(ctx, p, func() (M, error) { return attach(ctx, p, conn) }, func(late M) { late.end() })
	if err != nil {
		return nil, explainManagement("open", err)
	}
	return made, nil
}

// awaitReply waits for the reply to a request. One to an earlier request, which
// was given up, is passed over.
func awaitReply(ctx context.Context, replies *amqp.Receiver, id string) (*amqp.Message, error) {
	for {
		reply, err := replies.Receive(ctx, nil)
		if err != nil {
			return nil, err
		}
		_ = replies.AcceptMessage(context.WithoutCancel(ctx), reply) // nothing is done where the broker has settled it
		if reply.Properties != nil && reply.Properties.CorrelationID == any(id) {
			return reply, nil
		}
	}
}

// errShutDown is returned, with [eventing.ErrUnavailable], by a broker that is
// about to go.
var errShutDown = errors.New("the broker is being shut down")

// manage does work that manages the broker, again where the connection is lost
// meanwhile, or where the broker, which is shut down, ends its links first. It
// waits within ctx, but not for ever for links on a connection that holds.
func (p *Provider) manage(ctx context.Context, work func(manager) error) error {
	var (
		tries    supervise.Backoff
		detached time.Time // for the first time on such a connection
	)
	for {
		conn, err := p.session(ctx, p.publishing)
		if err != nil {
			return err
		}
		err = p.manageOn(ctx, conn, work)
		_, silent := errors.AsType[*noAnswerError](err)
		switch {
		case err == nil:
			return nil
		case conn.isLost():
			tries, detached = supervise.Backoff{}, time.Time{} // the connection's pauses are enough
		case errors.Is(err, errShutDown):
		case silent, !errors.Is(err, eventing.ErrUnavailable):
			return err
		case detached.IsZero():
			detached = time.Now()
		case time.Since(detached) > p.connectTimeout:
			return err
		}
		if !supervise.Sleep(ctx, tries.Next(0)) {
			return err
		}
	}
}

// setUnmanaged has nobody try to manage the broker any more.
func (p *Provider) setUnmanaged(why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unmanaged = why
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
