// The three kinds of programs in Go: for the first stage, for the second (one of which may be the primary
// builder), and for the tree's users.
import { moduleType, type GenerateContext, type ValueOf } from '../../blueprint/api.ts';
import { announce, binaryFields } from '../language.ts';
import { placementOf, typeName } from '../stage.ts';
import { compile, pathBelow, usedPackages, type Unit } from './compile.ts';
import { link } from './link.ts';
import { makePlugins } from './plugin.ts';
import { copyRule, goPackage } from './rules.ts';
import { platformFields, requireSources, sourcesOf } from './source.ts';
import { makeTest } from './test.ts';
import { addTools } from './tool.ts';

const fields = { ...binaryFields, ...platformFields };

export const goCoreBinaryType = moduleType({
  name: typeName('go', 'core'),
  doc: 'A program in Go that the first stage builds: what it takes to make the other stages.',
  properties: fields,
  dependencies: addTools,
  generate,
});

export const goBinaryType = moduleType({
  name: typeName('go', 'binary'),
  doc: 'A program in Go that the second stage builds, such as the primary builder.',
  properties: fields,
  dependencies: addTools,
  generate,
});

export const goToolType = moduleType({
  name: typeName('go', 'tool'),
  doc: "A program in Go for the tree's users: it goes to `bin` in the build directory.",
  properties: fields,
  dependencies: addTools,
  generate,
});

type Values = { readonly [K in keyof typeof fields]: ValueOf<(typeof fields)[K]> };

function generate(ctx: GenerateContext<Values>): void {
  const { primaryBuilder } = ctx.properties;
  const placement = placementOf(ctx);
  const used = usedPackages(ctx, 'main');
  const { srcs, testSrcs } = sourcesOf(ctx);
  const tests: string[] = [];
  if (placement.builtHere) {
    const generated = makePlugins(ctx, 'main');
    requireSources(ctx, srcs, 'a program');
    const unit: Unit = { pkgPath: 'main', srcs, generated, used };
    // Where it is tested it is imported, which nothing named main can be.
    tests.push(...makeTest(ctx, { ...unit, pkgPath: ctx.name }, testSrcs));
    const archive = pathBelow(ctx, `obj/${ctx.name}.a`);
    const linked = pathBelow(ctx, 'obj/a.out');
    compile(ctx, { ...unit, archive, after: tests });
    link(ctx, { archive, program: linked, used });
    ctx.build(goPackage, {
      rule: copyRule,
      outputs: [placement.program],
      inputs: [linked.path],
    });
  } else if (placement.runTests && testSrcs.length > 0) {
    tests.push(pathBelow(ctx, 'test/test.passed').path);
  }
  const { stage, program } = placement;
  if (primaryBuilder && stage === 'main') {
    const what = `it makes the main manifest, which ${ctx.module.typeName} is built by`;
    ctx.propertyError('primaryBuilder', `${what}; use ${typeName('go', 'binary')}`);
  }
  announce(ctx, { kind: 'binary', stage, program, primaryBuilder, asOriginal: true, tests });
}
