// One `git fetch` into a bare repository: tried again when the network fails, ended when it falls
// silent, with progress as counts of objects. Knows nothing of mirrors and commits.
import {
  environmentError,
  failed,
  ok,
  type Diagnostic,
  type Result,
} from '../../base/diagnostic.ts';
import type { Sink } from '../../base/event.ts';
import { redact } from '../../base/http/redact.ts';
import { backoff, sleep, systemClock, type Clock } from './clock.ts';
import type { Progress } from './download.ts';
import { gitReason, runGit } from './gitcommand.ts';
import type { GitAddress } from './giturl.ts';
import { Watch } from './watch.ts';

const ATTEMPTS = 4;
/** git says something at least this often while anything moves. */
const SILENCE_MS = 300_000;

export interface GitFetch {
  readonly address: GitAddress;
  /** The bare repository that gets objects and references. */
  readonly into: string;
  /** Further objects that are here already. */
  readonly alternates: readonly string[];
  readonly refspecs: readonly string[];
  /** Also forget references that the refspecs cover and the server does not have. */
  readonly prune: boolean;
  readonly onProgress?: Sink<Progress> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
}

const FETCH =
  '-c fetch.unpackLimit=1 -c transfer.bundleURI=false fetch --progress --no-tags --no-write-fetch-head --no-recurse-submodules --no-auto-maintenance';

/**
 * Fetches. Errors: `source/git-fetch`, `source/git-damaged` (the objects that are here already are at
 * fault), `source/git-missing`,
 * `source/aborted`.
 */
export async function gitFetch(request: GitFetch): Promise<Result<void>> {
  const { address, into, alternates, signal, onProgress, clock = systemClock } = request;
  const url = redact(address.url);
  const options = request.prune ? ['--prune'] : [];
  for (let attempt = 1; ; attempt++) {
    using watch = new Watch({ clock, spanMs: SILENCE_MS, least: 1, signal });
    const result = await runGit(
      [...FETCH.split(' '), ...options, '--', address.url, ...request.refspecs],
      {
        config: 'user',
        gitDirectory: into,
        alternates,
        signal: watch.signal,
        // Progress comes first, the reason of a failure last.
        keep: 1 << 24,
        onOutput: (chunk) => {
          watch.seen(chunk.length);
          const counted = objectCounts(chunk.toString('latin1'));
          if (counted !== undefined) onProgress?.({ url, ...counted, unit: 'objects' });
        },
      },
    );
    if (signal?.aborted === true) return failed(fetchStopped(address));
    if (!result.ok && !watch.stalled) return result;
    if (result.ok && result.value.status === 0) {
      // git keeps the commits, but a mirror with parts of a history could not be told from a whole one.
      const shallow = /rejected .* because shallow roots/.test(result.value.stderr);
      return shallow ? failed(fetchFailure(url, 'it is a shallow clone')) : ok(undefined);
    }
    const reason = result.ok ? gitReason(result.value.stderr) : 'it stopped sending';
    // git names a file of its own only when it cannot read it.
    if (result.ok && alternates.some((path) => result.value.stderr.includes(path))) {
      return failed(damage(url, reason));
    }
    if (attempt === ATTEMPTS || PERMANENT.test(reason)) return failed(fetchFailure(url, reason));
    await sleep(clock, backoff(clock, attempt - 1), signal);
  }
}

/** Where asking again gives the same answer. */
const PERMANENT =
  /not found|does not exist|does not appear to be|could ?n[o']t find remote ref|authentication failed|could not read (username|password)|permission denied|host key verification|not our ref|unadvertised object|dubious ownership|not allowed|could not resolve host|certificate|no space left|read-only/i;

function damage(url: string, reason: string): Diagnostic {
  return environmentError({
    code: 'source/git-damaged',
    message: `the copy of ${url} on this machine is damaged: ${reason}`,
  });
}

function objectCounts(text: string): { received: number; total: number } | undefined {
  const last = [...text.matchAll(/Receiving objects: +\d+% \((\d+)\/(\d+)\)/g)].at(-1);
  return last === undefined ? undefined : { received: Number(last[1]), total: Number(last[2]) };
}

const HINT = 'check the address, the network and your git credentials, and run again';
const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /dubious ownership/,
    'if you trust that repository: git config --global --add safe.directory PATH',
  ],
  [/shallow clone/, 'get its whole history there with git fetch --unshallow, or use git_local'],
];

function fetchFailure(url: string, reason: string): Diagnostic {
  return environmentError({
    code: 'source/git-fetch',
    message: `cannot fetch ${url}: ${reason}`,
    hint: HINTS.find(([pattern]) => pattern.test(reason))?.[1] ?? HINT,
  });
}

export function fetchStopped(address: GitAddress): Diagnostic {
  return environmentError({
    code: 'source/aborted',
    message: `the fetch of ${redact(address.url)} was stopped`,
  });
}
