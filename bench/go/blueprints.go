// The same as blueprints-logic.js on google/blueprint: one module type, two mutators with two variations each,
// dependencies, and one build statement for each variant. Arguments: root of the tree, list of its files, manifest.
// Prints its peak memory in kilobytes.
package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/google/blueprint"
)

var (
	pctx    = blueprint.NewPackageContext("ashlar/bench")
	_       = pctx.StaticVariable("flags", "-c")
	archive = pctx.StaticRule("archive", blueprint.RuleParams{
		Command:     "archive $flags $cflags -o $out $in",
		Description: "archive $out",
	}, "cflags")
)

type depTag struct{ blueprint.BaseDependencyTag }

var tag depTag

type benchModule struct {
	blueprint.SimpleName
	properties struct {
		Srcs   []string
		Cflags []string
		Deps   []string
	}
	output string
}

func newBench() (blueprint.Module, []interface{}) {
	module := &benchModule{}
	return module, []interface{}{&module.properties, &module.SimpleName.Properties}
}

func (m *benchModule) GenerateBuildActions(ctx blueprint.ModuleContext) {
	variant := ctx.ModuleSubDir()
	m.output = "out/" + variant + "/" + ctx.ModuleDir() + "/" + ctx.ModuleName() + ".a"
	inputs := make([]string, 0, len(m.properties.Srcs))
	for _, src := range m.properties.Srcs {
		inputs = append(inputs, ctx.ModuleDir()+"/"+src)
	}
	var implicits []string
	ctx.VisitDirectDeps(func(dep blueprint.Module) {
		implicits = append(implicits, dep.(*benchModule).output)
	})
	ctx.Build(pctx, blueprint.BuildParams{
		Rule:      archive,
		Outputs:   []string{m.output},
		Inputs:    inputs,
		Implicits: implicits,
		Args:      map[string]string{"cflags": strings.Join(m.properties.Cflags, " ")},
	})
}

func main() {
	root, list, manifest := os.Args[1], os.Args[2], os.Args[3]
	ctx := blueprint.NewContext()
	ctx.RegisterModuleType("bench", newBench)
	ctx.RegisterBottomUpMutator("deps", func(ctx blueprint.BottomUpMutatorContext) {
		if module, ok := ctx.Module().(*benchModule); ok {
			ctx.AddDependency(module, tag, module.properties.Deps...)
		}
	}).Parallel()
	ctx.RegisterBottomUpMutator("arch", func(ctx blueprint.BottomUpMutatorContext) {
		ctx.CreateVariations("arm", "x86")
	}).Parallel()
	ctx.RegisterBottomUpMutator("link", func(ctx blueprint.BottomUpMutatorContext) {
		ctx.CreateVariations("static", "shared")
	}).Parallel()

	must(os.Chdir(root))
	ctx.SetModuleListFile(list)
	files, err := ctx.ListModulePaths(".")
	must(err)
	stop("parse", second(ctx.ParseFileList(".", files, nil)))
	stop("resolve", second(ctx.ResolveDependencies(nil)))
	stop("prepare", second(ctx.PrepareBuildActions(nil)))
	must(os.MkdirAll(filepath.Dir(manifest), 0o777))
	file, err := os.Create(manifest)
	must(err)
	buffered := bufio.NewWriterSize(file, 1<<20)
	must(ctx.WriteBuildFile(buffered))
	must(buffered.Flush())
	must(file.Close())

	var usage syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	fmt.Println(usage.Maxrss)
}

func second(_ []string, errs []error) []error { return errs }

func stop(phase string, errs []error) {
	for _, err := range errs {
		fmt.Fprintln(os.Stderr, phase+":", err)
	}
	if len(errs) > 0 {
		os.Exit(1)
	}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
