// Which places set a property of a variant: those of its own file, and what steps added, maybe from
// other modules, back to where that was written. Follows the history that the engine has recorded.
import type { Span } from '../../base/span.ts';
import type { Engine } from '../phase/engine.ts';
import { readTreeFile, type TreeFile } from '../phase/treefile.ts';
import type { Extension } from '../module/origin.ts';
import type { Group, Variant } from '../module/variant.ts';
import { fallbackOf, type Property } from '../property/property.ts';
import type { AnyValues } from '../property/value.ts';
import type { Value } from '../syntax/scope.ts';
import type { Dialect, Module } from '../syntax/tree.ts';

/** One thing that set a property, or a part of its value. */
export interface Setting {
  /** A value of a file, or one that build logic made. */
  readonly value: Value | { readonly kind: 'made'; readonly value: unknown };
  /** Where the property is written that has it; the module for what build logic made. */
  readonly at: Span;
  /** How it came from there to the property, first step first. Empty where it was written there. */
  readonly steps: readonly Step[];
}

export interface Step {
  /** `mutator "defaults"`. */
  readonly by: string;
  readonly order: Extension['order'];
  /** The module that it was taken from, if from another one. */
  readonly from: Variant | undefined;
}

/** Values of a variant at some time: after so many of its extensions, maybe only those below a path. */
interface Moment {
  readonly variant: Variant;
  readonly time: number;
  readonly path: readonly string[];
}

export class OriginFinder {
  readonly #engine: Engine;
  readonly #dialect: Dialect | undefined;
  readonly #files = new Map<TreeFile, readonly Module<Value>[]>();
  #moments: Map<AnyValues, Moment> | undefined;

  /** The engine has recorded origins, and its mutators have run. */
  constructor(engine: Engine, dialect?: Dialect) {
    this.#engine = engine;
    this.#dialect = dialect;
  }

  /** What set the property at a path of names, in the order in which it counts. */
  settingsOf(variant: Variant, path: readonly string[]): readonly Setting[] {
    return this.#at({ variant, time: this.#extensionsOf(variant).length, path: [] }, path);
  }

  #extensionsOf(variant: Variant): readonly Extension[] {
    return this.#engine.graph.origins?.of(variant) ?? [];
  }

  #at({ variant, time, path: prefix }: Moment, inner: readonly string[]): readonly Setting[] {
    const path = [...prefix, ...inner];
    if (time === 0) return this.#written(variant, path);
    const extension = this.#extensionsOf(variant)[time - 1]!;
    const earlier = this.#at({ variant, time: time - 1, path: [] }, path);
    const property = propertyAt(extension.schema, path);
    const value = valueAt(extension.values, path);
    if (property === undefined || isNothing(property, value)) return earlier;
    return join(property, extension.order, earlier, this.#added(variant, extension, path, value));
  }

  #added(
    variant: Variant,
    extension: Extension,
    path: readonly string[],
    value: unknown,
  ): readonly Setting[] {
    const { by, order, values } = extension;
    const source = this.#momentOf(values, variant, extension);
    if (source === undefined) {
      const step = { by, order, from: undefined };
      return [{ value: { kind: 'made', value }, at: variant.group.place, steps: [step] }];
    }
    const from = source.variant.group === variant.group ? undefined : source.variant;
    return this.#at(source, path).map((setting) => ({
      ...setting,
      steps: [...setting.steps, { by, order, from }],
    }));
  }

  /** Whose values an object is: modules hand theirs on as they are, as a whole or a part of them. */
  #momentOf(values: AnyValues, variant: Variant, { before }: Extension): Moment | undefined {
    this.#moments ??= this.#findMoments();
    const whole = this.#moments.get(values);
    if (whole !== undefined) return whole;
    for (const owner of [before, ...variant.dependencies.map(({ module }) => module.values)]) {
      const path = pathTo(values, owner);
      const moment = path === undefined ? undefined : this.#moments.get(owner);
      if (moment !== undefined) return { ...moment, path: path! };
    }
    return undefined;
  }

  #findMoments(): Map<AnyValues, Moment> {
    const moments = new Map<AnyValues, Moment>();
    const add = (values: AnyValues, variant: Variant, time: number): void => {
      if (!moments.has(values)) moments.set(values, { variant, time, path: [] });
    };
    for (const group of this.#engine.graph.groups) {
      for (const variant of group.variants()) {
        const extensions = this.#extensionsOf(variant);
        add(extensions[0]?.before ?? variant.values, variant, 0);
        for (const [i, { after }] of extensions.entries()) add(after, variant, i + 1);
      }
    }
    return moments;
  }

  /** What the module's own definition sets. */
  #written(variant: Variant, path: readonly string[]): readonly Setting[] {
    const { group } = variant;
    const { createdBy, type } = group.definition;
    if (createdBy !== undefined) {
      const first = this.#extensionsOf(variant)[0]?.before ?? variant.values;
      const property = propertyAt(type.schema, path);
      const value = valueAt(first, path);
      if (property === undefined || isNothing(property, value)) return [];
      const step: Step = { by: 'createModule', order: 'append', from: createdBy.variants()[0] };
      return [{ value: { kind: 'made', value }, at: group.place, steps: [step] }];
    }
    let properties = this.#definitionOf(group)?.properties;
    for (const [i, name] of path.entries()) {
      const found = properties?.find((property) => property.name === name);
      if (found === undefined) return [];
      const { value, written } = found;
      if (i === path.length - 1) return [{ value, at: written, steps: [] }];
      properties = value.kind === 'map' ? value.properties : undefined;
    }
    return [];
  }

  /** The module in its file, evaluated once more: engines do not keep that. */
  #definitionOf({ definition }: Group): Module<Value> | undefined {
    const file = this.#engine.treeFiles.find(({ source }) => source === definition.source);
    if (file === undefined) return undefined;
    let modules = this.#files.get(file);
    if (modules === undefined) {
      modules = readTreeFile(file.source, file.parent, this.#dialect).modules;
      this.#files.set(file, modules);
    }
    return modules.find(({ start }) => start === definition.start);
  }
}

/** The property that a path of names leads to: names of maps are any. */
export function propertyAt(schema: Property, path: readonly string[]): Property | undefined {
  let at: Property | undefined = schema;
  for (const name of path) {
    at = at === undefined ? undefined : bare(at);
    if (at?.kind === 'map') at = at.element;
    else if (at?.kind === 'nested' && Object.hasOwn(at.fields, name)) at = at.fields[name];
    else return undefined;
  }
  return at;
}

/** A property without what only says how it can be given. */
export function bare(property: Property): Property {
  return property.kind === 'optional' || property.kind === 'mutated'
    ? bare(property.inner)
    : property;
}

export function valueAt(values: AnyValues, path: readonly string[]): unknown {
  let at: unknown = values;
  for (const name of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as AnyValues)[name];
  }
  return at;
}

/** Whether a value is what the property has where nothing sets it. */
function isNothing(property: Property, value: unknown): boolean {
  if (value === undefined || value === fallbackOf(property)) return true;
  if (property.kind === 'configurable') return !(value as { isSet: boolean }).isSet;
  if (property.kind === 'list') return (value as readonly unknown[]).length === 0;
  return property.kind === 'string' && value === '';
}

/** Those of the settings that count, in the order in which they do; see `extend`. */
function join(
  property: Property,
  order: Extension['order'],
  earlier: readonly Setting[],
  added: readonly Setting[],
): readonly Setting[] {
  if (order === 'replace' || earlier.length === 0) return added;
  switch (property.kind) {
    case 'string':
    case 'path':
    case 'bool':
    case 'list':
    case 'configurable':
    case 'map':
    case 'nested':
      return order === 'append' ? [...earlier, ...added] : [...added, ...earlier];
    case 'optional':
      if (['list', 'map', 'nested'].includes(property.inner.kind)) {
        return join(property.inner, order, earlier, added);
      }
      return order === 'append' ? added : earlier;
    case 'mutated':
      return join(property.inner, order, earlier, added);
    default:
      return order === 'append' ? added : earlier;
  }
}

/** The names that lead from an object to one inside it. */
function pathTo(inner: AnyValues, outer: AnyValues): readonly string[] | undefined {
  for (const [name, value] of Object.entries(outer)) {
    if (value === inner) return [name];
    if (typeof value !== 'object' || value === null || Array.isArray(value)) continue;
    const path = pathTo(inner, value as AnyValues);
    if (path !== undefined) return [name, ...path];
  }
  return undefined;
}
