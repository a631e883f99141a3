// Finds the files that a pattern matches, and what was looked at on the way: when none of that
// changes, neither does the result. Knows nothing of Ninja. Matches come per directory in the order of
// their names, so that results do not depend on the file system.
import { CACHE_TAG } from '../../base/cachetag.ts';
import { byCodePoint } from '../../base/digest.ts';
import { definitionError, failed, ok, type Result } from '../../base/diagnostic.ts';
import type { DirectoryEntry, FileKind, FileSystem } from './filesystem.ts';
import { INVALID_RECURSIVE, LAST_RECURSIVE, MULTIPLE_RECURSIVE, pathMatcher } from './match.ts';
import { cleanPath, directoryOf, joinPath } from './path.ts';
import { compilePattern, isWild, PatternError, type Matcher } from './pattern.ts';

export interface GlobResult {
  /** Paths; those of directories end in `/`. */
  readonly matches: readonly string[];
  /** Directories searched, or the paths themselves where there was nothing to search. */
  readonly searched: readonly string[];
}

export interface GlobOptions {
  /** Matches to leave out, as patterns of whole paths without the `/` of directories. */
  readonly excludes?: readonly string[] | undefined;
  /** Whether `**` goes through symbolic links to directories. True unless given. */
  readonly followLinks?: boolean | undefined;
}

/**
 * Expands a pattern. `**` stands for any number of directories whose names do not begin with a dot;
 * wildcards match a leading dot only if the part begins with one; a pattern that ends in `/` matches
 * directories only. A directory that wildcards led to and that has a `CACHEDIR.TAG` is none, and counts as empty: what
 * is in there was made by some build. Error code `glob/pattern` (malformed) or `glob/link` (a link that leads nowhere,
 * or round in circles, where a directory had to be searched). Throws node's own errors.
 */
export function glob(
  files: FileSystem,
  pattern: string,
  options: GlobOptions = {},
): Result<GlobResult> {
  try {
    return ok(new Search(files, options.followLinks ?? true).run(pattern, options.excludes ?? []));
  } catch (error) {
    if (!(error instanceof PatternError) && !(error instanceof LinkError)) throw error;
    const code = error instanceof LinkError ? 'glob/link' : 'glob/pattern';
    const hint =
      error.message === LAST_RECURSIVE
        ? `"${pattern}/*" stands for all files, in whatever directories`
        : undefined;
    return failed(definitionError({ code, message: error.message, hint }));
  }
}

class LinkError extends Error {}

class Search {
  readonly #files: FileSystem;
  readonly #followLinks: boolean;
  readonly #searched: string[] = [];
  /** What the pattern names without wildcards: looked into whatever it is. */
  #top = '';

  constructor(files: FileSystem, followLinks: boolean) {
    this.#files = files;
    this.#followLinks = followLinks;
  }

  run(pattern: string, excludes: readonly string[]): GlobResult {
    const steps = parseSteps(pattern);
    const excluded = excludes.map(pathMatcher);
    const found = steps.parts.length === 0 ? this.#literal(steps.top) : this.#search(steps);
    const kept = found.filter(({ path }) => !excluded.some((matches) => matches(path)));
    if (steps.parts.length === 0) this.#searched.push(...kept.map(({ path }) => path));
    const named = !isWild(steps.parts.at(-1) ?? '');
    const matches: string[] = [];
    for (const { path, kind } of kept) {
      if (!this.#isDirectory(path, kind)) {
        if (!steps.onlyDirectories) matches.push(path);
      } else if (named || !this.#isTagged(path)) matches.push(`${path}/`);
      else if (!this.#searched.includes(path)) this.#searched.push(path);
    }
    return { matches, searched: this.#searched };
  }

  /** Whether to treat something as a directory, links followed only where that is wanted. */
  #isDirectory(path: string, kind: FileKind): boolean {
    if (kind !== 'link') return kind === 'directory';
    return this.#followLinks && this.#files.kindOf(path) === 'directory';
  }

  #search({ top, parts }: Steps): Match[] {
    let matches = this.#literal(top);
    this.#top = matches[0]?.path ?? '';
    for (const part of parts) {
      const next: Match[] = [];
      const literal = isWild(part) ? undefined : unescape(part);
      const matcher = compilePattern(part);
      for (const { path, kind: own } of matches) {
        const kind = own === 'link' ? this.#files.kindOf(path) : own;
        if (kind === 'link') throw new LinkError(`dangling symlink: ${path}`);
        if (kind !== 'directory') continue;
        if (part === '**') {
          this.#addDirectories(path, next, []);
          continue;
        }
        this.#searched.push(path);
        if (literal === undefined) this.#addMatches(path, part, matcher, next);
        else next.push(...this.#at(joinPath(path, literal)));
      }
      matches = next;
    }
    return matches;
  }

  #addMatches(directory: string, part: string, matcher: Matcher, into: Match[]): void {
    const hidden = part.startsWith('.');
    for (const { name, kind } of this.#entriesOf(directory)) {
      if (name.startsWith('.') && !hidden) continue;
      if (matcher(name)) into.push({ path: joinPath(directory, name), kind });
    }
  }

  /** What is at a path, if anything is. */
  #at(path: string): Match[] {
    const kind = this.#files.kindOf(path);
    if (kind === undefined) return [];
    const clean = cleanPath(path);
    return [{ path: clean, kind: this.#files.isLink(clean) ? 'link' : kind }];
  }

  /** A path without wildcards; when it is not there, the nearest directory above is what to watch. */
  #literal(pattern: string): Match[] {
    const path = cleanPath(unescape(pattern));
    const found = this.#at(path);
    if (found.length > 0) return found;
    let above = path;
    do above = above === '..' || above.endsWith('/..') ? '.' : directoryOf(above);
    while (above !== '.' && above !== '/' && this.#files.kindOf(above) === undefined);
    this.#searched.push(above);
    return [];
  }

  #addDirectories(directory: string, into: Match[], above: readonly string[]): void {
    const identity = this.#followLinks ? this.#files.identityOf(directory) : directory;
    if (above.includes(identity)) throw new LinkError(`too many symlinks: ${directory}`);
    const chain = [...above, identity];
    into.push({ path: directory, kind: 'directory' });
    for (const { name, kind } of this.#entriesOf(directory)) {
      if (name.startsWith('.')) continue;
      const path = joinPath(directory, name);
      if (this.#isDirectory(path, kind)) this.#addDirectories(path, into, chain);
    }
  }

  #isTagged(directory: string): boolean {
    return this.#files.kindOf(joinPath(directory, CACHE_TAG)) !== undefined;
  }

  #entriesOf(directory: string): DirectoryEntry[] {
    const entries = this.#files.list(directory);
    if (directory !== this.#top && entries.some(({ name }) => name === CACHE_TAG)) return [];
    return entries.toSorted((a, b) => byCodePoint(a.name, b.name));
  }
}

/** Something found. A symbolic link is one, wherever it leads. */
interface Match {
  readonly path: string;
  readonly kind: FileKind;
}

/** A pattern, taken apart: a directory (or path) without wildcards, and what to look for below it. */
interface Steps {
  readonly top: string;
  readonly parts: readonly string[];
  readonly onlyDirectories: boolean;
}

function parseSteps(pattern: string): Steps {
  if (!isWild(pattern)) return { top: pattern, parts: [], onlyDirectories: false };
  const all = pattern.split('/');
  const last = all.findLast((part) => part !== '');
  if (last === '**') throw new PatternError(LAST_RECURSIVE);
  const first = all.findIndex(isWild);
  const parts = all.slice(first).filter((part) => part !== '' && part !== '.');
  if (parts.filter((part) => part === '**').length > 1) throw new PatternError(MULTIPLE_RECURSIVE);
  if (parts.some((part) => part !== '**' && part.includes('**'))) {
    throw new PatternError(INVALID_RECURSIVE);
  }
  const above = all.slice(0, first).join('/');
  const top = above === '' && first > 0 ? '/' : above;
  return { top, parts, onlyDirectories: all.at(-1) === '' };
}

function unescape(part: string): string {
  // A backslash at the very end escapes nothing: the compiler says so.
  if (/(?:^|[^\\])(?:\\\\)*\\$/.test(part)) compilePattern(part);
  return part.replace(/\\(.)/gsu, '$1');
}
