package explain

import "slices"

// nearBy is how far the other words of a ~ text may be from its first, in steps.
const nearBy = 9 * wordStep

// together finds the words of a ~ text in any order, each near the first, as close as they come. Its words are single segments.
func (t *text) together(p *pattern) (found []spot, ok bool) {
	best := 0
	for _, first := range t.spots(p.segments[0][0]) {
		if t.code[t.parts[first.from].word] {
			continue
		}
		spots, far := []spot{first}, 0
		for _, s := range p.segments[1:] {
			near, least := spot{}, nearBy+1
			for _, x := range t.spots(s[0]) {
				if d := t.distance(first, x); d < least && !t.code[t.parts[x.from].word] && !slices.ContainsFunc(spots, func(o spot) bool { return o.from < x.to && x.from < o.to }) {
					near, least = x, d
				}
			}
			if least > nearBy {
				spots = nil
				break
			}
			spots, far = append(spots, near), far+least
		}
		if spots != nil && (found == nil || far < best) {
			found, best = spots, far
		}
	}
	return found, found != nil
}

// covered gives the words that spots cover, in order.
func (t *text) covered(spots []spot) []int {
	var out []int
	for _, s := range spots {
		for i := s.from; i < s.to; i++ {
			if w := t.parts[i].word; !slices.Contains(out, w) {
				out = append(out, w)
			}
		}
	}
	slices.Sort(out)
	return out
}
