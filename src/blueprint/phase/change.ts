// What changed since a state was written: files by stamp, then by content; globs by the stamps of the
// directories they searched, then by what they match now.
import type { FileSystem } from '../glob/filesystem.ts';
import { glob } from '../glob/glob.ts';
import { listAt, textAt, textCount } from './column.ts';
import { globAt, packLooks, unpackLooks, type GlobLook } from './looks.ts';
import {
  absolutePath,
  contentDigest,
  isRacy,
  sameStamp,
  setStamp,
  stampAt,
  stampOf,
} from './stamp.ts';
import { Stamper } from './stamper.ts';
import type { Looked, StampedPaths, UserColumns } from './state.ts';

export interface Changes<T extends Looked = Looked> {
  /** Indexes of Blueprints files whose content is different. */
  readonly files: ReadonlySet<number>;
  /** Indexes of modules that asked for a glob or a file which is different. */
  readonly modules: ReadonlySet<number>;
  /** Something that all results depend on: why everything must be analysed again. */
  readonly everything: string | undefined;
  /** Whether something had to be read because stamps did not suffice. */
  readonly stale: boolean;
  /**
   * The state with the stamps of now, and with the directories that globs search now where they match
   * what they did. What changed otherwise is not in it.
   */
  readonly current: T;
}

/** Compares a state with what is there. Stamps decide where they can. */
export function findChanges<T extends Looked>(
  state: T,
  files: FileSystem,
  root: string,
): Changes<T> {
  return new ChangeFinder(state, files, root).find();
}

class ChangeFinder<T extends Looked> {
  readonly #files = new Set<number>();
  readonly #modules = new Set<number>();
  #everything: string | undefined;
  #stale = false;
  readonly #state: T;
  readonly #fileSystem: FileSystem;
  readonly #root: string;
  /** Globs that match what they did, but had to search elsewhere too. */
  readonly #moved = new Map<number, GlobLook>();

  constructor(state: T, files: FileSystem, root: string) {
    this.#state = state;
    this.#fileSystem = files;
    this.#root = root;
  }

  find(): Changes<T> {
    const { files, directories, watched } = this.#state;
    const filesNow = this.#restamp(files, (index) => this.#compareFile(index));
    const moved = new Set<number>();
    const directoriesNow = this.#restamp(directories, (index) => void moved.add(index));
    if (moved.size > 0) this.#compareGlobs(moved);
    const watchedNow = this.#restamp(watched, (index) => this.#compareWatched(index));
    return {
      files: this.#files,
      modules: this.#modules,
      everything: this.#everything,
      stale: this.#stale,
      current: this.#search({
        ...this.#state,
        files: filesNow,
        directories: directoriesNow,
        watched: watchedNow,
      }),
    };
  }

  /** The same paths with their stamps of now; `changed` is told where stamps cannot say that all is as it was. */
  #restamp<C extends StampedPaths>(columns: C, changed: (index: number) => void): C {
    const { path, stamp } = columns;
    const now = stamp.slice();
    for (let index = 0; index < textCount(path); index++) {
      const before = stampAt(stamp, index);
      const its = stampOf(absolutePath(this.#root, textAt(path, index)));
      if (sameStamp(before, its) && !isRacy(before, this.#state.takenAt)) continue;
      setStamp(now, index, its);
      this.#stale = true;
      changed(index);
    }
    return { ...columns, stamp: now };
  }

  #compareFile(index: number): void {
    const { path, digest } = this.#state.files;
    const file = textAt(path, index);
    const now = contentDigest(this.#fileSystem, file);
    if (now === undefined) this.#everything ??= `${file} is gone`;
    else if (now !== textAt(digest, index)) this.#files.add(index);
  }

  #compareWatched(index: number): void {
    const { watched } = this.#state;
    const path = textAt(watched.path, index);
    const now = contentDigest(this.#fileSystem, path) ?? '';
    if (now !== textAt(watched.digest, index)) this.#note(watched, index, `${path} changed`);
  }

  #compareGlobs(moved: ReadonlySet<number>): void {
    const { globs } = this.#state;
    for (let index = 0; index < textCount(globs.key); index++) {
      if (!listAt(globs.searched, index).some((directory) => moved.has(directory))) continue;
      const before = globAt(this.#state, index);
      const { pattern, excludes, followLinks, matches, searched } = before;
      const now = glob(this.#fileSystem, pattern, { excludes, followLinks });
      if (!now.ok || !sameTexts(now.value.matches, matches)) {
        this.#note(globs, index, `${pattern} matches other files`);
      } else if (!sameTexts(now.value.searched, searched)) {
        this.#moved.set(index, { ...before, searched: now.value.searched });
      }
    }
  }

  #note(users: UserColumns, index: number, why: string): void {
    if (users.shared[index] === 1) this.#everything ??= why;
    else for (const module of listAt(users.modules, index)) this.#modules.add(module);
  }

  /** Puts in where globs search now. */
  #search(state: T): T {
    if (this.#moved.size === 0) return state;
    const { globs, watched } = unpackLooks(state);
    const now = globs.map((look, index) => this.#moved.get(index) ?? look);
    const { files, directories, watched: stamped } = state;
    const stamper = new Stamper(this.#root, files, directories, stamped);
    return { ...state, ...packLooks({ globs: now, watched }, stamper) };
  }
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i]);
}
