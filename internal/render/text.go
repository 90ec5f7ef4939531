package render

import (
	"io"

	"github.com/ssoctl/ssoctl/internal/report"
)

func text(w io.Writer, r *report.Report, o Options) error { return line(w, r, o) }
