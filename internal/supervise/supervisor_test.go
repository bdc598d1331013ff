package supervise_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/internal/supervise"
)

func TestALostConnectionIsMadeAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, first := adopted(t)
		require.NoError(t, s.supervisor.Health())
		got, err := s.supervisor.Session(t.Context())
		require.NoError(t, err)
		require.Same(t, first, got)
		pass(time.Minute)
		close(first.done)
		require.ErrorIs(t, s.supervisor.Health(), errBroken, "at once")
		got, err = s.supervisor.Session(t.Context())
		require.NoError(t, err)
		synctest.Wait()
		conns, dials := s.made()
		require.Same(t, conns[1], got)
		require.Same(t, conns[1], s.supervisor.Last())
		assert.Equal(t, []time.Duration{0, time.Minute}, dials, "at once")
		assert.True(t, first.isAborted())
		assert.False(t, conns[1].isAborted())
		require.NoError(t, s.supervisor.Health())
		assert.Equal(t, []supervise.Change{
			{From: supervise.Connecting, To: supervise.Connected},
			{From: supervise.Connected, To: supervise.Lost, Reason: errBroken, Again: true},
			{From: supervise.Lost, To: supervise.Connected, Again: true},
		}, s.heard())
	})
}

func TestTriesGoOnUntilOneSucceeds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, first := adopted(t)
		s.fail(errAway, nil)
		pass(10 * time.Second)
		close(first.done)
		pass(time.Hour)
		require.ErrorIs(t, s.supervisor.Health(), errAway)
		_, dials := s.made()
		require.Greater(t, len(dials), 60*60/30)
		for i := range dials[3:] {
			assert.LessOrEqual(t, dials[i+3]-dials[i+2], 30*time.Second)
		}
		assert.Less(t, len(dials), 60*60/15+10)
		assert.Equal(t, []supervise.State{supervise.Connected, supervise.Lost}, s.states(), "a change each")
		s.fail(nil, nil)
		pass(30 * time.Second)
		require.NoError(t, s.supervisor.Health())
		changes := s.heard()
		last := changes[len(changes)-1]
		assert.Equal(t, supervise.Connected, last.To)
		assert.InDelta(t, time.Hour, last.Away, float64(30*time.Second))
	})
}

func TestARefusalIsAStateOfItsOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, first := adopted(t)
		s.fail(errDenied, nil)
		close(first.done)
		pass(time.Minute)
		assert.Equal(t, supervise.Denied, s.supervisor.State())
		s.fail(errAway, nil)
		pass(time.Minute)
		s.fail(nil, nil)
		pass(time.Minute)
		assert.Equal(t, []supervise.State{supervise.Connected, supervise.Lost, supervise.Denied, supervise.Lost, supervise.Connected}, s.states())
		require.ErrorIs(t, s.heard()[2].Reason, errDenied)
	})
}

func TestNobodyHasAConnectionThatIsNotReady(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, first := adopted(t)
		s.fail(nil, errAway)
		close(first.done)
		pass(time.Minute)
		require.ErrorIs(t, s.supervisor.Health(), errAway)
		require.Same(t, first, s.supervisor.Last())
		conns, _ := s.made()
		require.Greater(t, len(conns), 2)
		for _, each := range conns[1:] {
			assert.True(t, each.isAborted())
		}
		s.fail(nil, nil)
		pass(time.Minute)
		require.NoError(t, s.supervisor.Health())
	})
}

func TestWithoutAFirstConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		require.ErrorIs(t, s.supervisor.Health(), errPending)
		s.fail(errAway, nil)
		s.run(t)
		require.ErrorIs(t, s.supervisor.Health(), errAway)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := s.supervisor.Session(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, errAway)
		s.fail(nil, nil)
		got, err := s.supervisor.Session(t.Context())
		require.NoError(t, err)
		synctest.Wait()
		conns, _ := s.made()
		require.Same(t, conns[0], got)
		assert.Equal(t, []supervise.State{supervise.Lost, supervise.Connected}, s.states())
		assert.False(t, s.heard()[1].Again)
	})
}

func TestTheFirstTryTakesItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		life, end := context.WithCancel(t.Context())
		supervisor := supervise.New(life, supervise.Config[*connection]{
			Dial: func(ctx context.Context) (*connection, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			},
			Timeout:  time.Minute,
			Pending:  errPending,
			IsDenied: func(error) bool { return false },
		})
		stopped := make(chan struct{})
		go func() { defer close(stopped); supervisor.Run() }()
		synctest.Wait()
		require.ErrorIs(t, supervisor.Health(), errPending)
		assert.Equal(t, supervise.Connecting, supervisor.State())
		pass(time.Minute)
		synctest.Wait()
		require.ErrorIs(t, supervisor.Health(), context.DeadlineExceeded)
		end()
		<-stopped
	})
}

func TestHurryEndsAPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, first := adopted(t)
		s.fail(errAway, nil)
		close(first.done)
		pass(time.Hour)
		_, before := s.made()
		s.supervisor.Hurry()
		synctest.Wait()
		_, dials := s.made()
		require.Len(t, dials, len(before)+1, "once")
		assert.Equal(t, time.Hour, dials[len(before)], "at once")
	})
}

// TestFlappingConnectionsDoNotHurryEachOther: each break follows a pause.
func TestFlappingConnectionsDoNotHurryEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		s.holds = time.Millisecond
		s.run(t)
		for range 3600 {
			s.supervisor.Hurry()
			pass(time.Second)
		}
		_, dials := s.made()
		assert.Less(t, len(dials), 60*60/15+10)
	})
}

func TestStopMeanwhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, first := adopted(t)
		s.fail(errAway, nil)
		close(first.done)
		results := make(chan error)
		go func() {
			_, err := s.supervisor.Session(context.Background())
			results <- err
		}()
		pass(time.Minute)
		s.end(errStopped)
		require.ErrorIs(t, <-results, errStopped)
		synctest.Wait()
		assert.Equal(t, supervise.Stopped, s.supervisor.State())
		require.ErrorIs(t, s.supervisor.Health(), errAway)
		assert.False(t, s.supervisor.Adopt(newConnection()))
	})
}

func TestStatesHaveNames(t *testing.T) {
	t.Parallel()
	for i, name := range []string{"none", "connecting", "connected", "lost", "denied", "stopped"} {
		assert.Equal(t, name, supervise.State(i).String())
	}
}
