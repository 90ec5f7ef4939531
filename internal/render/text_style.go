package render

import (
	"charm.land/lipgloss/v2"

	"github.com/ssoctl/ssoctl/internal/report"
)

// ink is what a piece of text means; colours are chosen by it.
type ink int

const (
	plain ink = iota
	strong
	dim
	red
	yellow
	blue
	green
	grey
)

// style gives the look of an ink. Only the terminal's own sixteen colours are used: they fit its background, light or
// dark, and nothing has to be asked of the terminal.
func (i ink) style() lipgloss.Style {
	s := lipgloss.NewStyle()
	switch i {
	case strong:
		return s.Bold(true)
	case dim:
		return s.Faint(true)
	case red:
		return s.Foreground(lipgloss.Red).Bold(true)
	case yellow:
		return s.Foreground(lipgloss.Yellow).Bold(true)
	case blue:
		return s.Foreground(lipgloss.Blue).Bold(true)
	case green:
		return s.Foreground(lipgloss.Green)
	case grey:
		return s.Foreground(lipgloss.BrightBlack)
	}
	return s
}

// sign is the symbol of a severity. It never stands alone: a code or a word is beside it.
func sign(s report.Severity) (string, ink) {
	switch s {
	case report.Error:
		return "✗", red
	case report.Warning:
		return "!", yellow
	}
	return "i", blue
}

// outcomeSign is the symbol of an outcome; worst is the severity of its findings.
func outcomeSign(o report.Outcome, worst report.Severity) (string, ink) {
	switch o {
	case report.Passed:
		return "✓", green
	case report.Failed:
		return sign(worst)
	case report.NotApplicable:
		return "–", grey
	case report.Broken:
		return "✗", red
	}
	return "?", grey
}

// paint colours text, or gives it back as it is when there is no colour.
func (p *page) paint(i ink, text string) string {
	if !p.color || i == plain || text == "" {
		return text
	}
	return i.style().Render(text)
}
