package real_test

import (
	"testing"
	"time"

	"github.com/ssoctl/ssoctl/internal/lab"
)

// reply is a response in the making.
type reply struct {
	t    *testing.T
	lab  *lab.Lab
	text string
	now  time.Time
}

func newReply(t *testing.T, l *lab.Lab, text string, now time.Time) *reply {
	return &reply{t: t, lab: l, text: text, now: now}
}

func (r *reply) metadata() []byte { return r.lab.SAMLMetadata() }
