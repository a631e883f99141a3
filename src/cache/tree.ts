// Directory trees in the store: taken in from disk as Tree messages and file blobs, and put back by
// hard links. Permissions are reduced to what matters, so that a umask or an owner never shows.
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { ok, type Result } from '../base/diagnostic.ts';
import { digestOf, type Digest, type Sha256Hex } from '../base/digest.ts';
import { decodeDirectory, decodeTree } from '../remote/decode.ts';
import { encodeDirectory, encodeTree } from '../remote/encode.ts';
import {
  MalformedMessage,
  type Directory,
  type DirectoryNode,
  type FileNode,
} from '../remote/message.ts';
import { moveIntoStore, placeBlob, putBytes, readBlob, type Store } from './store.ts';
import { MAX_OUTPUT_BYTES, MAX_OUTPUT_ENTRIES, surveyOutput, type Found } from './survey.ts';

export interface StoredTree {
  /** Digest of the Tree message. */
  readonly tree: Digest;
  /** Digest of the root Directory: what an input root refers to. */
  readonly root: Digest;
}

/** Size of a Tree message that is read: more than so many entries take. */
const MAX_TREE_BYTES = 2 ** 30;

/**
 * Takes a directory into the store, moving its files (nobody may be writing to it). Errors are those of
 * surveyOutput, and found before any file is moved. Throws node's own errors.
 */
export function storeTree(store: Store, directory: string): Result<StoredTree> {
  const found = surveyOutput(directory);
  if (!found.ok) return found;
  const children = new Map<Sha256Hex, Directory>();
  const root = takeIn(store, found.value, children);
  const encoded = encodeTree({ root, children: sortChildren(children) });
  return ok({ tree: putBytes(store, encoded), root: digestOf(encodeDirectory(root)) });
}

/** Moves the files of a directory, and of all below, into the store. */
function takeIn(store: Store, found: Found, children: Map<Sha256Hex, Directory>): Directory {
  const directories: DirectoryNode[] = found.directories.map((child) => {
    const node = takeIn(store, child, children);
    const digest = digestOf(encodeDirectory(node));
    children.set(digest.hash, node);
    return { name: child.name, digest };
  });
  const files = found.files.map(({ name, mode }) => {
    const path = `${found.path}/${name}`;
    if ((mode & 0o400) === 0) chmodSync(path, 0o600);
    return fileNode(store, path, name, mode);
  });
  const special = specialMode(found.mode, 0o755);
  return {
    files,
    directories,
    symlinks: found.symlinks,
    ...(special === undefined ? {} : { mode: special }),
  };
}

function fileNode(store: Store, path: string, name: string, mode: number): FileNode {
  const executable = (mode & 0o111) !== 0;
  const special = specialMode(mode, executable ? 0o755 : 0o644);
  const digest = moveIntoStore(store, path, executable);
  return { name, digest, executable, ...(special === undefined ? {} : { mode: special }) };
}

/**
 * Permission bits that say more than "ordinary": set-id and sticky bits, and files that not everybody
 * may read. All others become the ordinary ones, whatever the umask was.
 */
export function specialMode(mode: number, ordinary: number): number | undefined {
  const bits = mode & 0o7777;
  const readable = ordinary & 0o055;
  if ((bits & 0o7000) === 0 && (bits & readable) === readable) return undefined;
  return bits;
}

function sortChildren(children: ReadonlyMap<Sha256Hex, Directory>): Directory[] {
  return [...children].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, directory]) => directory);
}

export interface LoadedTree {
  readonly root: Directory;
  /** Of the root as it came: another program may have encoded more into it than is read here. */
  readonly rootDigest: Digest;
  readonly children: ReadonlyMap<Sha256Hex, Directory>;
}

/**
 * Reads a Tree message. Undefined when it is not in the store, is no valid tree or lacks a part, or would
 * give more files or bytes than an output may hold: a message of kilobytes can name one directory so
 * often that no disk could hold what it describes.
 */
export function loadTree(store: Store, tree: Digest): LoadedTree | undefined {
  if (tree.size > MAX_TREE_BYTES) return undefined;
  const bytes = readBlob(store, tree);
  return bytes === undefined ? undefined : parseTree(bytes);
}

/** As `loadTree`, from the bytes of a Tree message. */
export function parseTree(bytes: Uint8Array): LoadedTree | undefined {
  try {
    const { root, children } = decodeTree(bytes);
    const sizes = new Map<Sha256Hex, number>();
    const byHash = new Map<Sha256Hex, Directory>();
    for (const child of children) {
      const { hash, size } = digestOf(child);
      sizes.set(hash, size);
      byHash.set(hash, decodeDirectory(child));
    }
    const loaded = {
      root: decodeDirectory(root),
      rootDigest: digestOf(root),
      children: byHash,
    };
    return isBounded(loaded, sizes) ? loaded : undefined;
  } catch (error) {
    if (error instanceof MalformedMessage) return undefined;
    throw error;
  }
}

interface Visit {
  readonly hash: Sha256Hex | undefined;
  readonly directory: Directory;
  next: number;
  entries: number;
  bytes: number;
}

function beginVisit(directory: Directory, hash?: Sha256Hex): Visit {
  const entries = directory.files.length + directory.symlinks.length + directory.directories.length;
  const bytes = directory.files.reduce((sum, { digest }) => sum + digest.size, 0);
  return { hash, directory, next: 0, entries, bytes };
}

/**
 * Whether all children are there and what the tree describes stays within the limits of an output. Each
 * directory is counted once, however often it is named; without recursion, because chains may be long.
 */
function isBounded(tree: LoadedTree, sizes: ReadonlyMap<Sha256Hex, number>): boolean {
  const counted = new Map<Sha256Hex, Visit>();
  const stack = [beginVisit(tree.root)];
  for (let visit = stack.at(-1); visit !== undefined; visit = stack.at(-1)) {
    if (visit.entries > MAX_OUTPUT_ENTRIES || visit.bytes > MAX_OUTPUT_BYTES) return false;
    const node = visit.directory.directories[visit.next];
    if (node === undefined) {
      stack.pop();
      if (visit.hash !== undefined) counted.set(visit.hash, visit);
      continue;
    }
    const { hash, size } = node.digest;
    const child = tree.children.get(hash);
    if (child === undefined || sizes.get(hash) !== size) return false;
    const known = counted.get(hash);
    if (known === undefined) {
      stack.push(beginVisit(child, hash));
    } else {
      visit.next++;
      visit.entries += known.entries;
      visit.bytes += known.bytes;
    }
  }
  return true;
}

/** Digest of a tree's root Directory. */
export function rootOf(tree: LoadedTree): Digest {
  return tree.rootDigest;
}

export interface TreeFile extends Omit<FileNode, 'name'> {
  /** From the root of the tree. */
  readonly path: string;
}

/** All files of a tree. */
export function filesOf(tree: LoadedTree): Iterable<TreeFile> {
  return filesBelow(tree, tree.root, '');
}

function* filesBelow(tree: LoadedTree, directory: Directory, at: string): Generator<TreeFile> {
  for (const { name, ...file } of directory.files) yield { path: `${at}${name}`, ...file };
  for (const { name, digest } of directory.directories) {
    // A loaded tree has all its parts.
    yield* filesBelow(tree, tree.children.get(digest.hash)!, `${at}${name}/`);
  }
}

/** Digests of all files of a tree, each once. */
export function blobsOf(tree: LoadedTree): Digest[] {
  const found = new Map<Sha256Hex, Digest>();
  for (const { files } of [tree.root, ...tree.children.values()]) {
    for (const { digest } of files) found.set(digest.hash, digest);
  }
  return [...found.values()];
}

/**
 * Writes a tree into an empty or new directory. False when a blob is missing: what was written until
 * then has to go. Permissions are those of the tree, whatever the umask. Throws node's own errors.
 */
export function placeTree(
  store: Store,
  tree: LoadedTree,
  into: string,
  options: { readonly copy?: boolean } = {},
): boolean {
  const visit = (directory: Directory, path: string): boolean => {
    for (const { name, digest, executable, mode } of directory.files) {
      if (!placeBlob(store, digest, `${path}/${name}`, { ...options, executable, mode }))
        return false;
    }
    for (const { name, target } of directory.symlinks) symlinkSync(target, `${path}/${name}`);
    for (const { name, digest } of directory.directories) {
      const child = tree.children.get(digest.hash);
      if (child === undefined) return false;
      const childPath = `${path}/${name}`;
      mkdirSync(childPath, 0o700);
      if (!visit(child, childPath)) return false;
      chmodSync(childPath, child.mode ?? 0o755);
    }
    return true;
  };
  if (mkdirSync(into, { recursive: true }) !== undefined) chmodSync(into, 0o755);
  return visit(tree.root, into);
}
