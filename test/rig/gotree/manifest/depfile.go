package manifest

import (
	"os"
	"strings"
)

// WriteDepfile writes the Makefile fragment that names what a file was made from.
func WriteDepfile(path, target string, deps []string) error {
	return os.WriteFile(path, []byte(target+": "+strings.Join(deps, " ")+"\n"), 0666)
}
