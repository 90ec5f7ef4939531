package knowledge

// SP is the profile of a service provider (the application).
type SP struct {
	ID      string            `yaml:"id"`
	Name    string            `yaml:"name"`
	Kind    string            `yaml:"kind"` // saas | self_hosted | saas_and_self_hosted | cli | framework | generic
	Plan    Fact[string]      `yaml:"plan,omitempty"`
	Sources map[string]string `yaml:"sources"`

	Protocols []string `yaml:"protocols"` // oidc, saml
	// Params are the keys that a connection's sp: section takes beside profile.
	Params  []Param `yaml:"params,omitempty"`
	Console Console `yaml:"console,omitempty"`

	OIDC    *SPOIDC  `yaml:"oidc,omitempty"`
	SAML    *SPSAML  `yaml:"saml,omitempty"`
	Domains *Domains `yaml:"allowed_domains,omitempty"`
	Roles   *Roles   `yaml:"roles,omitempty"`
	Form    Form     `yaml:"form,omitempty"`
	// Requires lists what the SP needs of the IdP's console settings, by IdP profile id.
	Requires map[string][]Requirement `yaml:"requires,omitempty"`
	// ExchangeOnly lists the protocols whose tokens the SP can exchange for others; empty: it says nothing.
	ExchangeOnly []string           `yaml:"exchange_only,omitempty"`
	IdPs         map[string]IdPNote `yaml:"idps,omitempty"`     // the SP's own advice for one IdP
	Accounts     Facts              `yaml:"accounts,omitempty"` // provisioning, linking, sessions
	Linking      *Linking           `yaml:"linking,omitempty"`
	Facts        Facts              `yaml:"facts,omitempty"`
	Quirks       []Remark           `yaml:"quirks,omitempty"`
	Tests        []Fact[string]     `yaml:"tests,omitempty"` // how to see that it worked
	// Live are the SP's public interfaces that doctor may ask: providers, signin, metadata.
	Live    map[string]Live `yaml:"live,omitempty"`
	Entries []Entry         `yaml:"troubleshooting,omitempty"`
	// Emits are the formats (ids of internal/emit) in which the SP takes its side of a connection, the usual one first.
	Emits []string `yaml:"emits,omitempty"`
}

// Param is one parameter of a profile: a workspace key, a region, a base URL.
type Param struct {
	Name     string   `yaml:"name"`
	Pattern  string   `yaml:"pattern,omitempty"` // RE2, whole string
	Example  string   `yaml:"example"`
	Say      string   `yaml:"say,omitempty"`      // what it is, and how it should look
	Required []string `yaml:"required,omitempty"` // protocols that need it
	Default  string   `yaml:"default,omitempty"`
	Type     string   `yaml:"type,omitempty"` // string (when empty) | list
	// Values are the only values allowed, each with the placeholders that it sets (region -> host).
	Values   []ParamValue `yaml:"values,omitempty"`
	Reserved []string     `yaml:"reserved,omitempty"` // values the product refuses
	S        Keys         `yaml:"s"`
}

// ParamValue is one allowed value of a parameter.
type ParamValue struct {
	Value string            `yaml:"value"`
	Sets  map[string]string `yaml:"sets,omitempty"`
	S     Keys              `yaml:"s"`
}

// Console says where the SP's own form is.
type Console struct {
	Path   string `yaml:"path,omitempty"`   // steps separated by " › "
	Create string `yaml:"create,omitempty"` // label of the button that saves a new connection
	Edit   string `yaml:"edit,omitempty"`
	Save   string `yaml:"save,omitempty"`
	Login  string `yaml:"login,omitempty"` // template of the page where a login starts
	S      Keys   `yaml:"s,omitempty"`
}

// Template is a URL or identifier with {placeholders}.
type Template struct {
	V     string `yaml:"v"`
	When  string `yaml:"when,omitempty"`  // in which case it applies, for people
	Match string `yaml:"match,omitempty"` // exact | prefix
	S     Keys   `yaml:"s"`
	Note  string `yaml:"note,omitempty"`
}

// SPOIDC says how the SP acts as a relying party.
type SPOIDC struct {
	RedirectURIs []Template `yaml:"redirect_uris"`
	PostLogout   Template   `yaml:"post_logout,omitempty"`
	InitiateURI  Template   `yaml:"initiate_login,omitempty"` // third-party initiated login

	IssuerField   Fact[string]   `yaml:"issuer_field,omitempty"`   // issuer | discovery_url | endpoints
	IssuerCompare Fact[string]   `yaml:"issuer_compare,omitempty"` // exact | slash_ignored | none
	HTTPS         Fact[bool]     `yaml:"https,omitempty"`          // true: an http issuer is refused
	NeedsMembers  Fact[[]string] `yaml:"needs_members,omitempty"`  // discovery members without which set-up stops
	Grants        Fact[[]string] `yaml:"grants,omitempty"`         // code, implicit
	ResponseMode  Fact[string]   `yaml:"response_mode,omitempty"`
	PKCE          Fact[string]   `yaml:"pkce,omitempty"` // always | never | optional | setting (oidc.pkce decides, default on) | setting_off
	AuthMethods   Fact[[]string] `yaml:"auth_methods,omitempty"`
	IDTokenAlgs   Fact[[]string] `yaml:"id_token_algs,omitempty"` // accepted; unknown: RS256 is taken for granted
	PAR           Fact[bool]     `yaml:"par,omitempty"`
	DPoP          Fact[bool]     `yaml:"dpop,omitempty"`
	RequestObject Fact[bool]     `yaml:"request_object,omitempty"`
	Nonce         Fact[bool]     `yaml:"nonce,omitempty"`
	ClockSkew     Fact[int]      `yaml:"clock_skew,omitempty"`        // seconds that the SP tolerates
	Logout        Fact[bool]     `yaml:"logout,omitempty"`            // offers RP-initiated logout
	ReadsFrom     Fact[[]string] `yaml:"reads_claims_from,omitempty"` // id_token, userinfo, access_token, in order
	// IDTokenVerified says when the SP verifies the ID token: always | without_userinfo (only where no userinfo endpoint is known) | never.
	IDTokenVerified Fact[string] `yaml:"id_token_verified,omitempty"`
	// Reactions are what the SP does about what a rule finds in a login, as in SPSAML.
	Reactions map[string]Reaction `yaml:"reactions,omitempty"`
	// ReadsFirstOnly: of these places only the first that the IdP offers is read, whatever it lacks.
	ReadsFirstOnly Fact[bool] `yaml:"reads_first_only,omitempty"`
	// EmailFallback says, by IdP profile id, where the SP asks for the address when no email claim comes.
	EmailFallback map[string]Fact[string] `yaml:"email_fallback,omitempty"`

	Scopes Scopes  `yaml:"scopes,omitempty"`
	Claims []Claim `yaml:"claims,omitempty"`
	Facts  Facts   `yaml:"facts,omitempty"`
}

// Scopes the SP asks for.
type Scopes struct {
	Required Fact[[]string] `yaml:"required,omitempty"`
	Default  Fact[[]string] `yaml:"default,omitempty"` // what it asks for when nothing is configured
	Groups   Fact[string]   `yaml:"groups,omitempty"`  // scope to add when roles or teams read groups
}

// Claim is something that the SP reads about the user, from OIDC claims or SAML attributes.
type Claim struct {
	Name  string   `yaml:"name"`  // email, first_name, groups ...: what it means to the SP
	Names []string `yaml:"names"` // accepted claim or attribute names, in the SP's order
	Level string   `yaml:"level"` // required | recommended | optional
	From  []string `yaml:"from,omitempty"`
	Scope string   `yaml:"scope,omitempty"` // OIDC scope that brings it
	// NameID: the NameID of an assertion stands in when the attribute is not there.
	NameID bool `yaml:"name_id,omitempty"`
	// Must says which values let the user in: "true" (nothing else does), "not_false" (only a stated false keeps the user out).
	Must string `yaml:"must,omitempty"`
	// ByExchange gives the names that are read in place of Names, from the ID token alone, by strategy of token exchange.
	ByExchange map[string][]string `yaml:"by_exchange,omitempty"`
	Say        string              `yaml:"say,omitempty"`
	S          Keys                `yaml:"s"`
}

// SPSAML says how the SP acts as a SAML service provider.
type SPSAML struct {
	ACS          []Template `yaml:"acs_urls"`
	EntityID     Template   `yaml:"entity_id,omitempty"`
	EntityIDFree bool       `yaml:"entity_id_free,omitempty"` // the admin may choose another one
	Metadata     Template   `yaml:"metadata,omitempty"`
	Audience     Template   `yaml:"audience,omitempty"` // where it is not the entity ID

	RequestBinding  Fact[string]   `yaml:"request_binding,omitempty"` // HTTP-Redirect | HTTP-POST
	RequestSigned   Fact[bool]     `yaml:"request_signed,omitempty"`
	AssertionSigned Fact[string]   `yaml:"assertion_signed,omitempty"` // required | recommended | either | optional | unknown
	ResponseSigned  Fact[string]   `yaml:"response_signed,omitempty"`
	Encryption      Fact[string]   `yaml:"encryption,omitempty"`     // required | supported | forbidden | unknown
	NameIDFormat    Fact[string]   `yaml:"name_id_format,omitempty"` // URN
	IdPInitiated    Fact[string]   `yaml:"idp_initiated,omitempty"`  // supported | forbidden | unknown
	ClockSkew       Fact[int]      `yaml:"clock_skew,omitempty"`
	SignatureAlgs   Fact[[]string] `yaml:"signature_algs,omitempty"`
	DigestAlgs      Fact[[]string] `yaml:"digest_algs,omitempty"`
	KeyTransports   Fact[[]string] `yaml:"key_transports,omitempty"` // algorithms that it takes encrypted keys in; unknown: RSA-OAEP
	// FirstCertificateOnly: of several certificates in the IdP's metadata only the first is tried when the message carries none.
	FirstCertificateOnly Fact[bool] `yaml:"first_certificate_only,omitempty"`
	// EmbeddedMustMatch: a certificate inside the message must be, byte for byte, one that the SP holds.
	EmbeddedMustMatch Fact[bool] `yaml:"embedded_must_match,omitempty"`
	// MetadataWins: with IdP metadata stored, the certificate that was entered beside it is not looked at.
	MetadataWins Fact[bool] `yaml:"metadata_wins,omitempty"`
	// KeyMeansEncrypted: with a key to decrypt with stored, assertions in clear are refused.
	KeyMeansEncrypted Fact[bool] `yaml:"key_means_encrypted,omitempty"`
	MaxResponse       Fact[int]  `yaml:"max_response_bytes,omitempty"`
	MaxMetadata       Fact[int]  `yaml:"max_metadata_bytes,omitempty"`
	// Reactions are what the SP does about what a rule finds in a response, by code, or by code and aspect ("RSP002/doctype").
	Reactions   map[string]Reaction `yaml:"reactions,omitempty"`
	CertFormats Fact[[]string]      `yaml:"certificate_formats,omitempty"`
	// OneCertificate: the field takes a single certificate; several pasted into it fit nothing.
	OneCertificate Fact[bool]     `yaml:"one_certificate,omitempty"`
	Needs          Fact[[]string] `yaml:"needs,omitempty"` // connection keys without which the form cannot be filled: sso_url, certificate, idp_entity_id
	Attributes     []Claim        `yaml:"attributes,omitempty"`
	Facts          Facts          `yaml:"facts,omitempty"`
}

// Reaction is what an SP does about a finding. A code without one is taken for a refusal, as the standard demands.
type Reaction struct {
	V     string `yaml:"v"`               // refused | ignored
	Shows string `yaml:"shows,omitempty"` // the error that a user or the log then shows
	S     Keys   `yaml:"s"`
}

// Domains is the SP's rule for e-mail domains.
type Domains struct {
	Label      string       `yaml:"label,omitempty"`      // the field's label
	Subdomains Fact[string] `yaml:"subdomains,omitempty"` // included | excluded | unknown
	Required   bool         `yaml:"required,omitempty"`
	Refusal    string       `yaml:"refusal,omitempty"` // the text that a refused user sees
	Only       []string     `yaml:"only_providers,omitempty"`
	// Protocols are those whose logins the rule is applied to; empty: all of them.
	Protocols []string `yaml:"protocols,omitempty"`
	S         Keys     `yaml:"s"`
}

// Roles is the SP's role mapping.
type Roles struct {
	Language      string         `yaml:"language"`               // handlebars | claim_value | jmespath | list | none
	Roles         []string       `yaml:"roles,omitempty"`        // in order of privilege, highest first
	RolePattern   string         `yaml:"role_pattern,omitempty"` // RE2 for roles of the customer's own
	Order         Fact[string]   `yaml:"order,omitempty"`        // first_match | all
	CaseSensitive Fact[bool]     `yaml:"case_sensitive,omitempty"`
	Default       Fact[string]   `yaml:"default,omitempty"`
	NoMatch       Fact[string]   `yaml:"no_match,omitempty"` // what happens to a user without a rule: locked_out | default | deny
	GroupClaims   Fact[[]string] `yaml:"group_claims,omitempty"`
	// BlockHelpers and ValueHelpers are the template helpers beside the language's own: those that only work as {{#name}} blocks,
	// and those that give a value.
	BlockHelpers Fact[[]string] `yaml:"block_helpers,omitempty"`
	ValueHelpers Fact[[]string] `yaml:"value_helpers,omitempty"`
	// ReadsFrom are the places whose claims the rules see: id_token, userinfo, access_token, assertion.
	ReadsFrom Fact[[]string] `yaml:"reads_from,omitempty"`
	// Falsy are the outputs of templates, trimmed, that count as no match beside the empty one.
	Falsy Fact[[]string] `yaml:"falsy,omitempty"`
	// Sync says what a later login does to the role of a member: on_match (it changes when a rule fits, else it stays); unknown: as at the
	// first login. SyncProtocols are those whose logins do so; by others the role stays.
	Sync          Fact[string]   `yaml:"sync,omitempty"`
	SyncProtocols Fact[[]string] `yaml:"sync_protocols,omitempty"`
	// TeamsCaseSensitive: group names are linked to teams with letter case.
	TeamsCaseSensitive Fact[bool] `yaml:"teams_case_sensitive,omitempty"`
	// Exchange gives the strategy of token exchange by the issuer's host, first match.
	Exchange Fact[[]ExchangeHost] `yaml:"exchange,omitempty"`
	Facts    Facts                `yaml:"facts,omitempty"`
}

// ExchangeHost is a host, "*.host" for those under it, or "*" for any, and the strategy that goes with it.
type ExchangeHost struct {
	Host     string `yaml:"host"`
	Strategy string `yaml:"strategy"` // rfc8693 | okta_managed | entra_obo
}

// Form lists the fields of the SP's form, in the order of the screen.
type Form struct {
	OIDC []FormField `yaml:"oidc,omitempty"`
	SAML []FormField `yaml:"saml,omitempty"`
}

// FormField is one field of the SP's form. Key is what of the connection goes in: issuer client_id client_secret scopes redirect_uri
// discovery_url pkce grant allowed_domains sp_entity_id idp_entity_id sso_url certificate idp_metadata acs_url provider_id audience roles protocol
// authorization_endpoint token_endpoint userinfo_endpoint jwks_uri logout_url token_endpoint_auth_method id_token_alg groups_claim hd sp_private_key
// sp_metadata name_id_format. A field that takes nothing from the connection has no key.
type FormField struct {
	Key       string `yaml:"key,omitempty"`
	Label     string `yaml:"label"`
	WriteOnly bool   `yaml:"write_only,omitempty"` // blank in the edit form: enter it again to change it
	ReadOnly  bool   `yaml:"read_only,omitempty"`
	Required  bool   `yaml:"required,omitempty"`
	Advanced  bool   `yaml:"advanced,omitempty"`
	Value     string `yaml:"value,omitempty"` // template or fixed choice
	Note      string `yaml:"note,omitempty"`
	S         Keys   `yaml:"s,omitempty"`
}

// Requirement is something that must be set in the IdP's console for this SP. Exactly one condition is given. A setting that the connection
// file does not state is not judged.
type Requirement struct {
	Setting  string `yaml:"setting"`            // key of the IdP profile's settings
	Protocol string `yaml:"protocol,omitempty"` // oidc | saml; empty: both
	Equals   any    `yaml:"equals,omitempty"`   // the value; strings may hold {placeholders}
	Contains string `yaml:"contains,omitempty"` // a list must hold this template
	Pattern  string `yaml:"pattern,omitempty"`  // RE2, whole string; of a list: at least one entry
	Code     string `yaml:"code"`               // the rule that speaks
	Level    string `yaml:"level,omitempty"`    // error (when empty) | warning
	Say      string `yaml:"say"`                // why, one clause
	Entry    string `yaml:"entry,omitempty"`    // troubleshooting id
	S        Keys   `yaml:"s"`
}

// IdPNote is what the SP's own page says for one IdP.
type IdPNote struct {
	Issuer Template `yaml:"issuer,omitempty"` // the issuer form that the page tells to enter
	Notes  []Remark `yaml:"notes,omitempty"`
	// ProviderID is the identifier that the SP gives this IdP in its URLs.
	ProviderID string `yaml:"provider_id,omitempty"`
	SAML       Facts  `yaml:"saml,omitempty"`
	OIDC       Facts  `yaml:"oidc,omitempty"`
}

// Entry is one entry of the SP's Troubleshooting page.
type Entry struct {
	ID       string   `yaml:"id"`
	Title    string   `yaml:"title,omitempty"`
	Symptoms []string `yaml:"symptoms"` // texts as a user sees them
	Class    string   `yaml:"class,omitempty"`
	Rules    []string `yaml:"rules,omitempty"` // codes whose findings are this entry
	// Only limits the entry to some IdPs or one protocol.
	IdPs       []string            `yaml:"idps,omitempty"`
	Protocol   string              `yaml:"protocol,omitempty"`
	Cause      string              `yaml:"cause,omitempty"`
	Fix        []string            `yaml:"fix,omitempty"`
	FixBy      map[string][]string `yaml:"fix_by_idp,omitempty"`
	NeedsLogin bool                `yaml:"needs_login,omitempty"` // cannot be seen without a login
	S          Keys                `yaml:"s"`
}

// Live is a public interface of the SP. It answers without credentials and changes nothing but a line in a log.
type Live struct {
	URL  string            `yaml:"url"`            // template
	Body map[string]string `yaml:"body,omitempty"` // POSTed as JSON; templates
	// Member of the JSON answer that counts: in each entry of a list of providers the provider's name, in the answer of a sign-in
	// the address that the browser is sent to.
	Member string `yaml:"member,omitempty"`
	Param  string `yaml:"param,omitempty"` // parameter of the connection that names the provider
	S      Keys   `yaml:"s"`
}
