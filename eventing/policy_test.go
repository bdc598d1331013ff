package eventing

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPolicyDecides(t *testing.T) {
	t.Parallel()
	policy := Policy{Retries: 3, Backoff: time.Second}
	broken := errors.New("broken")
	for name, test := range map[string]struct {
		policy  Policy
		err     error
		attempt int
		spent   time.Duration
		want    step
	}{
		"in place":                            {policy, broken, 1, 0, step{inPlace: time.Second}},
		"in place, the limit included":        {policy, broken, 1, time.Second, step{inPlace: time.Second}},
		"later when the limit is passed":      {policy, broken, 2, time.Second, step{later: 2 * time.Second}},
		"dead letter after the last":          {policy, broken, 4, 0, step{deadLetter: true}},
		"permanent":                           {policy, Permanent(broken), 1, 0, step{deadLetter: true}},
		"undecodable":                         {policy, &DecodeError{Err: broken}, 1, 0, step{deadLetter: true}},
		"after a time of the listener's":      {policy, RetryAfter(broken, time.Minute), 1, 0, step{later: time.Minute}},
		"a short time is the broker's too":    {policy, fmt.Errorf("on: %w", RetryAfter(broken, time.Millisecond)), 3, 0, step{later: time.Millisecond}},
		"at once is after the least of times": {policy, RetryAfter(broken, -1), 1, 0, step{later: time.Millisecond}},
		"a time has a limit":                  {policy, RetryAfter(broken, 1000*time.Hour), 1, 0, step{later: MaxRetryDelay}},
		"the outermost time":                  {policy, RetryAfter(RetryAfter(broken, time.Hour), time.Minute), 1, 0, step{later: time.Minute}},
		"a time counts as a retry":            {policy, RetryAfter(broken, time.Minute), 4, 0, step{deadLetter: true}},
		"permanent wins over a time":          {policy, RetryAfter(Permanent(broken), time.Minute), 1, 0, step{deadLetter: true}},
		"a time doesn't undo permanent":       {policy, Permanent(RetryAfter(broken, time.Minute)), 1, 0, step{deadLetter: true}},
		"undecodable wins over a time":        {policy, RetryAfter(&DecodeError{Err: broken}, time.Minute), 1, 0, step{deadLetter: true}},
		"no retries":                          {Policy{}, broken, 1, 0, step{deadLetter: true}},
		"a pause has a limit":                 {Policy{Retries: 10_000, Backoff: time.Second}, broken, 9_999, 0, step{later: time.Minute}},
		"a backoff over the limit":            {Policy{Retries: 1, Backoff: time.Hour}, broken, 1, 0, step{later: time.Minute}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.want, test.policy.next(test.err, test.attempt, test.spent))
		})
	}
	assert.Contains(t, DefaultPolicy.String(), "3 retries, the first after 100ms")
	assert.Contains(t, Policy{Timeout: time.Second}.String(), "timeout 1s")
	assert.NoError(t, Permanent(nil))
	assert.NoError(t, RetryAfter(nil, time.Second))
	require.ErrorIs(t, RetryAfter(broken, time.Second), broken)
	assert.Equal(t, "*errors.errorString", errorType(RetryAfter(broken, time.Second)), "the type in a dead letter")
}
