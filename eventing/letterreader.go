package eventing

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// maxLetterBytes bounds the dead letters that are held at once.
const maxLetterBytes = 64 << 20

var (
	errEnough      = errors.New("enough")
	errLettersFull = fmt.Errorf("%w: those that are held have more than %d MiB", ErrMoreLetters, maxLetterBytes>>20)
)

// visitor looks at a dead letter, and says whether it is removed (Accept) or
// stays (Release). With errEnough it has seen enough.
type visitor func(ctx context.Context, letter *DeadLetter, delivery *Delivery) (Disposition, error)

// visit shows up to limit letters to a visitor, and settles each as it says.
func (q *DeadLetterQueue) visit(ctx context.Context, limit int, visit visitor) (err error) {
	s := q.subscription
	defer func() {
		if err != nil {
			err = fmt.Errorf("dead letters of listener %q: %w", s.listener.Name, err)
		}
	}()
	if limit < 1 || limit > maxLetters {
		return fmt.Errorf("the limit is %d: it must be from 1 to %d", limit, maxLetters)
	}
	ctx, end, err := s.manager.beginReading(ctx)
	if err != nil {
		return err
	}
	defer end()
	reader := &letterReader{provider: s.manager.provider, queue: s.queue.DeadLetter(), prefetch: min(limit, prefetchPerWorker)}
	defer func() {
		// Also when the context is done: the letters are for the next reader.
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.manager.config.SendTimeout)
		defer cancel()
		err = errors.Join(err, reader.close(closing))
	}()
	for range limit {
		if reader.bytes > maxLetterBytes {
			return errLettersFull
		}
		delivery := &Delivery{}
		if found, err := reader.next(ctx, delivery); !found {
			return err
		}
		disposition, err := visit(ctx, readLetter(delivery.Message), delivery)
		enough := errors.Is(err, errEnough)
		if enough {
			err = nil
		}
		err = errors.Join(err, reader.settle(delivery, disposition))
		if enough || err != nil {
			return err
		}
	}
	return nil
}

// letterReader receives the letters of a queue, and keeps those that stay until
// its end: one that is given back would come again. A consumer holds few, since
// nobody bounds their bytes; so when all that one may hold are kept, there is
// another.
type letterReader struct {
	provider Provider
	queue    Queue
	prefetch int
	bytes    int64 // of what is kept
	holds    []*letterHold
}

type letterHold struct {
	consumer Consumer
	kept     []*Delivery
}

// next tells whether there was a letter.
func (r *letterReader) next(ctx context.Context, into *Delivery) (bool, error) {
	if len(r.holds) == 0 || len(r.last().kept) == r.prefetch {
		consumer, err := r.provider.Attach(ctx, r.queue, r.prefetch)
		if err != nil {
			return false, err
		}
		r.holds = append(r.holds, &letterHold{consumer: consumer})
	}
	return receiveSoon(ctx, r.last().consumer, into)
}

func (r *letterReader) last() *letterHold { return r.holds[len(r.holds)-1] }

func (r *letterReader) settle(delivery *Delivery, disposition Disposition) error {
	last := r.last()
	if disposition == Accept {
		return last.consumer.Settle(delivery, Accept)
	}
	last.kept = append(last.kept, delivery)
	r.bytes += delivery.Message.Size()
	return nil
}

// close gives back what is kept, the youngest first, and so in its order.
func (r *letterReader) close(ctx context.Context) error {
	var errs []error
	for _, hold := range slices.Backward(r.holds) {
		for _, delivery := range hold.kept {
			errs = append(errs, hold.consumer.Settle(delivery, Release))
		}
		errs = append(errs, hold.consumer.Close(ctx))
	}
	return errors.Join(errs...)
}

// receiveSoon tells whether there was a message.
func receiveSoon(ctx context.Context, consumer Consumer, into *Delivery) (bool, error) {
	soon, cancel := context.WithTimeout(ctx, lettersIdle)
	defer cancel()
	err := consumer.Receive(soon, into)
	switch {
	case err == nil:
		return true, nil
	case ctx.Err() != nil:
		return false, context.Cause(ctx)
	case soon.Err() != nil:
		return false, nil
	}
	return false, err
}
