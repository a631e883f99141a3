// Tests of Go modules: their sources compiled together with the module's own, a program around them, and its run.
import { dirname } from 'node:path';
import type { GenerateContext } from '../../blueprint/api.ts';
import { literal } from '../../blueprint/logic/package.ts';
import { bootstrapOf } from '../config.ts';
import { placementOf } from '../stage.ts';
import { compile, pathBelow, wordOf, type GoPackage, type Unit } from './compile.ts';
import { link } from './link.ts';
import { EMBEDDED, goPackage, plainTestRule, testMainRule, testRule } from './rules.ts';
import { toolOf } from './tool.ts';

/**
 * Makes the statements that test a unit, and returns the file that is there when its tests have passed, as a
 * Ninja string. Nothing where tests are not to be run, or there are none.
 */
export function makeTest(
  ctx: GenerateContext<unknown>,
  unit: Unit,
  testSrcs: readonly string[],
): string[] {
  if (!placementOf(ctx).runTests || testSrcs.length === 0) return [];
  const { pkgPath, srcs, used } = unit;
  const directory = pathBelow(ctx, 'test');
  const archive = pathBelow(ctx, `test/${pkgPath}.a`);
  compile(ctx, { ...unit, srcs: [...srcs, ...testSrcs], archive, after: [] });

  const embedded = bootstrapOf(ctx.config).engine === undefined;
  const main = pathBelow(ctx, 'test/test.go').path;
  ctx.build(goPackage, {
    rule: testMainRule,
    outputs: [main],
    inputs: literal(testSrcs),
    implicits: embedded ? [`\${bootstrap.BuildDir}${EMBEDDED}`] : [],
    args: { pkg: wordOf(pkgPath) },
  });

  const itself: GoPackage = { pkgPath, directory, archive };
  const linked = [itself, ...used];
  const object = pathBelow(ctx, 'test/test.a');
  const program = pathBelow(ctx, 'test/test');
  compile(ctx, {
    pkgPath: 'main',
    srcs: [],
    generated: [main],
    used: linked,
    archive: object,
    after: [],
  });
  link(ctx, { archive: object, program, used: linked });

  const passed = pathBelow(ctx, 'test/test.passed').path;
  const runner = toolOf(ctx, 'gotestrunner');
  // In the directory of its sources, where it finds what it reads.
  const args = { pkg: wordOf(pkgPath), pkgSrcDir: wordOf(dirname(testSrcs[0]!)) };
  ctx.build(goPackage, {
    rule: runner === undefined ? plainTestRule : testRule,
    outputs: [passed],
    inputs: [program.path],
    implicits: runner === undefined ? [] : [runner.path],
    args: runner === undefined ? args : { ...args, runner: runner.word },
  });
  return [passed];
}
