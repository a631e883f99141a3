// The primary builder of the tree: it has the command line that google/blueprint gives to one.
package main

import (
	"flag"
	"fmt"
	"io/ioutil"
	"os"
	"path/filepath"

	"example.com/tree/manifest"
)

var (
	out        = flag.String("o", "build.ninja.in", "the Ninja file to output")
	buildDir   = flag.String("b", ".", "the build output directory")
	depFile    = flag.String("d", "", "the dependency file to output")
	docs       = flag.String("docs", "", "build documentation file to output")
	runGoTests = flag.Bool("t", false, "build and run go tests during bootstrap")
	_          = flag.String("cpuprofile", "", "write cpu profile to file")
	_          = flag.String("trace", "", "write trace to file")
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	flag.Parse()
	if flag.NArg() != 1 {
		check(fmt.Errorf("expected one Blueprints file"))
	}
	if *docs != "" {
		check(ioutil.WriteFile(*docs, []byte("<p>treebuilder</p>\n"), 0666))
		return
	}
	top := flag.Arg(0)
	texts := filepath.Join(filepath.Dir(top), "texts")
	sources, err := filepath.Glob(filepath.Join(texts, "*.txt"))
	check(err)
	text := manifest.Manifest(*buildDir, sources)
	if *runGoTests {
		text = append([]byte("# with tests\n"), text...)
	}
	check(ioutil.WriteFile(*out, text, 0666))
	if *depFile != "" {
		check(manifest.WriteDepfile(*depFile, *out, []string{top, texts}))
	}
}
