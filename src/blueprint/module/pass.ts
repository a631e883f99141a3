// Runs one mutator over the graph: every variant once, in order; then everything that was asked for is
// done, and the order is brought up to date. A module whose step fails is left out together with those
// that depend on it; the others go on, so that one run tells of many mistakes.
import type { Diagnostic } from '../../base/diagnostic.ts';
import type { Pass } from './change.ts';
import { Dependers, orderFromTop } from './dependers.ts';
import { exceptionDiagnostic } from './exception.ts';
import { checkEnded } from './given.ts';
import type { Graph } from './graph.ts';
import type { KeptModule } from './kept.ts';
import type { Mutator, TransitionMutator } from './mutator.ts';
import { BottomUpStep, TopDownStep } from './mutating.ts';
import { splitAsBefore } from './split.ts';
import type { TransitionState } from './transition.ts';
import { finalVariant } from './visit.ts';
import { note, type Alias, type Dependency, type Group, type Variant } from './variant.ts';

/** Gives mutators their numbers, in the order in which they will run: what is asked of a later one is early. */
export function numberMutators({ mutatorNumbers }: Graph, mutators: readonly Mutator[]): void {
  for (const { kind, name } of mutators) {
    const parts = kind === 'transition' ? [`${name}_propagate`, `${name}_split`, name] : [name];
    for (const part of parts) mutatorNumbers.set(part, mutatorNumbers.size);
  }
}

/** Runs a mutator that has a number. Returns what went wrong; then the graph must not be used any more. */
export function runMutator(
  graph: Graph,
  mutator: Mutator,
  transitions: TransitionState,
): readonly Diagnostic[] {
  if (mutator.kind === 'transition') return runTransition(graph, mutator, transitions);
  const where = `${mutator.kind} mutator ${JSON.stringify(mutator.name)}`;
  if (mutator.kind === 'bottom up') {
    const run = { name: mutator.name, splits: mutator.name, where, order: graph.order };
    const keep = (kept: KeptModule, variant: Variant, pass: Pass): void => {
      const isSplit = splitAsBefore(graph, variant, kept, mutator.name, pass.number);
      if (isSplit) pass.splitVariants.push(variant);
    };
    return runPass(graph, { ...run, down: false, keep }, (variant, pass) =>
      mutator.mutate(new BottomUpStep(graph, variant, pass, transitions)),
    );
  }
  const dependers = new Dependers(graph.order);
  const order = orderFromTop(graph.groups, dependers);
  const run = { name: mutator.name, splits: mutator.name, where, order, down: true };
  return runPass(graph, run, (variant, pass) =>
    mutator.mutate(new TopDownStep(graph, variant, pass, dependers)),
  );
}

function runTransition(
  graph: Graph,
  transition: TransitionMutator,
  transitions: TransitionState,
): readonly Diagnostic[] {
  const { name } = transition;
  const where = `transition mutator ${JSON.stringify(name)}`;
  const dependers = new Dependers(graph.order);
  const down: PassOptions = {
    name: `${name}_propagate`,
    splits: name,
    where,
    order: orderFromTop(graph.groups, dependers),
    down: true,
    keep: (kept, variant) => transitions.keep(kept, transition, variant),
  };
  const propagated = runPass(graph, down, (variant, pass) =>
    transitions.propagate(transition, variant, pass, dependers),
  );
  if (propagated.length > 0) return propagated;
  const up = { splits: name, where, down: false };
  const splitOne = (variant: Variant, pass: Pass): void =>
    transitions.split(transition, variant, pass);
  const split = runPass(
    graph,
    {
      ...up,
      name: `${name}_split`,
      order: graph.order,
      keep: (_kept, variant, pass) => splitOne(variant, pass),
    },
    splitOne,
  );
  transitions.finish(transition);
  if (split.length > 0) return split;
  return runPass(graph, { ...up, name, order: graph.order }, (variant, pass) =>
    transition.mutate?.(
      new BottomUpStep(graph, variant, pass, transitions),
      variant.variations.get(name) ?? '',
    ),
  );
}

interface PassOptions {
  readonly name: string;
  /** The mutator whose variations a split makes. */
  readonly splits: string;
  /** How messages about exceptions begin. */
  readonly where: string;
  readonly order: readonly Variant[];
  /** Whether the order goes from dependers to dependencies. */
  readonly down: boolean;
  /** What is done to kept modules instead of the step; nothing unless given. */
  readonly keep?: (kept: KeptModule, variant: Variant, pass: Pass) => void;
}

function runPass(
  graph: Graph,
  { name, splits, where, order, down, keep }: PassOptions,
  step: (variant: Variant, pass: Pass) => unknown,
): readonly Diagnostic[] {
  const number = graph.mutatorNumbers.get(name)!;
  const pass: Pass = {
    mutator: name,
    number,
    splits,
    diagnostics: [],
    splitVariants: [],
    added: [],
    reverse: [],
    creations: [],
    renames: [],
    replacements: [],
  };
  const failures = new Failures(down);
  for (const variant of order) {
    if (failures.concern(variant)) continue;
    const before = pass.diagnostics.length;
    variant.startedMutator = number;
    try {
      const { kept } = variant.group;
      if (kept === undefined) checkEnded(step(variant, pass));
      else keep?.(kept, variant, pass);
    } catch (error) {
      const place = `${where} for ${shown(variant)}`;
      pass.diagnostics.push(exceptionDiagnostic(place, error, variant.group.place, graph.debug));
    }
    finish(variant, number);
    if (pass.diagnostics.length > before) failures.add(variant);
  }
  return pass.diagnostics.length > 0 ? pass.diagnostics : settle(graph, pass);
}

function finish(variant: Variant, number: number): void {
  variant.finishedMutator = number;
  if (variant.split === undefined) return;
  for (const part of variant.split) {
    if (part.kind !== 'variant') continue;
    part.startedMutator = number;
    part.finishedMutator = number;
  }
}

/** The module as exceptions name it. */
export function shown({ name, variant }: Variant): string {
  const shownVariant = variant === '' ? '' : ` variant ${JSON.stringify(variant)}`;
  return `module ${JSON.stringify(name)}${shownVariant}`;
}

/** Which variants failed, and which are not visited because of that. */
class Failures {
  readonly #failed = new Set<Variant>();
  readonly #down: boolean;

  constructor(down: boolean) {
    this.#down = down;
  }

  add(variant: Variant): void {
    this.#failed.add(variant);
    if (!this.#down) return;
    for (const { module } of variant.dependencies) this.#failed.add(module);
  }

  /** Whether the variant depends on a failed one (going down: whether a failed one depends on it). */
  concern(variant: Variant): boolean {
    if (this.#failed.size === 0) return false;
    const concerned =
      this.#failed.has(variant) ||
      (!this.#down && variant.dependencies.some(({ module }) => this.#failed.has(module)));
    if (concerned) this.add(variant);
    return concerned;
  }
}

/** Does what the mutator asked for, in an order that does not depend on who asked first. */
function settle(graph: Graph, pass: Pass): readonly Diagnostic[] {
  if (pass.splitVariants.length > 0) replaceSplitVariants(graph, pass.splitVariants);
  for (const variant of pass.added) {
    if (variant.added === undefined) continue;
    for (const dependency of variant.added) variant.dependencies.push(final(dependency));
    variant.added = undefined;
    graph.changed = true;
  }
  addReverseDependencies(graph, pass);
  const diagnostics = [...create(graph, pass), ...rename(graph, pass), ...replace(graph, pass)];
  return diagnostics.length > 0 ? diagnostics : graph.updateOrder();
}

function final(dependency: Dependency): Dependency {
  dependency.module = finalVariant(dependency.module);
  return dependency;
}

function replaceSplitVariants(graph: Graph, split: readonly Variant[]): void {
  const groups = new Set(split.map(({ group }) => group));
  for (const group of groups) {
    const members: (Variant | Alias)[] = [];
    for (const member of group.members) {
      if (member.kind === 'alias' || member.split === undefined) members.push(member);
      else for (const part of member.split) members.push(part);
    }
    group.members = members;
    forwardAliases(group);
  }
  // Dependencies of modules that the mutator did not split lead to the first part.
  for (const group of graph.groups) {
    for (const member of group.members) {
      if (member.kind !== 'variant') continue;
      for (const dependency of member.dependencies) {
        if (dependency.module.split !== undefined) final(dependency);
      }
    }
  }
  graph.changed = true;
}

/** Aliases of a variant that was split lead to its own alias, if it has one; otherwise they end. */
function forwardAliases(group: Group): void {
  if (!group.members.some((member) => member.kind === 'alias')) return;
  const kept: (Variant | Alias)[] = [];
  for (const member of group.members) {
    if (member.kind === 'alias' && member.target.split !== undefined) {
      const { variations } = member.target;
      const next = group.members.find(
        (other) => other.kind === 'alias' && other !== member && other.variations === variations,
      );
      if (next?.kind !== 'alias') continue;
      member.target = next.target;
    }
    kept.push(member);
  }
  group.members = kept;
}

function addReverseDependencies(graph: Graph, { reverse }: Pass): void {
  if (reverse.length === 0) return;
  const byName = [...reverse].sort((a, b) =>
    a.by.name < b.by.name ? -1 : a.by.name > b.by.name ? 1 : 0,
  );
  for (const { depender, dependency } of byName) {
    finalVariant(depender).dependencies.push(final(dependency));
  }
  graph.changed = true;
}

function create(graph: Graph, { creations }: Pass): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  for (const { group, values, by } of creations) {
    by.addWrite(group);
    const problem = graph.add(group, values);
    if (problem !== undefined) diagnostics.push(problem);
  }
  return diagnostics;
}

function rename(graph: Graph, { renames }: Pass): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  for (const { group, name } of renames) {
    if (group.name === name) continue;
    const problem = graph.naming('rename', group, () => graph.names.rename(group, name));
    if (problem !== undefined) diagnostics.push(problem);
    else {
      note(group, `rename ${group.name}`);
      group.formerNames = [...group.formerNames, group.name];
      group.name = name;
    }
  }
  return diagnostics;
}

function replace(graph: Graph, { replacements, mutator }: Pass): Diagnostic[] {
  if (replacements.length === 0) return [];
  const diagnostics: Diagnostic[] = [];
  const dependers = new Map<Variant, { depender: Variant; dependency: Dependency }[]>();
  for (const group of graph.groups) {
    for (const depender of group.variants()) {
      for (const dependency of depender.dependencies) {
        const known = dependers.get(dependency.module);
        if (known === undefined) dependers.set(dependency.module, [{ depender, dependency }]);
        else known.push({ depender, dependency });
      }
    }
  }
  for (const { from, to, only } of replacements) {
    for (const { depender, dependency } of dependers.get(from) ?? []) {
      if (depender === to || dependency.module !== from) continue;
      try {
        if (only !== undefined && !only(depender, dependency.tag)) continue;
      } catch (error) {
        const where = `mutator ${JSON.stringify(mutator)} for ${shown(to)}`;
        diagnostics.push(exceptionDiagnostic(where, error, to.group.place, graph.debug));
        break;
      }
      to.group.addWrite(depender.group);
      dependency.module = to;
    }
  }
  graph.changed = true;
  return diagnostics;
}
