// Directory trees in the store: taken in from disk as Tree messages and file blobs, and put back by
// hard links. Permissions are reduced to what matters, so that a umask or an owner never shows.
import { lstatSync, mkdirSync, readdirSync, readlinkSync, symlinkSync, chmodSync } from 'node:fs';
import { buildError, failed, ok, type Diagnostic, type Result } from '../base/diagnostic.ts';
import { digestOf, type Digest, type Sha256Hex } from '../base/digest.ts';
import { decodeDirectory, decodeTree } from '../remote/decode.ts';
import { encodeDirectory, encodeTree } from '../remote/encode.ts';
import {
  MalformedMessage,
  type Directory,
  type DirectoryNode,
  type FileNode,
  type SymlinkNode,
} from '../remote/message.ts';
import { moveIntoStore, placeBlob, putBytes, readBlob, type Store } from './store.ts';

export interface StoredTree {
  /** Digest of the Tree message. */
  readonly tree: Digest;
  /** Digest of the root Directory: what an input root refers to. */
  readonly root: Digest;
}

/** Bytes of regular files that one output may hold: a sparse file must not keep us hashing for hours. */
const MAX_OUTPUT_BYTES = 256 * 2 ** 30;

/**
 * Takes a directory into the store, moving its files (nobody may be writing to it). Errors, all of them
 * with the path inside: `output/name` for names that are not UTF-8, `output/kind` for what is neither
 * file, directory nor symbolic link, `output/size`. Throws node's own errors.
 */
export function storeTree(store: Store, directory: string): Result<StoredTree> {
  const problems: Diagnostic[] = [];
  const children = new Map<Sha256Hex, Directory>();
  let bytes = 0;

  const visit = (
    path: string,
    inside: string,
    mode: number,
  ): { node: Directory; digest: Digest } => {
    const files: FileNode[] = [];
    const directories: DirectoryNode[] = [];
    const symlinks: SymlinkNode[] = [];
    for (const name of sortedNames(path, inside, problems)) {
      const child = `${path}/${name}`;
      const stat = lstatSync(child);
      if (stat.isSymbolicLink()) {
        symlinks.push({ name, target: readlinkSync(child) });
      } else if (stat.isDirectory()) {
        // An unreadable directory is the build's doing; its content still belongs to the output.
        if ((stat.mode & 0o500) !== 0o500) chmodSync(child, 0o700);
        const visited = visit(child, `${inside}${name}/`, stat.mode);
        directories.push({ name, digest: visited.digest });
        children.set(visited.digest.hash, visited.node);
      } else if (stat.isFile()) {
        bytes += stat.size;
        if (bytes > MAX_OUTPUT_BYTES) {
          problems.push(
            buildError({
              code: 'output/size',
              message: `the output holds more than ${MAX_OUTPUT_BYTES} bytes, counted up to ${inside}${name}`,
            }),
          );
          break;
        }
        if ((stat.mode & 0o400) === 0) chmodSync(child, 0o600);
        files.push(fileNode(store, child, name, stat.mode));
      } else {
        problems.push(
          buildError({
            code: 'output/kind',
            message: `${inside}${name} is ${kindOf(stat)}; an output holds files, directories and symbolic links`,
            hint: 'remove it at the end of the build script',
          }),
        );
      }
    }
    const special = specialMode(mode, 0o755);
    const node = {
      files,
      directories,
      symlinks,
      ...(special === undefined ? {} : { mode: special }),
    };
    return { node, digest: digestOf(encodeDirectory(node)) };
  };

  const { node, digest } = visit(directory, '', 0o755);
  if (problems.length > 0) return failed(...problems);
  const encoded = encodeTree({ root: node, children: sortChildren(children) });
  return ok({ tree: putBytes(store, encoded), root: digest });
}

/** Entry names as text, in byte order; those that are not UTF-8 are reported. */
function sortedNames(path: string, inside: string, problems: Diagnostic[]): string[] {
  const names = readdirSync(path, { encoding: 'buffer' }).sort((a, b) => Buffer.compare(a, b));
  return names.flatMap((bytes) => {
    const name = bytes.toString('utf8');
    if (Buffer.from(name, 'utf8').equals(bytes)) return [name];
    problems.push(
      buildError({
        code: 'output/name',
        message: `a name in ${inside === '' ? 'the output' : inside} is not UTF-8: ${bytes.toString('latin1')}`,
        hint: 'rename it in the build script',
      }),
    );
    return [];
  });
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

function kindOf(stat: {
  isFIFO(): boolean;
  isSocket(): boolean;
  isBlockDevice(): boolean;
}): string {
  if (stat.isFIFO()) return 'a named pipe';
  if (stat.isSocket()) return 'a socket';
  return stat.isBlockDevice() ? 'a block device' : 'a character device';
}

function sortChildren(children: ReadonlyMap<Sha256Hex, Directory>): Directory[] {
  return [...children].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, directory]) => directory);
}

export interface LoadedTree {
  readonly root: Directory;
  readonly children: ReadonlyMap<Sha256Hex, Directory>;
}

/** Reads a Tree message. Undefined when it is not in the store, or is no valid tree. */
export function loadTree(store: Store, tree: Digest): LoadedTree | undefined {
  const bytes = readBlob(store, tree);
  if (bytes === undefined) return undefined;
  try {
    const { root, children } = decodeTree(bytes);
    const byHash = new Map(
      children.map((child) => [digestOf(child).hash, decodeDirectory(child)] as const),
    );
    return { root, children: byHash };
  } catch (error) {
    if (error instanceof MalformedMessage) return undefined;
    throw error;
  }
}

/** Digest of a tree's root Directory. */
export function rootOf(tree: LoadedTree): Digest {
  return digestOf(encodeDirectory(tree.root));
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
 * then has to go. Throws node's own errors.
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
      mkdirSync(childPath);
      if (!visit(child, childPath)) return false;
      if (child.mode !== undefined) chmodSync(childPath, child.mode);
    }
    return true;
  };
  mkdirSync(into, { recursive: true });
  return visit(tree.root, into);
}
