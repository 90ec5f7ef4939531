package receive

import (
	"io/fs"
	"strings"
	"testing"
)

func TestLook(t *testing.T) {
	wsl := map[string]string{"/proc/version": "Linux version 5.15.153.1-Microsoft-standard-WSL2"}
	ssh := "SSH_CONNECTION=203.0.113.9 50022 198.51.100.7 22"
	tests := []struct {
		name, goos, env string // of the environment, ; parts
		files           map[string]string
		want            Surroundings
		advice          []string // one substring a line
	}{
		{"desktop", "linux", "DISPLAY=:0", nil, Surroundings{}, nil},
		{"wayland", "linux", "WAYLAND_DISPLAY=wayland-0", nil, Surroundings{}, nil},
		{"mac", "darwin", "", nil, Surroundings{}, nil},
		{"windows", "windows", "", nil, Surroundings{}, nil},
		{"server room", "linux", "", nil, Surroundings{NoDisplay: true}, []string{"no display is here"}},
		{"ssh", "linux", ssh + ";USER=ann", nil, Surroundings{SSH: true, NoDisplay: true, user: "ann", server: "198.51.100.7"},
			[]string{"ssh -N -L 8250:127.0.0.1:8250 ann@198.51.100.7", "--receive paste"}},
		{"ssh, another port", "linux", "SSH_CONNECTION=fe80::1%eth0 1 2001:db8::7 2222;LOGNAME=ann", nil, Surroundings{SSH: true, NoDisplay: true, user: "ann", server: "2001:db8::7", sshPort: "2222"},
			[]string{"ssh -N -L 8250:127.0.0.1:8250 -p 2222 ann@2001:db8::7", "--receive paste"}},
		{"ssh, hostile names", "linux", "SSH_CONNECTION=1.2.3.4 5 $(reboot) `id`;USER=-oProxyCommand=x", nil, Surroundings{SSH: true, NoDisplay: true},
			[]string{"8250 USER@HOST", "--receive paste"}},
		{"ssh to a mac", "darwin", "SSH_TTY=/dev/ttys001;USER=ann", nil, Surroundings{SSH: true, user: "ann"}, []string{"ann@HOST", "--receive paste"}},
		{"wsl", "linux", "WSL_DISTRO_NAME=Debian", wsl, Surroundings{WSL: true}, []string{"browser of Windows"}},
		{"wsl by its kernel", "linux", "", wsl, Surroundings{WSL: true}, []string{"browser of Windows"}},
		{"container on a Windows machine", "linux", "", map[string]string{"/proc/version": wsl["/proc/version"], "/.dockerenv": ""}, Surroundings{Container: true, NoDisplay: true},
			[]string{"docker run -p 127.0.0.1:8250:8250", "--receive paste"}},
		{"podman", "linux", "container=podman", nil, Surroundings{Container: true, NoDisplay: true}, []string{"-p 127.0.0.1", "paste"}},
		{"control groups", "linux", "", map[string]string{"/proc/1/cgroup": "0::/kubepods/besteffort/pod1"}, Surroundings{Container: true, NoDisplay: true}, []string{"-p 127.0.0.1", "paste"}},
		{"ssh into a container", "linux", ssh, map[string]string{"/run/.containerenv": ""}, Surroundings{SSH: true, Container: true, NoDisplay: true, server: "198.51.100.7"},
			[]string{"ssh -N", "-p 127.0.0.1", "paste"}},
		{"codespace", "linux", "CODESPACES=true", nil, Surroundings{Codespaces: true, Container: true, NoDisplay: true}, []string{"codespace", "--receive paste"}},
		{"ci", "linux", "CI=true", nil, Surroundings{CI: true, NoDisplay: true}, []string{"--driver form"}},
		{"ci without CI", "linux", "TF_BUILD=True", nil, Surroundings{CI: true, NoDisplay: true}, []string{"--driver form"}},
		{"ci switched off", "linux", "CI=false;DISPLAY=:0", nil, Surroundings{}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			read := func(path string) ([]byte, error) {
				if text, ok := test.files[path]; ok {
					return []byte(text), nil
				}
				return nil, fs.ErrNotExist
			}
			got := Look(environment(test.env), read, test.goos)
			if got != test.want {
				t.Errorf("%+v, want %+v", got, test.want)
			}
			advice := got.Advice("8250")
			if len(advice) != len(test.advice) {
				t.Fatalf("advice %q", advice)
			}
			for i, want := range test.advice {
				if !strings.Contains(advice[i], want) {
					t.Errorf("advice %q, want %q", advice[i], want)
				}
			}
		})
	}
}

// TestAdviceWithoutPort: what changes at every start cannot be forwarded.
func TestAdviceWithoutPort(t *testing.T) {
	for _, port := range []string{"", "0"} {
		if got := strings.Join(Surroundings{SSH: true}.Advice(port), "\n"); !strings.Contains(got, "--port 8250") || !strings.Contains(got, "-L 8250:127.0.0.1:8250") {
			t.Errorf("%q", got)
		}
	}
}

// environment makes an environment of NAME=value parts that ; separates.
func environment(s string) func(string) string {
	vars := map[string]string{}
	for part := range strings.SplitSeq(s, ";") {
		name, value, _ := strings.Cut(part, "=")
		vars[name] = value
	}
	return func(name string) string { return vars[name] }
}
