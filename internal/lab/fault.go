package lab

import (
	"cmp"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Fault is one way of being wrong. It is named after the rule that must see it.
type Fault struct {
	Name       string      // the rule's code, with a suffix for further variants: "DISC008", "NET022-bomb"
	Code       string      // the rule's code alone
	Title      string      // what is wrong, one clause in the present tense
	Connection func(*Conn) // changes to the connection file; nil means none
	Login      bool        // shows only in a login, not in what can be asked without a user
	Deep       bool        // shows only to probes that repeat or change a request (opt-in probes)
	Rotate     bool        // shows only when Rotate is called between two runs
	Device     bool        // shows only in a login by the device flow
	SignOut    bool        // shows only when the session is ended after a login
	Resolver   bool        // asks the system's resolver for a name that does not exist
	Protocol   string      // oidc or saml: which side of the lab it is about
	SP         bool        // shows only in the SP's metadata (Lab.SPMetadata), which the lab does not serve

	set func(*behaviour)
}

// Faults lists all faults, sorted by name. The slice is the caller's own.
func Faults() []Fault {
	all := slices.Concat(
		tlsFaults(), netFaults(), netAnswerFaults(),
		discTransportFaults(), discIssuerFaults(), discVendorFaults(), discEndpointFaults(), discListFaults(), discOptionFaults(), discRepeatFaults(),
		jwksShapeFaults(), jwksKeyFaults(), jwksAnswerFaults(),
		authzClientFaults(), authzRedirectFaults(), authzAnswerFaults(), tokFaults(),
		login(slices.Concat(endFaults(), grantFaults(), idtFormFaults(), idtSignatureFaults(), idtPartyFaults(), idtTimeFaults(), idtRequestFaults(), idtUserFaults(),
			uiFaults(), clmFaults(), devFaults(), lgoFaults())))
	for i := range all {
		all[i].Protocol = protocolOIDC
	}
	for _, f := range samlFaults() {
		f.Protocol = protocolSAML
		all = append(all, f)
	}
	for i := range all {
		all[i].Code, _, _ = strings.Cut(all[i].Name, "-")
	}
	slices.SortFunc(all, func(a, b Fault) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// Protocols of Options and Fault.
const (
	protocolOIDC = "oidc"
	protocolSAML = "saml"
)

// samlFaults lists those of the SAML side.
func samlFaults() []Fault {
	return slices.Concat(
		mdDocumentFaults(), mdSealFaults(), mdNameFaults(), mdServiceFaults(), mdKeyFaults(), mdInfoFaults(), spFaults(), certFaults(), pastedFaults(), disagreementFaults(),
		samlClientFaults(), samlNetFaults(),
		login(slices.Concat(reqFaults(), rspFormFaults(), rspFaults(), statusFaults(),
			astHeadFaults(), astIdentityFaults(), astSubjectFaults(), astConditionFaults(), astStatementFaults(), astAttributeFaults(),
			sigTrustFaults(), sigFormFaults(), wrappingFaults(), encFaults())))
}

func lookup(name string) (Fault, bool) {
	all := Faults()
	i := slices.IndexFunc(all, func(f Fault) bool { return f.Name == name })
	if i < 0 {
		return Fault{}, false
	}
	return all[i], true
}

// members is a JSON object that a fault may change before it is written.
type members = map[string]any

// answer replaces an HTTP answer; body is what a healthy lab would have sent.
type answer func(l *Lab, w http.ResponseWriter, r *http.Request, body []byte)

// behaviour is all that a fault can change. The zero value is the healthy lab.
type behaviour struct {
	host, path, suffix string              // of the issuer: in place of the option, in place of "/lab", after the path
	hosts              []string            // further host names that the documents use; the certificate covers them
	issuer             func(string) string // what the server calls itself, made from what the admin enters
	redirectURI        string              // what the SP sends and what is registered

	wire      wire
	discovery document
	metadata  func(members, site) // changes to the RFC 8414 document alone
	jwks      document
	keys      keyChange
	authz     authzChange
	client    clientChange
	login     loginChange
	saml      samlChange
}

// wire is what can be wrong below HTTP, and in the headers of every answer.
type wire struct {
	listen   listenMode
	chain    chainMode
	leaf     func(leaf *x509.Certificate, now time.Time) // changes the certificate before it is signed
	tls      func(*tls.Config)
	skew     time.Duration // added to the Date header
	everyone answer        // replaces the answers of all pages
}

// document is what can be wrong with a published document.
type document struct {
	change  func(m members, s site)        // changes members
	nth     func(m members, s site, n int) // changes that differ from one fetch to the next; n counts from 0
	answer  answer                         // replaces the answer
	cache   string                         // Cache-Control in place of the sane one
	noCORS  bool
	aliases map[string]string // further paths and the pages that they serve
}

// keyChange is what can be wrong with the signing keys.
type keyChange struct {
	rsa     func() (*rsa.PrivateKey, error) // in place of the healthy RSA key
	kid     string                          // fixed key id of the RSA key, kept when keys are rotated
	signing string                          // alg of ID tokens in place of RS256
	header  func(kid string) string         // kid in the token's header
	set     func(set members, k *keyring) error
}

// authzChange is what can be wrong at the authorization endpoint.
type authzChange struct {
	registered    string // redirect URI that is registered in place of the SP's
	state         clientState
	tenantOff     bool
	refusedScopes []string
	demand        demand
	openRedirect  bool                // unregistered redirect URIs are followed
	dropQuery     bool                // the query of the redirect URI is lost
	fragment      bool                // the answer is in the fragment
	iss           func(string) string // of the iss parameter; an empty result means that it is not sent
	params        func(url.Values)    // changes to the parameters of each answer
	shortCode     bool                // codes that can be guessed
}

// clientChange is what can be wrong with the client's registration at the token endpoint.
type clientChange struct {
	mangle      func(string) string // makes the client secret from a random one
	otherSecret bool                // the lab holds another secret than the SP
	expired     bool
	methods     []string // authentication methods that are accepted, in place of both
	rawBasic    bool     // user name and password of Basic are compared without form-decoding
	grant       *refusal // refusal of the authorization code grant, after the client was recognised
	grantHeader http.Header
}

// loginChange is what can be wrong in a login, once the user has said who it is.
type loginChange struct {
	user      func(*User)                                                                // changes to who signed in
	instead   func(l *Lab, w http.ResponseWriter, r *http.Request, req authRequest) bool // answers in place of the code when it returns true
	posted    bool                                                                       // the answer comes by form_post, whatever was asked for
	exchange  *refusal                                                                   // of a code that is right
	response  func(members)                                                              // changes to the answer with tokens
	answer    answer                                                                     // replaces the answer with tokens
	access    func(string) string                                                        // makes the access token from a random one
	header    members                                                                    // members of the ID token's header
	claims    func(members)                                                              // changes to the ID token
	refreshed func(members)                                                              // changes to the ID token of a refresh
	make      func(l *Lab, header, claims members) (string, error)                       // makes the ID token in place of the healthy signer
	both      func(members)                                                              // changes to the user's claims, in ID token and userinfo
	userinfo  func(members)                                                              // changes to userinfo
	info      answer                                                                     // replaces the answer of userinfo
	device    func(members)                                                              // changes to the answer of the device endpoint
	poll      *refusal                                                                   // of a device that was allowed
	started   *refusal                                                                   // of every device request
	signOut   *refusal                                                                   // of every sign-out
}

// clientState is how the client is registered.
type clientState int

const (
	clientReady clientState = iota
	clientDisabled
	clientNoCode  // the authorization code flow is switched off
	clientBearer  // takes tokens, never asks for them
	clientForeign // registered for the other protocol
)

// demand is what the authorization endpoint insists on.
type demand int

const (
	demandNothing demand = iota
	demandPKCE
	demandPAR
	demandRequestObject
)
