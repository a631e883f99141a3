// Local mirrors of git repositories, one per address, shared by all trees and processes of a cache. A
// fetch happens in a repository of its own; only finished packs move into the mirror, so killing it at
// any moment leaves the mirror as it was. Knows nothing of checkouts.
import { readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  environmentError,
  failed,
  ok,
  warning,
  type Diagnostic,
  type Result,
} from '../../base/diagnostic.ts';
import { makeDirectories } from '../../base/mkdir.ts';
import { digestOf } from '../../base/digest.ts';
import type { Sink } from '../../base/event.ts';
import {
  readIfExists,
  removeTree,
  systemError,
  writeAtomic,
  writeIfChanged,
} from '../../base/fs.ts';
import { lock } from '../../base/lock.ts';
import { redact } from '../../base/http/redact.ts';
import type { Clock } from './clock.ts';
import type { Progress } from './download.ts';
import { git, runGit } from './gitcommand.ts';
import { fetchStopped, gitFetch, type GitFetch } from './gitfetch.ts';
import type { GitAddress } from './giturl.ts';
import { abandoned, scratchName } from './scratch.ts';

export interface MirrorRequest {
  readonly address: GitAddress;
  /** 40 lower-case hexadecimal digits. */
  readonly commit: string;
  /** The branch or tag that the commit was taken from: a mere statement, checked when something is fetched. */
  readonly refOrigin: string;
  /** Directory of the mirrors. */
  readonly directory: string;
  readonly offline?: boolean;
  readonly onProgress?: Sink<Progress> | undefined;
  readonly onWarning?: Sink<Diagnostic> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * The path of a bare repository that has the commit with all its history. Nothing is fetched when it is
 * there already. Warnings: `source/ref-moved`, `source/ref-gone`. Errors: `source/commit-missing`,
 * `source/git-fetch`, `source/git-damaged` (see `dropMirror`), `source/offline`, `source/git-missing`,
 * `source/aborted`, `fs/*`.
 */
export async function mirrorRepository(request: MirrorRequest): Promise<Result<string>> {
  const mirror = mirrorPath(request);
  try {
    if (await hasCommit(mirror, request.commit)) return ok(mirror);
    if (request.offline === true && !request.address.local) return failed(offline(request));
    makeDirectories(request.directory);
    await using held = await lock(mirror, request.signal);
    if (held === undefined) return failed(fetchStopped(request.address));
    // Another process may have fetched it in the meantime.
    if (await hasCommit(mirror, request.commit)) return ok(mirror);
    const stem = `${mirror}.new`.slice(request.directory.length + 1);
    abandoned(request.directory, stem).forEach(removeTree);
    const staging = scratchName(request.directory, stem);
    try {
      return await fetchCommit(request, mirror, staging);
    } finally {
      removeTree(staging);
    }
  } catch (error) {
    return failed(systemError('fetch into', error, mirror));
  }
}

/** Forgets the mirror of an address whose objects turned out to be damaged. */
export function dropMirror(request: MirrorRequest): void {
  const mirror = mirrorPath(request);
  const aside = scratchName(request.directory, `${mirror}.new`.slice(request.directory.length + 1));
  try {
    // In one step, so that no one finds a repository that is half gone.
    renameSync(mirror, aside);
  } catch {
    return;
  }
  removeTree(aside);
}

/** Named by the address without web credentials: those change, and the repository does not. */
function mirrorPath({ address, directory }: MirrorRequest): string {
  const plain = address.url.replace(/^(https?:\/\/)[^/]*@/i, '$1');
  return join(directory, `${digestOf(plain).hash.slice(0, 40)}.git`);
}

async function hasCommit(mirror: string, commit: string): Promise<boolean> {
  if (statSync(mirror, { throwIfNoEntry: false }) === undefined) return false;
  const found = await runGit(['cat-file', '-e', `${commit}^{commit}`], {
    config: 'none',
    gitDirectory: mirror,
  });
  return found.ok && found.value.status === 0;
}

/** What to ask the server for, from the usual to the last resort. */
function questions({ commit, refOrigin }: MirrorRequest): Pick<GitFetch, 'refspecs' | 'prune'>[] {
  const origin = unusual(refOrigin);
  return [
    { prune: true, refspecs: ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'] },
    ...(origin === undefined
      ? []
      : [{ prune: false, refspecs: [`+refs/${origin}:${ALL}${origin}`] }]),
    // Force-pushed away, or on a branch that is gone: most servers still give it by name.
    { prune: false, refspecs: [`+${commit}:refs/ashlar/commits/${commit}`] },
    { prune: true, refspecs: [`+refs/*:${ALL}*`] },
  ];
}

/** Where references go that are neither branches nor tags. */
const ALL = 'refs/ashlar/all/';

/** What follows `refs/` in such a reference. */
function unusual(refOrigin: string): string | undefined {
  return /^refs\/(?!heads\/|tags\/)(.+)/.exec(refOrigin)?.[1];
}

async function fetchCommit(
  request: MirrorRequest,
  mirror: string,
  staging: string,
): Promise<Result<string>> {
  const { commit, address } = request;
  makeBare(mirror);
  makeBare(staging);
  const known = readIfExists(join(mirror, 'packed-refs'));
  if (known !== undefined) writeFileSync(join(staging, 'packed-refs'), known);
  // A reference of its own kind has to be asked for before it can be said to have moved.
  const enough = unusual(request.refOrigin) === undefined ? 0 : 1;
  for (const [index, question] of questions(request).entries()) {
    const fetched = await gitFetch({
      ...request,
      ...question,
      into: staging,
      alternates: [join(mirror, 'objects')],
    });
    if (fetched.ok) {
      const published = await publish(staging, mirror);
      if (!published.ok) return published;
    } else if (index === 0 || fetched.diagnostics[0]?.code !== 'source/git-fetch') {
      return fetched;
    }
    if (index >= enough && (await hasCommit(mirror, commit))) {
      await checkOrigin(request, mirror);
      return ok(mirror);
    }
  }
  return failed(
    environmentError({
      code: 'source/commit-missing',
      message: `${redact(address.url)} has no commit ${commit}`,
      hint: 'check "ref" and the address; the commit may have been removed by a force-push',
    }),
  );
}

/** The least git takes for a repository, without the templates of its installation. */
function makeBare(directory: string): void {
  makeDirectories(join(directory, 'objects', 'pack'));
  makeDirectories(join(directory, 'refs'));
  writeIfChanged(
    join(directory, 'config'),
    '[core]\n\trepositoryformatversion = 0\n\tbare = true\n',
  );
  writeIfChanged(join(directory, 'HEAD'), 'ref: refs/heads/none\n');
}

/** Moves finished packs into the mirror, then lists the references that are now known. */
async function publish(staging: string, mirror: string): Promise<Result<void>> {
  const from = join(staging, 'objects', 'pack');
  const to = join(mirror, 'objects', 'pack');
  const packs = readdirSync(from).filter((name) => /^pack-[0-9a-f]+\.pack$/.test(name));
  for (const pack of packs) {
    renameSync(join(from, pack), join(to, pack));
    // A pack is looked for by its index, so that comes last.
    const index = pack.replace(/pack$/, 'idx');
    renameSync(join(from, index), join(to, index));
  }
  const refs = await git(['for-each-ref', '--format=%(objectname) %(refname)'], {
    config: 'none',
    gitDirectory: staging,
    alternates: [join(mirror, 'objects')],
  });
  if (!refs.ok) return refs;
  writeAtomic(join(mirror, 'packed-refs'), refs.value);
  return ok(undefined);
}

/** Says so when `ref_origin` does not lead to the commit any more; the commit is pinned, so it is used. */
async function checkOrigin(request: MirrorRequest, mirror: string): Promise<void> {
  const { commit, refOrigin, address, onWarning } = request;
  const url = redact(address.url);
  for (const name of [refOrigin, `${ALL}${refOrigin.replace(/^refs\//, '')}`]) {
    const found = await runGit(
      ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`],
      { config: 'none', gitDirectory: mirror },
    );
    if (!found.ok || found.value.status !== 0) continue;
    const now = found.value.stdout.trim();
    if (now !== commit) {
      onWarning?.(
        warning({
          code: 'source/ref-moved',
          message: `${refOrigin} of ${url} is now ${now}; the pinned ${commit} is used`,
        }),
      );
    }
    return;
  }
  onWarning?.(
    warning({
      code: 'source/ref-gone',
      message: `${url} has no ${refOrigin} any more; the pinned ${commit} is used`,
      hint: 'name in "ref_origin" where the commit is to be found now',
    }),
  );
}

function offline({ address, commit }: MirrorRequest): Diagnostic {
  return environmentError({
    code: 'source/offline',
    message: `offline: commit ${commit} would have to be fetched from ${redact(address.url)}`,
    hint: 'run once without --offline',
  });
}
