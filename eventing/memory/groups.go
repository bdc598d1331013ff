package memory

import "iter"

// group is who has the messages of one key. A key is owned while its owner
// holds messages of it, or has some that are assigned to it.
type group struct {
	owner *consumer
	count int // of such messages
}

// source returns the ring whose first message is the consumer's next one. It
// is nil where there is none, or the consumer may hold no more. What is assigned
// comes first: it is older than what is ready of the same keys.
//
// Messages at the front of the queue whose keys others own are assigned to
// these: so they hold nobody up, and each is passed over only once.
func (c *consumer) source() *ring[item] {
	if c.unsettled >= c.prefetch {
		return nil
	}
	q := c.queue
	q.trim(&c.assigned)
	if c.assigned.len() > 0 {
		return &c.assigned
	}
	for q.trim(&q.ready); q.ready.len() > 0; q.trim(&q.ready) {
		first := q.ready.at(0)
		if !first.keyed {
			return &q.ready
		}
		owner := q.groups[first.message.Key].owner
		if owner == nil || owner == c {
			return &q.ready
		}
		it := q.ready.popFront()
		owner.own(&it)
		owner.assigned.pushBack(it)
	}
	return nil
}

// own counts a message for the consumer that holds it or that it is assigned
// to, unless it has no key or is counted already.
func (c *consumer) own(it *item) {
	if !it.keyed || it.owned {
		return
	}
	it.owned = true
	q := c.queue
	if q.groups == nil {
		q.groups = map[string]group{}
	}
	q.groups[it.message.Key] = group{owner: c, count: q.groups[it.message.Key].count + 1}
}

// disown undoes own. With its last message there, a key is forgotten.
func (q *queue) disown(it *item) {
	if !it.owned {
		return
	}
	it.owned = false
	g := q.groups[it.message.Key]
	g.count--
	if g.count == 0 {
		delete(q.groups, it.message.Key)
		return
	}
	q.groups[it.message.Key] = g
}

// rings are all that hold ready messages.
func (q *queue) rings() iter.Seq[*ring[item]] {
	return func(yield func(*ring[item]) bool) {
		if !yield(&q.ready) {
			return
		}
		for _, c := range q.consumers {
			if !yield(&c.assigned) {
				return
			}
		}
	}
}
