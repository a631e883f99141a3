// Several mirrors as one, in their order: results are asked of the first and what it lacks of the next;
// blobs come from whoever has the right bytes. Knows what is trusted only through what it is lent, and
// nothing of tasks. Nothing here ever fails: what no mirror gives is made.
import { statfsSync } from 'node:fs';
import { environmentError, type Diagnostic } from '../../base/diagnostic.ts';
import type { Digest, Sha256Hex } from '../../base/digest.ts';
import { systemError } from '../../base/fs.ts';
import type { Found, Mirrors } from '../port.ts';
import { hasBlob, putBytes, type Store } from '../store.ts';
import type { Guard } from './guard.ts';
import { inParallel } from './parallel.ts';
import { DiskFailure, receiveBlob } from './receive.ts';
import { openResult, type Judge } from './judge.ts';
import type { Sign } from './sign.ts';
import { Uploads } from './upload.ts';

/** Questions to one mirror at once. */
const QUESTIONS = 32;
/** Blobs on their way at once. */
const BLOBS = 24;
/** How long all questions of one lookup may take. */
const LOOKUP_MS = 30_000;
/** A blob from this size on is not begun where the disk has no room for it. */
const LARGE = 64 << 20;

export interface MirrorsOptions {
  readonly store: Store;
  /** In the order of asking. */
  readonly guards: readonly Guard[];
  /** Says which results of a mirror are taken. */
  readonly judge: Judge;
  /** Makes a result's file for a mirror. */
  readonly sign: Sign;
  readonly onWarning: (diagnostic: Diagnostic) => void;
  /** Milliseconds for all questions of one lookup. */
  readonly lookupMs?: number;
}

export function createMirrors(options: MirrorsOptions): Mirrors {
  const { store, guards, judge, onWarning } = options;
  const uploads = new Uploads(options);
  /** Blobs that are on their way: whoever also wants one waits for it. */
  const underWay = new Map<Sha256Hex, Promise<boolean>>();
  let diskFull = false;

  const takeResult: Take = (key, entry, guard, found) => {
    const judged = judge(key, entry, guard);
    if (judged === 'local') return;
    if ('result' in judged) found.set(key, { result: judged.result, mirror: guard.name });
    else if (judged.damaged) guard.lied(judged.refused);
    else guard.distrusted(judged.refused);
  };

  const lookUp = async (
    guard: Guard,
    keys: readonly Sha256Hex[],
    found: Map<Sha256Hex, Found>,
    take: Take,
  ): Promise<void> => {
    const enough = new AbortController();
    const timer = setTimeout(() => enough.abort(), options.lookupMs ?? LOOKUP_MS);
    let answered = 0;
    try {
      await inParallel(keys, QUESTIONS, async (key) => {
        const entry = await guard.ask((signal) => guard.mirror.entry(key, signal), enough.signal);
        if (!enough.signal.aborted) answered++;
        if (entry !== undefined) take(key, entry, guard, found);
      });
    } finally {
      clearTimeout(timer);
    }
    if (enough.signal.aborted) {
      guard.giveUp(`it answered ${answered} of ${keys.length} questions in the time it has`);
    }
  };

  const lookUpAll = async (
    keys: readonly Sha256Hex[],
    take: Take,
  ): Promise<Map<Sha256Hex, Found>> => {
    const found = new Map<Sha256Hex, Found>();
    let left = [...new Set(keys)];
    for (const guard of guards) {
      if (left.length === 0) break;
      if (!guard.readable) continue;
      await lookUp(guard, left, found, take);
      left = left.filter((key) => !found.has(key));
    }
    return found;
  };

  const bring = async (
    digest: Digest,
    signal: AbortSignal,
    onBytes: (count: number) => void,
  ): Promise<boolean> => {
    for (const guard of guards) {
      if (diskFull || signal.aborted) return false;
      if (!guard.readable) continue;
      const got = await guard.ask(async (both) => {
        const source = await guard.mirror.read(digest, both);
        if (source === undefined) return 'absent';
        return (await receiveBlob(store, digest, source, onBytes)) ?? true;
      }, signal);
      if (got === true) return true;
      if (got === undefined || got === 'absent') continue;
      guard.markWrong(digest);
      guard.lied(wrongBlob(guard.name, digest, got));
    }
    return false;
  };

  const fetchOne = async (
    digest: Digest,
    signal: AbortSignal,
    onBytes: (count: number) => void,
  ): Promise<boolean> => {
    if (digest.size === 0) putBytes(store, '');
    if (hasBlob(store, digest)) return true;
    if (!hasRoom(store, digest)) {
      onWarning(noRoom(store, digest));
      return false;
    }
    try {
      return await bring(digest, signal, onBytes);
    } catch (error) {
      if (!(error instanceof DiskFailure)) throw error;
      if (!diskFull) {
        const diagnostic = systemError(
          'take what a mirror has into the store',
          error.cause,
          store.root,
        );
        onWarning({ ...diagnostic, severity: 'warning' });
      }
      diskFull = true;
      return false;
    }
  };

  return {
    results: (keys) => lookUpAll(keys, takeResult),
    notes: (keys) => lookUpAll(keys, takeNote),
    fetch: async (digests, { signal, progress }) => {
      const wanted = new Map(digests.map((digest) => [digest.hash, digest]));
      const total = [...wanted.values()].reduce((sum, { size }) => sum + size, 0);
      const missing: Digest[] = [];
      let done = 0;
      const onBytes = (count: number): void => {
        done += count;
        progress?.(Math.min(done, total), total);
      };
      await inParallel(wanted.values(), BLOBS, async (digest) => {
        let work = underWay.get(digest.hash);
        if (work === undefined) {
          work = fetchOne(digest, signal, onBytes);
          underWay.set(digest.hash, work);
          void work.finally(() => underWay.delete(digest.hash)).catch(() => undefined);
        }
        if (!(await work)) missing.push(digest);
      });
      return missing;
    },
    offer: (key, blobs, result) => uploads.add({ key, blobs, result }),
    offerNote: (key, blobs, result) => uploads.add({ key, blobs, result, note: true }),
    close: async (signal) => {
      const told = await uploads.close(signal);
      await Promise.all(guards.map(({ mirror }) => mirror[Symbol.asyncDispose]()));
      return [...guards.flatMap((guard) => guard.untold()), ...told];
    },
  };
}

/** What is made of the file that a mirror has under a key. */
type Take = (key: Sha256Hex, entry: Uint8Array, guard: Guard, found: Map<Sha256Hex, Found>) => void;

const takeNote: Take = (key, entry, guard, found) => {
  const opened = openResult(key, entry);
  if (typeof opened !== 'string') found.set(key, { result: opened.result, mirror: guard.name });
};

function wrongBlob(mirror: string, digest: Digest, reason: string): Diagnostic {
  return {
    ...environmentError({
      code: 'mirror/wrong-blob',
      message: `the mirror ${mirror} has wrong bytes under cas/${digest.hash}: ${reason}`,
      hint: 'they are not used; remove that file there',
    }),
    severity: 'warning',
  };
}

function hasRoom({ root }: Store, { size }: Digest): boolean {
  if (size < LARGE) return true;
  const { bavail, bsize } = statfsSync(root);
  return bavail * bsize > size;
}

function noRoom({ root }: Store, { hash, size }: Digest): Diagnostic {
  return {
    ...environmentError({
      code: 'mirror/no-room',
      message: `a mirror has cas/${hash}, but ${Math.ceil(size / 1e6)} MB are more than what is free at ${root}`,
      hint: 'free some space there, or set a limit for the store ("store": {"max_size": …})',
    }),
    severity: 'warning',
  };
}
