// Analyses only what one module looks at, by what is saved of the whole tree: enough for questions about that module.
import { textCount } from '../phase/column.ts';
import { Engine, type EngineOptions } from '../phase/engine.ts';
import { PartNames } from '../phase/partnames.ts';
import { Region } from '../phase/region.ts';
import { FileReader } from '../phase/reread.ts';
import { definedName, findEverNamed } from '../phase/state.ts';
import type { Logic } from '../module/logic.ts';
import type { SavedGraph } from './saved.ts';

/** Of more than this part of the tree, analysing all of it costs as much. */
const MAX_PART = 0.5;

/** An engine whose mutators have run on a module and all that it looks at; undefined where that needs the whole tree. */
export function analysePart(
  { modules, files, divisible }: SavedGraph,
  module: number,
  options: EngineOptions,
  logic: readonly Logic[],
): Engine | undefined {
  if (!divisible) return undefined;
  const reader = new FileReader(files, options.files, options.dialect);
  const region = new Region(modules);
  region.want(module);
  const closed = region.closure(textCount(modules.name) * MAX_PART);
  if (closed === undefined) return undefined;
  const names = new Set<string>();
  const indexes = new Set<number>();
  for (const index of closed) {
    indexes.add(modules.file[index]!);
    names.add(definedName(modules, index));
  }
  const read = [...indexes].sort((a, b) => a - b).map((index) => reader.at(index));
  const whole = read.filter((file) => file !== undefined);
  if (whole.length < read.length) return undefined;
  let missed = false;
  const asked = (name: string): void => {
    if (findEverNamed(modules, name).some((index) => !closed.has(index))) missed = true;
  };
  const engine = new Engine({ ...options, names: new PartNames(asked) }, ...logic);
  const problems = [
    ...engine.parsePart({
      files: whole,
      has: (name) => names.has(name),
      sharedPackageNames: new Set(),
      prefixes: new Map(),
      collected: () => [],
    }),
  ];
  if (problems.length === 0) problems.push(...engine.resolve());
  return problems.length > 0 || missed ? undefined : engine;
}
