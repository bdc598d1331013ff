package soak

import "sync/atomic"

// course hands out the numbers of the events, and tells where the broker is to be
// killed.
type course struct {
	events int64
	taken  atomic.Int64
	points []point
}

type point struct {
	at      int64
	reached chan struct{} // closed when so many events were handed out
}

func newCourse(events, kills int) *course {
	c := &course{events: int64(events)}
	for i := range kills {
		c.points = append(c.points, point{int64(events * (i + 1) / (kills + 1)), make(chan struct{})})
	}
	return c
}

// take returns the next numbers, from first to before end: none, when all were
// handed out.
func (c *course) take(count int) (first, end int) {
	to := c.taken.Add(int64(count))
	from := min(to-int64(count), c.events)
	to = min(to, c.events)
	for _, p := range c.points {
		if from < p.at && p.at <= to {
			close(p.reached)
		}
	}
	return int(from), int(to)
}
