// A store in a temporary directory, and what tests want to know of it.
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeTree } from '../../src/base/fs.ts';
import { BLOB_TIME, openStore, type Store } from '../../src/cache/store.ts';
import { digestOf } from '../../src/base/digest.ts';

export interface TemporaryStore extends Disposable {
  readonly store: Store;
  /** Beside the store, on the same file system. */
  readonly directory: string;
}

export function temporaryStore(): TemporaryStore {
  const directory = mkdtempSync(join(tmpdir(), 'ashlar-store-'));
  return {
    directory,
    store: openedStore(join(directory, 'store')),
    [Symbol.dispose]: () => removeTree(directory),
  };
}

export function openedStore(root: string): Store {
  const opened = openStore(root);
  if (!opened.ok) throw new Error(opened.diagnostics[0]!.message);
  return opened.value;
}

/** Empties a store, and what lies beside it: faster than making a new one for each test. */
export function wipe({ store, directory }: TemporaryStore): void {
  for (const path of filesBelow(store.root)) rmSync(path);
  writeFileSync(join(store.root, 'version'), '1\n');
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    if (path !== store.root) removeTree(path);
  }
}

/** Names of the blobs in a store, `.x` for executable ones; anything else there is an error. */
export function blobsIn(store: Store): string[] {
  return filesBelow(join(store.root, 'cas')).map((path) => {
    const name = path.split('/').at(-1)!;
    const match = /^([0-9a-f]{64})(\.x)?$/.exec(name);
    if (match === null || path.split('/').at(-2) !== name.slice(0, 2)) {
      throw new Error(`what is ${path}?`);
    }
    return name;
  });
}

/** What is wrong with a store's blobs: contents, permissions, times, and what was left behind. */
export function faultsIn(store: Store): string[] {
  const faults = filesBelow(join(store.root, 'tmp')).map((path) => `left behind: ${path}`);
  for (const name of blobsIn(store)) {
    const path = join(store.root, 'cas', name.slice(0, 2), name);
    const stat = lstatSync(path);
    if (`${digestOf(readFileSync(path)).hash}${name.slice(64)}` !== name)
      faults.push(`content of ${name}`);
    if ((stat.mode & 0o7777) !== (name.endsWith('.x') ? 0o555 : 0o444))
      faults.push(`mode of ${name}`);
    if (stat.mtimeMs !== BLOB_TIME * 1000) faults.push(`time of ${name}`);
  }
  return faults;
}

export function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Runs something that permissions apply to, also where the tests run as root. */
export function asOrdinaryUser<T>(action: () => T): T {
  if (process.getuid!() !== 0) return action();
  process.seteuid!(65_534);
  try {
    return action();
  } finally {
    process.seteuid!(0);
  }
}
