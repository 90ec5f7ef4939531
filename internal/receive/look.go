package receive

import (
	"net/netip"
	"strings"
)

// Surroundings are what makes a browser on the same machine unlikely, or its way to a loopback port long.
type Surroundings struct {
	SSH        bool // a session of OpenSSH
	WSL        bool // a Linux inside Windows, whose browser reaches loopback
	Container  bool
	Codespaces bool // its forwarded ports have other host names
	CI         bool // nobody is there
	NoDisplay  bool // neither X11 nor Wayland on a system that needs them

	user, server, sshPort string // of the SSH session; empty when not known
}

// Look reads the environment and, on Linux, a few small files. goos is runtime.GOOS.
func Look(env func(string) string, readFile func(string) ([]byte, error), goos string) Surroundings {
	set := func(names ...string) bool {
		for _, n := range names {
			if env(n) != "" {
				return true
			}
		}
		return false
	}
	var s Surroundings
	s.SSH = set("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT")
	s.Codespaces = env("CODESPACES") == "true"
	switch env("CI") {
	case "", "0", "false":
		s.CI = set("GITHUB_ACTIONS", "GITLAB_CI", "BUILDKITE", "JENKINS_URL", "TF_BUILD", "TEAMCITY_VERSION")
	default:
		s.CI = true
	}
	if goos == "linux" {
		s.Container = s.Codespaces || set("container", "REMOTE_CONTAINERS", "KUBERNETES_SERVICE_HOST") || inContainer(readFile)
		version, _ := readFile("/proc/version")
		// A container of Docker Desktop runs on WSL's kernel, but reaches no Windows program.
		s.WSL = set("WSL_DISTRO_NAME") || !s.Container && strings.Contains(strings.ToLower(string(version)), "microsoft")
	}
	switch goos {
	case "windows", "darwin", "ios", "android":
	default:
		s.NoDisplay = !s.WSL && !set("DISPLAY", "WAYLAND_DISPLAY")
	}
	s.user, s.server, s.sshPort = sshTarget(env)
	return s
}

// inContainer looks for the files that Docker and Podman leave, and at the control groups of the first process.
func inContainer(readFile func(string) ([]byte, error)) bool {
	for _, mark := range []string{"/.dockerenv", "/run/.containerenv"} {
		if _, err := readFile(mark); err == nil {
			return true
		}
	}
	groups, _ := readFile("/proc/1/cgroup")
	for _, name := range []string{"docker", "kubepods", "containerd", "libpod", "/lxc/"} {
		if strings.Contains(string(groups), name) {
			return true
		}
	}
	return false
}

// sshTarget reads who is logged in where out of SSH_CONNECTION: client, its port, server, its port. What could be misread by a
// shell is left out, as it ends up in a command to copy.
func sshTarget(env func(string) string) (user, server, port string) {
	user = env("USER")
	if user == "" {
		user = env("LOGNAME")
	}
	if strings.Trim(user, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != "" || strings.HasPrefix(user, "-") {
		user = ""
	}
	words := strings.Fields(env("SSH_CONNECTION"))
	if len(words) != 4 {
		return user, "", ""
	}
	if ip, err := netip.ParseAddr(words[2]); err == nil && ip.Zone() == "" {
		server = ip.String()
	}
	if strings.Trim(words[3], "0123456789") == "" && words[3] != "22" {
		port = words[3]
	}
	return user, server, port
}

// Advice says how a browser elsewhere gets to the receiver's port, best first: sentences without a full stop, or nothing when
// there is nothing to say. An empty port or 0 means that none is fixed.
func (s Surroundings) Advice(port string) []string {
	fixed := port != "" && port != "0"
	if !fixed {
		port = "8250"
	}
	const paste = "--receive paste needs no way back: the address that the browser shows at the end is pasted into this terminal"
	var out []string
	switch {
	case s.CI:
		return []string{"nobody can sign in on a CI machine: --driver form takes the user name and password from SSOCTL_USERNAME and SSOCTL_PASSWORD"}
	case s.Codespaces:
		return []string{"the ports of a codespace appear under another host name, to which the login cannot return", paste}
	case s.SSH:
		out = append(out, "over SSH, forward the port from the machine with the browser, then open the address there: "+s.forward(port))
		if s.Container {
			out = append(out, publish(port))
		}
		out = append(out, paste)
	case s.Container:
		out = append(out, publish(port), paste)
	case s.WSL:
		return []string{"the browser of Windows reaches this address as WSL forwards localhost; where that is switched off, " + paste}
	case s.NoDisplay:
		return []string{"no display is here, so no browser opens: " + paste}
	default:
		return nil
	}
	if !fixed {
		out = append(out, "fix the port with --port "+port+", else it is another one each time")
	}
	return out
}

func publish(port string) string {
	return "a container is reached on a published port: docker run -p 127.0.0.1:" + port + ":" + port + " …"
}

// forward is the command for the other machine.
func (s Surroundings) forward(port string) string {
	user, server := s.user, s.server
	if user == "" {
		user = "USER"
	}
	if server == "" {
		server = "HOST"
	}
	command := "ssh -N -L " + port + ":127.0.0.1:" + port + " "
	if s.sshPort != "" {
		command += "-p " + s.sshPort + " "
	}
	return command + user + "@" + server
}
