package source

import "strings"

// Nearest gives the candidate that was probably meant, or "": case and separators do not count, and up to a third of the
// letters may differ.
func Nearest(word string, candidates []string) string {
	best, bestDistance := "", 1000
	w := fold(word)
	for _, c := range candidates {
		f := fold(c)
		if f == w {
			return c
		}
		d := distance(w, f)
		if d < bestDistance {
			best, bestDistance = c, d
		}
	}
	if bestDistance <= max(1, len(w)/3) {
		return best
	}
	return ""
}

// Slip reports whether one letter makes the difference between two words (left out, doubled, replaced, swapped with its neighbour),
// letter case aside; an s at the end is no slip but a plural.
func Slip(word, meant string) bool {
	a, b := fold(word), fold(meant)
	return a != b && a != b+"s" && distance(a, b) == 1
}

// Near reports whether at most one letter makes the difference between two words; letter case and separators do not count.
func Near(word, meant string) bool { return distance(fold(word), fold(meant)) <= 1 }

func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == ' ' {
			return -1
		}
		return r
	}, strings.ToLower(s))
}

// distance is the optimal string alignment distance: insertions, deletions, substitutions, swaps of neighbours.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 1000
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
