// Puts a manifest together, from modules of this run and from those that an earlier one left, and at the
// same time the columns that the next run will need. Modules come in the order of the manifest.
import type { Graph } from '../module/graph.ts';
import type { Group } from '../module/variant.ts';
import { NO_TEXT, type TextArena } from '../ninja/arena.ts';
import { listAt, packLists, packTexts, textAt, textCount } from './column.ts';
import { CONTENT_LENGTH, contentColumn, setContent, type ContentDigests } from './content.ts';
import { variantsByName } from './manifest.ts';
import type { ChangedFile } from './output.ts';
import type { Outputs } from './outputs.ts';
import { flagsOf, type ModuleColumns, type State, type VariantColumns } from './state.ts';

/** A module of this run, or the index of one in the state of an earlier run. */
export type Entry = Group | number;

export interface AssembleInput {
  readonly entries: readonly Entry[];
  readonly graph: Graph;
  readonly contents: Pick<ContentDigests, 'of'>;
  readonly arena: TextArena;
  readonly outputs: Pick<Outputs, 'marksOf'>;
  /** The earlier run, where there are entries of it. */
  readonly old: State | undefined;
  /** Index of a list of entities of this run among those of the state. */
  readonly entityList: (list: number) => number;
  /** Index of a Blueprints file. */
  readonly fileIndex: (path: string) => number;
}

export interface Assembled {
  readonly modules: ModuleColumns;
  readonly variants: VariantColumns;
}

/** Writes the modules' part of the manifest and returns the columns. */
export function assemble(input: AssembleInput, output: ChangedFile): Assembled {
  const modules = new ModuleBuilder(input);
  const variants = new VariantBuilder(input, output);
  for (const [index, entry] of input.entries.entries()) {
    if (typeof entry === 'number') variants.addOld(entry);
    else variants.addNew(entry);
    modules.add(index, entry);
    modules.endVariants(index, variants.count);
  }
  return { modules: modules.finish(), variants: variants.finish() };
}

type ModuleInput = Omit<AssembleInput, 'arena' | 'entityList'>;

/** The columns of modules that have not come to any text: after the mutators. */
export function recordModules(input: ModuleInput): ModuleColumns {
  const modules = new ModuleBuilder(input);
  let variants = 0;
  for (const [index, entry] of input.entries.entries()) {
    modules.add(index, entry);
    modules.endVariants(index, (variants += (entry as Group).variants().length));
  }
  return modules.finish();
}

class ModuleBuilder {
  readonly #input: ModuleInput;
  readonly #names: string[] = [];
  readonly #formerNames = new Map<number, readonly string[]>();
  readonly #file: Int32Array;
  readonly #creator: Int32Array;
  readonly #content: Uint8Array;
  readonly #flags: Uint8Array;
  readonly #variants: Int32Array;
  readonly #indexes = new Map<string, number>();
  /** Where modules of the earlier run are now; -1 for those that are gone or new. */
  readonly #moved: Int32Array;
  readonly #absent: string[] = [];
  readonly #absentIndexes = new Map<string, number>();

  constructor(input: ModuleInput) {
    const count = input.entries.length;
    this.#input = input;
    this.#file = new Int32Array(count);
    this.#creator = new Int32Array(count).fill(-1);
    this.#content = contentColumn(count);
    this.#flags = new Uint8Array(count);
    this.#variants = new Int32Array(count + 1);
    this.#moved = new Int32Array(
      input.old === undefined ? 0 : textCount(input.old.modules.name),
    ).fill(-1);
  }

  add(index: number, entry: Entry): void {
    if (typeof entry === 'number') this.#addOld(index, entry);
    else this.#addNew(index, entry);
    this.#indexes.set(this.#names[index]!, index);
  }

  endVariants(index: number, count: number): void {
    this.#variants[index + 1] = count;
  }

  #addOld(index: number, at: number): void {
    const { modules } = this.#input.old!;
    this.#moved[at] = index;
    this.#names.push(textAt(modules.name, at));
    const former = modules.formerNames.get(at);
    if (former !== undefined) this.#formerNames.set(index, former);
    this.#file[index] = modules.file[at]!;
    const content = modules.content.subarray(at * CONTENT_LENGTH, (at + 1) * CONTENT_LENGTH);
    this.#content.set(content, index * CONTENT_LENGTH);
    this.#flags[index] = modules.flags[at]!;
  }

  #addNew(index: number, group: Group): void {
    const { graph, contents, fileIndex } = this.#input;
    this.#names.push(graph.names.uniqueName(group));
    if (group.formerNames.length > 0) this.#formerNames.set(index, group.formerNames);
    this.#file[index] = fileIndex(group.definition.source.file);
    const content = contents.of(group);
    setContent(this.#content, index, content);
    this.#flags[index] = flagsOf(group);
  }

  finish(): ModuleColumns {
    const reads: (readonly number[])[] = [];
    const writes: (readonly number[])[] = [];
    const outputs: ArrayLike<number>[] = [];
    for (const [index, entry] of this.#input.entries.entries()) {
      if (typeof entry === 'number') {
        const { modules } = this.#input.old!;
        reads.push(this.#oldReads(entry));
        outputs.push(listAt(modules.outputs, entry));
        writes.push(
          [...listAt(modules.writes, entry)].map((at) => this.#indexNow(at)).filter(isKept),
        );
        const creator = modules.creator[entry]!;
        this.#creator[index] = creator === -1 ? -1 : this.#indexNow(creator);
      } else {
        reads.push(this.#newReads(entry));
        outputs.push(this.#input.outputs.marksOf(entry));
        writes.push((entry.writes ?? []).map((group) => this.#indexOfGroup(group)).filter(isKept));
        const { createdBy } = entry.definition;
        if (createdBy !== undefined) this.#creator[index] = this.#indexOfGroup(createdBy);
      }
    }
    return {
      name: packTexts(this.#names),
      formerNames: this.#formerNames,
      file: this.#file,
      creator: this.#creator,
      content: this.#content,
      flags: this.#flags,
      reads: packLists(reads),
      absent: this.#absent,
      writes: packLists(writes),
      outputs: packLists(outputs),
      variants: this.#variants,
    };
  }

  /** Where a module of the earlier run is now, also where this run analysed it again; -1 if it is gone. */
  #indexNow(at: number): number {
    const moved = this.#moved[at]!;
    if (moved !== -1) return moved;
    return this.#indexes.get(textAt(this.#input.old!.modules.name, at)) ?? -1;
  }

  #indexOfGroup(group: Group): number {
    return this.#indexes.get(this.#input.graph.names.uniqueName(group)) ?? -1;
  }

  /** What was there may be gone, and what was missed may be there now. */
  #oldReads(entry: number): number[] {
    const { name, reads, absent } = this.#input.old!.modules;
    const count = textCount(name);
    const found: number[] = [];
    for (const at of listAt(reads, entry)) {
      const moved = at < count ? this.#moved[at]! : -1;
      found.push(
        moved === -1 ? this.#indexOf(at < count ? textAt(name, at) : absent[at - count]!) : moved,
      );
    }
    return found;
  }

  #newReads(group: Group): number[] {
    return [...new Set(group.namesRead().map((name) => this.#indexOf(name)))];
  }

  #indexOf(name: string): number {
    const found = this.#indexes.get(name);
    if (found !== undefined) return found;
    let absent = this.#absentIndexes.get(name);
    if (absent === undefined) {
      absent = this.#absent.push(name) - 1;
      this.#absentIndexes.set(name, absent);
    }
    return this.#names.length + absent;
  }
}

function isKept(index: number): boolean {
  return index !== -1;
}

class VariantBuilder {
  readonly #input: AssembleInput;
  readonly #output: ChangedFile;
  readonly #name: number[] = [];
  readonly #names: string[] = [];
  readonly #nameIndexes = new Map<string, number>();
  readonly #start: number[] = [];
  readonly #length: number[] = [];
  readonly #entities: number[] = [];
  readonly #textStart: number;
  /** Bytes of the old manifest that are to be copied as one piece. */
  #copyStart = 0;
  #copyLength = 0;

  constructor(input: AssembleInput, output: ChangedFile) {
    this.#input = input;
    this.#output = output;
    this.#textStart = output.position;
  }

  get count(): number {
    return this.#name.length;
  }

  addNew(group: Group): void {
    this.#flush();
    const first = this.count;
    const variants = group.variants();
    const order = variantsByName(group);
    for (const { variant, entities } of variants) {
      this.#add(variant, entities === -1 ? -1 : this.#input.entityList(entities));
    }
    for (const variant of order) {
      if (variant.text === NO_TEXT) continue;
      const at = first + variants.indexOf(variant);
      this.#start[at] = this.#output.position;
      const bytes = this.#input.arena.get(variant.text);
      this.#length[at] = bytes.length;
      this.#output.write(bytes);
    }
  }

  addOld(module: number): void {
    const { modules, variants } = this.#input.old!;
    const [from, to] = [modules.variants[module]!, modules.variants[module + 1]!];
    let start = Infinity;
    let end = 0;
    for (let at = from; at < to; at++) {
      if (variants.length[at] === 0) continue;
      start = Math.min(start, variants.start[at]!);
      end = Math.max(end, variants.start[at]! + variants.length[at]!);
    }
    if (end > 0) this.#copy(start, end);
    const moved = this.#output.position + this.#copyLength - (end > 0 ? end : 0);
    for (let at = from; at < to; at++) {
      this.#add(variants.names[variants.name[at]!]!, variants.entities[at]!);
      if (variants.length[at] === 0) continue;
      this.#start[this.count - 1] = variants.start[at]! + moved;
      this.#length[this.count - 1] = variants.length[at]!;
    }
  }

  /** A module's variants are next to each other; so are, mostly, modules that did not change. */
  #copy(start: number, end: number): void {
    if (this.#copyLength > 0 && this.#copyStart + this.#copyLength !== start) this.#flush();
    if (this.#copyLength === 0) this.#copyStart = start;
    this.#copyLength += end - start;
  }

  #flush(): void {
    if (this.#copyLength > 0) this.#output.copy(this.#copyStart, this.#copyLength);
    this.#copyLength = 0;
  }

  #add(name: string, entities: number): void {
    let index = this.#nameIndexes.get(name);
    if (index === undefined) {
      index = this.#names.push(name) - 1;
      this.#nameIndexes.set(name, index);
    }
    this.#name.push(index);
    this.#start.push(0);
    this.#length.push(0);
    this.#entities.push(entities);
  }

  finish(): VariantColumns {
    this.#flush();
    const entities = Int32Array.from(this.#entities);
    return {
      name: Int32Array.from(this.#name),
      names: this.#names,
      start: Float64Array.from(this.#start),
      length: Int32Array.from(this.#length),
      entities,
      uses: countUses(entities),
      textStart: this.#textStart,
      textEnd: this.#output.position,
    };
  }
}

/** How often each list is there, by its index. */
export function countUses(lists: Int32Array): Int32Array {
  let count = 0;
  for (const list of lists) count = Math.max(count, list + 1);
  const uses = new Int32Array(count);
  for (const list of lists) if (list !== -1) uses[list]!++;
  return uses;
}
