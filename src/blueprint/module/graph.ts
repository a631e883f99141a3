// The module graph while it is made: its groups, names and order, and what all steps share. One graph
// per engine; nothing here outlives it.
import type { Diagnostic } from '../../base/diagnostic.ts';
import type { FileSystem } from '../glob/filesystem.ts';
import { exceptionDiagnostic, LogicError } from './exception.ts';
import type { Condition } from './logic.ts';
import type { Names } from './names.ts';
import { GlobalNames } from './names.ts';
import { orderVariants } from './order.ts';
import type { AnyProvider } from './provider.ts';
import { Observations } from './observe.ts';
import { Origins } from './origin.ts';
import { Variant, type Group } from './variant.ts';
import { VariationTable } from './variations.ts';
import type { AnyValues } from '../property/value.ts';

export interface GraphOptions {
  readonly files: FileSystem;
  /** Handed to build logic as it is. */
  readonly config?: unknown;
  readonly names?: Names | undefined;
  /** Missing dependencies are errors only of modules that do not ask for them. */
  readonly allowMissingDependencies?: boolean;
  readonly conditions?: Readonly<Record<string, Condition>>;
  /** Diagnostics about exceptions say where they were thrown. */
  readonly debug?: boolean;
  /** Remember how properties came to be, for queries. */
  readonly recordOrigins?: boolean;
  /** Is filled with the files that build logic declares to read, for whoever watches over that. */
  readonly declared?: Set<string>;
}

export class Graph {
  readonly files: FileSystem;
  readonly config: unknown;
  readonly names: Names;
  readonly allowMissingDependencies: boolean;
  readonly conditions: Readonly<Record<string, Condition>>;
  readonly debug: boolean;
  readonly observations: Observations;
  readonly origins: Origins | undefined;
  readonly variations = new VariationTable();
  /** In the order of their definition. */
  groups: Group[] = [];
  /** Dependencies first, otherwise as defined. */
  order: readonly Variant[] = [];
  /** Mutators that split, in the order in which they did so first: variations are shown in it. */
  readonly splitting: string[] = [];
  readonly mutatorNumbers = new Map<string, number>();
  readonly #providers = new Map<AnyProvider, number>();
  /** Set by whatever changes dependencies or variants; then the order is computed again. */
  changed = true;

  constructor(options: GraphOptions) {
    this.files = options.files;
    this.config = options.config;
    this.names = options.names ?? new GlobalNames();
    this.allowMissingDependencies = options.allowMissingDependencies ?? false;
    this.conditions = options.conditions ?? {};
    this.debug = options.debug ?? false;
    this.observations = new Observations(options.files, options.declared);
    this.origins = options.recordOrigins === true ? new Origins() : undefined;
  }

  /** Registers a module, with one variant that is not split. */
  add(group: Group, values: AnyValues): Diagnostic | undefined {
    const problem = this.naming('add', group, () => this.names.add(group, values));
    if (problem !== undefined) return problem;
    const { none } = this.variations;
    group.members.push(new Variant(group, '', none, none, values, []));
    this.groups.push(group);
    this.changed = true;
    return undefined;
  }

  /** Asks `names`, which may be build logic's own: what that throws is told like everything that build logic throws. */
  naming(
    what: keyof Names,
    group: Group,
    ask: () => Diagnostic | undefined,
  ): Diagnostic | undefined {
    try {
      return ask();
    } catch (error) {
      const where = `names.${what} for module ${JSON.stringify(group.name)}`;
      return exceptionDiagnostic(where, error, group.place, this.debug);
    }
  }

  /** The index of a provider in the variants' lists. Throws LogicError where its values could not be told from another's. */
  providerIndex(provider: AnyProvider): number {
    let index = this.#providers.get(provider);
    if (index === undefined) {
      if (provider.persistent) this.#checkName(provider);
      this.#providers.set(provider, (index = this.#providers.size));
    }
    return index;
  }

  /** Between runs, values are known by the names of their providers. */
  #checkName({ name }: AnyProvider): void {
    for (const other of this.#providers.keys()) {
      if (!other.persistent || other.name !== name) continue;
      throw new LogicError(`there are two persistent providers named ${JSON.stringify(name)}`);
    }
  }

  /** Every provider that was used so far. */
  get providers(): Iterable<AnyProvider> {
    return this.#providers.keys();
  }

  /** Brings the order up to date. Returns cycles; then there is no order. */
  updateOrder(): readonly Diagnostic[] {
    if (!this.changed) return [];
    const { order, cycles } = orderVariants(this.groups);
    this.order = order;
    this.changed = false;
    return cycles;
  }
}
