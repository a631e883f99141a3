// The primary builder of a tree with build logic of its own: the stock module types, those of the bootstrap, and
// the tree's. What the bundler makes of a primary builder's `main` calls this.
import { basename } from 'node:path';
import { definitionError, type Diagnostic } from '../base/diagnostic.ts';
import type { Canonical } from '../base/digest.ts';
import { treeLogic } from '../package/module/logic.ts';
import type { Logic } from '../blueprint/api.ts';
import { LogicError } from '../blueprint/module/exception.ts';
import { report, runGenerator } from './generator.ts';
import { bootstrapLogic } from './languages.ts';
import { readOptions } from './options.ts';
import { loadingFailed } from './panic.ts';

export { guardFiles } from './declared.ts';

/** What a source of build logic exports. */
export interface OwnLogic {
  readonly logic?: Logic;
  /** Merged into the configuration of the stock module types. */
  readonly config?: Canonical;
}

/**
 * Runs as the primary builder: the command line of the process says what to do. The first of the sources is
 * the tree's own, others are plugins. Sets the exit status.
 */
export async function runBuilder(sources: readonly (() => Promise<object>)[]): Promise<void> {
  process.umask(0o022);
  const options = readOptions(process.argv.slice(2));
  if (!options.ok) {
    process.exitCode = report(options.diagnostics);
    return;
  }
  const problems: Diagnostic[] = [];
  const own: Logic[] = [];
  let config: Canonical | undefined;
  for (const load of sources) {
    try {
      const exported = (await load()) as OwnLogic;
      if (exported.logic === undefined) problems.push(noExport());
      else own.push(exported.logic);
      config ??= exported.config;
    } catch (error) {
      problems.push(loadingFailed(error));
    }
  }
  if (problems.length > 0) {
    process.exitCode = report(problems);
    return;
  }
  const name = basename(process.argv[1] ?? 'builder', '.js');
  const logic = [treeLogic, bootstrapLogic, ...own];
  try {
    const given = config === undefined ? {} : { config };
    process.exitCode = await runGenerator('main', options.value, { logic, name, ...given });
  } catch (error) {
    if (!(error instanceof LogicError)) throw error;
    const message = `the build logic does not fit: ${error.message}`;
    process.exitCode = report([definitionError({ code: 'logic/registration', message })]);
  }
}

function noExport(): Diagnostic {
  return definitionError({
    code: 'logic/no-export',
    message: 'the main source of the primary builder exports nothing named "logic"',
    hint: 'export const logic: Logic = { moduleTypes: […] };',
  });
}
