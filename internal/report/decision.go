package report

// Decision is what an SP does with the claims of one user: whether it lets the user in, and as what.
type Decision struct {
	Allowed bool   `json:"allowed"`
	Why     string `json:"why"`            // the reason for Allowed, one sentence
	Role    string `json:"role,omitempty"` // "" when the SP gives none, or nobody knows
	RoleWhy string `json:"role_why,omitempty"`
	// Rules are all rules, evaluated, in the order of the connection file.
	Rules         []RuleOutcome `json:"rules"`
	Teams         []string      `json:"teams"`
	Groups        []string      `json:"groups"`
	GroupsFrom    string        `json:"groups_from,omitempty"` // claim that the groups came from, or "template"
	Domain        string        `json:"domain,omitempty"`      // of the e-mail address, where the SP looks at it
	TokenExchange string        `json:"token_exchange,omitempty"`
	// Denied says which gate is closed: domain | strict | no_rule | required_claim; "" when Allowed.
	Denied string         `json:"denied,omitempty"`
	Notes  []DecisionNote `json:"notes,omitempty"`
}

// RuleOutcome is what became of one role rule.
type RuleOutcome struct {
	Index   int    `json:"index"`   // from 0
	Outcome string `json:"outcome"` // matched | not_matched | error | shadowed
	Role    string `json:"role"`
	Why     string `json:"why"`            // with both values; the error's text
	By      *int   `json:"by,omitempty"`   // index of the rule that wins, of a shadowed one
	Rule    string `json:"rule,omitempty"` // the rule as it stands in the file
}

// DecisionNote is something about the claims or the rules that explains an outcome, for a rule to speak about. It is found on the real
// values, before they are redacted.
type DecisionNote struct {
	Kind  string `json:"kind"`
	Path  string `json:"path,omitempty"` // within the connection: roles/rules/0/value, allowed_domains/1
	Claim string `json:"claim,omitempty"`
	Got   string `json:"got,omitempty"`
	Want  string `json:"want,omitempty"`
	Text  string `json:"text"` // one sentence
}
