// Package manifest makes Ninja manifests.
package manifest

import (
	"bytes"
	"fmt"
	"path/filepath"

	"example.com/tree/greet"
)

// Lines are written by plugins, each into a file of its own.
var Lines = map[string]string{}

// Manifest returns the manifest that copies sources below a directory.
func Manifest(buildDir string, sources []string) []byte {
	buf := &bytes.Buffer{}
	fmt.Fprintf(buf, "# %s\nbuilddir = %s\n", greet.Greet("ninja"), buildDir)
	fmt.Fprintf(buf, "rule cp\n  command = cp $in $out\n  description = cp $out\n")
	for _, source := range sources {
		fmt.Fprintf(buf, "build %s: cp %s\n", filepath.Join(buildDir, "copied", filepath.Base(source)), source)
	}
	fmt.Fprintf(buf, "rule line\n  command = echo $text > $out\n  description = line $out\n")
	for name, text := range Lines {
		fmt.Fprintf(buf, "build %s: line\n  text = %s\n", filepath.Join(buildDir, name), text)
	}
	return buf.Bytes()
}
