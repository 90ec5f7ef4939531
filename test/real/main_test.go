// Package real_test puts ssoctl in front of real identity providers: Keycloak and the npm package
// oidc-provider, both on loopback behind a TLS proxy with a public-looking name and a certificate authority
// made at run time. Every case puts one fault into a healthy server, looks at the wire whether the fault is
// there, lets `ssoctl doctor` find it and takes it back.
//
// The servers start only with SSOCTL_REAL=1, which `make test` sets. They are installed once by the scripts
// in setup/ into ${SSOCTL_CACHE:-$HOME/.cache/ssoctl}.
package real_test

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var (
	update   = flag.Bool("update", false, "write the recordings in testdata/recordings anew")
	given    = flag.String("ssoctl", "", "absolute path of a built ssoctl to test; empty: build the one of this module")
	wireOnly = flag.Bool("wire", false, "only look whether the faults show on the wire; ssoctl is neither built nor run")
)

// suite is one real server and the programs without which it cannot be installed or started.
type suite struct {
	name  string
	needs []need
}

// need is a program, or several of which one will do, and the word by which people know it.
type need struct{ program, called string }

var (
	keycloakSuite   = suite{"keycloak", []need{{"java", "Java"}, {"mvn", "Maven"}, {"unzip", "unzip"}, {"bash", "bash"}}}
	xmlsecSuite     = suite{"xmlsec1", []need{{"bash", "bash"}, {"xmlsec1|apt-get", "xmlsec1, nor apt-get to install it"}}}
	sspSuite        = suite{"SimpleSAMLphp", []need{{"bash", "bash"}, {"apt-get", "apt-get to install it"}, {"dpkg-deb", "dpkg-deb"}}}
	betterAuthSuite = suite{"better-auth", []need{{"node", "Node"}, {"npm", "npm"}, {"bash", "bash"}}}
	oidcSuite       = suite{"oidc-provider", []need{{"node", "Node"}, {"npm", "npm"}, {"bash", "bash"}}}
)

// missing returns why the suite cannot run on this machine, empty when it can.
func (s suite) missing() string {
	for _, n := range s.needs {
		if !slices.ContainsFunc(strings.Split(n.program, "|"), installed) {
			return "left out: " + s.name + " (no " + n.called + ")"
		}
	}
	return ""
}

func installed(program string) bool {
	_, err := exec.LookPath(program)
	return err == nil
}

// require ends the test when the suite cannot run here: as a failure where CI=true, else as left out.
func (s suite) require(t testing.TB) {
	t.Helper()
	why := s.missing()
	switch {
	case why == "":
	case inCI():
		t.Fatal(why)
	default:
		t.Skip(why)
	}
}

// inCI tells whether nothing may be left out.
func inCI() bool { return os.Getenv("CI") == "true" }

// binary is the path of the ssoctl that TestMain built or was given; the tests only read it.
var binary string

// TestMain says what is left out before anything starts, and builds ssoctl once.
func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m, os.Stderr))
}

// run is TestMain with a return value, so that deferred calls happen.
func run(m *testing.M, out io.Writer) int {
	if os.Getenv("SSOCTL_REAL") != "1" {
		fmt.Fprintln(out, "left out: the real servers (SSOCTL_REAL is not 1; make test sets it)")
		if inCI() {
			return 1
		}
		return 0
	}
	for _, s := range []suite{keycloakSuite, oidcSuite, sspSuite, xmlsecSuite, betterAuthSuite, handlebarsSuite, chromiumSuite} {
		if why := s.missing(); why != "" {
			fmt.Fprintln(out, why)
		}
	}
	dir, err := os.MkdirTemp("", "ssoctl-real-")
	if err != nil {
		fmt.Fprintln(out, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = *given
	if binary == "" && !*wireOnly {
		binary = filepath.Join(dir, "ssoctl")
		build := exec.Command("go", "build", "-o", binary, "../../cmd/ssoctl")
		build.Stdout, build.Stderr = out, out
		if err := build.Run(); err != nil {
			fmt.Fprintln(out, "build ssoctl:", err)
			return 1
		}
	}
	return m.Run()
}
