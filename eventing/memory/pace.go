package memory

// pace counts calls that didn't wait. A sender and a worker that keep each other
// busy never wait: each would hold its processor for the 10 ms that the
// scheduler allows, and events of other listeners would wait for that. So each
// 64th call lets others run, which costs nothing to speak of.
type pace uint8

// step counts a call, and tells whether it is to let others run.
func (p *pace) step() bool {
	*p++
	return *p%64 == 0
}
