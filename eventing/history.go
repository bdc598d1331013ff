package eventing

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// history is what is known of the earlier attempts to handle an event.
type history struct {
	attempt      int // the number of the current one, from 1
	publication  int // how often the event was published again
	firstFailure time.Time
	lastFailure  time.Time
}

func readHistory(headers []Header) (history, error) {
	h := history{attempt: 1}
	var errs []error
	number := func(key string, into *int) {
		text, ok := lookupHeader(headers, key)
		if !ok {
			return
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 1_000_000 {
			errs = append(errs, fmt.Errorf("header %s=%q is no number of attempts", key, abbreviate(text)))
			return
		}
		*into = n
	}
	number(headerAttempt, &h.attempt)
	number(headerPublication, &h.publication)
	number(headerDeliveries, new(int)) // what it says is read with the delivery
	if text, ok := lookupHeader(headers, headerFirstFailure); ok {
		t, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			errs = append(errs, fmt.Errorf("header %s=%q is no time of RFC 3339", headerFirstFailure, abbreviate(text)))
		}
		h.firstFailure = t
	}
	return h, errors.Join(errs...)
}

func (h *history) failed(now time.Time) {
	if h.firstFailure.IsZero() {
		h.firstFailure = now
	}
	h.lastFailure = now
}
