package errhandler

import (
	"cmp"
	"errors"
	"reflect"
	"slices"
)

// rank is how specific a kind of handler is: the lowest is called first.
type rank int

const (
	rankSentinel rank = iota + 1
	rankConcrete
	rankInterface
	rankError // every error
)

func rankOf(t reflect.Type) rank {
	switch {
	case t.Kind() != reflect.Interface:
		return rankConcrete
	case t.NumMethod() > 1:
		return rankInterface
	default: // all are errors, so the one method is Error
		return rankError
	}
}

// arrange returns the handlers, most specific first: each comes after those
// that are more specific, otherwise they are in the order given.
func arrange(handlers []*handler) []*handler {
	ranked := slices.Clone(handlers)
	slices.SortStableFunc(ranked, func(a, b *handler) int { return cmp.Compare(a.rank, b.rank) })
	arranged := make([]*handler, 0, len(ranked))
	seen := make(map[*handler]bool, len(ranked))
	var place func(h *handler)
	place = func(h *handler) {
		// Methods Is may contradict each other; even then each is placed once.
		if seen[h] {
			return
		}
		seen[h] = true
		for _, other := range ranked {
			if other.rank == h.rank && other.implies(h) && !h.implies(other) {
				place(other)
			}
		}
		arranged = append(arranged, h)
	}
	for _, h := range ranked {
		place(h)
	}
	return arranged
}

// implies tells whether what the handler is for is also what other is for,
// which has the same rank.
func (h *handler) implies(other *handler) bool {
	switch h.rank {
	case rankSentinel:
		return errors.Is(h.sentinel, other.sentinel)
	case rankInterface:
		return h.typ.Implements(other.typ)
	default:
		return false
	}
}
