package evidence

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// Recording is a saved run: the redacted evidence on each connection.
type Recording struct {
	Schema      int        `json:"schema"`
	Tool        string     `json:"tool"`
	At          time.Time  `json:"at"`
	Command     string     `json:"command"`
	Connections []Recorded `json:"connections"`
}

// Recorded is the evidence on one connection.
type Recorded struct {
	Name     string         `json:"name"`
	Elapsed  time.Duration  `json:"elapsed_ns"`
	Profile  Bytes          `json:"sp_profile,omitempty"` // the user's own SP profile, when the connection names one
	Evidence []*Observation `json:"evidence"`
}

// maxRecording bounds a recording that is read, in bytes.
const maxRecording = 64 << 20

// Save writes a recording. The sets in it must have been through Redact.
func (r Recording) Save(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(r)
}

// Load reads a recording of at most 64 MiB.
func Load(rd io.Reader) (*Recording, error) {
	b, err := io.ReadAll(io.LimitReader(rd, maxRecording+1))
	if err != nil {
		return nil, fmt.Errorf("read recording: %w", err)
	}
	if len(b) > maxRecording {
		return nil, fmt.Errorf("read recording: larger than %d MiB", maxRecording>>20)
	}
	var r Recording
	if err := json.Unmarshal(b, &r); err != nil {
		return nil, fmt.Errorf("read recording: %w", err)
	}
	if r.Schema != 1 {
		return nil, fmt.Errorf("read recording: schema %d, this version reads 1", r.Schema)
	}
	return &r, nil
}

// Set gives the evidence by kind.
func (r Recorded) Set() Set {
	out := Set{}
	for _, obs := range r.Evidence {
		if obs != nil {
			out[obs.Kind] = obs
		}
	}
	return out
}
