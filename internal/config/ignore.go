package config

import (
	"bytes"
	"regexp"
	"strings"
	"time"

	"github.com/ssoctl/ssoctl/internal/source"
)

// Ignore is one suppression: "# ssoctl:ignore CODE reason [until 2027-01-31]". It covers its own line and the next one.
type Ignore struct {
	Pos    source.Pos
	Code   string
	Reason string
	Until  time.Time // zero: no end
	Bad    string    // why the until date cannot be read
	Len    int
}

// Covers reports whether a finding of this code in this line is silenced on that day. The day of Until is still covered.
func (i Ignore) Covers(code string, line int, now time.Time) bool {
	return i.Code == code && (i.Pos.Line == line || i.Pos.Line+1 == line) && !i.Expired(now) && i.Bad == ""
}

// Expired reports whether the suppression has ended.
func (i Ignore) Expired(now time.Time) bool {
	return !i.Until.IsZero() && !now.Before(i.Until.AddDate(0, 0, 1))
}

const ignoreMark = "ssoctl:ignore"

func ignores(doc *source.Doc) []Ignore {
	if !bytes.Contains(doc.Raw, []byte(ignoreMark)) {
		return nil
	}
	var out []Ignore
	until := regexp.MustCompile(`\s*\[?\buntil\s+(\S+?)\]?\s*$`)
	for n := 1; n <= doc.Lines(); n++ {
		line := doc.Line(n)
		at := strings.Index(line, ignoreMark)
		if at < 0 || !strings.Contains(line[:at], "#") {
			continue
		}
		rest := strings.TrimSpace(line[at+len(ignoreMark):])
		ig := Ignore{Pos: source.Pos{Line: n, Col: len([]rune(line[:at])) + 1}, Len: len([]rune(line[at:]))}
		if m := until.FindStringSubmatchIndex(rest); m != nil {
			date := rest[m[2]:m[3]]
			day, err := time.Parse(time.DateOnly, date)
			ig.Until = day
			if err != nil {
				ig.Bad = date
			}
			rest = rest[:m[0]]
		}
		ig.Code, ig.Reason, _ = strings.Cut(rest, " ")
		ig.Reason = strings.TrimSpace(ig.Reason)
		out = append(out, ig)
	}
	return out
}
