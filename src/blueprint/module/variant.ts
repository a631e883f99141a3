// The nodes of the module graph: a group is a module as it was defined, a variant is one of its
// shapes. The fields are the engine's; build logic sees a variant as a `Module`. There are hundreds of
// thousands of variants, so what most of them lack is undefined, and what they share is shared.
import type { Source, Span } from '../../base/span.ts';
import { NO_TEXT, type TextId } from '../ninja/arena.ts';
import type { BuildStatement } from '../ninja/statement.ts';
import type { LocalRule, LocalVariable } from '../ninja/entity.ts';
import type { NestedProperty } from '../property/property.ts';
import type { AnyValues } from '../property/value.ts';
import type { DependencyTag, Module } from './handle.ts';
import type { KeptModule } from './kept.ts';
import type { AnyModuleType } from './type.ts';
import type { Variations } from './variations.ts';

/** Where a module comes from. */
export interface Definition {
  readonly type: AnyModuleType;
  /** Empty for a module that build logic created. */
  readonly typeName: string;
  readonly source: Source;
  /** Offset of the module's type in the source. */
  readonly start: number;
  readonly directory: string;
  readonly createdBy: Group | undefined;
}

const NONE: readonly string[] = [];

export class Group {
  name: string;
  /** Names that it had before mutators gave it others, the first one first. */
  formerNames: readonly string[] = NONE;
  readonly definition: Definition;
  /** Variants in the order of their creation, and other names for them, which come first. */
  members: (Variant | Alias)[] = [];
  /** The number of groups that were registered before. */
  readonly rank: number;
  /**
   * What its variants asked for by name: modules that were found, which may have other names by now or be replaced as
   * dependencies, and names that nothing had. It is what it depends on when one file changes.
   */
  #lookups: (string | Group)[] | undefined;
  /** Modules whose own state it changed, by reverse dependencies, replacements and the like, whatever they are called. */
  writes: Group[] | undefined;
  /** What it looked at beyond its direct dependencies. */
  readsDeep = false;
  readsDependers = false;
  /** Whether other modules' steps looked at its properties. */
  observed = false;
  /** What happened to its shape and does not show in its variants: aliases that ended, renames. */
  history: string[] | undefined;
  /** The part of the comment in the manifest that its variants share. */
  comment: { readonly head: string; readonly tail: string } | undefined;
  /** Files and globs that its steps asked for. */
  files: string[] | undefined;
  globs: string[] | undefined;
  /** Of a module that is kept as an earlier run left it: then nothing of build logic runs on it. */
  readonly kept: KeptModule | undefined;

  constructor(name: string, definition: Definition, rank: number, kept?: KeptModule) {
    this.name = name;
    this.definition = definition;
    this.rank = rank;
    this.kept = kept;
  }

  get place(): Span {
    const { source, start, type, typeName } = this.definition;
    return { source, start, end: start + (typeName === '' ? type.name : typeName).length };
  }

  /** The variants, without other names for them. */
  variants(): Variant[] {
    return this.members.filter((member) => member.kind === 'variant');
  }

  /** Modules that its steps looked at, and names that they looked up in vain. May repeat. */
  namesRead(): string[] {
    const names: string[] = [];
    for (const one of this.#lookups ?? []) {
      const now = typeof one === 'string' ? one : one.name;
      if (!names.includes(now)) names.push(now);
    }
    for (const member of this.members) {
      if (member.kind !== 'variant') continue;
      for (const { module } of member.dependencies) {
        if (module.group !== this && !names.includes(module.group.name)) {
          names.push(module.group.name);
        }
      }
    }
    return names;
  }

  addLookup(name: string, found: Group | undefined): void {
    const one = found ?? name;
    if (this.#lookups === undefined) this.#lookups = [one];
    else if (!this.#lookups.includes(one)) this.#lookups.push(one);
  }

  addWrite(group: Group): void {
    group.kept?.unknown(`what is done to module ${group.name}`);
    if (group === this) return;
    if (this.writes === undefined) this.writes = [group];
    else if (!this.writes.includes(group)) this.writes.push(group);
  }
}

/** Another name for a variant: dependencies that ask for these variations get the target. */
export interface Alias {
  readonly kind: 'alias';
  readonly variations: Variations;
  target: Variant;
}

/** An edge. Build logic sees it as a `DependencyEdge`; its end moves when modules are split or replaced. */
export interface Dependency {
  module: Variant;
  readonly tag: DependencyTag;
}

/** What a module adds to the manifest, those parts that are used. */
export interface Actions {
  readonly variables: readonly LocalVariable[];
  readonly rules: readonly LocalRule[];
  readonly statements: readonly BuildStatement[];
}

/** How far generating a variant has come. */
export type Progress = 'waiting' | 'running' | 'done';

export class Variant implements Module {
  readonly kind = 'variant';
  readonly group: Group;
  readonly variant: string;
  readonly variations: Variations;
  /** What its dependencies are looked up by: without local variations. */
  readonly dependencyVariations: Variations;
  values: AnyValues;
  dependencies: Dependency[];
  /** Added by the running mutator; they count when it has ended. */
  added: Dependency[] | undefined = undefined;
  /** What it was split into: then it is no longer part of the graph. */
  split: (Variant | Alias)[] | undefined = undefined;
  /** By the index that the graph gives a provider. */
  providers: unknown[] | undefined = undefined;
  missing: string[] | undefined = undefined;
  /** The mutators that began and ended on it, by their number. */
  startedMutator = -1;
  finishedMutator = -1;
  generating: Progress = 'waiting';
  /** Its part of the manifest, and the index of the list of entities that it names. */
  text: TextId = NO_TEXT;
  entities = -1;
  /** Says to a walk over the graph whether it was here. */
  mark = 0;

  constructor(
    group: Group,
    variant: string,
    variations: Variations,
    dependencyVariations: Variations,
    values: AnyValues,
    dependencies: Dependency[],
  ) {
    this.group = group;
    this.variant = variant;
    this.variations = variations;
    this.dependencyVariations = dependencyVariations;
    this.values = values;
    this.dependencies = dependencies;
  }

  get name(): string {
    return this.group.name;
  }

  get typeName(): string {
    return this.group.definition.typeName;
  }

  get directory(): string {
    return this.group.definition.directory;
  }

  get file(): string {
    return this.group.definition.source.file;
  }

  variation(mutator: string): string | undefined {
    return this.variations.get(mutator);
  }

  has(properties: NestedProperty): boolean {
    return hasFields(this.group.definition.type.schema, properties);
  }

  as(properties: NestedProperty): never | undefined {
    return this.has(properties) ? (this.properties as never) : undefined;
  }

  get properties(): AnyValues {
    this.group.kept?.unknown(`the properties of module ${this.name}`);
    this.group.observed = true;
    return this.values;
  }

  toString(): string {
    const { name, definition } = this.group;
    let text = `module ${JSON.stringify(name)}`;
    if (this.variant !== '') text += ` variant ${JSON.stringify(this.variant)}`;
    if (definition.createdBy !== undefined) {
      text += ` (created by module ${JSON.stringify(definition.createdBy.name)})`;
    }
    return text;
  }
}

/** Whether a schema has all fields of another: the same objects, not only the same names. */
function hasFields({ fields }: NestedProperty, { fields: wanted }: NestedProperty): boolean {
  for (const name in wanted) if (fields[name] !== wanted[name]) return false;
  return true;
}

/** Remembers something about a module's shape. */
export function note(group: Group, event: string): void {
  group.history ??= [];
  group.history.push(event);
}
