// Puts the source of `upstream.json` where the packages of a tree find it. Leaves alone what is already
// there and unchanged, so that a tree with an upstream loads without copying it each time.
import { copyFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { failed, ok, type Result } from '../../base/diagnostic.ts';
import { makeDirectories } from '../../base/mkdir.ts';
import { removeTree, systemError } from '../../base/fs.ts';
import { lock } from '../../base/lock.ts';
import { parseCommit } from './commit.ts';
import { cleanHead, localDirectory } from './local.ts';
import { scratchDirectory } from './scratch.ts';
import { fetchSource, type FetchContext, type Source } from './source.ts';

/** Unpacks a verified archive, known upstream as `name`, into an existing empty directory. */
export type Unpack = (archive: string, name: string, directory: string) => Promise<Result<void>>;

/**
 * Makes `destination` the tree of a source; its earlier content goes, but only once the new tree is
 * whole. Errors are those of `fetchSource` and `unpack`.
 */
export async function checkoutUpstream(
  source: Source,
  destination: string,
  context: Omit<FetchContext, 'destination'>,
  unpack: Unpack,
): Promise<Result<void>> {
  try {
    makeDirectories(dirname(destination));
    await using held = await lock(`${destination}\0upstream`, context.signal);
    if (held !== undefined && (await isCurrent(source, destination, context))) return ok(undefined);
    using work = scratchDirectory(dirname(destination), `${basename(destination)}.upstream`);
    const fresh = join(work.path, 'tree');
    const fetched = await fetchSource(source, { ...context, destination: fresh });
    if (!fetched.ok) return fetched;
    if (fetched.value.kind === 'file') {
      mkdirSync(fresh);
      const { path, name } = fetched.value;
      if (source.kind === 'url') copyFileSync(path, join(fresh, name));
      else {
        const unpacked = await unpack(path, name, fresh);
        if (!unpacked.ok) return unpacked;
      }
    }
    replace(destination, fresh, join(work.path, 'old'));
    return ok(undefined);
  } catch (error) {
    return failed(systemError('check out', error, destination));
  }
}

/** Whether the destination is a clean checkout of the very commit. Archives are always unpacked again. */
async function isCurrent(
  source: Source,
  destination: string,
  { packageDirectory, signal }: Omit<FetchContext, 'destination'>,
): Promise<boolean> {
  if (statSync(join(destination, '.git'), { throwIfNoEntry: false }) === undefined) return false;
  const wanted = await wantedCommit(source, packageDirectory, signal);
  if (wanted === undefined) return false;
  const here = await cleanHead(destination, signal);
  return here.ok && here.value === wanted;
}

async function wantedCommit(
  source: Source,
  packageDirectory: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (source.kind === 'git') {
    const commit = parseCommit(source.ref);
    return commit.ok ? commit.value : undefined;
  }
  if (source.kind !== 'git_local') return undefined;
  const directory = localDirectory(source.rel_path, packageDirectory);
  const commit = directory.ok ? await cleanHead(directory.value, signal) : directory;
  return commit.ok ? commit.value : undefined;
}

function replace(destination: string, fresh: string, old: string): void {
  if (statSync(destination, { throwIfNoEntry: false }) !== undefined) renameSync(destination, old);
  renameSync(fresh, destination);
  removeTree(old);
}
