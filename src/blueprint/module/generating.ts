// The step in which a module makes its part of the manifest.
import type { LocalRule, LocalVariable } from '../ninja/entity.ts';
import type { PackageContext } from '../ninja/package.ts';
import type { RuleParameters } from '../ninja/rule.ts';
import type { BuildParameters } from '../ninja/statement.ts';
import type { Diagnostic } from '../../base/diagnostic.ts';
import { ActionBuilder } from './action.ts';
import type { GenerateContext } from './context.ts';
import type { Graph } from './graph.ts';
import { missingModule } from './names.ts';
import type { Prefixes } from './prefix.ts';
import { ModuleStep } from './reading.ts';
import type { Actions, Variant } from './variant.ts';

export class GenerateStep extends ModuleStep implements GenerateContext {
  readonly #actions: ActionBuilder;
  #askedForMissing = false;

  constructor(graph: Graph, target: Variant, diagnostics: Diagnostic[], prefixes: Prefixes) {
    super(graph, target, diagnostics);
    this.#actions = new ActionBuilder(() =>
      prefixes.ofModule(graph.names.uniqueName(target.group), target.variant),
    );
  }

  variable(scope: PackageContext, name: string, value: string): LocalVariable {
    return this.#actions.variable(scope, name, value);
  }

  rule(
    scope: PackageContext,
    name: string,
    parameters: RuleParameters,
    ...argumentNames: readonly string[]
  ): LocalRule {
    return this.#actions.rule(scope, name, parameters, argumentNames);
  }

  build(scope: PackageContext, parameters: BuildParameters): void {
    this.#actions.build(scope, parameters);
  }

  missingDependencies(): readonly string[] {
    this.#askedForMissing = true;
    return this.target.missing ?? [];
  }

  /** What was made. Missing dependencies that nobody asked for are reported. */
  finish(): Actions | undefined {
    const { group, missing } = this.target;
    if (missing !== undefined && !this.#askedForMissing) {
      for (const name of missing) {
        this.diagnostics.push(missingModule(group, name, this.graph.names));
      }
    }
    return this.#actions.finish();
  }
}
