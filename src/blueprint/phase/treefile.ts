// One Blueprints file: read, parsed and evaluated in the scope it inherits; and which files it names.
// Knows nothing of the tree around it.
import {
  definitionError,
  environmentError,
  failed,
  ok,
  warning,
  type Diagnostic,
  type Result,
} from '../../base/diagnostic.ts';
import { systemError } from '../../base/fs.ts';
import { isSpan, type Source, type Span } from '../../base/span.ts';
import type { FileSystem } from '../glob/filesystem.ts';
import { glob } from '../glob/glob.ts';
import { cleanPath, directoryOf, joinPath } from '../glob/path.ts';
import { isWild } from '../glob/pattern.ts';
import type { GlobRecord } from '../module/observe.ts';
import { evaluate } from '../syntax/evaluate.ts';
import { parse } from '../syntax/parse.ts';
import { Scope, type Value } from '../syntax/scope.ts';
import { decodeSource } from '../syntax/source.ts';
import type { Dialect, Module } from '../syntax/tree.ts';

/** A file, evaluated. */
export interface TreeFile {
  readonly path: string;
  readonly source: Source;
  readonly parent: TreeFile | undefined;
  /** What children inherit. */
  readonly scope: Scope;
}

/** A file with its modules: these are large, so they are handed on rather than kept. */
export interface ReadFile {
  readonly file: TreeFile;
  readonly modules: readonly Module<Value>[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Variables that speak of their own file only. */
export const NOT_INHERITED = ['subdirs', 'optional_subdirs', 'build'];
export const DEFAULT_NAME = 'Blueprints';

/** A file's text. Error codes `fs/…`. */
export function readSource(
  files: FileSystem,
  path: string,
  early?: string | Buffer,
): Result<Source> {
  try {
    const content = early ?? files.read(path);
    if (typeof content === 'string') return ok({ file: path, text: content });
    if (content !== undefined) return ok(decodeSource(path, content));
  } catch (error) {
    return failed({ ...systemError('read', error, path), at: { file: path } });
  }
  const message = `open ${path}: file does not exist`;
  return failed(environmentError({ code: 'fs/enoent', message }));
}

/**
 * Parses and evaluates a file. Modules with errors inside them are left out. Unless a dialect is given, a file that
 * only the oldest form of the language takes is read as that: trees of then are still around.
 */
export function readTreeFile(
  source: Source,
  parent: TreeFile | undefined,
  dialect: Dialect | undefined,
): ReadFile {
  const { file: syntax, diagnostics: errors } = parseInDialect(source, dialect);
  const scope = new Scope(parent?.scope);
  for (const name of NOT_INHERITED) scope.remove(name);
  if (errors.length > 0) scope.incomplete = true;
  const evaluated = evaluate(syntax, scope);
  const modules =
    errors.length === 0
      ? evaluated.modules
      : evaluated.modules.filter((module) => isWhole(module, errors));
  const file = { path: source.file, source, parent, scope };
  return { file, modules, diagnostics: [...errors, ...evaluated.diagnostics] };
}

function parseInDialect(source: Source, dialect: Dialect | undefined): ReturnType<typeof parse> {
  if (dialect !== undefined) return parse(source, { dialect });
  const parsed = parse(source);
  if (parsed.diagnostics.length === 0) return parsed;
  const old = parse(source, { dialect: '2016' });
  return old.diagnostics.length === 0 ? old : parsed;
}

/** Whether a module of a file with errors is closed, and none of them is inside it. */
function isWhole({ source, start, end }: Module<Value>, errors: readonly Diagnostic[]): boolean {
  if (!/[})]/.test(source.text[end - 1] ?? '')) return false;
  return !errors.some(
    ({ at }) => at !== undefined && isSpan(at) && at.start >= start && at.start <= end,
  );
}

/** The files that a file names, and what was looked at to find them. */
export interface Children {
  readonly paths: readonly string[];
  readonly globs: readonly GlobRecord[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Files of `build`, then those of `subdirs` and `optional_subdirs`, unless the tree is given as a list:
 * then directories are not followed, and `build` names files of the same directory only. `exists` is
 * asked whether a file is there.
 */
export function childrenOf(
  files: FileSystem,
  file: TreeFile,
  listed: boolean,
  exists: (path: string) => boolean,
): Children {
  const finder = new ChildFinder(files, file, listed, exists);
  finder.findBuildFiles();
  if (!listed) finder.findSubdirectories();
  return finder;
}

class ChildFinder implements Children {
  readonly paths: string[] = [];
  readonly globs: GlobRecord[] = [];
  readonly diagnostics: Diagnostic[] = [];
  readonly #files: FileSystem;
  readonly #file: TreeFile;
  readonly #listed: boolean;
  readonly #exists: (path: string) => boolean;

  constructor(
    files: FileSystem,
    file: TreeFile,
    listed: boolean,
    exists: (path: string) => boolean,
  ) {
    this.#files = files;
    this.#file = file;
    this.#listed = listed;
    this.#exists = exists;
  }

  findBuildFiles(): void {
    const patterns = this.#patterns('build');
    for (const pattern of patterns?.values ?? []) {
      const { at } = patterns!;
      if (this.#listed && pattern.includes('/')) {
        const message = `illegal value ${pattern}. The '/' character is not permitted`;
        this.#complain('tree/slash', message, at);
        continue;
      }
      const { matches = [] } = this.#glob(pattern, at) ?? {};
      if (matches.length === 0) this.#notFound(pattern, at);
      for (const match of matches) {
        if (!match.endsWith('/')) this.paths.push(match);
        else {
          const shown = JSON.stringify(match.slice(0, -1));
          this.#complain('tree/directory', `${shown} is a directory`, at);
        }
      }
    }
  }

  /** Directories without a file are left out. */
  findSubdirectories(): void {
    const name = this.#childName();
    for (const variable of ['subdirs', 'optional_subdirs']) {
      const patterns = this.#patterns(variable);
      for (const pattern of patterns?.values ?? []) {
        const found = this.#glob(pattern, patterns!.at);
        const directories = found?.matches.filter((match) => match.endsWith('/')) ?? [];
        if (directories.length === 0 && variable === 'subdirs') {
          this.#notFound(pattern, patterns!.at);
        }
        const wild = isWild(pattern);
        for (const directory of directories) {
          const named = this.#addFileIn(directory.slice(0, -1), name);
          // That the file is there says that its directory is: nothing else needs to be looked at again.
          if (named && !wild) this.globs.splice(this.globs.indexOf(found!), 1);
        }
      }
    }
  }

  /** The file of a directory: of the wanted name, or of the usual ones; or else all `*.bp`. Whether by a name. */
  #addFileIn(directory: string, name: string): boolean {
    for (const candidate of new Set([name, DEFAULT_NAME, 'Android.bp'])) {
      const path = cleanPath(joinPath(directory, candidate));
      if (this.#exists(path)) {
        this.paths.push(path);
        return true;
      }
      // Its coming into being must be noticed.
      const searched = [cleanPath(directory)];
      this.globs.push({ pattern: path, excludes: [], followLinks: true, matches: [], searched });
    }
    const { matches = [] } = this.#expand(cleanPath(joinPath(directory, '*.bp')), undefined) ?? {};
    this.paths.push(...matches.filter((match) => !match.endsWith('/')));
    return false;
  }

  #childName(): string {
    const found = this.#file.scope.get('subname');
    if (found === undefined) return DEFAULT_NAME;
    const { value } = found.binding;
    if (value.kind === 'string') return value.value;
    if (found.local) {
      const message = '"subname" must be a string; it does not count';
      this.diagnostics.push(warning({ code: 'tree/not-a-string', message, at: value }));
    }
    return DEFAULT_NAME;
  }

  /** The strings of a list variable of the file itself, and the place to complain at. */
  #patterns(name: string): { values: string[]; at: Span } | undefined {
    const found = this.#file.scope.get(name);
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

  #glob(pattern: string, at: Span): GlobRecord | undefined {
    return this.#expand(joinPath(directoryOf(this.#file.path), pattern), at);
  }

  #expand(pattern: string, at: Span | undefined): GlobRecord | undefined {
    const result = glob(this.#files, pattern);
    if (!result.ok) {
      const place = at ?? { source: this.#file.source, start: 0, end: 0 };
      for (const { code, message } of result.diagnostics) this.#complain(code, message, place);
      return undefined;
    }
    const record = { pattern, excludes: [], followLinks: true, ...result.value };
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

/** What a file names, and what was looked at for that, as text: equal texts, the same files. */
export function namedBy({ paths, globs }: Pick<Children, 'paths' | 'globs'>): string {
  return [...paths, '', ...globs.map(({ pattern }) => pattern)].join('\n');
}

/** What a file hands to its children, as text: equal texts, equal scopes. */
export function exportsOf({ scope }: TreeFile): string {
  const lines: string[] = [];
  for (const name of scope.names()) {
    if (NOT_INHERITED.includes(name)) continue;
    const { binding, local } = scope.get(name)!;
    if (local) lines.push(`${name}=${valueText(binding.value)}`);
  }
  return lines.join('\n');
}

function valueText(value: Value): string {
  switch (value.kind) {
    case 'string':
    case 'bool':
      return JSON.stringify(value.value);
    case 'int':
      return String(value.value);
    case 'list':
      return `[${value.values.map(valueText).join()}]`;
    case 'map':
      return `{${value.properties.map((one) => `${one.name}:${valueText(one.value)}`).join()}}`;
    case 'operator':
      return value.operands.map(valueText).join('+');
    case 'select':
      // Its branches are evaluated later, in a scope that is not compared: so it is always new.
      return `select ${value.source.text}`;
  }
}
