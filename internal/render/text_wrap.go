package render

import (
	"strings"
	"unicode/utf8"

	"charm.land/lipgloss/v2"
)

// unit is a piece of text that is never broken; glued says that no space stands before it.
type unit struct {
	text  string
	glued bool
}

// wrap breaks text at spaces into lines of at most rest columns, the first one of at most first. What has no space in it (a
// URL, a token) is never broken, nor is any of keep, which may hold spaces; when too wide, such a piece gets a line of its
// own and is the only thing that runs over. The first line is "" when its first piece has more room on the next.
func wrap(text string, first, rest int, keep []string) []string {
	lines := []string{""}
	room := first
	for _, u := range units(text, keep) {
		last := len(lines) - 1
		width := lipgloss.Width(u.text)
		sep := " "
		if lines[last] == "" || u.glued {
			sep = ""
		}
		used := lipgloss.Width(lines[last])
		fresh := lines[last] == "" && (last > 0 || first >= rest)
		if used+len(sep)+width <= room || fresh {
			lines[last] += sep + u.text
			continue
		}
		lines = append(lines, u.text)
		room = rest
	}
	return lines
}

// units cuts text at spaces, but not inside any of keep, and between wide characters, where East Asian text may be broken.
func units(text string, keep []string) []unit {
	var out []unit
	start, glued := 0, false
	cut := func(end int) {
		if end > start {
			out = append(out, unit{text[start:end], glued})
		}
	}
	kept := keptUntil(text, keep)
	previous := 0
	for i, r := range text {
		if i < kept[i] { // inside a value that has to stay in one piece
			previous = 0
			continue
		}
		if r == ' ' {
			cut(i)
			start, glued, previous = i+1, false, 0
			continue
		}
		width := 1
		if r >= utf8.RuneSelf {
			width = lipgloss.Width(string(r))
		}
		if width == 2 && previous == 2 && !strings.Contains(text[start:i], "://") {
			cut(i)
			start, glued = i, true
		}
		if width > 0 {
			previous = width
		}
	}
	cut(len(text))
	return out
}

// keptUntil gives for each byte of text the end of the kept value that it lies in, 0 outside.
func keptUntil(text string, keep []string) []int {
	out := make([]int, len(text)+1)
	for _, k := range keep {
		if strings.Trim(k, " ") == "" {
			continue
		}
		for from := 0; ; {
			i := strings.Index(text[from:], k)
			if i < 0 {
				break
			}
			for j := from + i; j < from+i+len(k); j++ {
				out[j] = max(out[j], from+i+len(k))
			}
			from += i + len(k)
		}
	}
	return out
}

// flow sets pieces beside each other with sep between them, in lines of at most width columns.
func flow(pieces []string, sep string, width int) []string {
	var lines []string
	for _, p := range pieces {
		last := len(lines) - 1
		if last >= 0 && lipgloss.Width(lines[last]+sep+p) <= width {
			lines[last] += sep + p
			continue
		}
		lines = append(lines, p)
	}
	return lines
}
