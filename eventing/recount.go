package eventing

import "strconv"

// deliveries returns how often the event was delivered, this time included. A
// broker that only flags what was delivered before leaves the counting to
// recount.
func (d *Delivery) deliveries() int {
	if d.Count > 0 {
		return d.Count
	}
	count := 1
	if text, ok := lookupHeader(d.Message.Headers, headerDeliveries); ok {
		if n, err := strconv.Atoi(text); err == nil { // else read tells
			count = n
		}
	}
	if d.Redelivered {
		count++
	}
	return count
}

// isUncounted tells whether the event was in the hands of a process that has
// ended, and the broker only flags that.
func (s *subscription) isUncounted(delivery *Delivery) bool {
	return delivery.Redelivered && delivery.Count == 0 && s.suspects()
}

// recount publishes the event again to its own queue, with its deliveries
// counted: what a broker doesn't count, only a new message can say. It comes
// behind the others, and is handled then.
func (h *handling) recount() {
	message := h.copyTo(h.subscription.queue)
	message.Headers = append(message.Headers,
		Header{headerAttempt, strconv.Itoa(h.history.attempt)},
		Header{headerDeliveries, strconv.Itoa(h.delivery.deliveries())},
	)
	if !h.history.firstFailure.IsZero() {
		message.Headers = append(message.Headers, momentHeader(headerFirstFailure, h.history.firstFailure))
	}
	if h.republish(message) {
		h.disposition = Accept // not by end: nothing has become of it yet
		h.subscription.counters.inFlight.Add(-1)
	}
}
