// Command ssoctl tells why single sign-on does not work. See internal/cli.
package main

import (
	"os"

	"github.com/ssoctl/ssoctl/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], cli.System())) }
