package report

// SignedIn is how a login went, for people: who signed in, and what each source says about the user.
type SignedIn struct {
	Who     string   // the user as the SP would name it; "" when nobody signed in
	How     string   // "Keycloak, code + PKCE"
	Ended   string   // in words, when nobody signed in
	Sources []string // titles of the columns
	Rows    []ClaimRow
	Second  string // what a strict library says of the ID token, beside our own rules; "" when it was not asked
	Refused bool   // it does not take the token
}

// ClaimRow is one claim: its values by source and what the SP does with it.
type ClaimRow struct {
	Name    string
	Values  []string // one for each source; "" when it has none
	Reads   string   // "required", "recommended, from userinfo", "not read"
	Outcome Outcome  // Passed: there and read; Failed: missing or not as it should be; Unknown: not read
	Worst   Severity // of a failed one
}
