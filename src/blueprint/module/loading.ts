// The step that runs when a module has been read from a file, before it is registered.
import type { Order } from '../property/extend.ts';
import type { Fields, NestedProperty } from '../property/property.ts';
import type { AnyValues } from '../property/value.ts';
import type { Diagnostic } from '../../base/diagnostic.ts';
import type { LoadContext } from './context.ts';
import { createGroup } from './create.ts';
import { LogicError } from './exception.ts';
import { shownKind } from '../ninja/name.ts';
import { checkText } from './given.ts';
import type { Graph } from './graph.ts';
import type { ModuleTypeName } from './handle.ts';
import type { AnyModuleType } from './logic.ts';
import { extendTarget } from './mutating.ts';
import { ModuleStep } from './reading.ts';
import type { Group, Variant } from './variant.ts';

export class LoadStep extends ModuleStep implements LoadContext {
  /** Modules that were created, to be registered after this one. */
  readonly created: { readonly group: Group; readonly values: AnyValues }[] = [];
  readonly #types: Map<string, AnyModuleType>;

  /** `types` are the module types that only the file knows, by name. */
  constructor(
    graph: Graph,
    target: Variant,
    diagnostics: Diagnostic[],
    types: Map<string, AnyModuleType>,
  ) {
    super(graph, target, diagnostics);
    this.#types = types;
  }

  extendProperties<TFields extends Fields>(
    properties: NestedProperty<TFields>,
    values: AnyValues,
    order: Order,
    options?: { readonly matching?: boolean },
  ): void {
    extendTarget(this, 'load hook', properties, values, order, options);
  }

  createModule(type: ModuleTypeName, values: AnyValues): void {
    this.created.push(createGroup(type, values, this.target.group, this.graph.groups.length));
  }

  registerModuleType(name: string, type: ModuleTypeName): void {
    checkText('the name of a module type', name);
    if ((type as { kind?: string } | undefined)?.kind !== 'module type') {
      throw new LogicError(`expected a module type, found ${shownKind(type)}`);
    }
    if (this.#types.has(name)) {
      throw new LogicError(`module type name ${name} is already registered in this file`);
    }
    this.#types.set(name, type as AnyModuleType);
  }
}
