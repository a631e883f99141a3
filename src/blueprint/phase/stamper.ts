// Stamps of paths, each taken once.
import { textAt, textCount } from './column.ts';
import { absolutePath, stampAt, stampOf, type Stamp } from './stamp.ts';
import type { StampedPaths } from './state.ts';

export class Stamper {
  readonly #root: string;
  readonly #before: readonly StampedPaths[];
  #known: Map<string, Stamp> | undefined;

  /** `before` are stamps that were taken before anything was read. */
  constructor(root: string, ...before: readonly StampedPaths[]) {
    this.#root = root;
    this.#before = before;
  }

  of(path: string): Stamp {
    this.#known ??= stampsByPath(this.#before);
    let stamp = this.#known.get(path);
    if (stamp === undefined) {
      stamp = stampOf(absolutePath(this.#root, path));
      this.#known.set(path, stamp);
    }
    return stamp;
  }
}

function stampsByPath(columns: readonly StampedPaths[]): Map<string, Stamp> {
  const found = new Map<string, Stamp>();
  for (const { path, stamp } of columns) {
    for (let index = 0; index < textCount(path); index++) {
      found.set(textAt(path, index), stampAt(stamp, index));
    }
  }
  return found;
}
