// upstream.json: another tree whose packages this one takes over, except those it has itself. Knows
// nothing of how that tree is fetched; whoever loads a tree hands in a function that does.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  definitionError,
  environmentError,
  failed,
  type Collector,
  type Result,
} from '../base/diagnostic.ts';
import { errnoOf, systemError } from '../base/fs.ts';
import type { Place } from '../base/span.ts';
import { definitionFile, readDefinition, type DefinitionFile } from './file.ts';
import { readSource, type Source } from './source.ts';

/** Checks a source out and tells the directory (absolute) it is in. */
export type CheckoutUpstream = (source: Source) => Promise<Result<string>>;

export const UPSTREAM_FILE = 'upstream.json';

/** Reads the file: one source. Relative paths in it start from the packages directory. */
export function readUpstream(
  file: DefinitionFile,
  directory: string,
  mirrors: readonly string[] | undefined,
  out: Collector,
): Source | undefined {
  const object = readDefinition(file, out);
  return object && readSource(object, { name: 'upstream', directory, mirrors }, out);
}

/** For where no upstream can be fetched. */
export const withoutUpstream: CheckoutUpstream = (source) =>
  Promise.resolve(
    failed(
      environmentError({
        code: 'upstream/unavailable',
        message: 'this tree has an upstream, which cannot be fetched here',
        at: source.at,
      }),
    ),
  );

/**
 * Fetches the upstream tree and returns its packages directory, absolute. Errors `upstream/packages` (it
 * has none), `upstream/nested` (it has an upstream itself), and those of the checkout.
 */
export async function openUpstream(
  source: Source,
  checkout: CheckoutUpstream,
  cwd: string,
  out: Collector,
): Promise<string | undefined> {
  const root = out.take(await checkout(source));
  if (root === undefined) return undefined;
  const directory = join(root, 'packages');
  const entries = listUpstream(directory, source.at, out);
  if (entries === undefined) return undefined;
  if (!entries.includes(UPSTREAM_FILE)) return directory;
  out.add(
    definitionError({
      code: 'upstream/nested',
      message: 'the upstream has an upstream itself; there can be one only',
      at: source.at,
      notes: [
        {
          message: 'the upstream of the upstream',
          at: { file: definitionFile(join(directory, UPSTREAM_FILE), cwd).shown },
        },
      ],
    }),
  );
}

function listUpstream(directory: string, at: Place, out: Collector): string[] | undefined {
  try {
    return readdirSync(directory);
  } catch (error) {
    const absent = errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR';
    const message = 'the upstream has no directory "packages" at its top';
    out.add(
      absent
        ? definitionError({ code: 'upstream/packages', message, at })
        : { ...systemError('read', error, directory), at },
    );
  }
}
