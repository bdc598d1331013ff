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
	here := Policy{Retries: 9, Backoff: time.Second, MaxBackoff: time.Second, InPlace: 3 * time.Second}
	elsewhere := Policy{Retries: 1, InPlace: -1}
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
		"a backoff over the limit":            {Policy{Retries: 1, Backoff: time.Hour}, broken, 1, 0, step{later: time.Hour}},
		"a longest pause":                     {here, broken, 3, 2 * time.Second, step{inPlace: time.Second}},
		"a bound of the time in place":        {here, broken, 4, 3 * time.Second, step{later: time.Second}},
		"never in place":                      {elsewhere, broken, 1, 0, step{later: 100 * time.Millisecond}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.want, test.policy.effective().next(test.err, test.attempt, test.spent, true))
		})
	}
	assert.NoError(t, Permanent(nil))
	assert.NoError(t, RetryAfter(nil, time.Second))
	require.ErrorIs(t, RetryAfter(broken, time.Second), broken)
	assert.Equal(t, "*errors.errorString", errorType(RetryAfter(broken, time.Second)), "the type in a dead letter")
}

func TestPolicyPrintsWhatFollowsFromIt(t *testing.T) {
	t.Parallel()
	for want, policy := range map[string]Policy{
		"3 retries, the first after 100ms, then doubling up to 1m0s, in place for at most 2s and by delayed redelivery from then on; then dead letter; timeout none; dead letter as crashed after 5 deliveries without an end": DefaultPolicy,
		"no retries; then dead letter; timeout 1s": {Timeout: time.Second, MaxDeliveries: -1},
		"1 retries, the first after 5m0s, then doubling up to 5m0s, by delayed redelivery; then dead letter; timeout none; dead letter as crashed after 9 deliveries without an end": {Retries: 1, Backoff: 5 * time.Minute, InPlace: -1, MaxDeliveries: 9},
	} {
		assert.Equal(t, want, policy.String())
	}
}

func TestPolicyIsChecked(t *testing.T) {
	t.Parallel()
	require.NoError(t, DefaultPolicy.effective().check())
	require.NoError(t, Policy{Retries: 10_000, Backoff: MaxRetryDelay, InPlace: time.Minute}.effective().check())
	for want, policy := range map[string]Policy{
		"Retries is -1: it must be a whole number from 0 to 10000": {Retries: -1},
		"Retries is 10001":                         {Retries: 10_001},
		"Backoff is -1ns: it must not be negative": {Backoff: -1},
		"Backoff is 24h0m0.000000001s: it must not be negative or longer than 24h0m0s":      {Backoff: MaxRetryDelay + 1},
		"MaxBackoff is 1s: it must not be shorter than Backoff (2s) or longer than 24h0m0s": {Backoff: 2 * time.Second, MaxBackoff: time.Second},
		"MaxBackoff is 25h0m0s":                              {MaxBackoff: 25 * time.Hour},
		"InPlace is 1h0m0s: it must not be longer than 1m0s": {InPlace: time.Hour},
		"MaxDeliveries is 10: it must not be more than 9":    {MaxDeliveries: 10},
		`DeadLetters: dead-letter name "a b" holds ' '`:      {DeadLetters: "a b"},
		"Timeout is -1s: it must not be negative":            {Timeout: -time.Second},
	} {
		require.ErrorContains(t, policy.effective().check(), want)
	}
	err := Policy{Retries: -1, Timeout: -1}.effective().check()
	require.ErrorContains(t, err, "Retries")
	require.ErrorContains(t, err, "Timeout", "all is told at once")
}

func TestPolicyWhereTheBrokerCannotDelay(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	policy := Policy{Retries: 3}.effective()
	assert.Equal(t, step{inPlace: time.Second}, policy.next(RetryAfter(broken, time.Second), 1, 0, false))
	assert.Equal(t, step{inPlace: 500 * time.Millisecond}, policy.next(RetryAfter(broken, time.Hour), 1, 1500*time.Millisecond, false))
	assert.Equal(t, step{}, policy.next(RetryAfter(broken, time.Hour), 3, 2*time.Second, false))
	assert.Equal(t, step{deadLetter: true}, policy.next(RetryAfter(broken, time.Hour), 4, 2*time.Second, false))
	for _, test := range []struct {
		policy Policy
		ok     bool
		pauses time.Duration
	}{
		{DefaultPolicy, true, 700 * time.Millisecond},
		{Policy{}, true, 0},
		{Policy{Retries: 5}, false, 3100 * time.Millisecond},
		{Policy{Retries: 10_000, Backoff: time.Second, MaxBackoff: time.Second, InPlace: time.Minute}, false, 61 * time.Second},
		{Policy{Retries: 1, InPlace: -1}, false, 100 * time.Millisecond},
	} {
		ok, pauses := test.policy.effective().inPlaceOnly()
		assert.Equal(t, test.ok, ok, test.policy)
		assert.Equal(t, test.pauses, pauses, test.policy)
	}
}
