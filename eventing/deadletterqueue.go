package eventing

import (
	"context"
	"fmt"
	"time"
)

const (
	// maxLetters bounds how many dead letters are held at once.
	maxLetters = 1000

	// lettersIdle is how long a queue of dead letters gives nothing until it is
	// taken for empty: a broker doesn't say so.
	lettersIdle = time.Second

	defaultReplayRate = 100 // per second
)

// DeadLetterQueue holds the dead letters of one listener. It comes from
// [DeadLetters], and is safe for concurrent use. Whoever reads has the letters
// in his hands for that time: another reader doesn't see them.
type DeadLetterQueue struct{ subscription *subscription }

// DeadLetters returns the dead letters of a listener of the manager, by the
// listener's name. The manager must be running when they are looked at.
func DeadLetters(manager *EventManager, listener string) (*DeadLetterQueue, error) {
	s, err := manager.roster.find(listener)
	if err != nil {
		return nil, fmt.Errorf("dead letters: %w", err)
	}
	return &DeadLetterQueue{s}, nil
}

// Address returns the address of the dead letters on the broker.
func (q *DeadLetterQueue) Address() string { return q.subscription.queue.DeadLetter().Address() }

// Read returns up to limit dead letters, the oldest first, and leaves them
// where they are. The limit is 1 to 1,000. Where they have more than 64 MiB it
// returns those that it has by then, with an error that wraps [ErrMoreLetters].
func (q *DeadLetterQueue) Read(ctx context.Context, limit int) ([]*DeadLetter, error) {
	var letters []*DeadLetter
	err := q.visit(ctx, limit, func(_ context.Context, letter *DeadLetter, _ *Delivery) (Disposition, error) {
		letters = append(letters, letter)
		return Release, nil
	})
	return letters, err
}

// Count counts the dead letters, up to limit, which is 1 to 1,000. It reads them:
// where they have more than 64 MiB, the count is of those that it has by then,
// and the error wraps [ErrMoreLetters].
func (q *DeadLetterQueue) Count(ctx context.Context, limit int) (int, error) {
	letters, err := q.Read(ctx, limit)
	return len(letters), err
}

// Purge removes up to limit dead letters for good, the oldest first, and
// returns how many it has.
func (q *DeadLetterQueue) Purge(ctx context.Context, limit int) (int, error) {
	count := 0
	err := q.visit(ctx, limit, func(context.Context, *DeadLetter, *Delivery) (Disposition, error) {
		count++
		return Accept, nil
	})
	return count, err
}

// Replay is what [DeadLetterQueue.Replay] does.
type Replay struct {
	// Max is how many events are replayed, at most. Zero means 1,000.
	Max int

	// Rate is how many are replayed each second. Zero means 100, a negative one
	// no limit.
	Rate int

	// Select, unless nil, tells for each dead letter whether it is replayed.
	// Others stay where they are; no more than 1,000 of them are looked at.
	Select func(letter *DeadLetter) bool

	// DryRun changes nothing.
	DryRun bool
}

// Replay has the listener handle dead letters once more, the oldest first, and
// returns which were replayed, or in a dry run would be. The event keeps its
// id, and begins with attempt 1. It goes to the queue of this listener only;
// other listeners of the event don't see it again. A letter is removed once its
// copy is confirmed, so that none is lost. An event that fails again and comes
// back meanwhile isn't replayed twice.
//
// Of a listener with a queue on each server, only the letters of this server
// are replayed.
//
// When those that were replayed, or those that stay, have more than 64 MiB, it
// ends with an error that wraps [ErrMoreLetters]: call it again, where many
// stay with a Select that passes over fewer.
func (q *DeadLetterQueue) Replay(ctx context.Context, replay Replay) ([]*DeadLetter, error) {
	if replay.Max == 0 {
		replay.Max = maxLetters
	}
	if replay.Max < 0 || replay.Max > maxLetters {
		return nil, fmt.Errorf("replay dead letters of listener %q: Max is %d: it must be from 1 to %d", q.subscription.listener.Name, replay.Max, maxLetters)
	}
	if replay.Rate == 0 {
		replay.Rate = defaultReplayRate
	}
	var replayed []*DeadLetter
	bytes := int64(0) // of them
	publications := map[ID]int{}
	err := q.visit(ctx, maxLetters, func(ctx context.Context, letter *DeadLetter, delivery *Delivery) (Disposition, error) {
		before, seen := publications[letter.ID]
		switch {
		case seen && letter.publication > before, !q.isOwn(letter):
			return Release, nil
		case replay.Select != nil && !replay.Select(letter):
			return Release, nil
		}
		publications[letter.ID] = letter.publication
		disposition := Release
		if !replay.DryRun {
			if err := q.republish(ctx, letter, delivery.Message); err != nil {
				return Release, err
			}
			disposition = Accept
		}
		replayed = append(replayed, letter)
		bytes += delivery.Message.Size()
		switch {
		case len(replayed) == replay.Max:
			return disposition, errEnough
		case bytes > maxLetterBytes:
			return disposition, errLettersFull
		}
		if replay.Rate > 0 && !replay.DryRun && !sleep(ctx, time.Second/time.Duration(replay.Rate)) {
			return disposition, context.Cause(ctx)
		}
		return disposition, nil
	})
	return replayed, err
}

// isOwn tells whether this server, or this subscription without a name, may
// replay the letter.
func (q *DeadLetterQueue) isOwn(letter *DeadLetter) bool {
	s := q.subscription
	if s.listener.temporary {
		return letter.Listener == s.listener.Name
	}
	server := s.queue.Server
	return server == "" || letter.Server == server
}

// republish returns when the copy for the listener's queue is confirmed.
func (q *DeadLetterQueue) republish(ctx context.Context, letter *DeadLetter, original *Message) error {
	s := q.subscription
	queue := s.queue
	message := copyOf(original, s.listener.Event.Name, &queue, letter.publication+1, queue)
	message.Durable = s.listener.Event.Durable // a dead letter always is
	if err := s.submit(ctx, message); err != nil {
		return fmt.Errorf("publish event %s to %s: %w", original.ID, queue, err)
	}
	return nil
}
