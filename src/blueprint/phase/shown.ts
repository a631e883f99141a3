// What modules show to those that look at them, in columns: a run in which some changed keeps the others as they were,
// without reading their files. Knows of which modules all that can be kept; of which it is, the region knows.
import { directoryOf } from '../glob/path.ts';
import type { Graph } from '../module/graph.ts';
import { freeze, isRepeated } from '../module/provider.ts';
import { KeptModule, type KeptRecord, type KeptVariant } from '../module/kept.ts';
import { Group, type Variant } from '../module/variant.ts';
import type { Entry } from './assemble.ts';
import { packTexts, replaceTexts, textAt } from './column.ts';
import type { Registry } from './registry.ts';
import type { ShownColumns, State } from './state.ts';

/** A module that shows more than so many units of JSON is analysed again: the state is read in every run. */
const MAX_LENGTH = 4000;

/** A module's row. */
interface Shown {
  /** -1 where it cannot be kept. */
  readonly type: number;
  /** One for each variant. */
  readonly shapes: readonly number[];
  readonly values: string;
}

class ShownRecorder {
  readonly #registry: Registry;
  readonly #types: string[];
  readonly #shapes: (readonly (readonly [string, string])[])[];
  readonly #shapeIndexes = new Map<unknown, number>();
  readonly #shapeTexts: Map<string, number>;
  readonly #providers: string[];
  /** For each provider of the graph its index here, -1 where its name tells nothing. */
  readonly #indexes: readonly number[];

  constructor(graph: Graph, registry: Registry, before?: ShownColumns) {
    this.#registry = registry;
    this.#types = [...(before?.types ?? [])];
    this.#shapes = [...(before?.shapes ?? [])];
    this.#shapeTexts = new Map(this.#shapes.map((shape, index) => [JSON.stringify(shape), index]));
    this.#providers = [...(before?.providers ?? [])];
    this.#indexes = [...graph.providers].map(({ name }) =>
      isRepeated(name) ? -1 : indexIn(this.#providers, name),
    );
  }

  record(group: Group): Shown {
    const shapes = group.variants().map((variant) => this.#shapeOf(variant));
    const type = this.#typeOf(group);
    const values = type === -1 ? undefined : this.#valuesOf(group);
    return values === undefined || values.length > MAX_LENGTH
      ? { type: -1, shapes, values: '' }
      : { type, shapes, values };
  }

  columns(columns: Pick<ShownColumns, 'type' | 'shape' | 'values'>): ShownColumns {
    const [types, shapes, providers] = [this.#types, this.#shapes, this.#providers];
    return { ...columns, types, shapes, providers };
  }

  /** Only of modules of which nothing but their variants tells what mutators did, and of types that are known everywhere. */
  #typeOf({ definition: { type, typeName }, history }: Group): number {
    const isPlain = history === undefined && this.#registry.moduleTypes.get(typeName) === type;
    return isPlain ? indexIn(this.#types, typeName) : -1;
  }

  #shapeOf({ variations }: Variant): number {
    const known = this.#shapeIndexes.get(variations);
    if (known !== undefined) return known;
    const shape = [...variations.entries];
    const text = JSON.stringify(shape);
    let index = this.#shapeTexts.get(text);
    if (index === undefined) this.#shapeTexts.set(text, (index = this.#shapes.push(shape) - 1));
    this.#shapeIndexes.set(variations, index);
    return index;
  }

  /** A JSON list for each variant of indexes of providers and values in turns; undefined where some value cannot be kept. */
  #valuesOf(group: Group): string | undefined {
    const lists: string[] = [];
    let some = false;
    for (const member of group.members) {
      const { providers = [] } = member as Variant;
      let list = '';
      for (let i = 0; i < providers.length; i++) {
        const value = providers[i];
        if (value === undefined) continue;
        const index = this.#indexes[i]!;
        if (index === -1 || !canBeKept(value)) return undefined;
        list += `${list === '' ? '' : ','}${index},${JSON.stringify(value)}`;
        some = true;
      }
      lists.push(`[${list}]`);
    }
    return some ? `[${lists.join(',')}]` : '';
  }
}

/**
 * Whether a value is the same for all who look at it after it was written and read. Objects in lists are not kept: build
 * logic that gathers them from several modules may tell them apart by which object they are.
 */
function canBeKept(value: unknown): boolean {
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (!isSimple(value[i])) return false;
    return true;
  }
  if (typeof value !== 'object' || value === null) return isSimple(value);
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  if (Object.getOwnPropertySymbols(value).length > 0) return false;
  return Object.values(value).every(canBeKept);
}

function isSimple(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0);
    default:
      return value === null;
  }
}

function indexIn(texts: string[], text: string): number {
  const known = texts.indexOf(text);
  return known === -1 ? texts.push(text) - 1 : known;
}

/** The columns for modules of this run and of an earlier one, in the order of the manifest. */
export function assembleShown(
  entries: readonly Entry[],
  graph: Graph,
  registry: Registry,
  old: State | undefined,
): ShownColumns {
  const recorder = new ShownRecorder(graph, registry, old?.shown);
  const type = new Int32Array(entries.length);
  const shape: number[] = [];
  const values: string[] = [];
  for (const [index, entry] of entries.entries()) {
    if (typeof entry === 'number') {
      const { shown, modules } = old!;
      type[index] = shown.type[entry]!;
      const end = modules.variants[entry + 1]!;
      for (let at = modules.variants[entry]!; at < end; at++) shape.push(shown.shape[at]!);
      values.push(textAt(shown.values, entry));
    } else {
      const its = recorder.record(entry);
      type[index] = its.type;
      shape.push(...its.shapes);
      values.push(its.values);
    }
  }
  return recorder.columns({ type, shape: Int32Array.from(shape), values: packTexts(values) });
}

/** The columns where some modules are others now, each with as many variants as before. */
export function patchShown(
  { shown, modules }: State,
  inPlace: ReadonlyMap<number, Group>,
  graph: Graph,
  registry: Registry,
): ShownColumns {
  const recorder = new ShownRecorder(graph, registry, shown);
  const type = shown.type.slice();
  const shape = shown.shape.slice();
  const values = new Map<number, string>();
  for (const [index, group] of inPlace) {
    const its = recorder.record(group);
    type[index] = its.type;
    shape.set(its.shapes, modules.variants[index]);
    if (its.values !== textAt(shown.values, index)) values.set(index, its.values);
  }
  const texts = values.size === 0 ? shown.values : replaceTexts(shown.values, values);
  return recorder.columns({ type, shape, values: texts });
}

/** Modules of the state as they were. `unknown` is told what is asked of them that nobody knows. */
export function keptModules(
  state: State,
  indexes: Iterable<number>,
  registry: Registry,
  unknown: (what: string) => void,
): Group[] {
  const kept: Group[] = [];
  for (const index of indexes) {
    const typeName = state.shown.types[state.shown.type[index]!]!;
    const type = registry.moduleTypes.get(typeName);
    if (type === undefined) {
      unknown(`type ${typeName}`);
      continue;
    }
    const file = textAt(state.files.path, state.modules.file[index]!);
    const definition = {
      type,
      typeName,
      source: { file, text: '' },
      start: 0,
      directory: directoryOf(file),
      createdBy: undefined,
    };
    const module = new KeptModule(recordAt(state, index), unknown);
    kept.push(new Group(textAt(state.modules.name, index), definition, kept.length, module));
  }
  return kept;
}

function recordAt({ shown, modules, variants }: State, index: number): KeptRecord {
  const its: KeptVariant[] = [];
  for (let at = modules.variants[index]!; at < modules.variants[index + 1]!; at++) {
    const variations = new Map(shown.shapes[shown.shape[at]!]);
    its.push({ variant: variants.names[variants.name[at]!]!, variations });
  }
  return { variants: its, values: () => valuesIn(shown, index, its.length) };
}

function valuesIn(
  { providers, values }: ShownColumns,
  index: number,
  count: number,
): ReadonlyMap<string, unknown>[] {
  const text = textAt(values, index);
  if (text === '') return Array.from({ length: count }, () => new Map());
  return (JSON.parse(text) as unknown[][]).map((list) => {
    const ofVariant = new Map<string, unknown>();
    for (let i = 0; i < list.length; i += 2) {
      ofVariant.set(providers[list[i] as number]!, freeze(list[i + 1]));
    }
    return ofVariant;
  });
}
