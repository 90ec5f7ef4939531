package real_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// TestSimpleSAMLphpEmit gives the emitted SP metadata, and nothing else, to a real SimpleSAMLphp, and signs in.
func TestSimpleSAMLphpEmit(t *testing.T) {
	sspSuite.require(t)
	if *wireOnly {
		t.Skip("what ssoctl writes is needed")
	}
	s := startSSP(t)
	config, err := os.ReadFile(filepath.Join(s.dir, "config", "config.php"))
	if err != nil {
		t.Fatal(err)
	}
	s.write(t, "metadata/saml20-sp-remote.php", "<?php\n")
	for _, x := range []loginCase{
		{sp: "orq", want: loginWant{decision: "allowed", claims: map[string]string{"assertion.email": "ann@acme-corp.example", "assertion.lastName": "Lee"}}},
		{sp: "archestra", want: loginWant{decision: "allowed member", claims: map[string]string{"assertion.nameID": "ann@acme-corp.example"}}},
		{sp: "torq", conn: rules("email=ann@acme-corp.example:Owner"), want: loginWant{decision: "allowed Owner"}},
		{sp: "generic", want: loginWant{}},
	} {
		t.Run(x.sp, func(t *testing.T) {
			x.sp = "saml-" + x.sp
			c := s.base[x.sp].copy()
			if x.conn != nil {
				x.conn(&c)
			}
			s.doctor(t, c, "").compare(t, expectation{code: "AUTHZ031"}) // not registered yet
			s.write(t, "metadata/sp.xml", string(emitted(t, c, "--for", "idp", "--as", "sp_metadata")))
			s.write(t, "config/config.php", fmt.Sprintf("%s\n$config['metadata.sources'] = [['type' => 'flatfile'], ['type' => 'xml', 'file' => '%s']];\n", config, filepath.Join(s.dir, "metadata", "sp.xml")))
			t.Cleanup(func() { s.write(t, "config/config.php", string(config)) })
			s.doctor(t, c, "").compare(t, expectation{verdict: "healthy"})
			s.runLogin(t, x, map[string]string{"ann": s.password})
		})
	}
}
