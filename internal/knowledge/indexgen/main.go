// Command indexgen writes index.json and profiles.bin from the profiles, and errors.bin from them and the error texts. It runs in internal/knowledge, by go generate.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/ssoctl/ssoctl/internal/knowledge"
)

func main() {
	i, packed, err := knowledge.Pack(os.DirFS("."))
	if err == nil {
		err = os.WriteFile("profiles.bin", packed, 0o644)
	}
	if err == nil {
		var b []byte
		if b, err = json.MarshalIndent(i, "", " "); err == nil {
			err = os.WriteFile("index.json", append(b, '\n'), 0o644)
		}
	}
	if err == nil {
		var text string
		if text, err = knowledge.ErrorsText(os.DirFS(".")); err == nil {
			err = os.WriteFile("errors.bin", []byte(text), 0o644)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
