package evidence

// Labels of attempts: which request of a probe an exchange belongs to. Rules look attempts up by them.
const (
	Basic       = "client_secret_basic"
	Post        = "client_secret_post"
	NoSecret    = "none"                                // a public client: its ID alone
	Raw         = "client_secret_basic, not encoded"    // id and secret as they are, which RFC 6749 §2.3.1 does not allow
	Trimmed     = "without the surrounding white space" // the secret, once more
	AsSent      = "as the SP sends it"                  // authorization request
	WithPKCE    = "with PKCE"
	WithoutPKCE = "without PKCE"
	OpenIDOnly  = "scope openid only"
	OneScope    = "scope " // followed by the scope that was asked for beside openid
)

// Labels of the authentication requests of SAML, beside AsSent.
const (
	Passive       = "with IsPassive"
	NoDestination = "without Destination"
	NoNameID      = "without NameIDPolicy"
	Signed        = "signed"
	OtherBinding  = "by the other binding"
	SPOwn         = "the SP's own request"
)
