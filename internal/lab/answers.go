package lab

import (
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// discovered is a fault that replaces the answer of the discovery endpoint.
func discovered(a answer) func(*behaviour) {
	return func(b *behaviour) { b.discovery.answer = a }
}

// published is a fault that replaces the answer of the JWKS endpoint.
func published(a answer) func(*behaviour) {
	return func(b *behaviour) { b.jwks.answer = a }
}

// rewrite changes the body.
func rewrite(change func(string) string) answer {
	return func(_ *Lab, w http.ResponseWriter, _ *http.Request, body []byte) {
		w.Write([]byte(change(string(body))))
	}
}

// retyped sends the body under another content type.
func retyped(kind string) answer {
	return func(_ *Lab, w http.ResponseWriter, _ *http.Request, body []byte) {
		w.Header().Set("Content-Type", kind)
		w.Write(body)
	}
}

// missing answers with an error status and a small JSON body.
func missing(status int, code string) answer {
	return func(_ *Lab, w http.ResponseWriter, _ *http.Request, _ []byte) {
		noStore(w)
		writeJSON(w, status, members{"error": code})
	}
}

// busy answers that it cannot now; retry is the Retry-After header, none when empty.
func busy(status int, retry string) answer {
	return func(l *Lab, w http.ResponseWriter, r *http.Request, body []byte) {
		if retry != "" {
			w.Header().Set("Retry-After", retry)
		}
		missing(status, "temporarily_unavailable")(l, w, r, body)
	}
}

func htmlPage(status int, title, text string) answer {
	return func(l *Lab, w http.ResponseWriter, r *http.Request, _ []byte) {
		l.render(w, status, "message.html", pageData{Title: title, Text: text})
	}
}

// redirect sends the client to a URL, or nowhere when it is empty.
func redirect(to string) answer {
	return func(_ *Lab, w http.ResponseWriter, _ *http.Request, _ []byte) {
		noStore(w)
		w.Header().Del("Content-Type")
		if to != "" {
			w.Header().Set("Location", to)
		}
		w.WriteHeader(http.StatusFound)
	}
}

// onlyOver redirects requests of one scheme and serves the document over the other.
func onlyOver(scheme string, to func(*Lab, *http.Request) string) answer {
	return func(l *Lab, w http.ResponseWriter, r *http.Request, body []byte) {
		if (r.TLS != nil) == (scheme == "https") {
			redirect(to(l, r))(l, w, r, body)
			return
		}
		w.Write(body)
	}
}

// silent keeps the client waiting until it goes or the lab closes.
func silent(l *Lab, _ http.ResponseWriter, r *http.Request, _ []byte) {
	select {
	case <-r.Context().Done():
	case <-l.closing:
	}
	panic(http.ErrAbortHandler) // an empty 200 would be an answer after all
}

// drip sends the document so slowly that nobody waits for its end.
func drip(l *Lab, w http.ResponseWriter, r *http.Request, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	flush := http.NewResponseController(w)
	for i := range body {
		if _, err := w.Write(body[i : i+1]); err != nil || flush.Flush() != nil {
			return
		}
		l.pause(r, 500*time.Millisecond)
	}
}

// endless sends a string member that has no end.
func endless(l *Lab, w http.ResponseWriter, r *http.Request, body []byte) {
	head := strings.TrimRight(string(body), "}\n") + `, "padding": "`
	w.Write([]byte(head))
	chunk := []byte(strings.Repeat("x", 64<<10))
	for r.Context().Err() == nil {
		select {
		case <-l.closing:
			panic(http.ErrAbortHandler) // returning would end the body properly
		default:
		}
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

// bomb sends some 30 KB that unpack to 32 MiB.
func bomb(_ *Lab, w http.ResponseWriter, _ *http.Request, body []byte) {
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	defer z.Close()
	z.Write([]byte(strings.TrimRight(string(body), "}\n")))
	blank := []byte(strings.Repeat(" ", 1<<20))
	for range 32 {
		if _, err := z.Write(blank); err != nil {
			return
		}
	}
	z.Write([]byte("}\n"))
}

// short announces the whole document and closes the connection in the middle of it.
func short(_ *Lab, w http.ResponseWriter, _ *http.Request, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Write(body[:len(body)/2])
	http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}
