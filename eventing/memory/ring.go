package memory

// ring is a first-in-first-out queue in one slice. It doubles when it is full
// and halves when three quarters are empty, so that a burst leaves no memory
// behind, and pushing and popping don't allocate in between. The zero value
// is empty.
type ring[T any] struct {
	slots  []T // as many as a power of two, or none
	first  int
	length int
}

// minRing is the smallest number of slots once there is one.
const minRing = 16

func (r *ring[T]) len() int { return r.length }

// at returns the place of the element with the given distance from the front.
func (r *ring[T]) at(index int) *T {
	return &r.slots[(r.first+index)&(len(r.slots)-1)]
}

func (r *ring[T]) pushBack(value T) {
	r.grow()
	r.length++
	*r.at(r.length - 1) = value
}

func (r *ring[T]) pushFront(value T) {
	r.grow()
	r.first = (r.first - 1) & (len(r.slots) - 1)
	r.length++
	*r.at(0) = value
}

// popFront must not be called on an empty ring.
func (r *ring[T]) popFront() T {
	var none T
	front := r.at(0)
	value := *front
	*front = none // else the ring would keep it from the garbage collector
	r.first = (r.first + 1) & (len(r.slots) - 1)
	r.length--
	if len(r.slots) > minRing && r.length <= len(r.slots)/4 {
		r.resize(len(r.slots) / 2)
	}
	return value
}

func (r *ring[T]) grow() {
	if r.length == len(r.slots) {
		r.resize(max(minRing, 2*len(r.slots)))
	}
}

func (r *ring[T]) resize(size int) {
	slots := make([]T, size)
	for i := range r.length {
		slots[i] = *r.at(i)
	}
	r.slots, r.first = slots, 0
}

// remove takes the first such value out and tells whether there was one. It
// is slow, and for rare events.
func remove[T comparable](r *ring[T], value T) bool {
	for i := range r.length {
		if *r.at(i) != value {
			continue
		}
		for ; i > 0; i-- {
			*r.at(i) = *r.at(i - 1)
		}
		r.popFront()
		return true
	}
	return false
}
