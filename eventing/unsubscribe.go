package eventing

import (
	"context"
	"errors"
	"fmt"
)

// Subscription is what [Subscribe] and [SubscribeName] return. It is safe for
// concurrent use; the zero value is not usable.
type Subscription struct {
	subscription *subscription
	entry        *listenerEntry
}

// Name returns the name given by [As], or the one made for a temporary
// subscription.
func (s *Subscription) Name() string { return s.subscription.listener.Name }

// Info says what the subscription is, and what it is at. It may be called after
// the end too.
func (s *Subscription) Info() *SubscriptionInfo { return s.subscription.info() }

// Pause is [EventManager.Pause] for this subscription.
func (s *Subscription) Pause(ctx context.Context) error { return s.subscription.pause(ctx) }

// Resume is [EventManager.Resume] for this subscription.
func (s *Subscription) Resume(ctx context.Context) error { return s.subscription.resume(ctx) }

// UnsubscribeOption is an option of [Subscription.Unsubscribe].
type UnsubscribeOption func(*unsubscribing)

type unsubscribing struct{ keep bool }

// KeepQueue leaves the queue where it is: events go on piling up there, for a
// later subscriber of the same name. A queue of one process that isn't durable
// can't be kept.
func KeepQueue() UnsubscribeOption { return func(u *unsubscribing) { u.keep = true } }

// Unsubscribe ends the subscription: nothing is received any more, running
// handlers finish, and the queue is removed with what is in it, unless others
// consume from it. The dead letters stay. When ctx is done, or after the
// StopTimeout of [Config], handlers that are still busy are cancelled with the
// cause [ErrStopping], and don't count as failed. Once it has returned nil no
// handler runs any more, and the name is free.
//
// An error tells what of this didn't work: that a handler ignores its context,
// or that the broker lets nobody remove the queue ([errors.ErrUnsupported]). The
// subscription has ended all the same. There are two exceptions: with the
// context of its own handler it is [ErrOwnHandler], and with a KeepQueue that
// can't be; then nothing has happened.
//
// A second call waits for the first, and does nothing else. The manager's stop
// ends the subscription too. Afterwards, only a queue that stays behind is an
// error, which wraps [ErrClosed].
func (s *Subscription) Unsubscribe(ctx context.Context, options ...UnsubscribeOption) error {
	if err := s.unsubscribe(ctx, options); err != nil {
		return fmt.Errorf("unsubscribe %q: %w", s.Name(), err)
	}
	return nil
}

func (s *Subscription) unsubscribe(ctx context.Context, options []UnsubscribeOption) error {
	var u unsubscribing
	for _, option := range options {
		option(&u)
	}
	inner := s.subscription
	switch {
	case inner.isOwn(ctx):
		return ErrOwnHandler
	case u.keep && inner.endsWithConsumer():
		return fmt.Errorf("the queue %s can't be kept: it belongs to one process and isn't durable", inner.queue)
	}
	ctx, cancel := context.WithTimeout(ctx, inner.manager.config.StopTimeout)
	defer cancel()
	begun, running := inner.leave()
	switch {
	case begun:
		return s.end(ctx, u.keep)
	case inner.leaving != nil:
		return inner.awaitLeaving(ctx)
	case !running && !u.keep && !inner.endsWithConsumer():
		return fmt.Errorf("%w: its queue %s stays", ErrClosed, inner.queue)
	}
	return nil
}

// end is called once.
func (s *Subscription) end(ctx context.Context, keep bool) error {
	inner, directory := s.subscription, &s.subscription.manager.directory
	defer close(inner.leaving)
	patient, cancel := withGrace(ctx)
	defer cancel()
	release := context.AfterFunc(patient, func() { inner.halt(ErrStopping) })
	inner.stop()
	err := inner.end(ctx)
	release()
	inner.halt(ErrClosed)
	if shared := directory.leave(s.entry); !keep && !shared {
		removeErr := inner.manager.provider.Remove(ctx, inner.queue)
		if errors.Is(removeErr, ErrQueueInUse) {
			removeErr = nil // other processes have it
		}
		err = errors.Join(err, removeErr)
	}
	directory.strike(s.entry)
	inner.manager.roster.remove(inner)
	return err
}

// leave tells whether this call begins to end the subscription, and whether the
// manager still runs. A stop that has begun finds all those that have begun.
func (s *subscription) leave() (begun, running bool) {
	running = s.manager.life.unlessStopping(func() {
		if begun = s.leaving == nil; begun {
			s.leaving = make(chan struct{})
		}
	})
	return begun, running
}

// awaitLeaving waits until Unsubscribe is over.
func (s *subscription) awaitLeaving(ctx context.Context) error {
	select {
	case <-s.leaving:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait until subscription %q has ended: %w", s.listener.Name, context.Cause(ctx))
	}
}
