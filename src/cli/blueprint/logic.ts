// The build logic that a command works with: the stock module types, or those of a file; and what says
// that it is another than before.
import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { definitionError, failed, ok, type Result } from '../../base/diagnostic.ts';
import { digestOf, type Canonical } from '../../base/digest.ts';
import { systemError } from '../../base/fs.ts';
import type { Logic } from '../../blueprint/api.ts';
import { DEFAULT_CONFIG } from '../../blueprint/logic/config.ts';
import { treeLogic } from '../../package/module/logic.ts';
import { programDirectory, resolveAshlar } from './ashlarimport.ts';
import { importedFiles } from './imports.ts';
import { problemsOf } from './logicshape.ts';

export interface LoadedLogic {
  readonly logic: readonly Logic[];
  /** Changes with the logic, and with Ashlar itself. */
  readonly version: string;
  readonly config: Canonical;
}

/**
 * The stock logic, or what a JavaScript module exports as `logic`, and maybe `config`. Error codes
 * `logic/no-export`, `logic/registration`, `logic/failed`, `fs/…`.
 */
export async function loadLogic(
  cwd: string,
  file: string | undefined,
  out: string,
): Promise<Result<LoadedLogic>> {
  const config = { ...DEFAULT_CONFIG, out };
  const version = programVersion();
  if (file === undefined) return ok({ logic: [treeLogic], version, config });
  const path = resolve(cwd, file);
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    return failed(systemError('read the build logic', error, file));
  }
  let exports: { readonly logic?: Logic; readonly config?: Canonical };
  const files = importedFiles(path, programDirectory());
  try {
    if (files.packages) resolveAshlar();
    exports = (await import(pathToFileURL(path).href)) as typeof exports;
  } catch (error) {
    const { loadingFailed } = await import('./logicerror.ts');
    return failed(loadingFailed(file, files.paths, error));
  }
  if (exports.logic === undefined) {
    const message = 'the build logic exports nothing named "logic"';
    return failed(definitionError({ code: 'logic/no-export', message, at: { file } }));
  }
  const wrong = problemsOf(exports.logic);
  if (wrong.length > 0) {
    const messages = wrong.map((problem) => `the build logic does not fit: ${problem}`);
    return failed(
      ...messages.map((message) =>
        definitionError({ code: 'logic/registration', message, at: { file } }),
      ),
    );
  }
  const own = `${version} ${files.digest}`;
  return ok({ logic: [exports.logic], version: own, config: exports.config ?? config });
}

/** The program's own files: those of chunks have names that say what is in them. */
function programVersion(): string {
  const directory = programDirectory();
  const names = (inner: string): string[] =>
    existsSync(join(directory, inner)) ? readdirSync(join(directory, inner)).sort() : [];
  const stamps = names('.')
    .filter((name) => name.endsWith('.js'))
    .map((name) => {
      const { size, mtimeMs } = statSync(join(directory, name));
      return `${name} ${size} ${mtimeMs}`;
    });
  return `${ASHLAR_VERSION} ${digestOf([...stamps, ...names('chunk')].join('\n')).hash}`;
}
