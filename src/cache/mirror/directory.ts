// A directory as a mirror: laid out as a store (cas/, ac/), so any store may be one, and shared between
// machines over a network file system. Every file appears by rename; nothing here is ever changed or
// repaired, because others may read it. Asynchronous, so that a dead file server does not stop a build.
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  open,
  readFile,
  rename,
  rm,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Digest } from '../../base/digest.ts';
import { errnoOf } from '../../base/fs.ts';
import { BLOB_TIME, STORE_VERSION } from '../store.ts';
import { MirrorFault, type FaultKind, type Mirror } from './port.ts';

/** The largest file of a result that is read. */
export const MAX_ENTRY_BYTES = 4 << 20;

/**
 * Opens a directory as a mirror. Nothing is looked at before the first question. `writable`: it may be new,
 * and is made with the first blob.
 */
export function directoryMirror(path: string, writable: boolean): Mirror {
  const version = once(() => checkVersion(path, writable));
  const writing = once(() => prepare(path));
  const at = (kind: 'cas' | 'ac', hash: string): string => join(path, kind, hash.slice(0, 2), hash);

  return {
    name: path,
    entry: async (key) => {
      await version();
      return tell('passing', async () => {
        const file = at('ac', key);
        const stat = await orNothing(lstat(file));
        if (stat === undefined || !stat.isFile()) return undefined;
        if (stat.size > MAX_ENTRY_BYTES) return Buffer.alloc(0);
        return orNothing(readFile(file));
      });
    },
    read: async (digest) => {
      await version();
      const file = await tell('passing', () => fileOf(at('cas', digest.hash), digest));
      return file === undefined ? undefined : blocksOf(file);
    },
    has: async (digest) => {
      await version();
      return (await tell('passing', () => fileOf(at('cas', digest.hash), digest))) !== undefined;
    },
    putBlob: async (digest, file) => {
      await writing();
      await tell('unwritable', () =>
        appear(path, at('cas', digest.hash), async (temporary) => {
          await copyFile(file, temporary);
          await chmod(temporary, 0o444);
          await utimes(temporary, BLOB_TIME, BLOB_TIME);
        }),
      );
    },
    putEntry: async (key, entry) => {
      await writing();
      await tell('unwritable', () =>
        appear(path, at('ac', key), (temporary) =>
          writeFile(temporary, entry, { flag: 'wx', mode: 0o644 }),
        ),
      );
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** A blob's file; executable ones have a variant of their own. Undefined when it has not the right size. */
async function fileOf(path: string, { size }: Digest): Promise<string | undefined> {
  for (const file of [path, `${path}.x`]) {
    const stat = await orNothing(lstat(file));
    if (stat?.isFile() === true && stat.size === size) return file;
  }
}

async function* blocksOf(file: string): AsyncGenerator<Buffer> {
  try {
    for await (const block of createReadStream(file, { highWaterMark: 1 << 18 })) {
      yield block as Buffer;
    }
  } catch (error) {
    throw faultOf('passing', error);
  }
}

/** A store of another format is neither read nor written to. */
async function checkVersion(path: string, mayBeNew: boolean): Promise<void> {
  const version = await tell('lasting', () => orNothing(readFile(join(path, 'version'), 'utf8')));
  if (version === undefined) {
    if (mayBeNew || (await tell('lasting', () => orNothing(lstat(path)))) !== undefined) return;
    throw new MirrorFault('lasting', 'there is no such directory');
  }
  if (version.trim() !== STORE_VERSION) {
    const shown = version.trim().slice(0, 20);
    throw new MirrorFault(
      'lasting',
      `it has format "${shown}", this Ashlar knows ${STORE_VERSION}`,
    );
  }
}

/** Makes a new directory a store. */
async function prepare(path: string): Promise<void> {
  await tell('unwritable', async () => {
    await mkdir(path, { recursive: true });
    await makeShared(path, join(path, 'tmp'));
    if ((await orNothing(lstat(join(path, 'version')))) === undefined) {
      await appear(path, join(path, 'version'), (temporary) =>
        writeFile(temporary, `${STORE_VERSION}\n`, { flag: 'wx', mode: 0o644 }),
      );
    }
  });
  await checkVersion(path, false);
}

/** Another account has made a directory, and is about to let others in: what that may take, in ms. */
const OPENING_MS = 200;

/**
 * Writes a file whole: on the disk before it has its name, as other machines may see the name first.
 */
async function appear(
  root: string,
  path: string,
  fill: (temporary: string) => Promise<void>,
): Promise<void> {
  try {
    await appearOnce(root, path, fill);
  } catch (error) {
    if (errnoOf(error) !== 'EACCES') throw error;
    await sleep(OPENING_MS);
    await appearOnce(root, path, fill);
  }
}

async function appearOnce(
  root: string,
  path: string,
  fill: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = join(root, 'tmp', `new.tmp-${process.pid}-${randomBytes(8).toString('hex')}`);
  try {
    await fill(temporary);
    const file = await open(temporary, 'r');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path).catch(async (error: unknown) => {
      if (errnoOf(error) !== 'ENOENT') throw error;
      await makeShared(root, dirname(path));
      await rename(temporary, path);
    });
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

/**
 * Makes a directory below a mirror, with the permissions that the mirror's own has: where a group may write to that,
 * all of it may write to what each of them makes.
 */
async function makeShared(root: string, path: string): Promise<void> {
  if ((await orNothing(lstat(path)))?.isDirectory() === true) return;
  if (dirname(path) !== root) await makeShared(root, dirname(path));
  const { mode } = await lstat(root);
  try {
    await mkdir(path);
    await chmod(path, mode & 0o7777);
  } catch (error) {
    // Somebody else was quicker.
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
}

async function orNothing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

async function tell<T>(kind: FaultKind, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw faultOf(kind, error);
  }
}

function faultOf(kind: FaultKind, error: unknown): unknown {
  const errno = errnoOf(error);
  if (errno === undefined) return error;
  const doing = kind === 'unwritable' ? 'written to' : 'read';
  return new MirrorFault(kind, `it cannot be ${doing} (${errno})`);
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}
