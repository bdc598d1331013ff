package reflectx

import "strings"

// Nearest returns the candidate that the word most likely stands for: equal
// but for upper and lower case, or the first with the fewest slips of the pen:
// at most a third of its length, one where it is shorter, and never all of it.
// It is false where none is near.
func Nearest(word string, candidates []string) (string, bool) {
	best, nearest := 0, ""
	for _, candidate := range candidates {
		if strings.EqualFold(word, candidate) {
			return candidate, true
		}
		d := distance(strings.ToLower(word), strings.ToLower(candidate))
		near := d <= max(1, len(candidate)/3) && d < max(len(word), len(candidate))
		if near && (nearest == "" || d < best) {
			best, nearest = d, candidate
		}
	}
	return nearest, nearest != ""
}

// distance counts the slips of the pen between two words: a byte too many, one
// missing, one changed, or two neighbours exchanged (the optimal string
// alignment distance).
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := last[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			row[j] = min(change, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
