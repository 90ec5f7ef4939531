package unwrap

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/ssoctl/ssoctl/internal/evidence"
)

// redactor replaces values; equal ones by equal pseudonyms.
type redactor struct {
	key   []byte
	seen  map[string]bool // values that were replaced; short ones left out, since they are words of any text
	known map[string]bool // of the first pass: replaced wherever they stand
	open  map[string]bool // client and key identifiers, which are public although they look random
}

// keptNames are parameters, JSON members and claims whose values are no secret and name no person. Everything else is replaced. Not
// one of them may be a name of evidence.Secret; a test sees to it.
var keptNames = set("client_id", "redirect_uri", "response_type", "response_mode", "scope", "error", "error_description", "error_uri", "error_codes", "error_subcode", "iss", "issuer",
	"prompt", "max_age", "ui_locales", "acr_values", "display", "code_challenge_method", "grant_type", "token_type", "issued_token_type", "subject_token_type", "requested_token_type",
	"client_assertion_type", "expires_in", "refresh_expires_in", "resource", "audience", "SigAlg", "SAMLEncoding", "post_logout_redirect_uri", "wa", "wtrealm", "wreply", "wct",
	"entityID", "return", "domain_hint", "hd", "lang", "locale", "aud", "azp", "exp", "iat", "nbf", "auth_time", "acr", "amr", "typ", "alg", "kid", "enc", "cty",
	"scp", "tid", "token_use", "ver", "email_verified", "active", "providerId", "callbackURL", "errorCallbackURL", "newUserCallbackURL")

// errorNames are members whose texts tell what went wrong, in answers that say that something did.
var errorNames = set("message", "msg", "errorSummary", "errorCode", "errorMessage", "detail", "title", "reason", "description", "status", "statusCode", "type")

// identifiers are kept names whose values look random and are public.
var identifiers = set("client_id", "aud", "azp", "kid")

func set(names ...string) map[string]bool {
	out := make(map[string]bool, len(names))
	for _, n := range names {
		out[n] = true
	}
	return out
}

var (
	safeMark   = lazily(`^(?:redacted-[0-9a-f]{8}(?:@[^@\s]+)?|\[not kept\])$`)
	mailLike   = lazily(`[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+`)
	wordLike   = lazily(`[\p{L}\p{N}_~.+/=@%-]+`)
	namedLike  = lazily(`(?i)([\w.-]*(?:passw|pwd|secret|token|api[-_]?key|session|cookie|otp|nonce|bearer|authorization|credential)[\w.-]*["']?\s*[:=]\s*["']?|bearer\s+|basic\s+)([^\s"'&<>,;]+)`)
	paramIn    = lazily(`([A-Za-z_][\w.-]{0,40})=([^&\s"'<>;,)]+)`)
	uuidLike   = lazily(`^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$`)
	memberLike = lazily(`^:?[A-Za-z_@$][A-Za-z0-9_.:\[\]/#$-]{0,80}$`)
	flagLike   = lazily(`^[a-z]{0,10}$`)
	inner      = lazily(`[\p{L}\p{N}]+`)
)

// hide replaces a value. Of an e-mail address the domain stays: it decides who may sign in.
func (r *redactor) hide(v string) string {
	trimmed := strings.TrimSpace(v)
	switch trimmed {
	case "", "true", "false", "0", "1", "null":
		return trimmed
	}
	if safeMark().MatchString(trimmed) {
		return trimmed
	}
	if len(trimmed) >= 8 {
		r.seen[trimmed] = true
	}
	if local, domain, ok := strings.Cut(trimmed, "@"); ok && mailLike().FindString(trimmed) == trimmed {
		return r.pseudonym(strings.ToLower(local)) + "@" + domain
	}
	return r.pseudonym(trimmed)
}

func (r *redactor) pseudonym(v string) string {
	if strings.HasPrefix(v, "redacted-") { // what only looks like a pseudonym
		v = "\x00" + v
	}
	return evidence.Pseudonym(r.key, v)
}

// param redacts the value of a parameter or form field.
func (r *redactor) param(name, v string) string {
	switch {
	case v == "":
		return v
	case samlParam(name) && name != "SAMLart":
		return r.message(v)
	case strings.HasPrefix(v, "eyJ"):
		return r.token(v)
	case identifiers[name] && len(v) <= 256 && oneWord([]byte(v)) && !mailLike().MatchString(v):
		r.open[v] = true
		return v
	case keptNames[name] && !evidence.Secret(name):
		return r.kept(v)
	}
	return r.hide(v)
}

// kept redacts a value of a harmless name: addresses and texts may quote others.
func (r *redactor) kept(v string) string {
	if addressLike().MatchString(v) && oneWord([]byte(v)) {
		return r.url(v)
	}
	return r.text(v)
}

// name redacts the name of a parameter, member or header: some are values.
func (r *redactor) name(n string) string {
	if memberLike().MatchString(n) && !r.random(n) && !r.known[n] {
		return n
	}
	return r.hide(n)
}

// query redacts a query string or form body; order and what cannot be decoded stay recognisable.
func (r *redactor) query(raw string) string {
	parts := strings.Split(raw, "&")
	for i, part := range parts {
		name, value, ok := strings.Cut(part, "=")
		plainName, err := url.QueryUnescape(name)
		if err != nil {
			plainName = name
		}
		if !ok {
			if !flagLike().MatchString(plainName) {
				parts[i] = url.QueryEscape(r.hide(plainName))
			}
			continue
		}
		if n := r.name(plainName); n != plainName {
			name = url.QueryEscape(n)
		}
		plain, err := url.QueryUnescape(value)
		if err != nil {
			plain = value
		}
		if safe := r.param(plainName, plain); safe != plain || err != nil {
			value = url.QueryEscape(safe)
		}
		parts[i] = name + "=" + value
	}
	return strings.Join(parts, "&")
}

// url redacts an address: credentials, parameters, and parts of the path that look like tokens.
func (r *redactor) url(address string) string {
	if address == "" {
		return ""
	}
	address, fragment, hasFragment := strings.Cut(address, "#")
	address, query, hasQuery := strings.Cut(address, "?")
	scheme, rest, ok := strings.Cut(address, ":")
	if ok && !strings.HasPrefix(rest, "/") && address != "about:blank" && !strings.Contains(scheme, "/") {
		return scheme + ":[not kept]" // data:, blob:, javascript:
	}
	out := address
	if scheme, rest, ok := strings.Cut(address, "://"); ok {
		host, path, slash := strings.Cut(rest, "/")
		if i := strings.LastIndex(host, "@"); i >= 0 {
			host = r.hide(host[:i]) + host[i:]
		}
		out = scheme + "://" + host
		if slash {
			out += "/" + r.path(path)
		}
	} else {
		out = r.path(address)
	}
	if hasQuery {
		out += "?" + r.query(query)
	}
	if hasFragment {
		if strings.Contains(fragment, "=") {
			route, params, has := strings.Cut(fragment, "?") // a route of a page application
			if has {
				fragment = r.path(route) + "?" + r.query(params)
			} else {
				fragment = r.query(fragment)
			}
		} else {
			fragment = r.path(fragment)
		}
		out += "#" + fragment
	}
	return out
}

// path redacts segments that look like tokens or addresses, and parameters behind semicolons.
func (r *redactor) path(path string) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		s, params, has := strings.Cut(s, ";")
		plain, err := url.PathUnescape(s)
		if err != nil {
			plain = s
		}
		if r.random(plain) || r.known[plain] || mailLike().MatchString(plain) || len(plain) > 80 {
			s = url.PathEscape(r.hide(plain))
		}
		if has {
			s += ";" + r.query(params)
		}
		segments[i] = s
	}
	return strings.Join(segments, "/")
}

// random tells random values from words: a run of 16 letters and digits mixed, or of 9 digits. A GUID is none: products use them
// as names.
func (r *redactor) random(s string) bool {
	if uuidLike().MatchString(s) || safeMark().MatchString(s) || r.open[s] {
		return false
	}
	for _, run := range inner().FindAllString(s, -1) {
		digits := strings.Count(strings.Map(func(c rune) rune {
			if c >= '0' && c <= '9' {
				return '0'
			}
			return 'a'
		}, run), "0")
		if len(run) >= 16 && digits > 0 || digits >= 9 || len(run) >= 40 {
			return true
		}
	}
	return false
}

// text redacts free text: addresses, tokens, e-mail addresses, named secrets, and every value that was replaced elsewhere.
func (r *redactor) text(s string) string {
	if s == "" {
		return s
	}
	s = tokenLike().ReplaceAllStringFunc(s, r.token)
	s = linkLike().ReplaceAllStringFunc(s, func(m string) string {
		tail := len(strings.TrimRight(m, ".,;:!?)]}*|"))
		return r.url(m[:tail]) + m[tail:]
	})
	s = mailLike().ReplaceAllStringFunc(s, r.hide)
	s = groups(namedLike(), s, func(g []string) string { return g[1] + r.hide(g[2]) })
	s = groups(paramIn(), s, func(g []string) string {
		if evidence.Secret(g[1]) || samlParam(g[1]) {
			return g[1] + "=" + r.hide(g[2])
		}
		return g[0]
	})
	return wordLike().ReplaceAllStringFunc(s, func(w string) string {
		core := strings.Trim(w, ".~/=-")
		if core == "" || strings.Contains(core, "redacted-") || !r.known[core] && (!r.random(core) || strings.Contains(core, "/")) {
			return w
		}
		return strings.Replace(w, core, r.hide(core), 1)
	})
}

func groups(re *regexp.Regexp, s string, with func([]string) string) string {
	return re.ReplaceAllStringFunc(s, func(m string) string { return with(re.FindStringSubmatch(m)) })
}
