// The steps of mutators. What they change in other modules, or in which modules there are, is handed to
// the pass; it is done when the mutator has seen every module.
import { extend, ExtendError, type Order } from '../property/extend.ts';
import { misfitWithin } from '../property/fits.ts';
import type { NestedProperty } from '../property/property.ts';
import type { AnyValues } from '../property/value.ts';
import type { Pass } from './change.ts';
import type { BottomUpContext, MutatingContext, TopDownContext } from './context.ts';
import { createGroup } from './create.ts';
import {
  dependsOnItself,
  findVariant,
  missing,
  missingVariant,
  showMembers,
  showVariations,
} from './dependency.ts';
import { LogicError } from './exception.ts';
import type { Graph } from './graph.ts';
import type { DependencyEdge, DependencyTag, Module, ModuleTypeName } from './handle.ts';
import { shownKind } from '../ninja/name.ts';
import { checkText } from './given.ts';
import { checkKeys } from './known.ts';
import { missingModule } from './names.ts';
import { ModuleStep } from './reading.ts';
import { aliasPart, followDependencies, splitVariant } from './split.ts';
import type { Dependers } from './dependers.ts';
import type { TransitionState } from './transition.ts';
import { note, type Alias, type Group, type Variant } from './variant.ts';
import type { Variation, Variations } from './variations.ts';

class MutatingStep extends ModuleStep implements MutatingContext {
  protected readonly pass: Pass;

  constructor(graph: Graph, target: Variant, pass: Pass) {
    super(graph, target, pass.diagnostics);
    this.pass = pass;
  }

  get mutator(): string {
    return this.pass.mutator;
  }

  extendProperties(
    properties: NestedProperty,
    values: AnyValues,
    order: Order,
    options?: { readonly matching?: boolean },
  ): void {
    const by = `mutator ${JSON.stringify(this.pass.mutator)}`;
    extendTarget(this, by, properties, values, order, options);
  }

  createModule(type: ModuleTypeName, values: AnyValues): void {
    const { group: by } = this.target;
    const created = createGroup(type, values, by, this.graph.groups.length);
    this.pass.creations.push({ ...created, by });
  }

  rename(name: string): void {
    checkText('the new name of a module', name);
    if (name === '') throw new LogicError('a module cannot be renamed to nothing');
    this.pass.renames.push({ group: this.target.group, name });
  }
}

/** Without a tag in front, the first name would be taken for one. */
function checkTag(tag: unknown): void {
  if (typeof tag === 'object' && tag !== null && 'name' in tag) return;
  throw new LogicError(`a dependency needs a tag, but was given ${shownKind(tag)}`);
}

/** Extends the properties of a step's module; `by` names the step. Properties that do not fit together are reported. */
export function extendTarget(
  { target, graph }: ModuleStep,
  by: string,
  properties: NestedProperty,
  values: AnyValues,
  order: Order,
  options?: { readonly matching?: boolean },
): void {
  const { schema } = target.group.definition.type;
  checkKeys('extendProperties', options ?? {}, ['matching']);
  const problem = misfitWithin(properties, values);
  if (problem !== undefined) throw new LogicError(`can't extend properties: ${problem}`);
  try {
    const before = target.values;
    const after = extend(schema, before, properties, values, order, options);
    target.values = after;
    graph.origins?.add(target, { by, schema: properties, values, order, before, after });
  } catch (error) {
    throw error instanceof ExtendError ? new LogicError(error.message) : error;
  }
}

export class TopDownStep extends MutatingStep implements TopDownContext {
  readonly #dependers: Dependers;

  constructor(graph: Graph, target: Variant, pass: Pass, dependers: Dependers) {
    super(graph, target, pass);
    this.#dependers = dependers;
  }

  directDependers(): readonly DependencyEdge[] {
    this.target.group.readsDependers = true;
    return this.#dependers.of(this.target);
  }
}

export class BottomUpStep extends MutatingStep implements BottomUpContext {
  readonly #transitions: TransitionState;
  #fallback: string | undefined;

  constructor(graph: Graph, target: Variant, pass: Pass, transitions: TransitionState) {
    super(graph, target, pass);
    this.#transitions = transitions;
  }

  hasModule(name: string): boolean {
    const { group } = this.target;
    // Counts as a look even where there is none: one that appears later changes the answer.
    const found = this.graph.names.find(name, group);
    group.addLookup(name, found);
    return found !== undefined;
  }

  addDependency(tag: DependencyTag, ...names: readonly string[]): void {
    checkTag(tag);
    for (let i = 0; i < names.length; i++) this.#add(names[i]!, tag, [], true);
  }

  addVariationDependency(
    variations: readonly Variation[],
    tag: DependencyTag,
    ...names: readonly string[]
  ): void {
    checkTag(tag);
    for (const name of names) this.#add(name, tag, variations, false);
  }

  addFarVariationDependency(
    variations: readonly Variation[],
    tag: DependencyTag,
    ...names: readonly string[]
  ): void {
    checkTag(tag);
    const wanted = this.graph.variations.none.withAll(variations);
    for (const name of names) {
      const group = this.#find(name);
      if (group === undefined) continue;
      const found = findVariant(group, { variations: wanted, far: true, onlyOneMatches: false });
      this.#connect(group, found, wanted, tag);
    }
  }

  #add(
    name: string,
    tag: DependencyTag,
    variations: readonly Variation[],
    onlyOneMatches: boolean,
  ): void {
    if (onlyOneMatches && name === this.name) {
      this.diagnostics.push(dependsOnItself(this.target, name));
      return;
    }
    const group = this.#find(name);
    if (group === undefined) return;
    const wanted = this.#wantedOf(group, tag, variations);
    const found = findVariant(group, { variations: wanted, far: false, onlyOneMatches });
    this.#connect(group, found, wanted, tag);
  }

  /** Own variations, as the transitions that ran lead them to the dependency, and those asked for. */
  #wantedOf(group: Group, tag: DependencyTag, asked: readonly Variation[]): Variations {
    const { dependencyVariations } = this.target;
    const led = this.#transitions.follow(
      this.target,
      group,
      tag,
      dependencyVariations,
      this.diagnostics,
    );
    return asked.length === 0 ? led : led.withAll(asked);
  }

  #find(name: string): Group | undefined {
    checkText('the name of a dependency', name);
    const { group } = this.target;
    const found = this.graph.names.find(name, group);
    group.addLookup(name, found);
    if (found !== undefined) return found;
    const problem = missing(this.graph, this.target, name);
    if (problem !== undefined) this.diagnostics.push(problem);
    return undefined;
  }

  #connect(group: Group, found: Variant | undefined, wanted: Variations, tag: DependencyTag): void {
    const { target, graph } = this;
    if (target.split !== undefined) {
      throw new LogicError(
        `${target.toString()} was split by this mutator: it has no more dependencies to add`,
      );
    }
    if (found === undefined) {
      if (graph.allowMissingDependencies) missing(graph, target, group.name);
      else this.diagnostics.push(missingVariant(graph, target, group, wanted, 'dependency'));
      return;
    }
    if (group === target.group && !this.#isEarlier(found)) {
      const what = found === target ? 'itself' : 'later version of itself';
      this.diagnostics.push(dependsOnItself(target, group.name, what));
      return;
    }
    if (target.added === undefined) {
      target.added = [];
      this.pass.added.push(target);
    }
    target.added.push({ module: found, tag });
  }

  #isEarlier(other: Variant): boolean {
    const { members } = this.target.group;
    return members.indexOf(other) < members.indexOf(this.target);
  }

  addReverseDependency(tag: DependencyTag, name: string): void {
    checkTag(tag);
    checkText('the name of a dependency', name);
    const { target, graph } = this;
    if (name === this.name) {
      this.diagnostics.push(dependsOnItself(target, name));
      return;
    }
    const group = graph.names.find(name, target.group);
    target.group.addLookup(name, group);
    if (group === undefined) {
      const verb = 'has a reverse dependency on';
      this.diagnostics.push(missingModule(target.group, name, graph.names, verb));
      return;
    }
    const { variations } = target;
    const depender = findVariant(group, { variations, far: false, onlyOneMatches: true });
    if (depender === undefined) {
      this.diagnostics.push(missingVariant(graph, target, group, variations, 'reverse dependency'));
      return;
    }
    target.group.addWrite(group);
    this.pass.reverse.push({ depender, dependency: { module: target, tag }, by: target });
  }

  addInterVariantDependency(tag: DependencyTag, from: Module, to: Module): void {
    checkTag(tag);
    const parts = this.#parts();
    const [fromAt, toAt] = [from, to].map((part) => parts.indexOf(part as Variant));
    const shown = JSON.stringify(this.name);
    if (fromAt === -1 || toAt === -1) {
      throw new LogicError(
        `AddInterVariantDependency called for module ${shown} on invalid variant`,
      );
    }
    if (toAt! >= fromAt!) throw new LogicError(`${shown} depends on later version of itself`);
    const depender = from as Variant;
    if (depender.added === undefined) this.pass.added.push(depender);
    depender.added = [...(depender.added ?? []), { module: to as Variant, tag }];
  }

  createVariations(...names: readonly string[]): readonly Module[] {
    return this.#split(names, false);
  }

  createLocalVariations(...names: readonly string[]): readonly Module[] {
    return this.#split(names, true);
  }

  #split(names: readonly string[], local: boolean): readonly Module[] {
    const { target, pass, graph } = this;
    if (target.split !== undefined) {
      throw new LogicError('module already has variations from this mutator');
    }
    const hadAdded = target.added !== undefined;
    const parts = splitVariant(
      graph,
      target,
      { mutator: pass.splits, names, local, fallback: this.#fallback, follow: undefined },
      this.diagnostics,
    );
    pass.splitVariants.push(target);
    if (hadAdded) pass.added.push(...parts);
    return parts;
  }

  #parts(): readonly (Variant | Alias)[] {
    const { split } = this.target;
    if (split === undefined) {
      throw new LogicError(`${this.target.toString()} was not split by this mutator`);
    }
    return split;
  }

  #partNamed(name: string): Variant {
    const parts = this.#parts();
    const found = parts.find(
      (part) => part.kind === 'variant' && part.variations.get(this.pass.splits) === name,
    );
    if (found?.kind !== 'variant') {
      throw new LogicError(
        `no ${JSON.stringify(name)} variation in the variations of ${this.target.toString()}`,
      );
    }
    return found;
  }

  setDependencyVariation(name: string): void {
    const options = { fallback: undefined, follow: undefined };
    followDependencies(this.target, this.pass.splits, name, options, this.diagnostics);
  }

  setDefaultDependencyVariation(name: string): void {
    this.#fallback = name;
  }

  aliasVariation(name: string): void {
    const part = this.#partNamed(name);
    const { variations } = this.target;
    if (
      this.#parts().some((member) => member.kind === 'alias' && member.variations === variations)
    ) {
      throw new LogicError('AliasVariation already called');
    }
    aliasPart(this.target, variations, part);
  }

  createAliasVariation(alias: string, name: string): void {
    const part = this.#partNamed(name);
    const variations = this.target.variations.with(this.pass.splits, alias);
    if (this.#parts().some((member) => member.variations === variations)) {
      const [shown, to] = [JSON.stringify(alias), JSON.stringify(name)];
      throw new LogicError(
        `can't alias ${shown} to ${to}, there is already a variant with that name`,
      );
    }
    this.target.split!.push({ kind: 'alias', variations, target: part });
    note(this.target.group, `alias ${alias} ${name}`);
  }

  replaceDependencies(
    name: string,
    only?: (depender: Module, tag: DependencyTag) => boolean,
  ): void {
    const { target, graph } = this;
    const group = graph.names.find(name, target.group);
    target.group.addLookup(name, group);
    const own = showVariations(graph, target.variations);
    const shown = own === '' ? 'without variations' : `{${own}}`;
    if (group === undefined) {
      throw new LogicError(`ReplaceDependencies could not find module ${name}`);
    }
    const { variations } = target;
    const found = group.members.find((member) => member.variations === variations);
    if (found === undefined) {
      const available = showMembers(graph, group).join(', ');
      throw new LogicError(
        `ReplaceDependencies could not find identical variant ${shown} for module ${name}; available variants: ${available}`,
      );
    }
    const from = found.kind === 'alias' ? found.target : found;
    group.kept?.unknown(`who depends on module ${name}`);
    // Whoever depends on it now must be there to be changed.
    group.readsDependers = true;
    this.pass.replacements.push({ from, to: target, only });
  }
}
