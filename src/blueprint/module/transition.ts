// Transitions: mutators that give every module the variations that something wants of it. A transition
// runs in three parts: what is wanted goes down from dependers, then modules are split from their
// dependencies up, then every variant is mutated.
import type { OutgoingContext, TransitionMutator } from './mutator.ts';
import type { Diagnostic } from '../../base/diagnostic.ts';
import type { Graph } from './graph.ts';
import type { DependencyTag, Module } from './handle.ts';
import { LogicError } from './exception.ts';
import { checkText, checkTexts } from './given.ts';
import { ModuleStep } from './reading.ts';
import { followDependencies, splitVariant, type Split } from './split.ts';
import type { KeptModule } from './kept.ts';
import type { Dependers } from './dependers.ts';
import type { Pass } from './change.ts';
import { finalVariant } from './visit.ts';
import type { Group, Variant } from './variant.ts';
import type { Variations } from './variations.ts';

/** The transitions that have run, and what the running one has found so far. */
export class TransitionState {
  readonly #graph: Graph;
  /** Those whose split is over: dependencies that are added from now on go through them. */
  readonly #finished: TransitionMutator[] = [];
  readonly #wanted = new Map<Variant, string[]>();

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  /** First part, from dependers down: collects which variations each variant must have. */
  propagate(transition: TransitionMutator, variant: Variant, pass: Pass, by: Dependers): void {
    const { diagnostics } = pass;
    const own = transition.split(new ModuleStep(this.#graph, variant, diagnostics));
    checkTexts(`what the split of ${transition.name} returned`, own);
    if (own.length === 0) {
      throw new LogicError(
        `transition mutator ${transition.name} returned no splits for module ${variant.name}`,
      );
    }
    const demanded = (this.#wanted.get(variant) ?? []).filter((name) => !own.includes(name));
    // What a module has of its own keeps its order; what others want of it must not depend on theirs.
    const variations = [...new Set(own), ...demanded.sort()];
    this.#wanted.set(variant, variations);
    if (demanded.length > 0) {
      for (const { module } of by.of(variant)) (module as Variant).group.addWrite(variant.group);
    }
    for (const { module: dependency, tag } of variant.dependencies) {
      const wanted = this.#wanted.get(dependency) ?? [];
      for (const variation of variations) {
        const name = this.#lead(transition, variant, dependency, tag, variation, diagnostics);
        if (!wanted.includes(name)) wanted.push(name);
      }
      this.#wanted.set(dependency, wanted);
    }
  }

  /** Likewise for a kept module, which has what it had: it is not known what it would be with more. */
  keep(kept: KeptModule, { name }: TransitionMutator, variant: Variant): void {
    const number = this.#graph.mutatorNumbers.get(`${name}_split`)!;
    const parts = kept.partsOf(this.#graph, variant, name, number);
    const own = parts.map((part) => part ?? '');
    const lacking = (this.#wanted.get(variant) ?? []).find((one) => !own.includes(one));
    if (lacking !== undefined) kept.unknown(`variation ${lacking} of module ${variant.name}`);
    this.#wanted.set(variant, own);
  }

  /** Second part, from dependencies up: splits, or only follows where there is nothing to split. */
  split(transition: TransitionMutator, variant: Variant, pass: Pass): void {
    const names = this.#wanted.get(variant) ?? [''];
    this.#wanted.delete(variant);
    const follow = (dependency: Variant, tag: DependencyTag, variation: string): string =>
      this.#lead(transition, variant, dependency, tag, variation, pass.diagnostics);
    if (names.length === 1 && names[0] === '') {
      followDependencies(
        variant,
        pass.splits,
        '',
        { fallback: undefined, follow },
        pass.diagnostics,
      );
      return;
    }
    const split: Split = {
      mutator: pass.splits,
      names,
      local: false,
      fallback: undefined,
      follow,
      namelessIsUnsplit: true,
    };
    splitVariant(this.#graph, variant, split, pass.diagnostics);
    pass.splitVariants.push(variant);
  }

  finish(transition: TransitionMutator): void {
    this.#finished.push(transition);
  }

  /** What a variant's variations come to along a dependency that is added after transitions ran. */
  follow(
    variant: Variant,
    group: Group,
    tag: DependencyTag,
    variations: Variations,
    diagnostics: Diagnostic[],
  ): Variations {
    let led = variations;
    for (const transition of this.#finished) {
      const own = variations.get(transition.name) ?? '';
      const dependency = group.variants()[0];
      if (dependency === undefined) continue;
      const name = this.#lead(transition, variant, dependency, tag, own, diagnostics);
      led = name === '' ? led.without(transition.name) : led.with(transition.name, name);
    }
    return led;
  }

  #lead(
    transition: TransitionMutator,
    variant: Variant,
    dependency: Variant,
    tag: DependencyTag,
    variation: string,
    diagnostics: Diagnostic[],
  ): string {
    let name = variation;
    if (transition.outgoing !== undefined) {
      const step = new OutgoingStep(this.#graph, variant, diagnostics, dependency, tag);
      name = transition.outgoing(step, name);
      checkText(`what outgoing of ${transition.name} returned`, name);
    }
    if (transition.incoming !== undefined) {
      const step = new ModuleStep(this.#graph, finalVariant(dependency), diagnostics);
      name = transition.incoming(step, name);
      checkText(`what incoming of ${transition.name} returned`, name);
    }
    return name;
  }
}

class OutgoingStep extends ModuleStep implements OutgoingContext {
  readonly dependency: Module;
  readonly tag: DependencyTag;

  constructor(
    graph: Graph,
    target: Variant,
    diagnostics: Diagnostic[],
    dependency: Variant,
    tag: DependencyTag,
  ) {
    super(graph, target, diagnostics);
    this.dependency = finalVariant(dependency);
    this.tag = tag;
  }
}
