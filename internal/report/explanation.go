package report

// Explanation is what an error text means: its causes, most likely first. Empty: nothing was recognised.
type Explanation struct {
	Matches []Cause `json:"matches"`
	// The products, as given or recognised; "" where nothing tells.
	IdPName string `json:"-"`
	SPName  string `json:"-"`
	// Cut tells that the text was too long and its middle was not read.
	Cut bool `json:"-"`
}

// Cause is one reading of an error text.
type Cause struct {
	ID              string   `json:"id"`
	Title           string   `json:"title"`
	Cause           string   `json:"cause"`
	Fix             []string `json:"fix"`
	Rule            string   `json:"rule"` // the rule that finds this in a connection
	Troubleshooting []Entry  `json:"troubleshooting"`
	Confidence      string   `json:"confidence"` // sure | likely | possible
	Sources         []string `json:"sources"`
	// By says what was recognised: code or text. Next is the command that goes on from here.
	By   string `json:"-"`
	Next string `json:"-"`
	// Seen are values out of the text that matter, each with its name, secrets hidden.
	Seen Rows `json:"-"`
}
