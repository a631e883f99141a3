// Writes a source that imports plugins: -p names its package, -o its file.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
)

var (
	out = flag.String("o", "", "the file to write")
	pkg = flag.String("p", "main", "the name of its package")
)

func main() {
	flag.Parse()
	buf := &bytes.Buffer{}
	fmt.Fprintf(buf, "// Loaded by the tree's own loadplugins.\npackage %s\n", *pkg)
	for _, plugin := range flag.Args() {
		fmt.Fprintf(buf, "import _ %q\n", plugin)
	}
	if err := os.WriteFile(*out, buf.Bytes(), 0666); err != nil {
		panic(err)
	}
}
