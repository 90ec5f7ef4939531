package report

// Guide is a set-up walkthrough for one SP with one IdP: parts in the order of the work, steps numbered through. Every text is finished; what
// nobody knows yet stands in it as a mark (‹client id›) and is explained in Open.
type Guide struct {
	SP       string      `json:"sp"`
	IdP      string      `json:"idp"`
	SPName   string      `json:"sp_name"`
	IdPName  string      `json:"idp_name"`
	Protocol string      `json:"protocol"` // oidc | saml
	Name     string      `json:"name,omitempty"`
	Open     []GuideOpen `json:"open"`
	Parts    []GuidePart `json:"parts"`
}

// GuideOpen is a value that has to be filled in by hand: its mark, and what belongs there.
type GuideOpen struct {
	Mark string `json:"mark"`
	Say  string `json:"say"`
}

// GuidePart is what is done in one place, with what tells that it is right.
type GuidePart struct {
	Title  string       `json:"title"`
	Side   string       `json:"side"`            // start | idp | sp | end
	At     string       `json:"at,omitempty"`    // the console or the form
	Needs  string       `json:"needs,omitempty"` // the rights that it takes
	Notes  []string     `json:"notes,omitempty"`
	Steps  []GuideStep  `json:"steps"`
	Checks []GuideCheck `json:"checks,omitempty"`
}

// GuideStep is one page of a console or form. Empty members do not apply.
type GuideStep struct {
	Number int        `json:"number"`
	Title  string     `json:"title"`
	When   string     `json:"when,omitempty"`
	Do     []string   `json:"do,omitempty"`
	Fields []GuideRow `json:"fields,omitempty"`
	// Musts are settings that this SP depends on, with the reason.
	Musts []GuideRow `json:"musts,omitempty"`
	Then  string     `json:"then,omitempty"` // what is pressed at the end
	Take  []GuideRow `json:"take,omitempty"` // Value says where it goes
	Warn  []string   `json:"warn,omitempty"` // mistakes that happen here
	Notes []string   `json:"notes,omitempty"`
}

// GuideRow is one field and what goes into it.
type GuideRow struct {
	Label string `json:"label"`
	Value string `json:"value"`
	Note  string `json:"note,omitempty"`
	// Should marks a setting without which a login still works, if not well.
	Should bool `json:"should,omitempty"`
}

// GuideCheck is a command that shows whether a part is right.
type GuideCheck struct {
	Command string `json:"command"`
	Say     string `json:"say"`
}
