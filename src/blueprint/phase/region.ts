// Which modules must be analysed when some have changed: those that looked at them, as far as what they
// saw is different now, and with them everything that their own analysis looks at. Works on the state
// of the last run; knows nothing of how modules are analysed.
import { invertLists, listAt, textCount, type ListColumn } from './column.ts';
import { READS_DEEP, READS_DEPENDERS, type ModuleColumns } from './state.ts';

export class Region {
  readonly #modules: ModuleColumns;
  readonly #count: number;
  /** Who looks at a module, who changes it, whom it created. */
  #readers: ListColumn | undefined;
  #writers: ListColumn | undefined;
  #created: Map<number, number[]> | undefined;
  /** Modules whose results may be different now. */
  readonly affected = new Set<number>();
  /** Further modules that the analysis asked for. */
  readonly #wanted = new Set<number>();

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
    for (const reader of this.#above(module)) {
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
  #above(start: number): Set<number> {
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

  /** The modules to analyse, or undefined where they are more than a limit. */
  closure(limit: number): Set<number> | undefined {
    const modules = this.#modules;
    const closed = new Set<number>();
    const pending: number[] = [];
    const add = (module: number): void => {
      if (module < 0 || module >= this.#count || closed.has(module)) return;
      closed.add(module);
      pending.push(module);
    };
    for (const module of this.affected) add(module);
    for (const module of this.#wanted) add(module);
    for (let module = pending.pop(); module !== undefined; module = pending.pop()) {
      if (closed.size > limit) return undefined;
      for (const read of listAt(modules.reads, module)) add(read);
      for (const writer of this.#writersOf(module)) add(writer);
      add(modules.creator[module]!);
      for (const created of this.#createdBy(module)) add(created);
      if ((modules.flags[module]! & READS_DEPENDERS) !== 0) {
        for (const reader of this.#readersOf(module)) add(reader);
      }
    }
    return closed;
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
