// Gets one file from the first of several places that has the right bytes: resumes, retries, verifies,
// and only then lets it be seen. Knows nothing of sources or mirrors' names. Any number of processes
// may ask for the same file at once; one downloads, the others wait for it.
import { realpathSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  environmentError,
  failed,
  ok,
  warning,
  type Diagnostic,
  type Result,
} from '../../base/diagnostic.ts';
import { makeDirectories } from '../../base/mkdir.ts';
import { digestOf, type Digest } from '../../base/digest.ts';
import type { Sink } from '../../base/event.ts';
import { errnoOf, systemError } from '../../base/fs.ts';
import { lock } from '../../base/lock.ts';
import { redact } from '../../base/http/redact.ts';
import { checkChecksums, checksumName, Hasher, type Checksums } from './checksum.ts';
import { systemClock, type Clock } from './clock.ts';
import { DiskFailure, Part } from './part.ts';
import type { Environment } from '../../base/http/proxy.ts';
import { Pursuit } from './pursuit.ts';
import type { Candidate } from './transfer.ts';
import { filePath } from './url.ts';

export interface Progress {
  /** Without credentials. */
  readonly url: string;
  readonly received: number;
  readonly total?: number | undefined;
  readonly unit: 'bytes' | 'objects';
}

export interface DownloadRequest {
  /** At least one, in order of preference. `file://` paths are absolute. */
  readonly candidates: readonly Candidate[];
  /** What they stand for, as the definition names it: shown in messages. The first of them unless given. */
  readonly wanted?: string;
  /** All that are given must hold. With none, the file is trusted as it comes, but must come whole. */
  readonly checksums: Checksums;
  /** A file there already counts if the checksums hold; otherwise it is replaced. */
  readonly destination: string;
  /** Where unfinished downloads wait, best on the destination's file system. */
  readonly partialDirectory: string;
  /** Only `file://` candidates may be used. */
  readonly offline?: boolean;
  readonly onProgress?: Sink<Progress> | undefined;
  readonly onWarning?: Sink<Diagnostic> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Where proxy variables are read; the process's own environment unless given. */
  readonly environment?: Environment | undefined;
  readonly clock?: Clock | undefined;
  /** A server that brings next to nothing for so long is given up. 30 s unless given. */
  readonly stallMs?: number;
  /** 32 GiB unless given. */
  readonly maxBytes?: number;
}

export interface Downloaded {
  readonly digest: Digest;
  /** Where it came from, without credentials; undefined when it was there already. */
  readonly url: string | undefined;
}

/**
 * Downloads to `destination`. Errors: `download/not-found` (no candidate has it), `download/mismatch`
 * (wrong bytes; the last wrong file is kept as `<destination>.corrupt`), `download/failed`,
 * `download/offline`, `download/aborted`, `source/bad-checksum`, `fs/*`.
 * A candidate that failed where a later one succeeded is a warning.
 */
export async function download(request: DownloadRequest): Promise<Result<Downloaded>> {
  const checked = checkChecksums(request.checksums);
  if (!checked.ok) return checked;
  const checksums = checked.value;
  const { destination, partialDirectory, candidates, signal } = request;
  const name =
    checksumName(checksums) ?? `url-${digestOf(candidates.map(({ url }) => url).join('\n')).hash}`;
  try {
    makeDirectories(partialDirectory);
    makeDirectories(dirname(destination));
    await using held = await lock(join(realpathSync(partialDirectory), name), signal);
    if (held === undefined) return failed(aborted(request));
    const present = presentFile(destination, checksums, request.onWarning);
    if (present !== undefined) return ok({ digest: present, url: undefined });
    const part = Part.claim(partialDirectory, name, checksums);
    try {
      return await fill(part, name, { ...request, checksums });
    } finally {
      part.keep();
    }
  } catch (error) {
    if (error instanceof DiskFailure) return failed(error.diagnostic);
    return failed(systemError('download to', error, destination));
  }
}

/** Fills a part from the candidates and publishes it. */
async function fill(
  part: Part,
  name: string,
  request: DownloadRequest,
): Promise<Result<Downloaded>> {
  const { checksums, destination, onProgress, onWarning } = request;
  // Killed between the last byte and the renaming.
  if (part.size > 0 && pinned(checksums) && part.hasher.mismatches().length === 0) {
    const digest = part.hasher.digest();
    part.publish(destination);
    return ok({ digest, url: undefined });
  }
  const usable = request.candidates.filter(
    ({ url }) => request.offline !== true || filePath(url) !== undefined,
  );
  if (usable.length === 0) return failed(offline(request));

  const pursuit = new Pursuit(part, usable, {
    clock: request.clock ?? systemClock,
    environment: request.environment ?? process.env,
    signal: request.signal,
    stallMs: request.stallMs ?? 30_000,
    maxBytes: request.maxBytes ?? 2 ** 35,
    pinned: pinned(checksums),
    corrupt: `${destination}.corrupt`,
    claim: () => Part.claim(request.partialDirectory, `${name}-decoded`, checksums),
    onBytes: (url, received, total) =>
      onProgress?.({ url: redact(url), received, total, unit: 'bytes' }),
  });
  try {
    const found = await pursuit.run();
    if (found.kind === 'aborted') return failed(aborted(request));
    if (found.kind === 'failed') return failed(failure(pursuit, request));
    const digest = found.part.hasher.digest();
    found.part.publish(destination);
    for (const { url, reason, notes } of pursuit.failures) {
      onWarning?.(
        warning({
          code: 'download/candidate',
          message: `${redact(url)} did not help: ${reason}`,
          notes,
        }),
      );
    }
    return ok({ digest, url: redact(found.url) });
  } catch (error) {
    // A full disk stays full as long as the part lies on it.
    part.discard();
    throw error;
  }
}

function pinned(checksums: Checksums): boolean {
  return checksumName(checksums) !== undefined;
}

/** Digest of a file that is there and has its checksums; undefined otherwise. Throws node's own errors. */
export function verifiedDigest(path: string, checksums: Checksums): Digest | undefined {
  if (!pinned(checksums)) return undefined;
  try {
    if (!statSync(path).isFile()) return undefined;
    const hasher = Hasher.ofFile(path, checksums);
    return hasher.mismatches().length === 0 ? hasher.digest() : undefined;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** As `verifiedDigest`; a file that is not right is moved aside, for a person to look at. */
function presentFile(
  destination: string,
  checksums: Checksums,
  onWarning: Sink<Diagnostic> | undefined,
): Digest | undefined {
  const digest = verifiedDigest(destination, checksums);
  const stat = statSync(destination, { throwIfNoEntry: false });
  if (digest !== undefined || !pinned(checksums) || stat?.isFile() !== true) return digest;
  const aside = `${destination}.corrupt`;
  renameSync(destination, aside);
  onWarning?.(
    warning({
      code: 'download/replaced',
      message: `${destination} does not have its checksum any more; it is downloaded afresh`,
      notes: [{ message: `the file that was there is now ${aside}` }],
    }),
  );
  return undefined;
}

function failure(pursuit: Pursuit, request: DownloadRequest): Diagnostic {
  const { failures } = pursuit;
  const mismatch = failures.some(({ kind }) => kind === 'mismatch');
  const missing = failures.every(({ kind }) => kind === 'missing');
  const code = mismatch ? 'mismatch' : missing ? 'not-found' : 'failed';
  const hint = mismatch
    ? 'if the file upstream has changed, look at it and correct the checksum; otherwise run again, it is downloaded afresh'
    : missing
      ? 'check the URL, or give one that still has the file'
      : 'check the network and the proxy settings, and run again: what has arrived is kept';
  const [first] = failures;
  if (failures.length === 1 && first !== undefined) {
    return environmentError({
      code: `download/${code}`,
      message: `cannot download ${redact(first.url)}: ${first.reason}`,
      notes: first.notes,
      hint,
    });
  }
  return environmentError({
    code: `download/${code}`,
    message: `cannot download ${named(request)}: none of ${failures.length} places has it`,
    notes: failures.flatMap(({ url, reason, notes }) => [
      { message: `${redact(url)}: ${reason}` },
      ...notes,
    ]),
    hint,
  });
}

function named({ wanted, candidates }: DownloadRequest): string {
  return redact(wanted ?? candidates[0]?.url ?? '');
}

function offline(request: DownloadRequest): Diagnostic {
  const name = checksumName(request.checksums);
  return environmentError({
    code: 'download/offline',
    message: `offline: ${redact(request.candidates[0]?.url ?? '')}${name === undefined ? '' : ` (${name})`} would have to be downloaded`,
    hint: 'run once without --offline',
  });
}

function aborted(request: DownloadRequest): Diagnostic {
  return environmentError({
    code: 'download/aborted',
    message: `the download of ${named(request)} was stopped`,
    hint: 'run again: what has arrived is kept',
  });
}
