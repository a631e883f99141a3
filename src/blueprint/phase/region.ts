// Which modules must be analysed when some have changed: those that looked at them, as far as what they
// saw is different now, and with them everything that their own analysis looks at. Works on the state
// of the last run; knows nothing of how modules are analysed.
import { invertLists, listAt, textCount, type ListColumn } from './column.ts';
import { OBSERVED, READS_DEEP, READS_DEPENDERS, type ModuleColumns } from './state.ts';

/** What a part of a tree is made of. */
export interface Parts {
  readonly analysed: ReadonlySet<number>;
  /** What these look at, as far as it is kept as it was. */
  readonly kept: ReadonlySet<number>;
}

export class Region {
  readonly #modules: ModuleColumns;
  readonly #count: number;
  /** Who looks at a module, who changes it, whom it created. */
  #readers: ListColumn | undefined;
  #writers: ListColumn | undefined;
  #created: Map<number, number[]> | undefined;
  /** Modules whose results may be different now. */
  readonly affected = new Set<number>();
  /** Further modules that the analysis asked for; of those that are only met, what they show is enough. */
  readonly #wanted = new Set<number>();
  readonly #met = new Set<number>();

  constructor(modules: ModuleColumns) {
    this.#modules = modules;
    this.#count = textCount(modules.name);
  }

  /** Adds modules whose own input changed. */
  affect(modules: Iterable<number>): void {
    for (const module of modules) this.affected.add(module);
  }

  /** Adds a module that the analysis needs although nothing looked at it before. */
  want(module: number): void {
    this.#wanted.add(module);
  }

  /** Adds a module that the analysis came across although nothing looked at it before. */
  meet(module: number): void {
    this.#met.add(module);
  }

  /**
   * Adds everything that looks at a module, for one that looks at its dependers: it must see them all. Returns whether
   * some of that is not among the modules which are analysed already.
   */
  wantReaders(module: number, analysed: ReadonlySet<number>): boolean {
    let missing = false;
    for (const reader of this.#readersOf(module)) {
      if (analysed.has(reader)) continue;
      this.want(reader);
      missing = true;
    }
    return missing;
  }

  /** Adds a module if it looks at its dependers, because it has another one now, or one that is different. */
  affectDependedOn(module: number): void {
    if ((this.#modules.flags[module]! & READS_DEPENDERS) !== 0) this.affected.add(module);
  }

  /** Adds what depends on a module that shows something else now, or is gone. */
  affectReaders(module: number): void {
    const modules = this.#modules;
    for (const reader of this.#readersOf(module)) this.affected.add(reader);
    for (const reader of this.#readersAbove(module)) {
      if ((modules.flags[reader]! & READS_DEEP) !== 0) this.affected.add(reader);
    }
    for (const written of listAt(modules.writes, module)) this.affected.add(written);
    // Those that look at their dependers see that this one is another, or no longer one of them.
    for (const read of listAt(modules.reads, module)) {
      if (read < this.#count && (modules.flags[read]! & READS_DEPENDERS) !== 0) {
        this.affected.add(read);
      }
    }
  }

  /** Adds modules that missed a name which there is now. */
  affectMissing(name: string): void {
    const modules = this.#modules;
    const at = modules.absent.indexOf(name);
    if (at === -1) return;
    for (let module = 0; module < this.#count; module++) {
      if (listAt(modules.reads, module).includes(this.#count + at)) this.affected.add(module);
    }
  }

  /** Everything that looks at a module, at any distance. */
  #readersAbove(start: number): Set<number> {
    const seen = new Set<number>();
    const pending = [start];
    for (let module = pending.pop(); module !== undefined; module = pending.pop()) {
      for (const reader of this.#readersOf(module)) {
        if (seen.has(reader)) continue;
        seen.add(reader);
        pending.push(reader);
      }
    }
    return seen;
  }

  /** The modules to analyse with all that they look at, or undefined where they are more than a limit. */
  closure(limit: number): ReadonlySet<number> | undefined {
    return this.parts(limit, () => false)?.analysed;
  }

  /**
   * The modules to analyse, and those that they look at and that are kept as they were, where they may be. Undefined
   * where the first are more than a limit.
   */
  parts(limit: number, mayBeKept: (module: number) => boolean): Parts | undefined {
    const { reads, flags, creator } = this.#modules;
    const analysed = new Set<number>();
    const kept = new Set<number>();
    /** What something looks at that looks at all below it. */
    const below = new Set<number>();
    const pending: number[] = [];
    const add = (module: number, to = analysed): void => {
      if (module < 0 || module >= this.#count || to.has(module)) return;
      to.add(module);
      analysed.add(module);
      pending.push(module);
    };
    const look = (module: number): void => {
      if (module >= this.#count) return;
      // Of what others saw of its properties nobody knows, nor what becomes of its dependers without it.
      const isSeen = (flags[module]! & (OBSERVED | READS_DEPENDERS)) !== 0;
      if (!isSeen && mayBeKept(module)) kept.add(module);
      else add(module);
    };
    for (const module of this.affected) add(module);
    for (const module of this.#wanted) add(module);
    for (const module of this.#met) look(module);
    do {
      for (let module = pending.pop(); module !== undefined; module = pending.pop()) {
        if (analysed.size > limit) return undefined;
        const isDeep = below.has(module) || (flags[module]! & READS_DEEP) !== 0;
        for (const read of listAt(reads, module)) {
          if (isDeep) add(read, below);
          else look(read);
        }
        for (const writer of this.#writersOf(module)) add(writer);
        add(creator[module]!);
        for (const created of this.#createdBy(module)) add(created);
        if ((flags[module]! & READS_DEPENDERS) !== 0) {
          for (const reader of this.#readersOf(module)) add(reader);
        }
      }
      for (const module of kept) if (analysed.has(module)) kept.delete(module);
      this.#above(kept, analysed, add);
    } while (pending.length > 0);
    return { analysed, kept };
  }

  /**
   * Adds those that cannot be kept as they were: what others changed, which may change something else now; and what
   * looks at an analysed module, at any distance, so that no cycle is missed.
   */
  #above(
    kept: ReadonlySet<number>,
    analysed: ReadonlySet<number>,
    add: (module: number) => void,
  ): void {
    const { reads } = this.#modules;
    const isBelow = new Uint8Array(this.#count);
    for (const start of kept) {
      const seen = [start];
      isBelow[start] = 1;
      let reaches = this.#writersOf(start).length > 0;
      for (let at = 0; at < seen.length && !reaches; at++) {
        for (const read of listAt(reads, seen[at]!)) {
          if (analysed.has(read)) reaches = true;
          if (read >= this.#count || isBelow[read] === 1) continue;
          isBelow[read] = 1;
          seen.push(read);
        }
      }
      if (!reaches) continue;
      add(start);
      for (const module of seen) isBelow[module] = 0;
    }
  }

  /** Most edits ask for neither: what a module shows to others stays the same. */
  #readersOf(module: number): Int32Array {
    this.#readers ??= invertLists(this.#modules.reads, this.#count);
    return listAt(this.#readers, module);
  }

  #writersOf(module: number): Int32Array {
    this.#writers ??= invertLists(this.#modules.writes, this.#count);
    return listAt(this.#writers, module);
  }

  #createdBy(module: number): readonly number[] {
    if (this.#created === undefined) {
      this.#created = new Map();
      const { creator } = this.#modules;
      for (let created = 0; created < creator.length; created++) {
        const by = creator[created]!;
        if (by !== -1) this.#created.set(by, [...(this.#created.get(by) ?? []), created]);
      }
    }
    return this.#created.get(module) ?? [];
  }
}
