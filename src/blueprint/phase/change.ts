// What changed since a state was written: files by stamp, then by content; globs by the stamps of the
// directories they searched, then by what they match now.
import { digestOf } from '../../base/digest.ts';
import type { FileSystem } from '../glob/filesystem.ts';
import { glob } from '../glob/glob.ts';
import { joinPath } from '../glob/path.ts';
import type { GlobRecord } from '../module/observe.ts';
import { isRacy, sameStamp, stampOf, type Stamp } from './stamp.ts';
import type { State } from './state.ts';
import { readSource } from './treefile.ts';

export interface Changes {
  /** Indexes of Blueprints files whose content is different. */
  readonly files: ReadonlySet<number>;
  /** Indexes of modules that asked for a glob or a file which is different. */
  readonly modules: ReadonlySet<number>;
  /** Something that all results depend on: why everything must be analysed again. */
  readonly everything: string | undefined;
  /** Stamps that were taken on the way. */
  readonly stamps: ReadonlyMap<string, Stamp>;
  /** Whether something had to be read because stamps did not suffice. */
  readonly stale: boolean;
}

/** Compares a state with what is there. Stamps decide where they can. */
export function findChanges(state: State, files: FileSystem, root: string): Changes {
  const finder = new ChangeFinder(state, files, root);
  finder.compareFiles();
  finder.compareGlobs();
  finder.compareWatched();
  return finder;
}

class ChangeFinder implements Changes {
  readonly files = new Set<number>();
  readonly modules = new Set<number>();
  everything: string | undefined;
  readonly #state: State;
  readonly #fileSystem: FileSystem;
  readonly #root: string;
  readonly stamps = new Map<string, Stamp>();
  stale = false;

  constructor(state: State, files: FileSystem, root: string) {
    this.#state = state;
    this.#fileSystem = files;
    this.#root = root;
  }

  compareFiles(): void {
    const { path, stamp, digest } = this.#state.files;
    for (let i = 0; i < path.length; i++) {
      if (this.#isUnchanged(path[i]!, stamp[i]!)) continue;
      const now = contentDigest(this.#fileSystem, path[i]!);
      if (now === undefined) this.everything ??= `${path[i]} is gone`;
      else if (now !== digest[i]) this.files.add(i);
    }
  }

  compareWatched(): void {
    for (const { path, stamp, digest, modules } of this.#state.watched) {
      if (this.#isUnchanged(path, stamp)) continue;
      if (contentDigest(this.#fileSystem, path) === digest) continue;
      this.#note(modules, `${path} changed`);
    }
  }

  compareGlobs(): void {
    for (const record of this.#state.globs) {
      const { searched, stamps, pattern, modules } = record;
      if (searched.every((path, i) => this.#isUnchanged(path, stamps[i]!))) continue;
      if (!sameMatches(this.#fileSystem, record))
        this.#note(modules, `${pattern} matches other files`);
    }
  }

  #note(modules: readonly number[] | undefined, why: string): void {
    if (modules === undefined) this.everything ??= why;
    for (const module of modules ?? []) this.modules.add(module);
  }

  #isUnchanged(path: string, stamp: Stamp): boolean {
    let now = this.stamps.get(path);
    if (now === undefined) {
      now = stampOf(absolutePath(this.#root, path));
      this.stamps.set(path, now);
    }
    const unchanged = sameStamp(stamp, now) && !isRacy(stamp, this.#state.takenAt);
    this.stale ||= !unchanged;
    return unchanged;
  }
}

export function sameMatches(
  files: FileSystem,
  { pattern, excludes, followLinks, matches }: GlobRecord,
): boolean {
  const now = glob(files, pattern, { excludes, followLinks });
  return (
    now.ok &&
    now.value.matches.length === matches.length &&
    now.value.matches.every((match, i) => match === matches[i])
  );
}

/** SHA-256 of a file's text; undefined where there is none that can be read. */
export function contentDigest(files: FileSystem, path: string): string | undefined {
  const source = readSource(files, path);
  return source.ok ? digestOf(source.value.text).hash : undefined;
}

export function absolutePath(root: string, path: string): string {
  return path.startsWith('/') ? path : joinPath(root, path);
}
