// One entry for every kind of source: what a definition pins goes in, where the verified thing lies
// comes out. Knows nothing of unpacking, stores or ids.
import { join } from 'node:path';
import {
  definitionError,
  failed,
  ok,
  type Diagnostic,
  type Result,
} from '../../base/diagnostic.ts';
import type { Digest } from '../../base/digest.ts';
import type { Sink } from '../../base/event.ts';
import type { Place } from '../../base/span.ts';
import { unreachable } from '../../base/exhaustive.ts';
import { checkoutGit } from './checkout.ts';
import { checkChecksums, checksumName, type Checksums } from './checksum.ts';
import type { Clock } from './clock.ts';
import { parseCommit } from './commit.ts';
import { download, verifiedDigest, type Progress } from './download.ts';
import { gitAddress } from './giturl.ts';
import { cleanHead, localDirectory } from './local.ts';
import type { Mirrors } from './mirror.ts';
import type { Environment } from '../../base/http/proxy.ts';
import { dropMirror, mirrorRepository, type MirrorRequest } from './repository.ts';
import { absoluteUrl, sourceName } from './url.ts';

export interface GitSource {
  readonly kind: 'git';
  readonly git: string;
  /** The commit. */
  readonly ref: string;
  /** The branch or tag it was taken from. */
  readonly ref_origin: string;
}

export interface GitLocalSource {
  readonly kind: 'git_local';
  /** Relative to the package's directory. */
  readonly rel_path: string;
}

export interface UrlSource extends Checksums {
  /** `url`: the file itself. `url_extract`: what is in the archive. */
  readonly kind: 'url' | 'url_extract';
  /** http, https, `file://` (relative to the package's directory), or `mirror://NAME/path`. */
  readonly url: string;
}

/** A source as `buildinfo.json` and `upstream.json` spell it. */
export type Source = GitSource | GitLocalSource | UrlSource;

export interface FetchContext {
  /** Shared by trees and processes: `download/`, `partial/` and `git/` are made in it. */
  readonly cache: string;
  readonly packageDirectory: string;
  /** Where a tree goes: must not exist, or be an empty directory. Files stay in the cache. */
  readonly destination: string;
  readonly mirrors: Mirrors;
  /** Nothing that needs the network is started; what is not there is an error that names it. */
  readonly offline?: boolean;
  readonly onProgress?: Sink<Progress> | undefined;
  readonly onWarning?: Sink<Diagnostic> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly environment?: Environment | undefined;
  readonly clock?: Clock | undefined;
  /** Where the source is defined: put into every diagnostic that has no place. */
  readonly at?: Place | undefined;
}

export type Fetched =
  /** A verified file. `name` is the one it has upstream; `path` is named by its checksum. */
  | { readonly kind: 'file'; readonly path: string; readonly digest: Digest; readonly name: string }
  /** A tree at the destination, and the commit it is. */
  | { readonly kind: 'tree'; readonly path: string; readonly commit: string };

/**
 * Fetches a source. Errors are those of `download`, `mirrorRepository`, `checkoutGit`, `cleanHead` and
 * `Mirrors.candidates`, and `source/unpinned` for a URL without a checksum.
 */
export async function fetchSource(source: Source, context: FetchContext): Promise<Result<Fetched>> {
  const located: FetchContext = {
    ...context,
    onWarning: (diagnostic) => context.onWarning?.(placed(diagnostic, context.at)),
  };
  const result = await fetchKind(source, located);
  if (result.ok) return result;
  return failed(...result.diagnostics.map((diagnostic) => placed(diagnostic, context.at)));
}

function placed(diagnostic: Diagnostic, at: Place | undefined): Diagnostic {
  return diagnostic.at !== undefined || at === undefined ? diagnostic : { ...diagnostic, at };
}

function fetchKind(source: Source, context: FetchContext): Promise<Result<Fetched>> {
  switch (source.kind) {
    case 'git':
      return fetchGit(source, context);
    case 'git_local':
      return fetchLocal(source, context);
    case 'url':
    case 'url_extract':
      return fetchUrl(source, context);
    default:
      return unreachable(source);
  }
}

async function fetchUrl(source: UrlSource, context: FetchContext): Promise<Result<Fetched>> {
  const name = sourceName(source.url);
  if (!name.ok) return name;
  const checksums = checkChecksums(source);
  if (!checksums.ok) return checksums;
  const pinned = checksumName(checksums.value);
  if (pinned === undefined) {
    return failed(
      definitionError({
        code: 'source/unpinned',
        message: `the source ${name.value} has no checksum`,
        hint: 'give its "sha256" (or "sha1", or "sha512")',
      }),
    );
  }
  const path = join(context.cache, 'download', pinned);
  const found = (digest: Digest): Result<Fetched> =>
    ok({ kind: 'file', path, digest, name: name.value });
  // First of all: what is there needs neither mirrors nor a network.
  const present = presentDigest(path, checksums.value);
  if (present !== undefined) return found(present);
  const places = await context.mirrors.candidates(
    absoluteUrl(source.url, context.packageDirectory),
  );
  if (!places.ok) return places;
  const got = await download({
    ...context,
    candidates: places.value,
    wanted: source.url,
    checksums: checksums.value,
    destination: path,
    partialDirectory: join(context.cache, 'partial'),
  });
  return got.ok ? found(got.value.digest) : got;
}

function presentDigest(path: string, checksums: Checksums): Digest | undefined {
  try {
    return verifiedDigest(path, checksums);
  } catch {
    // The download that follows meets the same error and tells of it.
    return undefined;
  }
}

async function fetchGit(source: GitSource, context: FetchContext): Promise<Result<Fetched>> {
  const commit = parseCommit(source.ref);
  const address = gitAddress(source.git, context.packageDirectory);
  if (!commit.ok || !address.ok) {
    return failed(...[commit, address].flatMap((part) => (part.ok ? [] : part.diagnostics)));
  }
  const request: MirrorRequest = {
    ...context,
    address: address.value,
    commit: commit.value,
    refOrigin: source.ref_origin,
    directory: join(context.cache, 'git'),
  };
  const attempt = async (): Promise<Result<void>> => {
    const mirror = await mirrorRepository(request);
    if (!mirror.ok) return mirror;
    return checkoutGit({ ...context, repository: mirror.value, commit: commit.value });
  };
  let done = await attempt();
  if (!done.ok && mayRefetch(done, request)) {
    // The mirror is only a copy: a fresh one is as good.
    dropMirror(request);
    done = await attempt();
  }
  return done.ok ? ok({ kind: 'tree', path: context.destination, commit: commit.value }) : done;
}

function mayRefetch(
  { diagnostics }: { readonly diagnostics: readonly Diagnostic[] },
  { offline, address }: MirrorRequest,
): boolean {
  return diagnostics[0]?.code === 'source/git-damaged' && (offline !== true || address.local);
}

async function fetchLocal(source: GitLocalSource, context: FetchContext): Promise<Result<Fetched>> {
  const { packageDirectory, destination, signal } = context;
  const directory = localDirectory(source.rel_path, packageDirectory);
  if (!directory.ok) return directory;
  const commit = await cleanHead(directory.value, signal);
  if (!commit.ok) return commit;
  const done = await checkoutGit({
    ...context,
    repository: directory.value,
    commit: commit.value,
  });
  return done.ok ? ok({ kind: 'tree', path: destination, commit: commit.value }) : done;
}
