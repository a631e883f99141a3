// Walks the tree of Blueprints files: which there are, in which scope each is evaluated, what they
// define. Knows nothing of module types. Two ways: from a root file along `subdirs`, or over a list of
// files whose hierarchy is that of their directories.
import {
  definitionError,
  environmentError,
  warning,
  type Diagnostic,
} from '../../base/diagnostic.ts';
import { systemError } from '../../base/fs.ts';
import { isSpan, type Source, type Span } from '../../base/span.ts';
import type { FileSystem } from '../glob/filesystem.ts';
import { glob } from '../glob/glob.ts';
import { cleanPath, directoryOf, joinPath } from '../glob/path.ts';
import type { GlobRecord } from '../module/observe.ts';
import { evaluate } from '../syntax/evaluate.ts';
import { parse } from '../syntax/parse.ts';
import { Scope, type Value } from '../syntax/scope.ts';
import { decodeSource } from '../syntax/source.ts';
import type { Module } from '../syntax/tree.ts';

export interface WalkOptions {
  /** The top file; `Blueprints` unless given. */
  readonly root?: string;
  /** All files there are, instead of following `subdirs` from the root. */
  readonly list?: readonly string[] | undefined;
}

/** A file, evaluated. Its modules are handed on and not kept: syntax trees are large. */
export interface TreeFile {
  readonly path: string;
  readonly source: Source;
  readonly parent: TreeFile | undefined;
  /** What children inherit. */
  readonly scope: Scope;
  /** Whether something in it, or in a file it inherits from, could not be parsed. */
  readonly broken: boolean;
}

export interface Tree {
  /** Parents before children, children in the order in which they are named. */
  readonly files: readonly TreeFile[];
  /** Every path that was to be read, once, in the order of reading: also of files that are not there. */
  readonly paths: readonly string[];
  /** What was looked for in directories on the way. */
  readonly globs: readonly GlobRecord[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Is handed each file with its modules, as it is read. */
export type TakeModules = (file: TreeFile, modules: readonly Module<Value>[]) => void;

/** Variables that speak of their own file only. */
const NOT_INHERITED = ['subdirs', 'optional_subdirs', 'build'];
const DEFAULT_NAME = 'Blueprints';
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
  const walker = new Walker(files, options.list !== undefined, take);
  if (options.list === undefined) walker.walkFrom(cleanPath(options.root ?? DEFAULT_NAME));
  else walker.walkList(options.list.map(cleanPath));
  return walker;
}

class Walker implements Tree {
  readonly files: TreeFile[] = [];
  readonly paths: string[] = [];
  readonly globs: GlobRecord[] = [];
  readonly diagnostics: Diagnostic[] = [];
  readonly #fileSystem: FileSystem;
  readonly #listed: boolean;
  readonly #take: TakeModules;
  readonly #seen = new Set<string>();
  readonly #early = new Map<string, string | Buffer>();

  constructor(files: FileSystem, listed: boolean, take: TakeModules) {
    this.#fileSystem = files;
    this.#listed = listed;
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
      const children = [...this.#buildFiles(file), ...this.#subdirectories(file)];
      for (const path of children.reverse()) pending.push({ path, parent: file });
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
      if (file !== undefined) for (const child of this.#buildFiles(file)) this.#read(child, file);
      return file;
    };
    for (const path of list) visit(path);
  }

  /** Reads and evaluates a file, unless that was done before. */
  #read(path: string, parent: TreeFile | undefined): TreeFile | undefined {
    if (this.#seen.has(path)) return undefined;
    this.#seen.add(path);
    this.paths.push(path);
    const source = this.#source(path);
    if (source === undefined) return undefined;
    const { file, diagnostics } = parse(source);
    const scope = new Scope(parent?.scope);
    for (const name of NOT_INHERITED) scope.remove(name);
    const evaluated = evaluate(file, scope);
    this.diagnostics.push(...diagnostics);
    // What a broken file failed to set is no mistake of those that use it.
    const consequences = parent?.broken === true || diagnostics.length > 0;
    for (const problem of evaluated.diagnostics) {
      if (!consequences || problem.code !== 'blueprint/variable-not-set') {
        this.diagnostics.push(problem);
      }
    }
    const broken = consequences || evaluated.diagnostics.length > 0;
    const modules =
      diagnostics.length === 0
        ? evaluated.modules
        : evaluated.modules.filter((module) => isWhole(module, diagnostics));
    const read = { path, source, parent, scope, broken };
    this.files.push(read);
    this.#take(read, modules);
    return read;
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

  #source(path: string): Source | undefined {
    try {
      const content = this.#early.get(path) ?? this.#fileSystem.read(path);
      this.#early.delete(path);
      if (typeof content === 'string') return { file: path, text: content };
      if (content !== undefined) return decodeSource(path, content);
    } catch (error) {
      this.diagnostics.push({ ...systemError('read', error, path), at: { file: path } });
      return undefined;
    }
    this.diagnostics.push(
      environmentError({ code: 'fs/enoent', message: `open ${path}: file does not exist` }),
    );
    return undefined;
  }

  /** Files that `build` names: more of the same directory, in the scope of this one. */
  #buildFiles(file: TreeFile): string[] {
    const patterns = this.#patterns(file, 'build');
    if (patterns === undefined) return [];
    const found: string[] = [];
    for (const pattern of patterns.values) {
      if (this.#listed && pattern.includes('/')) {
        this.#complain(
          'tree/slash',
          `illegal value ${pattern}. The '/' character is not permitted`,
          patterns.at,
        );
        continue;
      }
      const { matches = [] } = this.#glob(file, pattern, patterns.at) ?? {};
      if (matches.length === 0) this.#notFound(pattern, patterns.at);
      for (const match of matches) {
        if (!match.endsWith('/')) found.push(match);
        else {
          const shown = JSON.stringify(match.slice(0, -1));
          this.#complain('tree/directory', `${shown} is a directory`, patterns.at);
        }
      }
    }
    return found;
  }

  /** The files of `subdirs` and `optional_subdirs`. Directories without one are left out. */
  #subdirectories(file: TreeFile): string[] {
    const name = this.#childName(file);
    const found: string[] = [];
    for (const variable of ['subdirs', 'optional_subdirs']) {
      const patterns = this.#patterns(file, variable);
      for (const pattern of patterns?.values ?? []) {
        const { matches = [] } = this.#glob(file, pattern, patterns!.at) ?? {};
        const directories = matches.filter((match) => match.endsWith('/'));
        if (directories.length === 0 && variable === 'subdirs') {
          this.#notFound(pattern, patterns!.at);
        }
        for (const directory of directories) {
          const child = this.#fileIn(directory.slice(0, -1), name);
          if (child !== undefined) found.push(child);
        }
      }
    }
    return found;
  }

  /** The file of a directory: of the wanted name, or else of the usual one. */
  #fileIn(directory: string, name: string): string | undefined {
    for (const candidate of name === DEFAULT_NAME ? [name] : [name, DEFAULT_NAME]) {
      const path = cleanPath(joinPath(directory, candidate));
      if (this.#seen.has(path) || this.#readEarly(path)) return path;
      // Its coming into being must be noticed.
      this.globs.push({
        pattern: path,
        excludes: [],
        followLinks: true,
        matches: [],
        searched: [cleanPath(directory)],
      });
    }
    return undefined;
  }

  #childName({ scope }: TreeFile): string {
    const found = scope.get('subname');
    if (found === undefined) return DEFAULT_NAME;
    const { value, assignment } = found.binding;
    if (value.kind === 'string') return value.value;
    if (found.local && assignment !== undefined) {
      this.diagnostics.push(
        warning({
          code: 'tree/not-a-string',
          message: '"subname" must be a string; it does not count',
          at: value,
        }),
      );
    }
    return DEFAULT_NAME;
  }

  /** The strings of a list variable of the file itself, and the place to complain at. */
  #patterns({ scope }: TreeFile, name: string): { values: string[]; at: Span } | undefined {
    const found = scope.get(name);
    if (found === undefined || !found.local) return undefined;
    const { value, assignment } = found.binding;
    const at =
      assignment === undefined
        ? value
        : { source: assignment.source, start: assignment.equals, end: assignment.equals + 1 };
    const values: string[] = [];
    for (const item of value.kind === 'list' ? value.values : [value]) {
      if (value.kind === 'list' && item.kind === 'string') values.push(item.value);
      else {
        this.#complain('tree/not-a-list', `"${name}" must be a list of strings`, at);
        return undefined;
      }
    }
    return { values, at };
  }

  #glob(file: TreeFile, pattern: string, at: Span): GlobRecord | undefined {
    const whole = joinPath(directoryOf(file.path), pattern);
    const result = glob(this.#fileSystem, whole);
    if (!result.ok) {
      for (const { code, message } of result.diagnostics) this.#complain(code, message, at);
      return undefined;
    }
    const record = { pattern: whole, excludes: [], followLinks: true, ...result.value };
    this.globs.push(record);
    return record;
  }

  #notFound(pattern: string, at: Span): void {
    this.#complain('tree/not-found', `${JSON.stringify(pattern)}: not found`, at);
  }

  #complain(code: string, message: string, at: Span): void {
    this.diagnostics.push(definitionError({ code, message, at }));
  }
}

/** Whether a module of a file with errors is closed, and none of them is inside it. */
function isWhole({ source, start, end }: Module<Value>, errors: readonly Diagnostic[]): boolean {
  if (!/[})]/.test(source.text[end - 1] ?? '')) return false;
  return !errors.some(
    ({ at }) => at !== undefined && isSpan(at) && at.start >= start && at.start <= end,
  );
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
