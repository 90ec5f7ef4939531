package receive

import (
	"html"
	"strings"
)

// Page is what the browser shows at the end of a login. It repeats no value of a claim: it stays open on a screen.
type Page struct {
	OK     bool     // a big ✓ or ✗
	Title  string   // "Signed in as …" or the headline of the diagnosis
	Detail string   // a sentence or two; line breaks are kept
	Claims []string // names only
	Next   string   // what to do; empty: return to the terminal

	mark string // another sign than ✓ and ✗, in a neutral colour
}

// HTML returns a document that loads nothing and whose only script takes the code out of the address bar and the history. The nonce
// is that of the response's Content-Security-Policy: letters and digits. All text is escaped.
func (p Page) HTML(nonce string) []byte {
	return p.document(nonce, "", `history.replaceState(null,"",location.pathname)`)
}

// document is the page with more HTML below the text and the given script.
func (p Page) document(nonce, more, script string) []byte {
	mark, class, word := p.mark, "note", ""
	switch {
	case mark != "":
	case p.OK:
		mark, class, word = "✓", "good", "passed"
	default:
		mark, class, word = "✗", "bad", "not passed"
	}
	nonce = html.EscapeString(nonce)
	var b strings.Builder
	b.WriteString(`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">` +
		`<meta name="color-scheme" content="light dark"><meta name="robots" content="noindex"><link rel="icon" href="data:,"><title>`)
	b.WriteString(html.EscapeString(p.Title) + ` – ssoctl</title><style nonce="` + nonce + `">` + style + `</style></head><body><main class="` + class + `">`)
	if word == "" {
		b.WriteString(`<div class="mark" aria-hidden="true">` + mark + `</div>`)
	} else {
		b.WriteString(`<div class="mark" role="img" aria-label="` + word + `">` + mark + `</div>`)
	}
	b.WriteString(`<h1>` + html.EscapeString(p.Title) + `</h1>`)
	if p.Detail != "" {
		b.WriteString(`<p class="detail">` + html.EscapeString(p.Detail) + `</p>`)
	}
	if len(p.Claims) > 0 {
		b.WriteString(`<h2>Claims received</h2><ul>`)
		for _, name := range p.Claims {
			b.WriteString(`<li>` + html.EscapeString(name) + `</li>`)
		}
		b.WriteString(`</ul>`)
	}
	b.WriteString(more)
	next := p.Next
	if next == "" && more == "" {
		next = "Return to the terminal; this page can be closed."
	}
	if next != "" {
		b.WriteString(`<p class="next">` + html.EscapeString(next) + `</p>`)
	}
	b.WriteString(`</main><footer>ssoctl</footer><script nonce="` + nonce + `">` + script + `</script></body></html>`)
	return []byte(b.String())
}

// style works from 320 px up, in light and dark; the colours keep a contrast of 4.5 to 1.
const style = `:root{color-scheme:light dark;--page:#f3f4f7;--card:#fff;--text:#191c22;--soft:#5b6270;--line:#e1e4ea;--chip:#f0f2f6;--good:#12743f;--bad:#b3261e;--note:#2f5bb7}` +
	`@media(prefers-color-scheme:dark){:root{--page:#101216;--card:#191c22;--text:#eceef2;--soft:#a3aab8;--line:#2c313a;--chip:#252a33;--good:#5ed394;--bad:#ff8f86;--note:#8db4ff}}` +
	`*{box-sizing:border-box;margin:0}` +
	`body{min-height:100vh;display:flex;flex-direction:column;align-items:center;justify-content:center;gap:1rem;padding:1rem;background:var(--page);color:var(--text);` +
	`font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}` +
	`main{width:100%;max-width:34rem;padding:clamp(1.25rem,6vw,2.5rem);background:var(--card);border:1px solid var(--line);border-radius:1rem;box-shadow:0 1px 2px #0001,0 .75rem 2rem #00000014;` +
	`text-align:center;overflow-wrap:anywhere}` +
	`.mark{width:4.5rem;height:4.5rem;margin:0 auto 1.25rem;border:.2rem solid;border-radius:50%;font-size:2.4rem;line-height:4.1rem;font-weight:700}` +
	`.good .mark{color:var(--good)}.bad .mark{color:var(--bad)}.note .mark{color:var(--note)}` +
	`h1{font-size:clamp(1.2rem,5vw,1.5rem);line-height:1.3}` +
	`.detail{margin-top:.75rem;color:var(--soft);white-space:pre-line}` +
	`h2{margin:1.5rem 0 .5rem;font-size:.8rem;color:var(--soft);font-weight:600}` +
	`ul{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.4rem;justify-content:center}` +
	`li{padding:.15rem .6rem;border-radius:.5rem;background:var(--chip);font:.85rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}` +
	`.next{margin-top:1.5rem;padding-top:1.25rem;border-top:1px solid var(--line);font-weight:500}` +
	`button{margin-top:1rem;padding:.6rem 1.2rem;border:0;border-radius:.5rem;background:var(--note);color:var(--card);font:inherit;font-weight:600;cursor:pointer}` +
	`footer{color:var(--soft);font-size:.8rem}`
