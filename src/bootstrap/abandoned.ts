// Removes what Ninja once made and no rule makes any more, with directories that this leaves empty. Nothing
// is removed that any of the manifests makes, nor what is not in the log.
import { existsSync, lstatSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errnoOf, readIfExists } from '../base/fs.ts';
import { readManifest } from './manifestfile.ts';
import { readNinjaLog } from './ninjalog.ts';

export interface Manifest {
  readonly file: string;
  /** Its text, where that is not what the file holds. */
  readonly text?: string;
}

/**
 * Removes abandoned outputs. `log` is the log of the manifest that was made last; `manifests` are all of the
 * tree. Returns a message for each path.
 */
export function removeAbandoned(
  log: string,
  manifests: readonly Manifest[],
  buildDir: string,
): string[] {
  const text = readIfExists(log)?.toString('utf8');
  const logged = text === undefined ? undefined : readNinjaLog(text);
  if (logged === undefined) return [];
  const known = new Set<string>();
  for (const manifest of manifests) {
    if (manifest.text === undefined && !existsSync(manifest.file)) continue;
    const { outputs, inputs } = readManifest(manifest.file, manifest.text);
    for (const path of outputs) known.add(path);
    // What was made once may be a source now; but what is in the build directory never is.
    for (const path of inputs) if (!path.startsWith(`${buildDir}/`)) known.add(path);
  }
  return logged
    .filter((output) => !known.has(output) && remove(output, buildDir))
    .map(
      (output) => `removed old ninja-created file ${output} because it has no rule to generate it`,
    );
}

function remove(path: string, buildDir: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined || stat.isDirectory()) return false;
  rmSync(path);
  const stops = new Set([resolve('.'), resolve(buildDir), '/']);
  for (
    let directory = dirname(resolve(path));
    !stops.has(directory);
    directory = dirname(directory)
  ) {
    try {
      rmdirSync(directory);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'ENOTEMPTY' || errno === 'EEXIST' || errno === 'ENOENT') break;
      throw error;
    }
  }
  return true;
}
