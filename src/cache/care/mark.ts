// What a result keeps alive: the blobs that it names, the files of its trees, and the record that its key
// is the digest of. Reads messages from the store without changing anything; what cannot be read keeps
// nothing alive.
import { readFileSync } from 'node:fs';
import { digestOf, type Digest, type Sha256Hex } from '../../base/digest.ts';
import { errnoOf } from '../../base/fs.ts';
import {
  decodeAction,
  decodeActionResult,
  decodeDirectory,
  decodeTree,
} from '../../remote/decode.ts';
import { MalformedMessage } from '../../remote/message.ts';
import { openEntry } from '../entry.ts';
import { objectPath, type Store } from '../store.ts';
import type { StoredResult } from './inventory.ts';

/** The name of a task's record in the input root that its key is over. */
const RECORD = 'task.json';

/** Reads each message once, however many results share it. */
export class Marker {
  readonly #store: Store;
  readonly #trees = new Map<Sha256Hex, readonly Sha256Hex[]>();
  readonly #roots = new Map<Sha256Hex, readonly Sha256Hex[]>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Hashes of all blobs that a result keeps; undefined when it is not readable. Throws node's own errors. */
  blobsOf({ key, path }: Pick<StoredResult, 'key' | 'path'>): Set<Sha256Hex> | undefined {
    const message = reading(() => openEntry(key, readFileSync(path)));
    const result = message && reading(() => decodeActionResult(message));
    if (result === undefined) return undefined;
    const kept = new Set<Sha256Hex>();
    for (const { digest } of result.files) kept.add(digest.hash);
    if (result.log !== undefined) kept.add(result.log.hash);
    for (const { tree } of result.directories) {
      kept.add(tree.hash);
      for (const hash of this.#treeFiles(tree)) kept.add(hash);
    }
    for (const hash of this.#recordOf(key)) kept.add(hash);
    return kept;
  }

  #treeFiles({ hash }: Digest): readonly Sha256Hex[] {
    let files = this.#trees.get(hash);
    if (files === undefined) {
      files =
        this.#read(hash, (bytes) => {
          const { root, children } = decodeTree(bytes);
          return [root, ...children].flatMap((directory) =>
            decodeDirectory(directory).files.map(({ digest }) => digest.hash),
          );
        }) ?? [];
      this.#trees.set(hash, files);
    }
    return files;
  }

  /** The action, its command, and its input root with the directories below. */
  #recordOf(key: Sha256Hex): readonly Sha256Hex[] {
    const action = this.#read(key, decodeAction);
    if (action === undefined) return [];
    return [key, action.command.hash, ...this.#directories(action.inputRoot.hash)];
  }

  #directories(root: Sha256Hex): readonly Sha256Hex[] {
    let found = this.#roots.get(root);
    if (found !== undefined) return found;
    const directories = new Set([root]);
    const records: Sha256Hex[] = [];
    for (const hash of directories) {
      const directory = this.#read(hash, decodeDirectory);
      // Those of other tasks' outputs are parts of their trees, not blobs of their own.
      if (directory === undefined) directories.delete(hash);
      for (const { digest } of directory?.directories ?? []) directories.add(digest.hash);
      const record = hash === root && directory?.files.find(({ name }) => name === RECORD);
      if (record) records.push(record.digest.hash);
    }
    found = [...directories, ...records];
    this.#roots.set(root, found);
    return found;
  }

  #read<T>(hash: Sha256Hex, decode: (bytes: Uint8Array) => T): T | undefined {
    return reading(() => {
      const bytes = readFileSync(objectPath(this.#store, 'cas', hash));
      return digestOf(bytes).hash === hash ? decode(bytes) : undefined;
    });
  }
}

/** Undefined for what is not there or malformed. */
function reading<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof MalformedMessage) return undefined;
    if (['ENOENT', 'EACCES', 'EISDIR', 'EIO'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}
