// Walks the tree of Blueprints files: which there are, and in which scope each is evaluated. Knows
// nothing of module types. Two ways: from a root file along `subdirs`, or over a list of files whose
// hierarchy is that of their directories.
import { definitionError, type Diagnostic } from '../../base/diagnostic.ts';
import type { FileSystem } from '../glob/filesystem.ts';
import { cleanPath, directoryOf } from '../glob/path.ts';
import type { GlobRecord } from '../module/observe.ts';
import type { Value } from '../syntax/scope.ts';
import type { Dialect, Module } from '../syntax/tree.ts';
import {
  childrenOf,
  DEFAULT_NAME,
  readSource,
  readTreeFile,
  type Children,
  type TreeFile,
} from './treefile.ts';

export interface WalkOptions {
  /** The top file; `Blueprints` unless given. */
  readonly root?: string | undefined;
  /** All files there are, instead of following `subdirs` from the root. */
  readonly list?: readonly string[] | undefined;
  /** The form of the language; the latest unless given. */
  readonly dialect?: Dialect | undefined;
}

export interface Tree {
  /** Parents before children, children in the order in which they are named. */
  readonly files: readonly TreeFile[];
  /** What each file names, where it names anything. */
  readonly children: ReadonlyMap<TreeFile, Children>;
  /** Every path that was to be read, once, in the order of reading: also of files that are not there. */
  readonly paths: readonly string[];
  /** What was looked for in directories on the way. */
  readonly globs: readonly GlobRecord[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Is handed each file with its modules, as it is read. */
export type TakeModules = (file: TreeFile, modules: readonly Module<Value>[]) => void;

/** With more than this many errors no further file is begun. */
const MAX_ERRORS = 100;

/**
 * Reads a tree. Error codes: those of parsing and evaluation, `tree/not-found`, `tree/not-a-list`,
 * `tree/slash`, `tree/directory`, `tree/two-files`, `glob/pattern` and `fs/…`.
 */
export function walkTree(
  files: FileSystem,
  options: WalkOptions = {},
  take: TakeModules = () => undefined,
): Tree {
  const walker = new Walker(files, options, take);
  if (options.list === undefined) walker.walkFrom(cleanPath(options.root ?? DEFAULT_NAME));
  else walker.walkList(options.list.map(cleanPath));
  return walker;
}

class Walker implements Tree {
  readonly files: TreeFile[] = [];
  readonly children = new Map<TreeFile, Children>();
  readonly paths: string[] = [];
  readonly globs: GlobRecord[] = [];
  readonly diagnostics: Diagnostic[] = [];
  readonly #fileSystem: FileSystem;
  readonly #listed: boolean;
  readonly #dialect: Dialect | undefined;
  readonly #take: TakeModules;
  readonly #seen = new Set<string>();
  readonly #early = new Map<string, string | Buffer>();

  constructor(files: FileSystem, { list, dialect }: WalkOptions, take: TakeModules) {
    this.#fileSystem = files;
    this.#listed = list !== undefined;
    this.#dialect = dialect;
    this.#take = take;
  }

  walkFrom(root: string): void {
    const pending: { path: string; parent: TreeFile | undefined }[] = [
      { path: root, parent: undefined },
    ];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (this.diagnostics.length > MAX_ERRORS) return;
      const file = this.#read(next.path, next.parent);
      if (file === undefined) continue;
      for (const path of this.#childrenOf(file).toReversed()) pending.push({ path, parent: file });
    }
  }

  walkList(list: readonly string[]): void {
    const byDirectory = new Map<string, string>();
    for (const path of list) {
      const directory = directoryOf(path);
      const other = byDirectory.get(directory);
      if (other === undefined) byDirectory.set(directory, path);
      else if (other !== path) this.diagnostics.push(twoFiles(directory, other, path));
    }
    const read = new Map<string, TreeFile | undefined>();
    const visit = (path: string): TreeFile | undefined => {
      if (read.has(path)) return read.get(path);
      const above = nearestAbove(path, byDirectory);
      const parent = above === undefined ? undefined : visit(above);
      if (this.diagnostics.length > MAX_ERRORS) return undefined;
      const file = this.#read(path, parent);
      read.set(path, file);
      if (file !== undefined) for (const child of this.#childrenOf(file)) this.#read(child, file);
      return file;
    };
    for (const path of list) visit(path);
  }

  /** Reads and evaluates a file, unless that was done before. */
  #read(path: string, parent: TreeFile | undefined): TreeFile | undefined {
    if (this.#seen.has(path)) return undefined;
    this.#seen.add(path);
    this.paths.push(path);
    const source = readSource(this.#fileSystem, path, this.#early.get(path));
    this.#early.delete(path);
    if (!source.ok) {
      this.diagnostics.push(...source.diagnostics);
      return undefined;
    }
    const { file, modules, diagnostics } = readTreeFile(source.value, parent, this.#dialect);
    this.files.push(file);
    this.diagnostics.push(...diagnostics);
    this.#take(file, modules);
    return file;
  }

  #childrenOf(file: TreeFile): readonly string[] {
    const exists = (path: string): boolean => this.#seen.has(path) || this.#readEarly(path);
    const found: Children = childrenOf(this.#fileSystem, file, this.#listed, exists);
    this.globs.push(...found.globs);
    this.diagnostics.push(...found.diagnostics);
    if (found.paths.length + found.globs.length > 0) this.children.set(file, found);
    return found.paths;
  }

  /** Whether there is such a file. Its content is kept until its turn comes: asking twice is slow. */
  #readEarly(path: string): boolean {
    try {
      const content = this.#fileSystem.read(path);
      if (content !== undefined) this.#early.set(path, content);
      return content !== undefined;
    } catch {
      // If it is there and cannot be read, reading it in its turn says why.
      return this.#fileSystem.kindOf(path) === 'file';
    }
  }
}

/** The listed file of the nearest directory above. */
function nearestAbove(path: string, byDirectory: ReadonlyMap<string, string>): string | undefined {
  for (let directory = directoryOf(path); directory !== '.' && directory !== '/';) {
    directory = directoryOf(directory);
    const found = byDirectory.get(directory);
    if (found !== undefined) return found;
  }
  return undefined;
}

function twoFiles(directory: string, first: string, second: string): Diagnostic {
  return definitionError({
    code: 'tree/two-files',
    message: `directory ${directory} has two files in the module list: ${first} and ${second}`,
    at: { file: second },
    hint: 'list one of them, and name the other in its "build" variable',
  });
}
