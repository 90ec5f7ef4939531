package unwrap

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
)

var (
	curlLike  = lazily(`(?m)^\s*[$>#]?\s*curl(?:\.exe)?\s`)
	shellLike = lazily(`(?i)\b(?:Invoke-WebRequest|Invoke-RestMethod|iwr|irm)\b`)
	fetchLike = lazily(`\bfetch\(\s*["'` + "`" + `]`)
)

// commandWords tells quickly what can hold no command, which is most of what is pasted.
func commandWords(data []byte) bool {
	if bytes.Contains(data, []byte("curl")) || bytes.Contains(data, []byte("fetch(")) {
		return true
	}
	for _, word := range []string{"invoke-", "iwr", "irm"} {
		for rest := data; ; {
			i := bytes.IndexAny(rest, word[:1]+strings.ToUpper(word[:1]))
			if i < 0 || len(rest)-i < len(word) {
				break
			}
			if strings.EqualFold(string(rest[i:i+len(word)]), word) {
				return true
			}
			rest = rest[i+1:]
		}
	}
	return false
}

// command opens what a browser's developer tools copy: cURL for bash and for cmd, PowerShell, fetch. Several may follow each other
// ("Copy all as …").
func (o *opener) command(p piece) bool {
	if !commandWords(p.data) {
		return false
	}
	for _, form := range []struct {
		starts [][]int
		layer  string
		read   func([]byte) (request, bool)
	}{
		{finding(curlLike, "curl").in(p.data), "cURL", readCurl},
		{finding(shellLike, "-W", "-w", "-R", "-r", "-M", "-m", "irm", "IRM", "iwr", "IWR").in(head(p.data)), "PowerShell", readPowerShell},
		{finding(fetchLike, "fetch(").in(p.data), "fetch", readFetch},
	} {
		found := false
		for i, m := range form.starts {
			end := len(p.data)
			if i+1 < len(form.starts) {
				end = form.starts[i+1][0]
			}
			r, ok := form.read(p.data[m[0]:end])
			if !ok {
				continue
			}
			in := p.within(p.data[m[0]:end], form.layer)
			in.quiet = true
			if p.whole {
				in.doc.Pos = o.at(p.off + m[0])
			}
			found = o.exchange(in, r) || found
		}
		if found {
			return true
		}
	}
	return false
}

// readCurl reads a curl command line.
func readCurl(text []byte) (request, bool) {
	text = text[bytes.Index(text, []byte("curl")):] // a prompt may stand before it
	words := shellWords(text)
	if finding(caretLike, "^").match(text) {
		words = cmdWords(text)
	}
	var r request
	var data []string
	get := false
	for i := 1; i < len(words); i++ {
		w := words[i]
		name, value, long := w, "", false
		if strings.HasPrefix(w, "--") {
			name, value, long = strings.Cut(w, "=")
		} else if len(w) > 2 && w[0] == '-' && strings.IndexByte("XHdbFuAe", w[1]) >= 0 {
			name, value, long = w[:2], w[2:], true
		}
		next := func() string {
			if !long && i+1 < len(words) {
				i++
				return words[i]
			}
			return value
		}
		switch name {
		case "-X", "--request":
			r.method = next()
		case "-H", "--header":
			n, v, _ := strings.Cut(next(), ":")
			r.header = append(r.header, pair{name: n, value: strings.TrimSpace(v)})
		case "-b", "--cookie":
			r.header = append(r.header, pair{name: "Cookie", value: next()})
		case "-d", "--data", "--data-raw", "--data-ascii", "--data-binary":
			data = append(data, next())
		case "--data-urlencode":
			data = append(data, urlencoded(next()))
		case "-F", "--form", "--form-string":
			n, v, _ := strings.Cut(next(), "=")
			r.params = append(r.params, pair{name: n, value: v, raw: v})
		case "-G", "--get":
			get = true
		case "--url":
			r.url = next()
		case "-u", "--user", "-A", "--user-agent", "-e", "--referer", "-o", "--output", "-x", "--proxy", "--cacert", "--cert", "--key", "--resolve", "-m", "--max-time", "-w", "--write-out":
			next()
		default:
			if !strings.HasPrefix(w, "-") && r.url == "" {
				r.url = w
			}
		}
	}
	body := strings.Join(data, "&")
	if get && body != "" {
		r.url, body = withQuery(r.url, body), ""
	}
	r.body = []byte(body)
	return r, r.url != ""
}

// withQuery puts parameters behind those that an address has.
func withQuery(address, query string) string {
	if strings.Contains(address, "?") {
		return address + "&" + query
	}
	return address + "?" + query
}

// urlencoded reads the value of --data-urlencode: "name=text", or a text alone.
func urlencoded(s string) string {
	name, value, ok := strings.Cut(s, "=")
	switch {
	case !ok:
		return url.QueryEscape(name)
	case name == "":
		return url.QueryEscape(value)
	}
	return name + "=" + url.QueryEscape(value)
}

// readPowerShell reads Invoke-WebRequest with its parameters by name.
func readPowerShell(text []byte) (request, bool) {
	var r request
	words := powerWords(text)
	for i := 0; i+1 < len(words); i++ {
		if words[i].quoted {
			continue
		}
		// The value may stand in a call: ([System.Text.Encoding]::UTF8.GetBytes("…")).
		value := words[i+1].text
		for j := i + 1; j < len(words) && j < i+4 && !words[j].quoted && strings.HasPrefix(words[j].text, "("); j++ {
			if j+1 < len(words) {
				value = words[j+1].text
			}
		}
		switch strings.ToLower(words[i].text) {
		case "-uri":
			r.url = value
		case "-method":
			r.method = strings.ToUpper(value)
		case "-body":
			r.body = []byte(value)
		}
	}
	for i := 0; i+2 < len(words); i++ {
		if words[i].quoted && words[i+1].text == "=" && words[i+2].quoted {
			r.header = append(r.header, pair{name: words[i].text, value: words[i+2].text})
		}
	}
	return r, r.url != ""
}

// readFetch reads fetch("…", {…}) as browsers write it: the options are JSON.
func readFetch(text []byte) (request, bool) {
	text = text[bytes.IndexByte(text, '(')+1:]
	text = bytes.TrimLeft(text, " \t\r\n")
	if len(text) == 0 {
		return request{}, false
	}
	end := 1
	for end < len(text) && text[end] != text[0] {
		if text[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(text) {
		return request{}, false
	}
	r := request{url: string(unescape(text[1:end]))}
	rest := bytes.TrimLeft(text[end+1:], " \t\r\n,")
	var options struct {
		Method  string            `json:"method"`
		Body    *string           `json:"body"`
		Headers map[string]string `json:"headers"`
	}
	if bytes.HasPrefix(rest, []byte("{")) && json.NewDecoder(bytes.NewReader(rest)).Decode(&options) == nil {
		r.method = options.Method
		if options.Body != nil {
			r.body = []byte(*options.Body)
		}
		for n, v := range options.Headers {
			r.header = append(r.header, pair{name: n, value: v})
		}
	}
	return r, r.url != ""
}
