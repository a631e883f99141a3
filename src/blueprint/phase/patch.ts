// The common case of putting a manifest together: the same modules with the same variants as before,
// some of them with other text. Columns are patched instead of made anew, so the cost hardly depends on
// the size of the tree. (Making them anew took half the time of a run in which one file changed.)
import type { Group } from '../module/variant.ts';
import { NO_TEXT } from '../ninja/arena.ts';
import { countUses, type AssembleInput, type Assembled } from './assemble.ts';
import { listAt, packLists, textAt, textCount } from './column.ts';
import { setContent } from './content.ts';
import { variantsByName } from './manifest.ts';
import type { ChangedFile } from './output.ts';
import { findName, flagsOf, type ModuleColumns, type State } from './state.ts';

/**
 * The modules that stand in for those of an earlier run, by index; undefined where modules or variants
 * came or went, or a module is in another file now.
 */
export function standIns(
  state: State,
  replaced: ReadonlySet<number>,
  groups: readonly Group[],
): Map<number, Group> | undefined {
  const { files, modules } = state;
  const found = new Map<number, Group>();
  for (const group of groups) {
    const index = findName(modules.name, group.name);
    if (index === -1 || !replaced.has(index) || !sameVariants(state, index, group))
      return undefined;
    if (textAt(files.path, modules.file[index]!) !== group.definition.source.file) return undefined;
    if ((modules.formerNames.get(index) ?? []).join('\n') !== group.formerNames.join('\n'))
      return undefined;
    const { createdBy } = group.definition;
    const creator = createdBy === undefined ? -1 : findName(modules.name, createdBy.name);
    if (modules.creator[index] !== creator) return undefined;
    found.set(index, group);
  }
  return found.size === replaced.size ? found : undefined;
}

/** Whether a module has the variants that it had, with text where there was text. */
function sameVariants({ modules, variants }: State, index: number, group: Group): boolean {
  const first = modules.variants[index]!;
  const now = group.variants();
  if (now.length !== modules.variants[index + 1]! - first) return false;
  return now.every(({ variant, text }, i) => {
    const at = first + i;
    const had = variants.length[at]! > 0;
    return variants.names[variants.name[at]!] === variant && had === (text !== NO_TEXT) && had;
  });
}

/** Writes the modules' part of the manifest and returns the columns. */
export function patch(
  state: State,
  inPlace: ReadonlyMap<number, Group>,
  input: AssembleInput,
  output: ChangedFile,
): Assembled {
  const { modules, variants } = state;
  const start = variants.start.slice();
  const length = variants.length.slice();
  const entities = variants.entities.slice();
  const textStart = output.position;
  let copied = variants.textStart;
  let sameLists = true;
  let from = 0;
  const shift = (to: number, delta: number): void => {
    if (delta !== 0) for (let at = from; at < to; at++) start[at]! += delta;
  };
  const indexes = [...inPlace.keys()].sort((a, b) => a - b);
  for (const index of indexes) {
    const group = inPlace.get(index)!;
    const [first, end] = [modules.variants[index]!, modules.variants[index + 1]!];
    const [textStart, textEnd] = rangeOf(variants, first, end);
    shift(first, output.position - copied);
    output.copy(copied, textStart - copied);
    const now = group.variants();
    for (const variant of variantsByName(group)) {
      const at = first + now.indexOf(variant);
      start[at] = output.position;
      const bytes = input.arena.get(variant.text);
      length[at] = bytes.length;
      const list = input.entityList(variant.entities);
      sameLists &&= list === entities[at];
      entities[at] = list;
      output.write(bytes);
    }
    copied = textEnd;
    from = end;
  }
  shift(start.length, output.position - copied);
  output.copy(copied, variants.textEnd - copied);
  return {
    modules: patchModules(modules, inPlace, input),
    variants: {
      ...variants,
      start,
      length,
      entities,
      uses: sameLists ? variants.uses : countUses(entities),
      textStart,
      textEnd: output.position,
    },
  };
}

/** A module's variants are next to each other. */
function rangeOf(variants: State['variants'], first: number, end: number): [number, number] {
  let [start, stop] = [Infinity, 0];
  for (let at = first; at < end; at++) {
    start = Math.min(start, variants.start[at]!);
    stop = Math.max(stop, variants.start[at]! + variants.length[at]!);
  }
  return [start, stop];
}

function patchModules(
  modules: ModuleColumns,
  inPlace: ReadonlyMap<number, Group>,
  { contents, outputs: made }: AssembleInput,
): ModuleColumns {
  const content = modules.content.slice();
  const flags = modules.flags.slice();
  const absent = [...modules.absent];
  const reads = new Map<number, readonly number[]>();
  const writes = new Map<number, readonly number[]>();
  const outputs = new Map<number, ArrayLike<number>>();
  const indexOf = (name: string): number => {
    const found = findName(modules.name, name);
    if (found !== -1) return found;
    const known = absent.indexOf(name);
    return textCount(modules.name) + (known === -1 ? absent.push(name) - 1 : known);
  };
  for (const [index, group] of inPlace) {
    const digest = contents.of(group);
    flags[index] = flagsOf(group);
    setContent(content, index, digest);
    outputs.set(index, made.marksOf(group));
    reads.set(index, [...new Set(group.namesRead().map(indexOf))]);
    const written = (group.writes ?? []).map(({ name }) => findName(modules.name, name));
    writes.set(
      index,
      written.filter((other) => other !== -1),
    );
  }
  return {
    ...modules,
    content,
    flags,
    absent,
    reads: patchLists(modules.reads, reads),
    writes: patchLists(modules.writes, writes),
    outputs: patchLists(modules.outputs, outputs),
  };
}

/** Lists with some of them replaced; the same object where none is different. */
function patchLists(
  lists: ModuleColumns['reads'],
  replacements: ReadonlyMap<number, ArrayLike<number>>,
): ModuleColumns['reads'] {
  const different = [...replacements].some(([index, list]) => {
    const old = listAt(lists, index);
    return old.length !== list.length || old.some((item, i) => item !== list[i]!);
  });
  if (!different) return lists;
  const all: ArrayLike<number>[] = [];
  for (let index = 0; index + 1 < lists.start.length; index++) {
    all.push(replacements.get(index) ?? listAt(lists, index));
  }
  return packLists(all);
}
