// Reads the files of a tree: from a root file along `subdirs`, `optional_subdirs` and `build`, or all
// those of a module list. Each file once, parents before children. Knows nothing of module types, and
// of the file system only the ports below.
import { posix } from 'node:path';
import { definitionError, ok, type Diagnostic, type Result } from '../../base/diagnostic.ts';
import { systemError } from '../../base/fs.ts';
import { isSpan, type Place } from '../../base/span.ts';
import { evaluate } from './evaluate.ts';
import { parse } from './parse.ts';
import { Scope, type Binding, type Value } from './scope.ts';
import { decodeSource } from './source.ts';
import type { Dialect, File, Module, Node } from './tree.ts';

/** What a walk needs of a file system. Paths are relative to where the root file's path is, with `/`. */
export interface TreeFiles {
  /** What is at a path, links followed; undefined when there is nothing. Throws node's own errors. */
  kindOf(path: string): 'file' | 'directory' | 'link' | undefined;
  /** A file's bytes; undefined when there is no such file. Throws node's own errors. */
  read(path: string): Buffer | undefined;
  /** Names in a directory, in any order. Throws node's own errors. */
  list(path: string): readonly string[];
}

/** Expands a pattern: what matches, and the directories that were searched. */
export type Glob = (
  pattern: string,
) => Result<{ readonly matches: readonly string[]; readonly searched: readonly string[] }>;

export interface WalkOptions {
  readonly files: TreeFiles;
  readonly glob: Glob;
  /** `2025` unless given. */
  readonly dialect?: Dialect;
}

export interface TreeFile {
  /** Normalised, relative to the root. */
  readonly path: string;
  /** Its directory, `.` for the root. */
  readonly directory: string;
  readonly file: File;
  readonly scope: Scope;
  /** Those without errors in their values. */
  readonly modules: readonly Module<Value>[];
  /** Whose variables it inherits. */
  readonly parent: TreeFile | undefined;
}

export interface Tree {
  /** Parents before children, otherwise in the order in which they are named. */
  readonly files: readonly TreeFile[];
  /** What the result depends on besides the root file: sorted paths of files and directories. */
  readonly dependencies: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

/** No new file is begun once more files than these have errors. */
const MAX_BROKEN_FILES = 10;

/** Variables that speak to the walk, and are not inherited. */
export const NOT_INHERITED = ['subdirs', 'optional_subdirs', 'build'];

/**
 * Reads a root file and what it leads to. `subdirs` and `optional_subdirs` are lists of directories,
 * `build` is one of files, all with wildcards, relative to the file's directory; what matches nothing
 * is an error but in `optional_subdirs`. `subname` is the name of the files in subdirectories; without
 * such a file it is `Blueprints`, then `Android.bp`, then all `*.bp`. Error codes those of `parse` and
 * `evaluate`, `blueprint/walk`, `blueprint/no-such-file`.
 */
export function readTree(root: string, options: WalkOptions): Tree {
  const walk = new Walk(options, true);
  const path = posix.normalize(root);
  walk.begin({ path, parent: undefined, at: { file: path } });
  walk.run();
  return walk.tree(path);
}

/**
 * Reads the files that a module list names, one per line. A file inherits from that of the nearest
 * directory above it; `build` names more files of the same directory, and `subdirs` is a variable like
 * any other. Error codes as for `readTree`; two listed files of one directory are a `blueprint/walk`.
 */
export function readListedTree(listFile: string, options: WalkOptions): Tree {
  const walk = new Walk(options, false);
  const listed = walk.readList(listFile);
  for (const entry of listed) walk.begin(entry);
  walk.run();
  return walk.tree(undefined);
}

interface Entry {
  readonly path: string;
  readonly parent: TreeFile | undefined;
  /** What names the file. */
  readonly at: Place;
  /** The path of the listed file it inherits from, which comes before it. */
  readonly above?: string | undefined;
}

class Walk {
  readonly #options: WalkOptions;
  /** Whether files lead to others through `subdirs`. */
  readonly #follows: boolean;
  readonly #queue: Entry[] = [];
  readonly #begun = new Set<string>();
  readonly #read = new Map<string, TreeFile>();
  readonly #dependencies = new Set<string>();
  readonly #diagnostics: Diagnostic[] = [];
  #broken = 0;

  constructor(options: WalkOptions, follows: boolean) {
    this.#options = options;
    this.#follows = follows;
  }

  tree(root: string | undefined): Tree {
    if (root !== undefined) this.#dependencies.delete(root);
    return {
      files: [...this.#read.values()],
      dependencies: [...this.#dependencies].sort(),
      diagnostics: this.#diagnostics,
    };
  }

  /** Puts a file in the queue, unless it was there before. */
  begin(entry: Entry): void {
    this.#dependencies.add(entry.path);
    if (this.#begun.has(entry.path)) return;
    this.#begun.add(entry.path);
    this.#queue.push(entry);
  }

  run(): void {
    for (const entry of this.#queue) {
      if (this.#broken > MAX_BROKEN_FILES) return;
      const before = this.#diagnostics.length;
      const file = this.#readFile(entry);
      if (file !== undefined) this.#follow(file);
      if (this.#diagnostics.length > before) this.#broken++;
    }
  }

  #readFile({ path, parent, at, above }: Entry): TreeFile | undefined {
    const bytes = this.#attempt(() => this.#options.files.read(path), 'read', path);
    if (bytes === undefined) return undefined;
    if (bytes.value === undefined) {
      this.#missing(path, at);
      return undefined;
    }
    const { dialect = '2025' } = this.#options;
    const inherits = parent ?? (above === undefined ? undefined : this.#read.get(above));
    const parsed = parse(decodeSource(path, bytes.value), { dialect });
    const scope = new Scope(inherits?.scope);
    for (const name of NOT_INHERITED) scope.remove(name);
    if (parsed.diagnostics.length > 0) scope.incomplete = true;
    const { modules, diagnostics } = evaluate(parsed.file, scope);
    this.#diagnostics.push(...parsed.diagnostics, ...diagnostics);
    const directory = posix.dirname(path);
    const file = { path, directory, file: parsed.file, scope, modules, parent: inherits };
    this.#read.set(path, file);
    return file;
  }

  #follow(file: TreeFile): void {
    const build = this.#strings(file, 'build');
    for (const name of build?.values ?? []) this.#build(file, build!, name);
    if (!this.#follows) return;
    const subname = this.#subname(file);
    for (const variable of ['subdirs', 'optional_subdirs']) {
      const named = this.#strings(file, variable);
      for (const pattern of named?.values ?? []) {
        const found = this.#expand(file, named!, pattern, variable === 'optional_subdirs');
        for (const directory of found) this.#enter(file, named!.at, directory, subname);
      }
    }
  }

  #build(file: TreeFile, build: Named, name: string): void {
    if (!this.#follows && name.includes('/')) {
      const message = `illegal value ${name}. The '/' character is not permitted`;
      this.#report('blueprint/walk', message, build.at);
      return;
    }
    for (const path of this.#expand(file, build, name, false)) {
      if (this.#options.files.kindOf(path) === 'directory') {
        this.#report('blueprint/walk', `"${name}" is a directory`, build.at);
      } else this.begin({ path, parent: file, at: build.at });
    }
  }

  /** Begins the files of a directory; without one the directory is watched, for one may come. */
  #enter(parent: TreeFile, at: Node, directory: string, subname: string | undefined): void {
    const { files } = this.#options;
    if (files.kindOf(directory) !== 'directory') return;
    const names = subname === undefined ? ['Blueprints'] : [subname, 'Blueprints'];
    for (const name of [...names, 'Android.bp']) {
      const path = posix.join(directory, name);
      if (files.kindOf(path) === 'file') {
        if (name === 'Android.bp') this.#dependencies.add(directory);
        this.begin({ path, parent, at });
        return;
      }
    }
    this.#dependencies.add(directory);
    const listed = this.#attempt(() => files.list(directory), 'read', directory);
    const others = (listed?.value ?? []).filter((name) => /^[^.].*\.bp$/.test(name));
    for (const name of others.toSorted()) {
      this.begin({ path: posix.join(directory, name), parent, at });
    }
  }

  /** Paths that a pattern matches; reports if there are none. */
  #expand(file: TreeFile, named: Named, pattern: string, optional: boolean): readonly string[] {
    const path = posix.join(file.directory, pattern);
    const found = /[*?[\\]/.test(pattern) ? this.#options.glob(path) : this.#literal(path);
    if (!found.ok) {
      for (const { message } of found.diagnostics)
        this.#report('blueprint/walk', message, named.at);
      return [];
    }
    for (const searched of found.value.searched) this.#dependencies.add(searched);
    const matches = found.value.matches.map((match) => posix.normalize(match).replace(/\/$/, ''));
    if (matches.length === 0 && !optional) {
      this.#report('blueprint/walk', `"${pattern}": not found`, named.at);
    }
    return matches;
  }

  /** A path without wildcards; where it is not, the nearest directory above is what to watch. */
  #literal(path: string): ReturnType<Glob> {
    const { files } = this.#options;
    if (files.kindOf(path) !== undefined) return ok({ matches: [path], searched: [] });
    let above = posix.dirname(path);
    while (above !== '.' && above !== '/' && files.kindOf(above) === undefined) {
      above = posix.dirname(above);
    }
    return ok({ matches: [], searched: [above] });
  }

  #subname(file: TreeFile): string | undefined {
    const found = file.scope.get('subname');
    if (found === undefined) return undefined;
    const { value } = found.binding;
    if (value.kind === 'string') return value.value;
    if (found.local) {
      this.#report('blueprint/walk', '"subname" must be a string', placeOf(found.binding));
    }
    return undefined;
  }

  /** A variable of the file itself that is a list of strings. */
  #strings(file: TreeFile, name: string): Named | undefined {
    const found = file.scope.get(name);
    if (found?.local !== true) return undefined;
    const { value } = found.binding;
    const at = placeOf(found.binding);
    const values = value.kind === 'list' ? value.values : undefined;
    if (values === undefined || !values.every((element) => element.kind === 'string')) {
      this.#report('blueprint/walk', `"${name}" must be a list of strings`, at);
      return undefined;
    }
    return { at, values: values.map((element) => element.value) };
  }

  /** The listed files, those of directories above before those below. */
  readList(listFile: string): Entry[] {
    const bytes = this.#attempt(() => this.#options.files.read(listFile), 'read', listFile);
    if (bytes === undefined) return [];
    if (bytes.value === undefined) {
      this.#missing(listFile, { file: listFile });
      return [];
    }
    const source = decodeSource(listFile, bytes.value);
    const entries = new Map<string, Entry>();
    for (const { 0: line, index } of source.text.matchAll(/[^\r\n]+/g)) {
      const path = posix.normalize(line.trim());
      const at = { source, start: index, end: index + line.length };
      if (line.trim() === '') continue;
      const other = entries.get(posix.dirname(path));
      if (other === undefined) entries.set(posix.dirname(path), { path, parent: undefined, at });
      else if (other.path !== path) {
        const message = `two files of one directory are listed: ${other.path} and ${path}`;
        this.#report('blueprint/walk', message, at);
      }
    }
    const directories = [...entries.keys()].sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1));
    return directories.map((directory) => {
      const above = nearestAbove(directory, entries);
      return { ...entries.get(directory)!, above };
    });
  }

  #attempt<T>(read: () => T, doing: string, path: string): { readonly value: T } | undefined {
    try {
      return { value: read() };
    } catch (error) {
      this.#diagnostics.push(systemError(doing, error, path));
      return undefined;
    }
  }

  #missing(path: string, at: Place): void {
    const what = isSpan(at) ? `${path}: ` : '';
    this.#report('blueprint/no-such-file', `${what}file does not exist`, at);
  }

  #report(code: string, message: string, at: Place): void {
    this.#diagnostics.push(definitionError({ code, message, at }));
  }
}

interface Named {
  readonly at: Node;
  readonly values: readonly string[];
}

/** The `=` of the assignment, up to the end of the value. */
function placeOf({ assignment, value }: Binding): Node {
  if (assignment === undefined) return value;
  const { source, equals, equalsLine, end } = assignment;
  return { source, start: equals, end, line: equalsLine };
}

function depth(directory: string): number {
  return directory === '.' ? 0 : directory.split('/').length;
}

function nearestAbove(directory: string, entries: ReadonlyMap<string, Entry>): string | undefined {
  for (let above = directory; above !== '.' && above !== '/';) {
    above = posix.dirname(above);
    const entry = entries.get(above);
    if (entry !== undefined) return entry.path;
  }
  return undefined;
}
