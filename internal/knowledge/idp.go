package knowledge

// IdP is the profile of an identity provider.
type IdP struct {
	ID        string            `yaml:"id"`
	Name      string            `yaml:"name"`
	Protocols []string          `yaml:"protocols"` // oidc, saml, oauth2 (authorization without ID tokens)
	Sources   map[string]string `yaml:"sources"`   // key -> public address or document

	Detect Detect       `yaml:"detect"`
	Issuer Issuer       `yaml:"issuer,omitempty"`
	Slash  Fact[string] `yaml:"slash,omitempty"` // trailing slash of the issuer: required | forbidden | tenant_defined | none
	// RedirectWildcard says how registered redirect URIs may be patterns: trailing_star (a * at the end), subdomain (a * within one
	// host label), glob (a * anywhere), regex (entries are RE2). Empty: compared exactly.
	RedirectWildcard string `yaml:"redirect_wildcard,omitempty"`
	// Interception lists names in certificates of TLS-inspecting proxies (RE2, found somewhere in the name of the issuer). Only
	// the generic profile has it.
	Interception []Pattern `yaml:"interception,omitempty"`
	Client       Client    `yaml:"client,omitempty"`
	Answers      []Answer  `yaml:"answers,omitempty"`
	// LoginAPI is the interface behind a login page that needs scripts: flow_executor | first_factor; "" where the page is a form.
	LoginAPI Fact[string] `yaml:"login_api,omitempty"`
	// Settings are the console switches that a connection file may state under idp.settings.
	Settings map[string]Setting `yaml:"settings,omitempty"`
	// Paths leads to the place of each fix in the console, steps separated by " › ". {app} stands for the name that the
	// application has there, {client_id} for the client's ID; (words in brackets) are the reader's own. Well-known keys:
	// redirect_uri secret client_id issuer scopes auth_method pkce par dpop grant users claims groups keys certificate
	// signing encryption nameid acs entity_id enable realm log endpoints; and metadata (where it is copied), signature (signed
	// requests demanded), attributes (of SAML assertions), consent, policy, preview (of claims), tile (in the users' portal).
	Paths map[string]Fact[string] `yaml:"paths"`

	Discovery []Fact[string] `yaml:"discovery,omitempty"` // templates of discovery URLs
	SAML      *IdPSAML       `yaml:"saml,omitempty"`
	OIDC      *IdPOIDC       `yaml:"oidc,omitempty"`
	Groups    Facts          `yaml:"groups,omitempty"`
	Claims    Facts          `yaml:"claims,omitempty"` // email_verified, names, sub, where claims go
	// Sends are the steps that bring claims, the usual way first.
	Sends []Sending `yaml:"sends,omitempty"`
	// NestedGroups says whether groups that the user is in through other groups are sent: sent | direct (only groups with the user as
	// their own member).
	NestedGroups Fact[string] `yaml:"nested_groups,omitempty"`
	Limits       Facts        `yaml:"limits,omitempty"` // lifetimes, secret lifetime, rotation
	Facts        Facts        `yaml:"facts,omitempty"`  // whatever else is known
	Quirks       []Remark     `yaml:"quirks,omitempty"`
	// Walkthrough is the console, page by page, per protocol; guides are made from it.
	Walkthrough map[string]*Walkthrough `yaml:"walkthrough,omitempty"`
	// Emits are the formats (ids of internal/emit) in which the IdP takes an application, the usual one first.
	Emits []string `yaml:"emits,omitempty"`
}

// Detect tells how the product is recognised. Patterns are RE2 and match the whole string.
type Detect struct {
	Issuer string `yaml:"issuer,omitempty"` // pattern of the issuer; empty: cannot be told by it
	// Weak marks an issuer pattern that many other products share: it only counts together with Discovery.
	Weak      bool              `yaml:"weak,omitempty"`
	Discovery map[string]string `yaml:"discovery,omitempty"` // member of the discovery document -> pattern; all must match
	EntityID  string            `yaml:"entity_id,omitempty"` // pattern of the SAML entity ID
	SSOURL    string            `yaml:"sso_url,omitempty"`   // pattern of the SAML single sign-on URL
	S         Keys              `yaml:"s"`
}

// Issuer describes the issuers that the product hands out.
type Issuer struct {
	Forms map[string]Fact[string] `yaml:"forms,omitempty"` // name -> template, for people
	// Example is an issuer of the right shape, where the forms do not show it.
	Example string `yaml:"example,omitempty"`
	// Kinds are forms that are easily taken for one another (tenant placeholder, old and new endpoint, organisation
	// and custom server). The first kind that matches counts, so the wider patterns stand last. Two different kinds on the
	// two sides are reported under Code.
	Kinds []IssuerKind `yaml:"kinds,omitempty"`
	// Shape is the pattern that a configured issuer has to have (whole string); Say is the sentence of the finding.
	Shape Fact[string] `yaml:"shape,omitempty"`
	Say   string       `yaml:"say,omitempty"`
	// InTokens are values that iss may have in place of the issuer and that SPs take for it.
	InTokens Fact[[]string] `yaml:"in_tokens,omitempty"`
}

// IssuerKind is one form of issuer.
type IssuerKind struct {
	ID    string `yaml:"id"`
	Match string `yaml:"match"`           // RE2, whole string
	Name  string `yaml:"name"`            // as in "the v1 issuer"
	Code  string `yaml:"code"`            // rule that speaks when the two sides differ in kind: DISC012..DISC016
	Never bool   `yaml:"never,omitempty"` // an exact comparison can never succeed with this kind (tenant placeholder)
	Fix   string `yaml:"fix,omitempty"`   // what to enter instead; {placeholders} of the pattern's named groups
	S     Keys   `yaml:"s"`
}

// Client says what client IDs and secrets look like.
type Client struct {
	ID     Pattern   `yaml:"id,omitempty"`
	Secret []Pattern `yaml:"secret,omitempty"` // shapes that are NOT a usable secret (an ID of the secret, a digest)
}

// Pattern is a shape with the sentence to say about it. Match is RE2 over the whole string.
type Pattern struct {
	Match   string `yaml:"match"`
	Example string `yaml:"example,omitempty"`
	Say     string `yaml:"say,omitempty"`
	S       Keys   `yaml:"s"`
}

// Answer classifies what a live IdP answers to a probe. The first entry that fits wins; an empty condition always fits.
type Answer struct {
	Probe  string `yaml:"probe"`            // token | authorize | par | device | userinfo | saml
	Status []int  `yaml:"status,omitempty"` // any of these
	Where  string `yaml:"where,omitempty"`  // callback (redirect to the registered redirect URI) | idp (redirect on the IdP's own origin) | body
	Error  string `yaml:"error,omitempty"`  // RE2, whole OAuth error code
	// Text is RE2, found in error_description and error_hint, in the page's text, or, for where: idp, in the address.
	Text string `yaml:"text,omitempty"`
	// Means is one of: accepted secret_rejected client_unknown client_disabled client_or_secret realm_disabled redirect_unregistered
	// flow_off wrong_protocol method_rejected dpop_required pkce_required par_required scope_refused grant_off
	// login_required login_page response_type_refused request_object_refused request_object_required signature_required
	// user_not_assigned consent_required unknown.
	Means string `yaml:"means"`
	S     Keys   `yaml:"s"`
}

// Setting is a switch or field in the IdP's console that a connection file may record.
type Setting struct {
	Type    string   `yaml:"type"`             // bool | string | list | enum | map
	Values  []string `yaml:"values,omitempty"` // for enum
	Label   string   `yaml:"label"`            // as the console spells it
	Path    string   `yaml:"path"`             // where it is, steps separated by " › "
	Default any      `yaml:"default,omitempty"`
	// Inverted: the console's own switch says the opposite of the key (hide_in_portal, there "Show this application").
	Inverted bool `yaml:"inverted,omitempty"`
	// Holds says which value of the connection belongs in it: sp_entity_id. Empty: none that rules compare by themselves.
	Holds string `yaml:"holds,omitempty"`
	S     Keys   `yaml:"s"`
}

// IdPOIDC holds the OIDC facts that rules and probes read.
type IdPOIDC struct {
	AuthMethods   Fact[[]string] `yaml:"auth_methods,omitempty"`
	PKCE          Fact[[]string] `yaml:"pkce,omitempty"`          // methods; empty list: not supported
	PKCERequired  Fact[string]   `yaml:"pkce_required,omitempty"` // who can demand it and where
	PromptNone    Fact[string]   `yaml:"prompt_none,omitempty"`
	PAR           Fact[string]   `yaml:"par,omitempty"`
	DPoP          Fact[string]   `yaml:"dpop,omitempty"`
	Device        Fact[string]   `yaml:"device,omitempty"`
	IssParameter  Fact[string]   `yaml:"iss_parameter,omitempty"`
	RedirectMatch Fact[string]   `yaml:"redirect_match,omitempty"`
	RefreshScope  Fact[string]   `yaml:"refresh_scope,omitempty"`
	GroupsScope   Fact[string]   `yaml:"groups_scope,omitempty"` // scope that brings groups; "none" when a scope of that name is refused
	// RegistrationScope says how dynamic client registration takes scope (RFC 7591 §2): stated (when unknown) | omitted (a stated one is refused).
	RegistrationScope Fact[string] `yaml:"registration_scope,omitempty"`
	// EmailScope is the scope that opens the list of the user's private addresses, where the IdP keeps them apart.
	EmailScope Fact[string] `yaml:"email_scope,omitempty"`
	// RefusedScopes are scopes that the product answers with invalid_scope.
	RefusedScopes Fact[[]string]          `yaml:"refused_scopes,omitempty"`
	EndpointHosts Fact[[]string]          `yaml:"endpoint_hosts,omitempty"` // patterns of further hosts that belong to the product
	Endpoints     map[string]Fact[string] `yaml:"endpoints,omitempty"`      // for products without discovery
	Logout        Facts                   `yaml:"logout,omitempty"`
	ResponseModes Fact[[]string]          `yaml:"response_modes,omitempty"`
	// CodeLifetime is how many seconds an authorization code is good for, unless an administrator has changed it.
	CodeLifetime Fact[int] `yaml:"code_lifetime,omitempty"`
	// Backdated is how many seconds before the moment the product dates iat and nbf of its tokens.
	Backdated Fact[int] `yaml:"backdated,omitempty"`
	// AppKeys: an application may have signing keys of its own, which the key set lists only when it is asked for with client_id.
	AppKeys Fact[bool] `yaml:"app_keys,omitempty"`
	// SubjectTypes are the kinds of sub that the product can make (public, pairwise), where that is fixed.
	SubjectTypes Fact[[]string] `yaml:"subject_types,omitempty"`
}

// IdPSAML holds the SAML facts.
type IdPSAML struct {
	Metadata Fact[string] `yaml:"metadata,omitempty"` // template of the metadata URL
	SSO      Fact[string] `yaml:"sso,omitempty"`
	EntityID Fact[string] `yaml:"entity_id,omitempty"`
	// AlwaysSaysSigned: WantAuthnRequestsSigned is true in the product's metadata whatever an application demands, so it says nothing.
	AlwaysSaysSigned Fact[bool] `yaml:"always_says_signed,omitempty"`
	// PostOnly is the pattern (RE2, whole string) of single sign-on URLs that take only the HTTP-POST binding.
	PostOnly Fact[string] `yaml:"post_only,omitempty"`
	// TenantWide is the shape of metadata addresses whose keys are the tenant's and not the application's; Say tells what to use.
	TenantWide Pattern `yaml:"tenant_wide,omitempty"`
	// IdPInitiated is the template of the address at which a login begins without a request; {placeholders} are sso_url, sp_entity_id, acs,
	// issuer and the profile's settings.
	IdPInitiated Fact[string] `yaml:"idp_initiated,omitempty"`
	Facts        Facts        `yaml:"facts,omitempty"`
}

// Walkthrough leads through the console for one protocol.
type Walkthrough struct {
	Console Fact[string] `yaml:"console,omitempty"`
	Roles   Fact[string] `yaml:"roles,omitempty"`
	None    Fact[string] `yaml:"none,omitempty"` // set when the product does not speak the protocol
	Steps   []Step       `yaml:"steps,omitempty"`
	Claims  []ClaimHow   `yaml:"claims,omitempty"`
}

// Step is one page of a console. Values hold placeholders such as {callback_url}, {sp_entity_id}, {acs_url}.
type Step struct {
	Go         string   `yaml:"go,omitempty"`
	Page       string   `yaml:"page,omitempty"`
	Do         string   `yaml:"do,omitempty"`
	Press      string   `yaml:"press,omitempty"`
	PressAfter string   `yaml:"press_after,omitempty"`
	Choose     string   `yaml:"choose,omitempty"`
	When       string   `yaml:"when,omitempty"`
	Fields     []Field  `yaml:"fields,omitempty"`
	Copy       []Copy   `yaml:"copy,omitempty"`
	Warn       []string `yaml:"warn,omitempty"`
	Note       string   `yaml:"note,omitempty"`
	S          Keys     `yaml:"s,omitempty"`
}

// Field is one field to fill in.
type Field struct {
	Label string `yaml:"label"`
	Value string `yaml:"value"`
	Note  string `yaml:"note,omitempty"`
}

// Copy is one value to take along to the other side.
type Copy struct {
	Label string `yaml:"label"`
	As    string `yaml:"as"`
	Note  string `yaml:"note,omitempty"`
}

// ClaimHow tells how a claim comes into the token or assertion.
type ClaimHow struct {
	Need string `yaml:"need"`
	How  string `yaml:"how"`
	S    Keys   `yaml:"s,omitempty"`
}
