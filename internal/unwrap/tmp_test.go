package unwrap
import ("testing";"time";"strings";"fmt")
func TestTmp(t *testing.T){
	for _, unit := range []string{"SAMLResponse=", "SAMLResponse: ", "SAMLResponse%3D", "<Response ", "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\">", "<a>", "eyJhbGciOiJub25lIn0.", "curl ", "curl 'a' ", "curl \"",
		"Invoke-WebRequest -Uri (", "fetch('", "POST /x HTTP/1.1\n", "-----BEGIN CERTIFICATE-----\n", "https://a.test/?code=1&state=2 ", "\"GET /?error=access_denied&state=1 ", "{\"a\":[", "[", "\"", "&lt;Response ", "\\\"", "%25", "<form><input name=SAMLResponse value=", "=", "a=b&", "^\"", "```", "\n ", "30"} {
		for _, w := range []func(string)string{func(s string)string{return s}, b64, func(s string)string{return "x "+s}, func(s string)string{return string(text(s))}} {
		s:=time.Now()
		docs,_ := Open("", []byte(w(strings.Repeat(unit, 100000))))
		if d:=time.Since(s); d>400*time.Millisecond { fmt.Printf("%v %d %q %.20q\n", d, len(docs), unit, w(unit)) }
		}
	}
	// large HAR
	one := `{"startedDateTime":"2026-01-01T00:00:00Z","request":{"method":"GET","url":"https://a.test/x?code=1&state=2","headers":[{"name":"Cookie","value":"a=b"}]},"response":{"status":200,"content":{"mimeType":"text/html","text":"`+strings.Repeat("<p>hello error word abc123</p>",2000)+`"}}}`
	k := 60<<20/len(one)
	h := `{"log":{"entries":[`+strings.Repeat(one+",",k)+one+`]}}`
	s:=time.Now(); docs,err:=Open("",[]byte(h)); fmt.Println("open",len(h)>>20,"MiB",time.Since(s),len(docs),err)
	s=time.Now(); out,err:=RedactHAR([]byte(h),[]byte("k")); fmt.Println("redact",time.Since(s),len(out)>>20,err)
	sm := `{"startedDateTime":"2026-01-01T00:00:00Z","request":{"method":"GET","url":"https://a.test/x?code=1&state=2"},"response":{"status":302}}`
	h = `{"log":{"entries":[`+strings.Repeat(sm+",",300000)+sm+`]}}`
	s=time.Now(); docs,err=Open("",[]byte(h)); fmt.Println("open",len(h)>>20,"MiB",time.Since(s),len(docs),err)
	s=time.Now(); out,err=RedactHAR([]byte(h),[]byte("k")); fmt.Println("redact",time.Since(s),len(out)>>20,err)
}
