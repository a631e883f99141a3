// What build logic looked at outside its modules: globs and files. The generator must run again when
// any of it changes; who looked is remembered, so that only those modules are analysed again.
import type { Result } from '../../base/diagnostic.ts';
import type { FileSystem } from '../glob/filesystem.ts';
import { glob, type GlobOptions, type GlobResult } from '../glob/glob.ts';
import { shownKind } from '../ninja/name.ts';
import { LogicError } from './exception.ts';
import { checkText, checkTexts } from './given.ts';
import { checkKeys } from './known.ts';

/** A glob and what it came to. */
export interface GlobRecord extends GlobResult {
  readonly pattern: string;
  readonly excludes: readonly string[];
  readonly followLinks: boolean;
}

export class Observations {
  readonly #files: FileSystem;
  readonly #globs = new Map<string, GlobRecord>();
  readonly #paths: Set<string>;
  readonly #shared = new Set<string>();

  constructor(files: FileSystem, paths = new Set<string>()) {
    this.#files = files;
    this.#paths = paths;
  }

  /**
   * Expands a pattern, once per run, and remembers it under the key that is returned with it. Throws LogicError for
   * options that there are not.
   */
  glob(pattern: string, options: GlobOptions = {}): Result<{ key: string; record: GlobRecord }> {
    checkText('the pattern of a glob', pattern);
    checkKeys('glob', options, ['excludes', 'followLinks']);
    if (options.excludes !== undefined) checkTexts('excludes of a glob', options.excludes);
    if (options.followLinks !== undefined && typeof options.followLinks !== 'boolean') {
      throw new LogicError(
        `followLinks of a glob is neither true nor false but ${shownKind(options.followLinks)}`,
      );
    }
    const excludes = [...(options.excludes ?? [])].sort();
    const followLinks = options.followLinks ?? true;
    const key = JSON.stringify([pattern, excludes, followLinks]);
    const known = this.#globs.get(key);
    if (known !== undefined) return { ok: true, value: { key, record: known } };
    const result = glob(this.#files, pattern, { excludes, followLinks });
    if (!result.ok) return result;
    const record = { pattern, excludes, followLinks, ...result.value };
    this.#globs.set(key, record);
    return { ok: true, value: { key, record } };
  }

  addFiles(paths: readonly string[]): void {
    for (const path of paths) this.#paths.add(path);
  }

  /** Marks files, or keys of globs, that concern more than the modules which asked for them. */
  share(paths: readonly string[]): void {
    for (const path of paths) this.#shared.add(path);
  }

  isShared(path: string): boolean {
    return this.#shared.has(path);
  }

  /** By key, in the order in which they were first asked for. */
  get globs(): ReadonlyMap<string, GlobRecord> {
    return this.#globs;
  }

  /** In the order in which they were named. */
  get paths(): readonly string[] {
    return [...this.#paths];
  }
}
