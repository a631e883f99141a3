// upstream.json: another tree whose packages this one takes over, except those it has itself. Knows
// nothing of how that tree is fetched; whoever loads a tree hands in a function that does.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  Collector,
  definitionError,
  environmentError,
  failed,
  type Result,
} from '../base/diagnostic.ts';
import { errnoOf, systemError } from '../base/fs.ts';
import type { Place } from '../base/span.ts';
import { limited, namePath, pathIn, readDefinition, type NamedPath } from './file.ts';
import { readSource, type Source } from './source.ts';

/** Checks a source out and tells the directory (absolute) it is in. */
export type CheckoutUpstream = (source: Source) => Promise<Result<string>>;

export const UPSTREAM_FILE = 'upstream.json';

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
 * Reads the file in a packages directory, fetches the tree it names, and returns that tree's packages
 * directory. Relative paths in it start from the packages directory it is in. Errors `upstream/packages`
 * (the tree has none), `upstream/nested` (it has an upstream itself), those of the source and the checkout.
 */
export async function openUpstream(
  root: NamedPath,
  checkout: CheckoutUpstream,
  cwd: string,
  mirrors: readonly string[],
  out: Collector,
): Promise<NamedPath | undefined> {
  const found = new Collector();
  const object = readDefinition(pathIn(root, UPSTREAM_FILE), found);
  const context = { name: 'upstream', directory: root.path, mirrors };
  const source = object && readSource(object, context, found);
  out.add(...limited(found.diagnostics));
  const top = source && !found.failed ? out.take(await checkout(source)) : undefined;
  if (source === undefined || top === undefined) return undefined;
  const packages = namePath(join(top, 'packages'), cwd);
  const entries = listUpstream(packages.path, source.at, out);
  if (entries === undefined) return undefined;
  if (!entries.includes(UPSTREAM_FILE)) return packages;
  const nested = pathIn(packages, UPSTREAM_FILE).shown;
  out.add(
    definitionError({
      code: 'upstream/nested',
      message: 'the upstream has an upstream itself; there can be one only',
      at: source.at,
      notes: [{ message: 'the upstream of the upstream', at: { file: nested } }],
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
