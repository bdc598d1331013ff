package supervise

import "time"

// State is how it is about a connection.
type State int

// The states. The zero value is none.
const (
	// Connecting means that there was no connection yet, and none has failed.
	Connecting State = iota + 1

	// Connected means that there is one.
	Connected

	// Lost means that it has ended, or couldn't be made. The next one is on its
	// way.
	Lost

	// Denied is Lost where the peer refuses who connects. It may grant that
	// later.
	Denied

	// Stopped means that no further one is made.
	Stopped
)

// String returns the name of the state.
func (s State) String() string {
	switch s {
	case Connecting:
		return "connecting"
	case Connected:
		return "connected"
	case Lost:
		return "lost"
	case Denied:
		return "denied"
	case Stopped:
		return "stopped"
	default:
		return "none"
	}
}

// Change is that of a state into another one.
type Change struct {
	From, To State

	// Reason tells why, for Lost and Denied; else it is nil.
	Reason error

	// Again tells that there was a connection before.
	Again bool

	// Away is for how long there was none, for Connected.
	Away time.Duration
}
