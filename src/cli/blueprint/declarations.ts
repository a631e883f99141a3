// What the Blueprints files of a tree declare to be built by tasks, for commands that ask about packages: the
// stages run first where the tree has build logic of its own, and nothing is analysed that has not changed.
import { failed, ok, type Result } from '../../base/diagnostic.ts';
import { findNinja } from '../../bootstrap/ninja.ts';
import { readDeclared } from '../../bootstrap/packages.ts';
import { mainManifest, prepareManifest } from '../../bootstrap/stages.ts';
import type { BlueprintsTree } from '../../bootstrap/tree.ts';
import type { Declared } from '../../package/module/declared.ts';
import { shownFrom } from './shown.ts';

/**
 * Brings the main manifest up to date and says what is declared. Undefined after a failure of another program,
 * which has told of it itself. Errors are those of `prepareManifest` and `findNinja`.
 */
export async function declarationsOf(
  tree: BlueprintsTree,
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<Result<Declared | undefined>> {
  const ninja = findNinja(env);
  if (!ninja.ok) return ninja;
  const before = process.cwd();
  // All stages run in the root of the tree.
  process.chdir(tree.root);
  try {
    const prepared = await prepareManifest({
      tree,
      ninja: ninja.value,
      env,
      runTests: Boolean(env['RUN_TESTS']),
      print: (line) => void process.stderr.write(`${line}\n`),
    });
    if (!prepared.ok) return failed(...shownFrom(cwd, tree.root, prepared.diagnostics));
    return ok(prepared.value.status === 0 ? readDeclared(mainManifest(tree)) : undefined);
  } finally {
    process.chdir(before);
  }
}
