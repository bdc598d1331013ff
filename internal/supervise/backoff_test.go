package supervise

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestPausesBetweenTries(t *testing.T) {
	t.Parallel()
	var tries Backoff
	assert.Zero(t, tries.Next(0), "the first is at once")
	longest := shortestPause
	for range 100 {
		pause := tries.Next(time.Second)
		assert.GreaterOrEqual(t, pause, longest)
		assert.LessOrEqual(t, pause, longestPause)
		assert.Less(t, pause, 2*longest)
		longest = min(2*longest, longestPause/2)
	}
	assert.Zero(t, tries.Next(steady), "what has held is lost for the first time")
	assert.NotZero(t, tries.Next(0))
}

func TestAPauseEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		begin := time.Now()
		assert.True(t, Sleep(ctx, 0))
		assert.Zero(t, time.Since(begin))
		assert.True(t, Sleep(ctx, time.Minute))
		assert.Equal(t, time.Minute, time.Since(begin))
		time.AfterFunc(time.Second, cancel)
		assert.False(t, Sleep(ctx, time.Minute))
		assert.Equal(t, time.Minute+time.Second, time.Since(begin))
		assert.False(t, Sleep(ctx, 0))
	})
}
